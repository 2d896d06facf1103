-- The score of everybody in one run.
SELECT score FROM classifications
WHERE run_id = :run
ORDER BY score
