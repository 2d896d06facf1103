-- The ruleset of the run that the agenda of :today stands on.
SELECT s.files, s.agenda, s.fingerprint, r.as_of, r.id
FROM runs r
JOIN rulesets s ON s.fingerprint = r.ruleset_fingerprint
WHERE r.as_of <= :today
ORDER BY r.as_of DESC, r.id DESC
LIMIT 1
