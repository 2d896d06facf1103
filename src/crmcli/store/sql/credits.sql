SELECT r.customer_id, r.limit_minor, r.currency, r.terms_days, r.reviewed_on, r.notes, c.name
FROM credits r
JOIN customers c ON c.id = r.customer_id
WHERE :customer IS NULL OR r.customer_id = :customer
ORDER BY r.customer_id
