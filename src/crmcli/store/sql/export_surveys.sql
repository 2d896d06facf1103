SELECT s.uid, s.external_id, coalesce(c.external_id, c.uid) AS customer, coalesce(o.external_id, o.uid) AS contact,
    s.kind, s.channel, s.asked_on, s.answered_on, s.score, s.comment, s.created_at
FROM surveys s
JOIN customers c ON c.id = s.customer_id
LEFT JOIN contacts o ON o.id = s.contact_id
ORDER BY s.id
