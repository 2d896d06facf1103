-- Customers with where they stand today.
WITH latest AS (
    SELECT id FROM runs WHERE as_of <= :today ORDER BY as_of DESC, id DESC LIMIT 1
)
SELECT
    c.id, c.name, c.company, k.score, k.tier, k.grade, k.lifecycle_stage,
    (SELECT i.occurred_on FROM interactions i
        WHERE i.customer_id = c.id AND i.outcome IN ('connected', 'postponed', 'declined') AND i.occurred_on <= :today
        ORDER BY i.occurred_on DESC LIMIT 1),
    c.next_contact_on, c.phone
FROM customers c
LEFT JOIN classifications k ON k.customer_id = c.id AND k.run_id = (SELECT id FROM latest)
WHERE (:archived OR c.archived_at IS NULL)
    AND (:tier IS NULL OR k.tier = :tier)
    AND (:grade IS NULL OR k.grade = :grade)
    AND (:tag IS NULL OR instr(',' || replace(replace(replace(c.tags, '，', ','), '、', ','), ', ', ',') || ',', ',' || :tag || ','))
    AND (:search = '' OR instr(lower(c.name), lower(:search)) OR instr(lower(coalesce(c.company, '')), lower(:search))
        OR instr(coalesce(c.phone, ''), :search) OR instr(lower(coalesce(c.email, '')), lower(:search)))
ORDER BY
    CASE :sort WHEN 'score' THEN coalesce(-k.score, 1) END,
    CASE :sort WHEN 'name' THEN c.name END,
    c.id
LIMIT :limit
