-- How often a contact on a channel took so many minutes, after :since up to :today: everybody together (no customer), then
-- each of :customers (JSON). Only contacts that reached somebody and whose minutes are known.
WITH timed AS NOT MATERIALIZED (
    SELECT customer_id, channel, minutes
    FROM interactions
    WHERE occurred_on > :since AND occurred_on <= :today AND minutes > 0
        AND outcome IN ('connected', 'postponed', 'declined')
)
SELECT NULL AS customer_id, channel, minutes, count(*)
FROM timed
GROUP BY channel, minutes
UNION ALL
SELECT customer_id, channel, minutes, count(*)
FROM timed
WHERE customer_id IN (SELECT value FROM json_each(:customers))
GROUP BY customer_id, channel, minutes
ORDER BY 1, 2, 3
