-- One row per customer with something due between now and :until, most urgent first.
-- Cadence counts from the last real touch; an unanswered call is no touch. Read-only.
WITH
cadence AS (
    SELECT
        json_extract(value, '$[0]') AS grade,
        json_extract(value, '$[1]') AS tier,
        json_extract(value, '$[2]') AS lifecycle_stage,
        json_extract(value, '$[3]') AS days,
        json_extract(value, '$[4]') AS max_days
    FROM json_each(:cadence)
),
latest AS (
    SELECT id FROM runs WHERE as_of <= :today ORDER BY as_of DESC, id DESC LIMIT 1
),
touch AS (
    SELECT customer_id, max(occurred_on) AS last_on
    FROM interactions
    WHERE outcome IN ('connected', 'postponed', 'declined') AND occurred_on <= :today
    GROUP BY customer_id
),
step AS (
    SELECT
        customer_id,
        count(*) AS open_tasks,
        sum(due_on <= :task_until) AS due_tasks,
        min(due_on) AS due_on
    FROM tasks
    WHERE (done_on IS NULL OR done_on > :today) AND archived_at IS NULL AND customer_id IS NOT NULL
    GROUP BY customer_id
),
deal AS (
    SELECT
        customer_id,
        count(*) AS open_deals,
        sum(expected_close_on <= :deal_until) AS near_deals,
        min(expected_close_on) AS close_on,
        sum(amount_minor) AS amount_minor
    FROM opportunities
    WHERE stage IN ('prospecting', 'introduced', 'approved', 'negotiating')
        AND archived_at IS NULL AND customer_id IS NOT NULL
        AND (opened_on IS NULL OR opened_on <= :today)
    GROUP BY customer_id
),
facts AS (
    SELECT
        c.id, c.name, c.company, c.phone, c.next_contact_on,
        k.tier, k.grade, k.lifecycle_stage, k.score,
        t.last_on,
        coalesce(d.days, :default_days) AS days,
        coalesce(d.max_days, :default_max_days) AS max_days,
        CASE WHEN s.due_tasks > 0 THEN s.due_on END AS task_on,
        coalesce(s.due_tasks, 0) AS tasks,
        CASE WHEN o.near_deals > 0 THEN o.close_on END AS close_on,
        coalesce(o.near_deals, 0) AS deals,
        o.amount_minor,
        c.next_contact_on <= :until AS agreed,
        c.next_contact_on > :until AS later,
        (o.open_deals > 0 OR k.grade IN ('A', 'B')) AND s.open_tasks IS NULL AND c.next_contact_on IS NULL AS no_next_step,
        coalesce(c.intent_stage = 'invalid', 0) AS dropped
    FROM customers c
    LEFT JOIN classifications k ON k.customer_id = c.id AND k.run_id = (SELECT id FROM latest)
    LEFT JOIN cadence d ON d.grade = k.grade AND d.tier = k.tier AND d.lifecycle_stage = k.lifecycle_stage
    LEFT JOIN touch t ON t.customer_id = c.id
    LEFT JOIN step s ON s.customer_id = c.id
    LEFT JOIN deal o ON o.customer_id = c.id
    WHERE c.archived_at IS NULL OR c.archived_at > :today || 'T99'
),
judged AS (
    SELECT
        *,
        last_on IS NULL AND NOT coalesce(later, 0) AND NOT dropped AS never,
        CASE WHEN last_on IS NOT NULL AND NOT coalesce(later, 0) AND NOT dropped AND days > 0
            THEN (julianday(:until) - julianday(last_on)) / days END AS ratio,
        CASE WHEN last_on IS NOT NULL THEN julianday(:today) - julianday(last_on) END AS since
    FROM facts
),
due AS (
    SELECT
        *,
        (CASE WHEN ratio >= 1 THEN :u_overdue * min(ratio, 3.0) ELSE 0 END)
        + never * :u_never
        + (CASE WHEN task_on IS NOT NULL
            THEN :u_task + :u_task_late * min(max(julianday(:today) - julianday(task_on), 0), 30) ELSE 0 END)
        + (CASE WHEN close_on IS NULL THEN 0 WHEN close_on < :today THEN :u_deal_past ELSE :u_deal_near END)
        + coalesce(agreed, 0) * :u_agreed
        + coalesce(no_next_step, 0) * :u_no_next_step AS own
    FROM judged
    WHERE ratio >= 1 OR never OR task_on IS NOT NULL OR close_on IS NOT NULL OR agreed OR no_next_step
)
SELECT
    id, name, company, phone, tier, grade, score, last_on, since, days, max_days,
    coalesce(ratio >= 1, 0) AS overdue, never, next_contact_on, coalesce(agreed, 0), task_on, tasks, close_on, deals,
    coalesce(no_next_step, 0),
    round(
        own
        + coalesce((SELECT value FROM json_each(:u_tier) WHERE key = tier), 0)
        + coalesce((SELECT value FROM json_each(:u_grade) WHERE key = grade), 0), 2
    ) AS urgency,
    count(*) OVER () AS total
FROM due
ORDER BY urgency DESC, coalesce(score, 0) DESC, id
LIMIT :limit
