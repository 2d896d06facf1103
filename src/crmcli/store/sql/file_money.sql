-- The money of one customer by currency: sales less refunds and orders after :since up to :today, what is owed of sales on
-- account (they have a due day) less what was paid of them, the overdue part of it with its earliest due day, and the limit.
WITH lines AS (
    SELECT
        t.currency, t.occurred_on, t.amount_minor, t.kind, t.due_on,
        coalesce(nullif(trim(t.order_number), ''), '#' || t.id) AS purchase,
        iif(
            t.kind = 'sale' AND t.due_on IS NOT NULL AND (t.paid_on IS NULL OR t.paid_on > :today),
            t.amount_minor - coalesce((
                SELECT sum(p.amount_minor) FROM payments p WHERE p.transaction_id = t.id AND p.paid_on <= :today
            ), 0), 0
        ) AS owed
    FROM transactions t
    WHERE t.customer_id = :customer AND t.occurred_on <= :today
),
sums AS (
    SELECT
        currency,
        coalesce(sum(amount_minor) FILTER (WHERE occurred_on > :since), 0) AS revenue,
        count(DISTINCT purchase) FILTER (WHERE kind = 'sale' AND occurred_on > :since) AS orders,
        sum(owed) AS owed,
        coalesce(sum(owed) FILTER (WHERE due_on < :today), 0) AS overdue,
        min(due_on) FILTER (WHERE owed > 0 AND due_on < :today) AS overdue_since
    FROM lines GROUP BY currency
)
SELECT
    n.currency, coalesce(s.revenue, 0), coalesce(s.orders, 0), coalesce(s.owed, 0), coalesce(s.overdue, 0), s.overdue_since,
    c.limit_minor
FROM (
    SELECT currency FROM sums UNION SELECT currency FROM credits WHERE customer_id = :customer
) n
LEFT JOIN sums s ON s.currency = n.currency
LEFT JOIN credits c ON c.customer_id = :customer AND c.currency = n.currency
ORDER BY coalesce(s.revenue, 0) DESC, n.currency
