SELECT
    t.id, t.due_on, t.title, c.name, t.channel, t.done_on, t.due_time, t.kind, t.minutes, t.owner,
    t.repeat_every, t.repeat_unit, t.repeat_day, t.repeat_from
FROM tasks t LEFT JOIN customers c ON c.id = t.customer_id
WHERE t.archived_at IS NULL
    AND (:customer IS NULL OR t.customer_id = :customer)
    AND (:all OR t.done_on IS NULL)
    AND (:kind IS NULL OR t.kind = :kind)
ORDER BY t.due_on IS NULL, t.due_on, t.due_time, t.id
LIMIT :limit
