-- The complaints of one customer that are not closed on :today, the most pressing first; how far each came follows from its days.
SELECT id, received_on, severity,
    CASE WHEN replied_on <= :today THEN 'replied' WHEN investigating_on <= :today THEN 'investigating' ELSE 'received' END,
    summary, reply_due_on
FROM complaints
WHERE customer_id = :customer AND archived_at IS NULL AND (closed_on IS NULL OR closed_on > :today)
ORDER BY coalesce(reply_due_on, '9999'), received_on, id
