-- What is pinned by hand on :today, or with :all what ever was until then, beside what the last run computed.
-- What came later than :today (a pin, its early end) is not known yet. Of several in force the newest counts.
WITH latest AS (
    SELECT id FROM runs WHERE as_of <= :today ORDER BY as_of DESC, id DESC LIMIT 1
),
in_force AS (
    SELECT max(id) AS id FROM overrides
    WHERE from_on <= :today AND (until_on IS NULL OR until_on >= :today) AND (ended_on IS NULL OR ended_on > :today)
    GROUP BY customer_id, judgement
)
SELECT
    o.customer_id, c.name, o.judgement, o.value,
    CASE o.judgement WHEN 'tier' THEN k.tier WHEN 'grade' THEN k.grade ELSE k.lifecycle_stage END,
    o.from_on, o.until_on, iif(o.ended_on <= :today, o.ended_on, NULL), o.override_reason,
    CASE
        WHEN f.id IS NOT NULL THEN 'in_force'
        WHEN o.until_on < :today AND (o.ended_on IS NULL OR o.ended_on > o.until_on) THEN 'expired'
        ELSE 'ended'
    END
FROM overrides o
JOIN customers c ON c.id = o.customer_id
LEFT JOIN classifications k ON k.customer_id = o.customer_id AND k.run_id = (SELECT id FROM latest)
LEFT JOIN in_force f ON f.id = o.id
WHERE o.from_on <= :today AND (:all OR f.id IS NOT NULL) AND (:customer IS NULL OR o.customer_id = :customer)
ORDER BY o.customer_id, CASE o.judgement WHEN 'tier' THEN 1 WHEN 'grade' THEN 2 ELSE 3 END, o.id
LIMIT :limit
