-- One complaint in full as it stands on :today: the one with the id :number, else the external id :word.
SELECT
    k.id, k.external_id, k.customer_id, c.name, k.summary,
    CASE
        WHEN k.closed_on <= :today THEN 'closed'
        WHEN k.replied_on <= :today THEN 'replied'
        WHEN k.investigating_on <= :today THEN 'investigating'
        ELSE 'received'
    END,
    k.severity, k.channel, k.received_on, k.reply_due_on,
    CAST(julianday(coalesce(k.closed_on, :today)) - julianday(k.received_on) AS INTEGER),
    iif(
        k.closed_on IS NULL AND k.replied_on IS NULL AND k.reply_due_on < :today,
        CAST(julianday(:today) - julianday(k.reply_due_on) AS INTEGER), NULL
    ),
    k.investigating_on, k.replied_on, k.reply, k.closed_on, k.cause, k.root_cause, k.prevention, k.notes, k.archived_at
FROM complaints k
JOIN customers c ON c.id = k.customer_id
WHERE k.id = :number OR k.external_id = :word
ORDER BY k.id = :number DESC
LIMIT 1
