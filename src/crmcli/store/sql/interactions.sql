SELECT i.id, i.occurred_on, i.channel, i.outcome, i.direction, i.summary, i.minutes, c.name
FROM interactions i JOIN customers c ON c.id = i.customer_id
WHERE :customer IS NULL OR i.customer_id = :customer
ORDER BY i.occurred_on DESC, i.id DESC
LIMIT :limit
