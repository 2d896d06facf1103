-- The newest run of a period, or of one version of it; without a period (NULL) the last run up to :today.
SELECT r.id, r.period, r.as_of, s.fingerprint, s.agenda, r.version
FROM runs r
JOIN rulesets s ON s.fingerprint = r.ruleset_fingerprint
WHERE (:period IS NULL OR r.period = :period) AND (:version IS NULL OR r.version = :version) AND r.as_of <= :today
ORDER BY r.as_of DESC, r.id DESC
LIMIT 1
