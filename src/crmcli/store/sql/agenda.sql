-- Everybody with something due between now and :until, most urgent first, one row for each of their matters; after
-- them the matters of nobody. Triggers come in as :triggers (JSON, in the order of the rules); those that are asked of
-- every customer (cadence, never contacted, no next step, states) as single values. A matter is a record that a trigger
-- waits for. Cadence counts from the last real touch; an unanswered call is no touch. Cadence, the urgency that follows
-- from the class, and the triggers whose condition holds stand with the classification; what the few who are pinned by
-- hand have instead comes in as :pinned. What was put off is left out until its day: the latest word on it counts.
-- Points are those of rules/occasions.py. Read-only.
WITH
latest AS (
    SELECT id FROM runs WHERE as_of <= :today ORDER BY as_of DESC, id DESC LIMIT 1
),
held AS MATERIALIZED (
    SELECT customer_id, task_id, opportunity_id, "trigger" AS name, record_id
    FROM deferrals d
    WHERE until_on > :until AND noted_on <= :today AND NOT EXISTS (
        SELECT 1 FROM deferrals n
        WHERE n.id > d.id AND n.noted_on <= :today AND n.customer_id IS d.customer_id AND n.task_id IS d.task_id
            AND n.opportunity_id IS d.opportunity_id AND n."trigger" IS d."trigger"
            AND n.record_id IS d.record_id
    )
),
trigger_ AS MATERIALIZED (
    SELECT
        key AS at, json_extract(value, '$.name') AS name, '"' || json_extract(value, '$.name') || '"' AS quoted,
        json_extract(value, '$.on') AS occasion,
        json_extract(value, '$.guarded') AS guarded,
        date(:until, (json_extract(value, '$.lead_days') - json_extract(value, '$.after_days')) || ' days') AS latest_day,
        coalesce(date(:today, -json_extract(value, '$.for_days') || ' days'), '0000') AS first_day,
        json_extract(value, '$.points[0]') AS base, json_extract(value, '$.points[1]') AS points,
        json_extract(value, '$.points[2]') AS quantity, json_extract(value, '$.points[3]') AS start,
        json_extract(value, '$.points[4]') - json_extract(value, '$.points[3]') AS span
    FROM json_each(:triggers)
),
open_task AS NOT MATERIALIZED (
    SELECT id, customer_id, kind, due_on, opportunity_id
    FROM tasks
    WHERE (done_on IS NULL OR done_on > :today) AND archived_at IS NULL
),
open_deal AS MATERIALIZED (
    SELECT
        id, customer_id, expected_close_on, waiting_for, waiting_until, substr(updated_at, 1, 10) AS changed_on,
        iif(currency = :currency, amount_minor / :unit, NULL) AS amount
    FROM opportunities
    WHERE stage IN ('prospecting', 'introduced', 'approved', 'negotiating')
        AND archived_at IS NULL AND (opened_on IS NULL OR opened_on <= :today)
),
unpaid AS MATERIALIZED (
    SELECT id, customer_id, due_on, currency, owed_minor, iif(currency = :currency, owed_minor / :unit, NULL) AS amount
    FROM (
        SELECT x.id, x.customer_id, x.due_on, x.currency, x.amount_minor - coalesce(
            (SELECT sum(p.amount_minor) FROM payments p WHERE p.transaction_id = x.id AND p.paid_on <= :today), 0
        ) AS owed_minor
        FROM transactions x INDEXED BY ix_transactions_unpaid
        WHERE x.due_on IS NOT NULL AND x.paid_on IS NULL AND x.occurred_on <= :today AND x.amount_minor > 0
    )
    WHERE owed_minor > 0
),
fact AS (
    SELECT t.at, 'task' AS kind, f.id, f.customer_id, f.due_on AS day, NULL AS amount
    FROM trigger_ t CROSS JOIN open_task f ON f.kind = t.occasion AND f.due_on BETWEEN t.first_day AND t.latest_day
    WHERE t.occasion IN ('task', 'promise', 'improvement')
        AND NOT EXISTS (SELECT 1 FROM held h WHERE h.task_id = f.id)
    UNION ALL
    SELECT t.at, 'opportunity', f.id, f.customer_id, f.expected_close_on, f.amount
    FROM trigger_ t CROSS JOIN open_deal f ON f.expected_close_on BETWEEN t.first_day AND t.latest_day
    WHERE t.occasion = 'deal_close' AND NOT EXISTS (SELECT 1 FROM held h WHERE h.opportunity_id = f.id)
    UNION ALL
    SELECT t.at, 'opportunity', f.id, f.customer_id, f.changed_on, f.amount
    FROM trigger_ t CROSS JOIN open_deal f ON f.changed_on BETWEEN t.first_day AND t.latest_day
    WHERE t.occasion IN ('deal_stalled', 'waiting_for')
        AND CASE t.occasion
            WHEN 'waiting_for' THEN f.waiting_for IS NOT NULL AND f.waiting_until IS NULL
            ELSE f.waiting_until IS NULL OR f.waiting_until <= :until
        END
        AND NOT EXISTS (SELECT 1 FROM held h WHERE h.opportunity_id = f.id)
    UNION ALL
    SELECT t.at, 'opportunity', f.id, f.customer_id, f.waiting_until, f.amount
    FROM trigger_ t CROSS JOIN open_deal f ON f.waiting_until BETWEEN t.first_day AND t.latest_day
    WHERE t.occasion = 'waiting_until' AND NOT EXISTS (SELECT 1 FROM held h WHERE h.opportunity_id = f.id)
    UNION ALL
    SELECT t.at, 'customer', f.id, f.id, f.next_contact_on, NULL
    FROM trigger_ t CROSS JOIN customers f ON f.archived_at IS NULL AND f.next_contact_on BETWEEN t.first_day AND t.latest_day
    WHERE t.occasion = 'next_contact'
    UNION ALL
    SELECT t.at, 'complaint', f.id, f.customer_id, coalesce(f.reply_due_on, f.received_on), NULL
    FROM trigger_ t CROSS JOIN complaints f ON coalesce(f.reply_due_on, f.received_on) BETWEEN t.first_day AND t.latest_day
    WHERE t.occasion = 'complaint_reply' AND f.archived_at IS NULL AND f.received_on <= :today
        AND (f.replied_on IS NULL OR f.replied_on > :today) AND (f.closed_on IS NULL OR f.closed_on > :today)
    UNION ALL
    SELECT t.at, 'complaint', f.id, f.customer_id, f.received_on, NULL
    FROM trigger_ t CROSS JOIN complaints f ON f.received_on BETWEEN t.first_day AND t.latest_day
    WHERE t.occasion = 'complaint_open' AND f.archived_at IS NULL AND f.received_on <= :today
        AND (f.closed_on IS NULL OR f.closed_on > :today)
    UNION ALL
    SELECT t.at, 'interaction', max(f.id), f.customer_id, max(f.occurred_on), NULL
    FROM trigger_ t CROSS JOIN interactions f INDEXED BY ix_interactions_inbound
        ON f.occurred_on BETWEEN t.first_day AND min(t.latest_day, :today)
    WHERE t.occasion = 'inbound' AND f.direction = 'inbound' AND f.customer_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM interactions o
        WHERE o.customer_id = f.customer_id AND o.direction = 'outbound'
            AND o.outcome IN ('connected', 'postponed', 'declined') AND (o.occurred_on > f.occurred_on OR o.occurred_on = f.occurred_on AND o.id > f.id) AND o.occurred_on <= :today
    )
    GROUP BY t.at, f.customer_id
    UNION ALL
    SELECT t.at, 'transaction', f.id, f.customer_id, f.due_on, f.amount
    FROM trigger_ t CROSS JOIN unpaid f ON f.due_on BETWEEN t.first_day AND t.latest_day
    WHERE t.occasion = 'payment'
    UNION ALL
    SELECT t.at, 'credit', f.id, f.customer_id, f.reviewed_on, NULL
    FROM trigger_ t CROSS JOIN credits f ON f.reviewed_on BETWEEN t.first_day AND t.latest_day
    WHERE t.occasion = 'credit_review'
    UNION ALL
    SELECT t.at, 'survey', f.id, f.customer_id, f.asked_on, NULL
    FROM trigger_ t CROSS JOIN surveys f ON f.asked_on BETWEEN t.first_day AND t.latest_day
    WHERE t.occasion = 'survey_unanswered' AND (f.answered_on IS NULL OR f.answered_on > :today) AND f.asked_on <= :today
    UNION ALL
    SELECT f.at, 'transaction', x.id, x.customer_id, x.occurred_on, NULL
    FROM (
        SELECT t.at, t.first_day, t.latest_day, k.customer_id
        FROM trigger_ t
        CROSS JOIN classifications k ON k.run_id = (SELECT id FROM latest) AND instr(k.triggers, t.quoted)
        WHERE t.occasion = 'survey_due' AND t.guarded
        UNION ALL
        SELECT t.at, t.first_day, t.latest_day, c.id
        FROM trigger_ t CROSS JOIN customers c
        WHERE t.occasion = 'survey_due' AND NOT t.guarded
    ) f
    CROSS JOIN transactions x ON x.id = (
        SELECT id
        FROM transactions
        WHERE customer_id = f.customer_id AND occurred_on <= :today AND amount_minor > 0
        ORDER BY occurred_on DESC, id DESC LIMIT 1
    )
    WHERE x.occurred_on BETWEEN f.first_day AND f.latest_day AND NOT EXISTS (
        SELECT 1 FROM surveys s WHERE s.customer_id = f.customer_id AND s.asked_on BETWEEN x.occurred_on AND :today
    )
    UNION ALL
    SELECT t.at, 'customer', f.id, f.id, json_extract(d.value, '$[1]'), NULL
    FROM trigger_ t
    CROSS JOIN json_each(:birthdays) d ON json_extract(d.value, '$[1]') <= t.latest_day
    CROSS JOIN customers f ON f.birthday IS NOT NULL AND substr(f.birthday, 6) = json_extract(d.value, '$[0]')
        AND f.birthday_calendar = 'solar'
    WHERE t.occasion = 'birthday'
    UNION ALL
    SELECT t.at, 'customer', f.id, f.id, json_extract(d.value, '$[2]'), NULL
    FROM trigger_ t
    CROSS JOIN json_each(:lunar_birthdays) d ON json_extract(d.value, '$[2]') <= t.latest_day
    CROSS JOIN customers f ON f.id = json_extract(d.value, '$[1]')
    WHERE t.occasion = 'birthday' AND json_extract(d.value, '$[0]') = 'customer'
    UNION ALL
    SELECT t.at, 'contact', f.id, f.customer_id, json_extract(d.value, '$[2]'), NULL
    FROM trigger_ t
    CROSS JOIN json_each(:lunar_birthdays) d ON json_extract(d.value, '$[2]') <= t.latest_day
    CROSS JOIN contacts f ON f.id = json_extract(d.value, '$[1]')
    WHERE t.occasion = 'birthday' AND json_extract(d.value, '$[0]') = 'contact'
    UNION ALL
    SELECT t.at, 'contact', f.id, f.customer_id, json_extract(d.value, '$[1]'), NULL
    FROM trigger_ t
    CROSS JOIN json_each(:birthdays) d ON json_extract(d.value, '$[1]') <= t.latest_day
    CROSS JOIN contacts f ON f.birthday IS NOT NULL AND substr(f.birthday, 6) = json_extract(d.value, '$[0]')
        AND f.birthday_calendar = 'solar' AND f.archived_at IS NULL
    WHERE t.occasion = 'birthday'
    UNION ALL
    -- Whom to greet, the run has noted: a trigger on holidays always has a condition.
    SELECT t.at, 'holiday', json_extract(d.value, '$[1]'), k.customer_id, json_extract(d.value, '$[2]'), NULL
    FROM trigger_ t
    CROSS JOIN json_each(:holidays) d ON json_extract(d.value, '$[0]') = t.at AND json_extract(d.value, '$[2]') <= t.latest_day
    CROSS JOIN classifications k ON k.run_id = (SELECT id FROM latest) AND instr(k.triggers, t.quoted)
    WHERE t.occasion = 'holiday'
),
matter AS MATERIALIZED (
    SELECT
        f.customer_id, f.at, f.kind, f.id, f.day, f.amount,
        julianday(:today) - julianday(f.day) AS late,
        t.base + t.points * CASE t.quantity
            WHEN '' THEN 0
            WHEN 'amount' THEN max(0, min(1, (coalesce(f.amount, 0) - t.start) / t.span))
            WHEN 'days_left' THEN max(0, min(1, (max(julianday(f.day) - julianday(:today), 0) - t.start) / t.span))
            ELSE max(0, min(1, (max(julianday(:today) - julianday(f.day), 0) - t.start) / t.span))
        END AS points
    FROM fact f
    JOIN trigger_ t ON t.at = f.at
    WHERE (
        NOT t.guarded OR EXISTS (
            SELECT 1 FROM classifications k
            WHERE k.run_id = (SELECT id FROM latest) AND k.customer_id = f.customer_id
                AND instr(k.triggers, t.quoted)
        )
    ) AND NOT EXISTS (
        SELECT 1 FROM held h
        WHERE h.customer_id = f.customer_id AND h.name = t.name AND (h.record_id IS NULL OR h.record_id = f.id)
    )
),
own AS MATERIALIZED (
    SELECT
        customer_id, sum(task) AS open_tasks, sum(deal) AS open_deals, sum(amount) AS money,
        sum(points) AS points, sum(matters) AS matters, max(late) AS late, group_concat(held) AS held,
        max(tier) AS tier, max(grade) AS grade, max(days) AS days, max(max_days) AS max_days, max(base) AS base
    FROM (
        SELECT
            customer_id, 1 AS task, 0 AS deal, 0 AS amount, 0 AS points, 0 AS matters, NULL AS late, NULL AS held,
            NULL AS tier, NULL AS grade, NULL AS days, NULL AS max_days, NULL AS base
        FROM open_task WHERE customer_id IS NOT NULL
        UNION ALL
        SELECT customer_id, 0, 1, coalesce(amount, 0), 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM open_deal WHERE customer_id IS NOT NULL
        UNION ALL
        SELECT customer_id, 0, 0, coalesce(amount, 0), 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM unpaid
        UNION ALL
        SELECT customer_id, 0, 0, 0, max(points), count(*), max(late), NULL, NULL, NULL, NULL, NULL, NULL
        FROM matter WHERE customer_id IS NOT NULL GROUP BY customer_id, at
        UNION ALL
        SELECT customer_id, 0, 0, 0, 0, 0, NULL, '"' || coalesce(name, '*') || '"', NULL, NULL, NULL, NULL, NULL
        FROM held WHERE customer_id IS NOT NULL AND record_id IS NULL
        UNION ALL
        SELECT
            json_extract(value, '$[0]'), 0, 0, 0, 0, 0, NULL, NULL, json_extract(value, '$[1]'),
            json_extract(value, '$[2]'), json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]')
        FROM json_each(:pinned)
    )
    GROUP BY customer_id
),
-- The most that a customer can come to, whenever the last touch was, without and with what stands in `own`: the :candidates
-- with the most are weighed; with -1, everybody. Those whom the run has not seen have nothing but what is in `own`, so all of
-- them come to :most_of_none at most: they stand here while there is room, and later only in what is left out.
promising AS MATERIALIZED (
    SELECT
        k.customer_id AS id,
        k.urgency + coalesce(k.state_urgency, 0) + :money_none + :matters_none
        + iif(k.grade IN ('A', 'B'), :next_step_base, 0)
        + iif(:value_points, :value_points * max(0, min(1, (k.score - :value_start) / :value_span)), 0) AS most
    FROM classifications k
    WHERE :candidates >= 0 AND k.run_id = (SELECT id FROM latest)
    UNION ALL
    SELECT c.id, :most_of_none
    FROM customers c
    WHERE :candidates >= 0 AND c.archived_at IS NULL AND c.do_not_contact = 0
        AND NOT EXISTS (SELECT 1 FROM classifications WHERE run_id = (SELECT id FROM latest) LIMIT 1 OFFSET :candidates)
        AND NOT EXISTS (SELECT 1 FROM classifications k WHERE k.run_id = (SELECT id FROM latest) AND k.customer_id = c.id)
    UNION ALL
    SELECT
        o.customer_id,
        coalesce(o.base, k.urgency, 0) + coalesce(k.state_urgency, 0) + coalesce(o.points, 0)
        + :money_points + :age_points + :matters_points + :next_step_base + :value_points
    FROM own o
    LEFT JOIN classifications k ON k.customer_id = o.customer_id AND k.run_id = (SELECT id FROM latest)
    WHERE :candidates >= 0
    ORDER BY most DESC LIMIT :candidates
),
weighed AS (
    SELECT DISTINCT
        id, iif(count(*) OVER () < :candidates, NULL, max(min(most) OVER (), :most_of_none) + iif(
            EXISTS (SELECT 1 FROM interactions WHERE outcome IN ('connected', 'postponed', 'declined')), :most_of_rhythm, :never_base
        )) AS left_out
    FROM promising
    UNION ALL
    SELECT id, NULL FROM customers WHERE :candidates < 0 AND (:customer IS NULL OR id = :customer)
),
known AS MATERIALIZED (
    SELECT
        c.id, k.score, o.held, coalesce(o.tier, k.tier) AS tier, coalesce(o.grade, k.grade) AS grade, w.left_out,
        coalesce(o.base, k.urgency, 0) AS base,
        coalesce(o.days, k.cadence_days, :default_days) AS days,
        coalesce(o.max_days, k.cadence_max_days, :default_max_days) AS max_days,
        :until_number - (
            SELECT julianday(i.occurred_on)
            FROM interactions i INDEXED BY ix_interactions_real_touch
            WHERE i.customer_id = c.id AND i.outcome IN ('connected', 'postponed', 'declined') AND i.occurred_on <= :today
            ORDER BY i.occurred_on DESC LIMIT 1
        ) AS since,
        o.money, coalesce(o.points, 0) AS points, o.matters, o.late,
        -- An agreed day that is still to come, or a customer who is no customer: the cadence is silent.
        (c.next_contact_on > :until OR c.intent_stage = 'invalid') IS TRUE AS quiet,
        (:cadence_name IS NULL OR instr(k.triggers, :cadence_name)) AND NOT coalesce(instr(o.held, :cadence_held), 0) AS rhythm,
        (:never_name IS NULL OR instr(k.triggers, :never_name)) AND NOT coalesce(instr(o.held, :never_held), 0) AS never,
        :next_step_on AND c.next_contact_on IS NULL AND coalesce(o.open_tasks, 0) = 0
            AND (o.open_deals > 0 OR coalesce(o.grade, k.grade) IN ('A', 'B'))
            AND (:next_step_name IS NULL OR instr(k.triggers, :next_step_name))
            AND NOT coalesce(instr(o.held, :next_step_held), 0) AS no_next_step,
        iif(o.held IS NULL, k.state_urgency, (
            SELECT sum(json_extract(value, '$[1]'))
            FROM json_each(:states)
            WHERE instr(k.triggers, json_extract(value, '$[0]')) AND NOT instr(o.held, json_extract(value, '$[0]'))
        )) AS state
    FROM weighed w
    CROSS JOIN customers c ON c.id = w.id
    LEFT JOIN classifications k ON k.customer_id = c.id AND k.run_id = (SELECT id FROM latest)
    LEFT JOIN own o ON o.customer_id = c.id
    WHERE c.archived_at IS NULL AND c.do_not_contact = 0 AND NOT coalesce(instr(o.held, '"*"'), 0)
),
asked AS NOT MATERIALIZED (
    SELECT
        *,
        (:cadence_on AND rhythm AND NOT quiet AND since >= days) IS TRUE AS due,
        (:never_on AND never AND NOT quiet AND since IS NULL) IS TRUE AS untouched,
        (state IS NOT NULL AND NOT quiet AND (since IS NULL OR since >= :rest_days)) IS TRUE AS in_state
    FROM known
),
page AS MATERIALIZED (
    SELECT
        *, count(*) OVER () AS due_customers,
        base + points
        + iif(due,
            :cadence_base + :cadence_points * max(0, min(1, (
                iif(:cadence_by_ratio, since / days, since - days) - :cadence_start) / :cadence_span))
            + iif(:overdue_points, :overdue_points * max(0, min(1, (since / days - :overdue_start) / :overdue_span)), 0), 0)
        + iif(untouched, :never_base, 0) + iif(no_next_step, :next_step_base, 0) + iif(in_state, state, 0)
        + iif(:value_points, :value_points * max(0, min(1, (coalesce(score, 0) - :value_start) / :value_span)), 0)
        + iif(money IS NULL, :money_none, :money_points * max(0, min(1, (money - :money_start) / :money_span)))
        + iif(matters IS NULL, :matters_none,
            :age_points * max(0, min(1, (coalesce(max(late, 0), 0) - :age_start) / :age_span))
            + :matters_points * max(0, min(1, (matters - :matters_start) / :matters_span))) AS urgency
    FROM asked
    WHERE (due OR untouched OR no_next_step OR in_state OR matters > 0)
        AND (NOT :only_late OR (due AND since > max_days) OR late > 0)
    ORDER BY urgency DESC, coalesce(score, 0) DESC, id
    LIMIT :limit
),
line AS (
    SELECT
        id, tier, grade, score, since, days, max_days, due, untouched, no_next_step, in_state, held, money, urgency,
        left_out, due_customers
    FROM page
    UNION ALL
    SELECT NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, 0
    WHERE :customer IS NULL
)
SELECT
    l.id, coalesce(c.name, ''), c.company, c.phone, l.tier, l.grade, l.score, c.refused_channels, k.lifecycle_stage,
    date(:until_number - l.since), l.days, l.max_days, l.due, l.untouched, l.no_next_step, l.in_state, k.triggers, l.held,
    coalesce(l.money, 0), coalesce(l.urgency, m.points), l.left_out, l.due_customers, m.at, m.kind, m.id, m.day, m.amount,
    coalesce(task.title, deal.name, product.name, complaint.summary, said.summary, person.name, feast.words),
    coalesce(deal.amount_minor, unpaid.owed_minor), coalesce(deal.currency, unpaid.currency), deal.stage, deal.waiting_for,
    coalesce(task.channel, said.channel),
    coalesce(task.due_time, iif((SELECT t.occasion FROM trigger_ t WHERE t.at = m.at) = 'next_contact', c.next_contact_time, NULL))
FROM line l
LEFT JOIN customers c ON c.id = l.id
LEFT JOIN classifications k ON k.customer_id = l.id AND k.run_id = (SELECT id FROM latest)
LEFT JOIN matter m ON m.customer_id IS l.id
LEFT JOIN tasks task ON m.kind = 'task' AND task.id = m.id
LEFT JOIN opportunities deal ON m.kind = 'opportunity' AND deal.id = m.id
LEFT JOIN products product ON product.id = deal.product_id
LEFT JOIN unpaid ON m.kind = 'transaction' AND unpaid.id = m.id
LEFT JOIN complaints complaint ON m.kind = 'complaint' AND complaint.id = m.id
LEFT JOIN interactions said ON m.kind = 'interaction' AND said.id = m.id
LEFT JOIN contacts person ON m.kind = 'contact' AND person.id = m.id
LEFT JOIN (
    SELECT json_extract(value, '$[0]') AS at, json_extract(value, '$[1]') AS id, json_extract(value, '$[3]') AS words
    FROM json_each(:holidays)
) feast ON m.kind = 'holiday' AND feast.at = m.at AND feast.id = m.id
WHERE l.id IS NOT NULL OR m.at IS NOT NULL AND (NOT :only_late OR m.late > 0)
