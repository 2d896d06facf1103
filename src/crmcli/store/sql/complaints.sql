-- Complaints as they stand on :today, those first whose reply is due soonest.
SELECT
    k.id, k.received_on,
    CASE
        WHEN k.closed_on <= :today THEN 'closed'
        WHEN k.replied_on <= :today THEN 'replied'
        WHEN k.investigating_on <= :today THEN 'investigating'
        ELSE 'received'
    END,
    k.severity, c.name, k.summary, k.reply_due_on,
    CAST(julianday(coalesce(k.closed_on, :today)) - julianday(k.received_on) AS INTEGER),
    iif(
        k.closed_on IS NULL AND k.replied_on IS NULL AND k.reply_due_on < :today,
        CAST(julianday(:today) - julianday(k.reply_due_on) AS INTEGER), NULL
    ) AS late,
    k.closed_on
FROM complaints k
JOIN customers c ON c.id = k.customer_id
WHERE k.archived_at IS NULL AND c.archived_at IS NULL
    AND (:customer IS NULL OR k.customer_id = :customer)
    AND (:all OR k.closed_on IS NULL)
    AND (NOT :overdue OR (k.closed_on IS NULL AND k.replied_on IS NULL AND k.reply_due_on < :today))
ORDER BY
    k.closed_on IS NOT NULL, k.replied_on IS NOT NULL, k.reply_due_on IS NULL, k.reply_due_on, k.received_on, k.id
LIMIT :limit
