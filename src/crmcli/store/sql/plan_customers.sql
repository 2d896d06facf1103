-- What a plan needs of the customers :customers (JSON) beside their lines of the agenda.
SELECT id, region, next_contact_on
FROM customers
WHERE id IN (SELECT value FROM json_each(:customers))
ORDER BY id
