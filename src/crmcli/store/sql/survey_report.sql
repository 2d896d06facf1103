-- Surveys asked on or after :since: all of them, by the tier that customers have today, and by channel.
WITH latest AS (
    SELECT id FROM runs WHERE as_of <= :today ORDER BY as_of DESC, id DESC LIMIT 1
),
pinned AS MATERIALIZED (
    SELECT customer_id, value AS tier
    FROM overrides
    WHERE id IN (
        SELECT max(id) FROM overrides
        WHERE judgement = 'tier' AND from_on <= :today AND (until_on IS NULL OR until_on >= :today)
            AND (ended_on IS NULL OR ended_on > :today)
        GROUP BY customer_id
    )
),
asked AS MATERIALIZED (
    SELECT s.kind, s.score, s.channel, coalesce(p.tier, k.tier) AS tier
    FROM surveys s
    LEFT JOIN classifications k ON k.customer_id = s.customer_id AND k.run_id = (SELECT id FROM latest)
    LEFT JOIN pinned p ON p.customer_id = s.customer_id
    WHERE s.asked_on BETWEEN :since AND :today
),
grouped AS (
    SELECT 1 AS place, 'all' AS by, NULL AS which, kind, score FROM asked
    UNION ALL
    SELECT 2, 'tier', tier, kind, score FROM asked
    UNION ALL
    SELECT 3, 'channel', channel, kind, score FROM asked
)
SELECT
    by, which, count(*), count(score),
    count(score) FILTER (WHERE kind = 'csat'), avg(score) FILTER (WHERE kind = 'csat'),
    count(score) FILTER (WHERE kind = 'nps'),
    count(score) FILTER (WHERE kind = 'nps' AND score >= 9),
    count(score) FILTER (WHERE kind = 'nps' AND score <= 6)
FROM grouped
GROUP BY place, by, which
ORDER BY place, which IS NULL, which
