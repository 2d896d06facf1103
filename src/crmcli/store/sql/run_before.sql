-- The run that run :run is compared with, as 'crm classify' does it: the version before of the same period and rules, else
-- the last run made up to its day.
SELECT r.id, r.period, r.as_of, s.fingerprint, s.agenda
FROM runs r
JOIN runs mine ON mine.id = :run
JOIN rulesets s ON s.fingerprint = r.ruleset_fingerprint
WHERE (r.as_of, r.id) < (mine.as_of, mine.id)
    OR (r.period = mine.period AND r.ruleset_fingerprint = mine.ruleset_fingerprint AND r.id < mine.id)
ORDER BY
    r.period = mine.period AND r.ruleset_fingerprint = mine.ruleset_fingerprint DESC, r.as_of DESC, r.id DESC
LIMIT 1
