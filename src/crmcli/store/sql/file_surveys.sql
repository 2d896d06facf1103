-- The latest surveys of one customer, those without an answer too.
SELECT id, kind, asked_on, answered_on, score, comment
FROM surveys
WHERE customer_id = :customer
ORDER BY coalesce(answered_on, asked_on) DESC, id DESC
LIMIT :limit
