-- The run of the period before that of run :run: a month stands beside the month before it, where one was classified; else
-- the last run whose day is earlier. Never another version of the same period.
SELECT r.id, r.period, r.as_of, s.fingerprint, s.agenda, r.version
FROM runs r
JOIN runs mine ON mine.id = :run
JOIN rulesets s ON s.fingerprint = r.ruleset_fingerprint
WHERE r.as_of < mine.as_of AND r.period <> mine.period
ORDER BY length(mine.period) = 7 AND length(r.period) = 7 DESC, r.as_of DESC, r.id DESC
LIMIT 1
