-- The judgements on one customer in the last run that knows it, and that run.
SELECT r.id, r.period, r.as_of, r.ruleset_fingerprint, r.version, k.score, k.tier, k.grade, k.grade_reason, k.lifecycle_stage,
    f.features, p.period, e.tier
FROM classifications k
JOIN runs r ON r.id = k.run_id
LEFT JOIN runs p ON p.id = r.previous_run_id
LEFT JOIN classifications e ON e.run_id = r.previous_run_id AND e.customer_id = k.customer_id
JOIN feature_values f ON f.run_id = k.run_id AND f.customer_id = k.customer_id
WHERE k.customer_id = :id AND r.as_of <= :today AND (:period IS NULL OR r.period = :period)
    AND (:version IS NULL OR r.version = :version)
ORDER BY r.as_of DESC, r.id DESC
LIMIT 1
