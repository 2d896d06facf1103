SELECT t.id, t.customer_id, c.name, t.occurred_on, t.due_on, t.currency, t.amount_minor,
    t.amount_minor - coalesce(
        (SELECT sum(p.amount_minor) FROM payments p WHERE p.transaction_id = t.id AND p.paid_on <= :today), 0) AS owed_minor
FROM transactions t
JOIN customers c ON c.id = t.customer_id
WHERE (:customer IS NULL OR t.customer_id = :customer)
    AND t.due_on IS NOT NULL AND t.occurred_on <= :today
    AND (t.paid_on IS NULL OR t.paid_on > :today OR EXISTS (SELECT 1 FROM payments p WHERE p.transaction_id = t.id))
    AND owed_minor <> 0
ORDER BY t.customer_id, t.currency, t.due_on, t.occurred_on, t.id
