-- Open opportunities whose expected close is past or comes by :until.
SELECT o.id, o.customer_id, coalesce(o.name, p.name, ''), o.stage, o.amount_minor, o.currency, o.expected_close_on, o.waiting_for
FROM opportunities o
LEFT JOIN products p ON p.id = o.product_id
WHERE o.stage IN ('prospecting', 'introduced', 'approved', 'negotiating')
    AND o.archived_at IS NULL AND o.expected_close_on <= :until
    AND (o.opened_on IS NULL OR o.opened_on <= :today)
ORDER BY o.expected_close_on, o.id
