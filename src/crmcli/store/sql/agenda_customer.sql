-- What can keep a customer off the agenda of :today: filed away, unwilling, put off, agreed for later.
SELECT
    c.id, c.name, c.archived_at, c.do_not_contact, c.next_contact_on, c.intent_stage,
    (
        SELECT d.until_on FROM deferrals d
        WHERE d.customer_id = c.id AND d."trigger" IS NULL AND d.task_id IS NULL AND d.opportunity_id IS NULL
            AND d.noted_on <= :today
        ORDER BY d.id DESC LIMIT 1
    )
FROM customers c
WHERE c.id = :customer
