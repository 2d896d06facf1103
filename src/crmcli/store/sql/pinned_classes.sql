-- Where those stand who have a class pinned on :today: the pinned one, else the one that the last run computed.
WITH latest AS (
    SELECT id FROM runs WHERE as_of <= :today ORDER BY as_of DESC, id DESC LIMIT 1
)
SELECT
    o.customer_id,
    coalesce(max(o.value) FILTER (WHERE o.judgement = 'tier'), max(k.tier)),
    coalesce(max(o.value) FILTER (WHERE o.judgement = 'grade'), max(k.grade)),
    coalesce(max(o.value) FILTER (WHERE o.judgement = 'lifecycle_stage'), max(k.lifecycle_stage))
FROM overrides o
LEFT JOIN classifications k ON k.customer_id = o.customer_id AND k.run_id = (SELECT id FROM latest)
WHERE o.id IN (
    SELECT max(id) FROM overrides
    WHERE from_on <= :today AND (until_on IS NULL OR until_on >= :today) AND (ended_on IS NULL OR ended_on > :today)
    GROUP BY customer_id, judgement
)
GROUP BY o.customer_id
ORDER BY o.customer_id
