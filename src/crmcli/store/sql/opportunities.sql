SELECT o.id, coalesce(o.name, p.name), c.name, o.stage, o.amount_minor, o.currency, o.expected_close_on, o.closed_on, o.waiting_for,
    o.waiting_until
FROM opportunities o
LEFT JOIN customers c ON c.id = o.customer_id
LEFT JOIN products p ON p.id = o.product_id
WHERE o.archived_at IS NULL
    AND (:customer IS NULL OR o.customer_id = :customer)
    AND (:all OR o.stage IN ('prospecting', 'introduced', 'approved', 'negotiating'))
    AND (:stage IS NULL OR o.stage = :stage)
ORDER BY o.expected_close_on IS NULL, o.expected_close_on, o.id
LIMIT :limit
