SELECT p.uid, p.external_id, coalesce(t.external_id, t.uid) AS "transaction", p.paid_on, p.amount_minor AS amount, t.currency,
    p.notes, p.created_at
FROM payments p
JOIN transactions t ON t.id = p.transaction_id
ORDER BY p.id
