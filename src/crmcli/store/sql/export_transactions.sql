SELECT t.uid, t.external_id, coalesce(c.external_id, c.uid) AS customer, coalesce(p.external_id, p.uid) AS product,
    coalesce(d.external_id, d.uid) AS opportunity, t.occurred_on, t.kind, t.amount_minor AS amount, t.cost_minor AS cost, t.currency,
    t.quantity, t.category, t.order_number, t.due_on, t.paid_on, t.notes, t.created_at
FROM transactions t
JOIN customers c ON c.id = t.customer_id
LEFT JOIN products p ON p.id = t.product_id
LEFT JOIN opportunities d ON d.id = t.opportunity_id
ORDER BY t.id
