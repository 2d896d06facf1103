-- What every customer took and brought from :first to :last: time and cost of interactions, revenue and margin. Money is that
-- in :currency; records in another currency are counted, never added. One pass over interactions and one over
-- transactions. Tier and cadence are those of run :run (NULL: nobody is classified). Archived customers stand here only
-- where something happened. Read-only.
WITH
touched AS MATERIALIZED (
    SELECT
        customer_id, count(*) AS touches, count(minutes) AS timed, coalesce(sum(minutes), 0) AS minutes,
        coalesce(sum(cost_minor) FILTER (WHERE currency = :currency), 0) AS cost,
        count(cost_minor) FILTER (WHERE currency <> :currency) AS elsewhere
    FROM interactions
    WHERE occurred_on BETWEEN :first AND :last
    GROUP BY customer_id
),
traded AS MATERIALIZED (
    SELECT
        customer_id, count(*) FILTER (WHERE kind = 'sale' AND currency = :currency) AS sales,
        count(*) FILTER (WHERE kind = 'sale' AND currency = :currency AND cost_minor IS NULL) AS uncosted,
        coalesce(sum(amount_minor) FILTER (WHERE currency = :currency), 0) AS revenue,
        coalesce(sum(amount_minor - cost_minor) FILTER (WHERE currency = :currency), 0) AS margin,
        count(*) FILTER (WHERE currency <> :currency) AS elsewhere
    FROM transactions
    WHERE occurred_on BETWEEN :first AND :last
    GROUP BY customer_id
)
SELECT
    c.id, c.name, k.tier, k.cadence_max_days, coalesce(t.touches, 0), coalesce(t.timed, 0), coalesce(t.minutes, 0),
    coalesce(t.cost, 0), coalesce(s.sales, 0), coalesce(s.uncosted, 0), coalesce(s.revenue, 0), coalesce(s.margin, 0),
    coalesce(t.elsewhere, 0) + coalesce(s.elsewhere, 0)
FROM customers c
LEFT JOIN touched t ON t.customer_id = c.id
LEFT JOIN traded s ON s.customer_id = c.id
LEFT JOIN classifications k ON k.run_id = :run AND k.customer_id = c.id
WHERE c.archived_at IS NULL OR t.customer_id IS NOT NULL OR s.customer_id IS NOT NULL
ORDER BY c.id
