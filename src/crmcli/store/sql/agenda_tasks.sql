-- Open tasks due by :until, with their customer if they have one.
SELECT t.id, t.customer_id, t.title, t.due_on, t.channel, t.due_time, t.kind
FROM tasks t
WHERE (t.done_on IS NULL OR t.done_on > :today) AND t.archived_at IS NULL AND t.due_on <= :until
ORDER BY t.due_on, t.due_time, t.id
