-- What is put off on :today and comes back by :until; the latest word on a matter counts. The agenda of a stretch of days
-- has it as if it were there from the first day on.
SELECT customer_id, task_id, opportunity_id, "trigger", record_id, until_on
FROM deferrals d
WHERE until_on > :today AND until_on <= :until AND noted_on <= :today AND NOT EXISTS (
    SELECT 1 FROM deferrals n
    WHERE n.id > d.id AND n.noted_on <= :today AND n.customer_id IS d.customer_id AND n.task_id IS d.task_id
        AND n.opportunity_id IS d.opportunity_id AND n."trigger" IS d."trigger" AND n.record_id IS d.record_id
)
ORDER BY id
