-- Preferences of one customer, or of everybody who is not archived: what was said before what was inferred.
SELECT p.id, p.customer_id, c.name, p.topic, p.value, p.origin, p.noted_on, p.notes
FROM preferences p JOIN customers c ON c.id = p.customer_id
WHERE (:customer IS NULL AND c.archived_at IS NULL) OR p.customer_id = :customer
ORDER BY c.id, p.origin DESC, p.topic, p.value, p.id
LIMIT :limit
