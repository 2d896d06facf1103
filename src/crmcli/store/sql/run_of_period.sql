-- The newest run of a period, or without one (NULL) the last run up to :today.
SELECT r.id, r.period, r.as_of, s.fingerprint, s.agenda
FROM runs r
JOIN rulesets s ON s.fingerprint = r.ruleset_fingerprint
WHERE (:period IS NULL OR r.period = :period) AND r.as_of <= :today
ORDER BY r.as_of DESC, r.id DESC
LIMIT 1
