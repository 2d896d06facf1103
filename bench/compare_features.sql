SELECT count(*) - count(*) FILTER (WHERE a.features = b.features), count(*)
FROM main.feature_values a
LEFT JOIN other.feature_values b ON b.run_id = 1 AND b.customer_id = a.customer_id
