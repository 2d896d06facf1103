SELECT o.uid, o.external_id, coalesce(c.external_id, c.uid) AS customer, coalesce(k.external_id, k.uid) AS contact,
    coalesce(p.external_id, p.uid) AS product, o.name, o.stage, o.amount_minor AS amount, o.currency, o.probability, o.opened_on,
    o.expected_close_on, o.closed_on, o.waiting_for, o.waiting_until, o.lost_reason, o.owner, o.notes, o.created_at, o.archived_at
FROM opportunities o
LEFT JOIN customers c ON c.id = o.customer_id
LEFT JOIN contacts k ON k.id = o.contact_id
LEFT JOIN products p ON p.id = o.product_id
ORDER BY o.id
