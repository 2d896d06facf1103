SELECT p.id, p.paid_on, p.amount_minor, t.currency, p.transaction_id, t.occurred_on, t.order_number, c.name, p.notes
FROM payments p
JOIN transactions t ON t.id = p.transaction_id
JOIN customers c ON c.id = p.customer_id
WHERE (:customer IS NULL OR p.customer_id = :customer) AND (:sale IS NULL OR p.transaction_id = :sale)
ORDER BY p.paid_on DESC, p.id DESC
LIMIT :limit
