SELECT t.id, t.occurred_on, t.kind, t.amount_minor, t.currency, p.name, t.quantity, t.order_number, c.name
FROM transactions t
JOIN customers c ON c.id = t.customer_id
LEFT JOIN products p ON p.id = t.product_id
WHERE :customer IS NULL OR t.customer_id = :customer
ORDER BY t.occurred_on DESC, t.id DESC
LIMIT :limit
