-- One row per customer with something due between now and :until, most urgent first.
-- Cadence counts from the last real touch; an unanswered call is no touch. Cadence and the part of the urgency that
-- follows from the class stand with the classification, so that nothing is looked up for everybody. Read-only.
WITH
latest AS (
    SELECT id FROM runs WHERE as_of <= :today ORDER BY as_of DESC, id DESC LIMIT 1
),
touch AS MATERIALIZED (
    SELECT customer_id, max(occurred_on) AS last_on
    FROM interactions
    WHERE outcome IN ('connected', 'postponed', 'declined') AND occurred_on <= :today
    GROUP BY customer_id
),
step AS MATERIALIZED (
    SELECT customer_id, count(*) AS open_tasks, sum(due_on <= :task_until) AS due_tasks, min(due_on) AS due_on
    FROM tasks
    WHERE (done_on IS NULL OR done_on > :today) AND archived_at IS NULL AND customer_id IS NOT NULL
    GROUP BY customer_id
),
deal AS MATERIALIZED (
    SELECT
        customer_id, count(*) AS open_deals, sum(expected_close_on <= :deal_until) AS near_deals,
        min(expected_close_on) AS close_on
    FROM opportunities
    WHERE stage IN ('prospecting', 'introduced', 'approved', 'negotiating')
        AND archived_at IS NULL AND customer_id IS NOT NULL
        AND (opened_on IS NULL OR opened_on <= :today)
    GROUP BY customer_id
),
facts AS (
    SELECT
        c.id, c.next_contact_on, k.tier, k.grade, k.score, t.last_on,
        coalesce(k.urgency, 0) AS base,
        coalesce(k.cadence_days, :default_days) AS days,
        coalesce(k.cadence_max_days, :default_max_days) AS max_days,
        julianday(:until) - julianday(t.last_on) AS since,
        -- An agreed day that is still to come, or a customer who is no customer: the cadence is silent.
        coalesce(c.next_contact_on > :until, 0) OR coalesce(c.intent_stage = 'invalid', 0) AS quiet,
        coalesce(c.next_contact_on <= :until, 0) AS agreed,
        CASE WHEN s.due_tasks > 0 THEN s.due_on END AS task_on,
        coalesce(s.due_tasks, 0) AS tasks,
        CASE WHEN o.near_deals > 0 THEN o.close_on END AS close_on,
        coalesce(o.near_deals, 0) AS deals,
        c.next_contact_on IS NULL AND s.open_tasks IS NULL
            AND (o.open_deals > 0 OR coalesce(k.grade IN ('A', 'B'), 0)) AS no_next_step
    FROM customers c
    LEFT JOIN classifications k ON k.customer_id = c.id AND k.run_id = (SELECT id FROM latest)
    LEFT JOIN touch t ON t.customer_id = c.id
    LEFT JOIN step s ON s.customer_id = c.id
    LEFT JOIN deal o ON o.customer_id = c.id
    WHERE c.archived_at IS NULL
),
due AS (
    SELECT
        *,
        NOT quiet AND since >= days AS overdue,
        NOT quiet AND last_on IS NULL AS never,
        round(
            base
            + (CASE WHEN NOT quiet AND since >= days THEN :u_overdue * min(since / max(days, 1), 3.0) ELSE 0 END)
            + (CASE WHEN NOT quiet AND last_on IS NULL THEN :u_never ELSE 0 END)
            + (CASE WHEN task_on IS NOT NULL
                THEN :u_task + :u_task_late * min(max(julianday(:today) - julianday(task_on), 0), 30) ELSE 0 END)
            + (CASE WHEN close_on IS NULL THEN 0 WHEN close_on < :today THEN :u_deal_past ELSE :u_deal_near END)
            + agreed * :u_agreed
            + coalesce(no_next_step, 0) * :u_no_next_step, 2
        ) AS urgency
    FROM facts
    WHERE (NOT quiet AND (since >= days OR last_on IS NULL))
        OR task_on IS NOT NULL OR close_on IS NOT NULL OR agreed OR no_next_step
    ORDER BY urgency DESC, coalesce(score, 0) DESC, id
    LIMIT :limit
)
SELECT
    c.id, c.name, c.company, c.phone, d.tier, d.grade, d.score, d.last_on,
    CAST(julianday(:today) - julianday(d.last_on) AS INTEGER), d.days, d.max_days, coalesce(d.overdue, 0), d.never,
    d.next_contact_on, d.agreed, d.task_on, d.tasks, d.close_on, d.deals, coalesce(d.no_next_step, 0), d.urgency
FROM due d
JOIN customers c ON c.id = d.id
ORDER BY d.urgency DESC, coalesce(d.score, 0) DESC, d.id
