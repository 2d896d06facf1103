SELECT i.uid, i.external_id, coalesce(c.external_id, c.uid) AS customer, coalesce(o.external_id, o.uid) AS contact,
    coalesce(d.external_id, d.uid) AS opportunity, i.occurred_on, i.channel, i.direction, i.outcome, i.kind, i.summary, i.minutes,
    i.cost_minor AS cost, i.currency, i.created_at
FROM interactions i
JOIN customers c ON c.id = i.customer_id
LEFT JOIN contacts o ON o.id = i.contact_id
LEFT JOIN opportunities d ON d.id = i.opportunity_id
ORDER BY i.id
