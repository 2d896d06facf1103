SELECT indicator, raw, normalised, weight, points
FROM indicator_values
WHERE run_id = :run AND customer_id = :customer AND score = :score
ORDER BY weight DESC, indicator
