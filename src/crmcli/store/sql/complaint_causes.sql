-- Complaints received on or after :since, by cause; an unnamed cause is null. Days count from the day of receipt.
SELECT
    nullif(trim(k.cause), ''), count(*), count(*) FILTER (WHERE k.closed_on IS NULL),
    count(k.replied_on), avg(julianday(k.replied_on) - julianday(k.received_on)),
    count(k.closed_on), avg(julianday(k.closed_on) - julianday(k.received_on))
FROM complaints k
WHERE k.archived_at IS NULL AND k.received_on BETWEEN :since AND :today
GROUP BY nullif(trim(k.cause), '')
ORDER BY count(*) DESC, nullif(trim(k.cause), '') IS NULL, nullif(trim(k.cause), '')
