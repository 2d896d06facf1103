SELECT k.uid, k.external_id, coalesce(c.external_id, c.uid) AS customer, coalesce(o.external_id, o.uid) AS contact,
    k.summary, k.severity, k.channel, k.received_on, k.reply_due_on, k.investigating_on, k.replied_on, k.closed_on,
    k.reply, k.cause, k.root_cause, k.prevention, k.notes, k.created_at, k.archived_at
FROM complaints k
JOIN customers c ON c.id = k.customer_id
LEFT JOIN contacts o ON o.id = k.contact_id
ORDER BY k.id
