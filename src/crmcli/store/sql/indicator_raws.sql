-- Every known value of one indicator in one run.
SELECT raw FROM indicator_values
WHERE run_id = :run AND score = :score AND indicator = :indicator AND raw IS NOT NULL
ORDER BY raw
