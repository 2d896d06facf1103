-- What a plan needs of the customers :customers (JSON) beside their lines of the agenda; :place is the path of a
-- custom field, NULL for the region.
SELECT id, CASE WHEN :place IS NULL THEN region ELSE json_extract(custom, :place) END AS place, next_contact_on
FROM customers
WHERE id IN (SELECT value FROM json_each(:customers))
ORDER BY id
