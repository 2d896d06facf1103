-- Every known value of one feature that the conditions of a run look at.
SELECT json_extract(features, :feature) AS value FROM feature_values
WHERE run_id = :run AND json_extract(features, :feature) IS NOT NULL
ORDER BY value
