-- How many customers of one run have a better score than :score, and how many there are.
SELECT count(*) FILTER (WHERE score > :score), count(*) FROM classifications
WHERE run_id = :run
