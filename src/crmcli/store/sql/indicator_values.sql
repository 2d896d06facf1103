SELECT score, indicator, raw, normalised, weight, points
FROM indicator_values
WHERE run_id = :run AND customer_id = :customer
ORDER BY score, weight DESC, indicator
