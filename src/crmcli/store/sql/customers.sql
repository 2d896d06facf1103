-- Customers with where they stand today: what was pinned by hand, else what the last run computed.
WITH latest AS (
    SELECT id FROM runs WHERE as_of <= :today ORDER BY as_of DESC, id DESC LIMIT 1
),
pinned AS MATERIALIZED (
    SELECT
        customer_id,
        max(value) FILTER (WHERE judgement = 'tier') AS tier,
        max(value) FILTER (WHERE judgement = 'grade') AS grade,
        max(value) FILTER (WHERE judgement = 'lifecycle_stage') AS lifecycle_stage
    FROM overrides
    WHERE id IN (
        SELECT max(id) FROM overrides
        WHERE from_on <= :today AND (until_on IS NULL OR until_on >= :today) AND (ended_on IS NULL OR ended_on > :today)
        GROUP BY customer_id, judgement
    )
    GROUP BY customer_id
)
SELECT
    c.id, c.name, c.company, k.score, coalesce(p.tier, k.tier), coalesce(p.grade, k.grade),
    coalesce(p.lifecycle_stage, k.lifecycle_stage),
    (SELECT i.occurred_on FROM interactions i
        WHERE i.customer_id = c.id AND i.outcome IN ('connected', 'postponed', 'declined') AND i.occurred_on <= :today
        ORDER BY i.occurred_on DESC LIMIT 1),
    c.next_contact_on, c.phone,
    nullif(substr(
        iif(p.tier IS NULL, '', ', tier') || iif(p.grade IS NULL, '', ', grade')
        || iif(p.lifecycle_stage IS NULL, '', ', lifecycle_stage'), 3
    ), '')
FROM customers c
LEFT JOIN classifications k ON k.customer_id = c.id AND k.run_id = (SELECT id FROM latest)
LEFT JOIN pinned p ON p.customer_id = c.id
WHERE (:archived OR c.archived_at IS NULL)
    AND (:tier IS NULL OR coalesce(p.tier, k.tier) = :tier)
    AND (:grade IS NULL OR coalesce(p.grade, k.grade) = :grade)
    AND (:tag IS NULL OR instr(',' || replace(replace(replace(c.tags, '，', ','), '、', ','), ', ', ',') || ',', ',' || :tag || ','))
    AND (:search = '' OR instr(lower(c.name), lower(:search)) OR instr(lower(coalesce(c.company, '')), lower(:search))
        OR instr(coalesce(c.phone, ''), :search) OR instr(lower(coalesce(c.email, '')), lower(:search)))
    -- each a JSON path with the value wanted there; null wants none
    AND (:custom IS NULL OR NOT EXISTS (
        SELECT 1 FROM json_each(:custom) w
        WHERE json_extract(c.custom, json_extract(w.value, '$[0]')) IS NOT json_extract(w.value, '$[1]')
    ))
    -- each a JSON list of a further judgement and the classes of it that are wanted, in the last run; null wants none
    AND (:segments IS NULL OR NOT EXISTS (
        SELECT 1 FROM json_each(:segments) w
        WHERE NOT EXISTS (
            SELECT 1 FROM segments s
            WHERE s.run_id = (SELECT id FROM latest) AND s.customer_id = c.id
                AND s.segmentation = json_extract(w.value, '$[0]')
                AND s.segment IN (SELECT value FROM json_each(w.value, '$[1]'))
        )
    ))
ORDER BY
    CASE :sort WHEN 'score' THEN coalesce(-k.score, 1) END,
    CASE :sort WHEN 'name' THEN c.name END,
    c.id
LIMIT :limit
