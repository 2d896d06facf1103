-- Whether a classification as of :day would find anybody: made before the instant :ends, at which the day is over, or with
-- something that happened by then, and not archived before.
SELECT EXISTS (
    SELECT 1 FROM customers c
    WHERE (c.archived_at IS NULL OR c.archived_at >= :ends) AND (
        c.created_at < :ends
        OR EXISTS (SELECT 1 FROM transactions t WHERE t.customer_id = c.id AND t.occurred_on <= :day)
        OR EXISTS (SELECT 1 FROM interactions i WHERE i.customer_id = c.id AND i.occurred_on <= :day)
        OR EXISTS (
            SELECT 1 FROM opportunities o
            WHERE o.customer_id = c.id AND (o.opened_on <= :day OR o.closed_on <= :day)
        )
        OR EXISTS (SELECT 1 FROM tasks k WHERE k.customer_id = c.id AND k.done_on <= :day)
    )
)
