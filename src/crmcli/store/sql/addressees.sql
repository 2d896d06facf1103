-- What a template can say about customers, in the order of the list of ids.
SELECT
    c.id, c.name, c.kind, c.company, c.title, c.gender, c.phone, coalesce(c.email, p.email), c.region, c.do_not_contact,
    c.refused_channels, c.archived_at, p.name, p.gender,
    (SELECT i.occurred_on FROM interactions i
        WHERE i.customer_id = c.id AND i.outcome IN ('connected', 'postponed', 'declined') AND i.occurred_on <= :today
        ORDER BY i.occurred_on DESC LIMIT 1),
    s.occurred_on, r.name
FROM json_each(:ids) w
JOIN customers c ON c.id = w.value
LEFT JOIN contacts p ON p.id = (
    SELECT id FROM contacts WHERE customer_id = c.id ORDER BY is_primary DESC, id LIMIT 1
)
LEFT JOIN transactions s ON s.id = (
    SELECT id FROM transactions WHERE customer_id = c.id AND kind = 'sale' AND occurred_on <= :today
    ORDER BY occurred_on DESC, id DESC LIMIT 1
)
LEFT JOIN products r ON r.id = s.product_id
ORDER BY w.key
