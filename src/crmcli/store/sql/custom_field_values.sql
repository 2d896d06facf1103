-- How many customers have a value of each custom field.
SELECT v.key, count(*)
FROM customers c, json_each(c.custom) v
WHERE c.custom <> '{}'
GROUP BY v.key
ORDER BY v.key
