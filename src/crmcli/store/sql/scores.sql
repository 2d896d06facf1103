-- Every score of one customer in one run: its points added up.
SELECT score, round(sum(points), 2) FROM indicator_values
WHERE run_id = :run AND customer_id = :customer
GROUP BY score
ORDER BY score
