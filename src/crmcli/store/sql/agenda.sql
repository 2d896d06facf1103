-- One row per customer with something due between now and :until, most urgent first.
-- Cadence counts from the last real touch; an unanswered call is no touch. Cadence and the part of the urgency that
-- follows from the class stand with the classification; those of the few who are pinned by hand come in as :pinned and
-- take the place of the computed ones. Everybody is ranked with as little work as possible (tasks, deals and pins are
-- joined once, the last touch is one step into an index); what is shown is fetched only for those on the page.
-- Who does not want to be contacted is left out altogether.
-- :nothing is far below every urgency and marks those with nothing due. Read-only.
WITH
latest AS (
    SELECT id FROM runs WHERE as_of <= :today ORDER BY as_of DESC, id DESC LIMIT 1
),
matter AS MATERIALIZED (
    SELECT
        customer_id, count(task) AS open_tasks, count(deal) AS open_deals,
        coalesce(sum(task <= :task_until), 0) AS tasks, min(task) FILTER (WHERE task <= :task_until) AS task_on,
        coalesce(sum(deal <= :deal_until), 0) AS deals, min(deal) FILTER (WHERE deal <= :deal_until) AS close_on,
        max(tier) AS tier, max(grade) AS grade, max(days) AS days, max(max_days) AS max_days, max(base) AS base
    FROM (
        SELECT
            customer_id, coalesce(due_on, '9999') AS task, NULL AS deal,
            NULL AS tier, NULL AS grade, NULL AS days, NULL AS max_days, NULL AS base
        FROM tasks
        WHERE (done_on IS NULL OR done_on > :today) AND archived_at IS NULL AND customer_id IS NOT NULL
        UNION ALL
        SELECT customer_id, NULL, coalesce(expected_close_on, '9999'), NULL, NULL, NULL, NULL, NULL
        FROM opportunities
        WHERE stage IN ('prospecting', 'introduced', 'approved', 'negotiating')
            AND archived_at IS NULL AND customer_id IS NOT NULL
            AND (opened_on IS NULL OR opened_on <= :today)
        UNION ALL
        SELECT
            json_extract(value, '$[0]'), NULL, NULL, json_extract(value, '$[1]'), json_extract(value, '$[2]'),
            json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]')
        FROM json_each(:pinned)
    )
    GROUP BY customer_id
),
known AS NOT MATERIALIZED (
    SELECT
        c.id, c.next_contact_on, coalesce(m.tier, k.tier) AS tier, coalesce(m.grade, k.grade) AS grade, k.score,
        coalesce(m.base, k.urgency, 0) AS base,
        coalesce(m.days, k.cadence_days, :default_days) AS days,
        coalesce(m.max_days, k.cadence_max_days, :default_max_days) AS max_days,
        m.task_on, m.tasks, m.close_on, m.deals,
        -- An agreed day that is still to come, or a customer who is no customer: the cadence is silent.
        c.next_contact_on > :until OR c.intent_stage = 'invalid' AS quiet,
        c.next_contact_on <= :until AS agreed,
        c.next_contact_on IS NULL AND coalesce(m.open_tasks, 0) = 0
            AND (m.open_deals > 0 OR coalesce(m.grade, k.grade) IN ('A', 'B')) AS no_next_step,
        iif(
            m.task_on IS NOT NULL OR m.close_on IS NOT NULL OR c.next_contact_on <= :until
            OR c.next_contact_on IS NULL AND coalesce(m.open_tasks, 0) = 0
            AND (m.open_deals > 0 OR coalesce(m.grade, k.grade) IN ('A', 'B')), 0, :nothing
        ) AS otherwise
    FROM customers c
    LEFT JOIN classifications k ON k.customer_id = c.id AND k.run_id = (SELECT id FROM latest)
    LEFT JOIN matter m ON m.customer_id = c.id
    WHERE c.archived_at IS NULL AND c.do_not_contact = 0
),
page AS MATERIALIZED (
    SELECT
        id,
        base
        + CASE
            WHEN task_on IS NULL THEN 0
            ELSE :u_task + :u_task_late * min(max(julianday(:today) - julianday(task_on), 0), 30)
        END
        + CASE WHEN close_on IS NULL THEN 0 WHEN close_on < :today THEN :u_deal_past ELSE :u_deal_near END
        + CASE WHEN agreed THEN :u_agreed WHEN no_next_step THEN :u_no_next_step ELSE 0 END
        + CASE
            WHEN quiet THEN otherwise
            ELSE coalesce((
                SELECT CASE
                    WHEN julianday(:until) - julianday(i.occurred_on) >= days
                        THEN :u_overdue * min((julianday(:until) - julianday(i.occurred_on)) / max(days, 1), 3.0)
                    ELSE otherwise
                END
                FROM interactions i
                WHERE i.customer_id = known.id AND i.outcome IN ('connected', 'postponed', 'declined')
                    AND i.occurred_on <= :today
                ORDER BY i.occurred_on DESC LIMIT 1
            ), :u_never)
        END AS urgency
    FROM known
    ORDER BY urgency DESC, coalesce(score, 0) DESC, id
    LIMIT :limit
),
touched AS MATERIALIZED (
    SELECT page.id, round(page.urgency, 2) AS urgency, (
        SELECT i.occurred_on
        FROM interactions i
        WHERE i.customer_id = page.id AND i.outcome IN ('connected', 'postponed', 'declined')
            AND i.occurred_on <= :today
        ORDER BY i.occurred_on DESC LIMIT 1
    ) AS last_on
    FROM page
    WHERE page.urgency > :nothing / 2
)
SELECT
    c.id, c.name, c.company, c.phone, k.tier, k.grade, k.score, t.last_on,
    CAST(julianday(:today) - julianday(t.last_on) AS INTEGER), k.days, k.max_days,
    k.quiet IS NOT TRUE AND coalesce(julianday(:until) - julianday(t.last_on) >= k.days, 0),
    k.quiet IS NOT TRUE AND t.last_on IS NULL,
    c.next_contact_on, k.agreed IS TRUE, k.task_on, coalesce(k.tasks, 0), k.close_on, coalesce(k.deals, 0),
    k.no_next_step IS TRUE, t.urgency, c.next_contact_time
FROM touched t
CROSS JOIN customers c ON c.id = t.id
CROSS JOIN known k ON k.id = t.id
ORDER BY t.urgency DESC, coalesce(k.score, 0) DESC, t.id
