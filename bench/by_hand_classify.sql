-- The shipped rules written out by hand for SQLite: what a person would write who knows them by heart and will never
-- change them. Same tables, same results; the benchmark compares every row with the program's.
BEGIN IMMEDIATE;

INSERT INTO rulesets (fingerprint, files, agenda, created_at)
VALUES ('by hand', '{}', '{}', :now);

INSERT INTO runs (id, uid, period, as_of, version, ruleset_fingerprint, journal_id, customers, counts, created_at)
VALUES (1, 'by hand', :today, :today, 1, 'by hand', 0, 0, '{}', :now);

-- `+ 0` keeps SQLite from walking the index and looking each row up.
CREATE TEMPORARY TABLE bought (
    customer_id INTEGER PRIMARY KEY, records INTEGER, orders INTEGER, orders_12m INTEGER, revenue_12m INTEGER,
    margin_12m INTEGER, first_on TEXT, last_on TEXT, days INTEGER
);
INSERT INTO bought
SELECT
    customer_id + 0,
    count(*) AS records,
    count(DISTINCT coalesce(order_number, id)) FILTER (WHERE kind = 'sale') AS orders,
    count(DISTINCT coalesce(order_number, id)) FILTER (WHERE kind = 'sale' AND occurred_on > :year_ago) AS orders_12m,
    sum(amount_minor) FILTER (WHERE currency = 'CNY' AND occurred_on > :year_ago) AS revenue_12m,
    sum(amount_minor - cost_minor) FILTER (WHERE currency = 'CNY' AND occurred_on > :year_ago) AS margin_12m,
    min(occurred_on) FILTER (WHERE kind = 'sale') AS first_on,
    max(occurred_on) FILTER (WHERE kind = 'sale') AS last_on,
    count(DISTINCT occurred_on) FILTER (WHERE kind = 'sale') AS days
FROM transactions
WHERE occurred_on <= :today
GROUP BY customer_id + 0
ORDER BY customer_id + 0;

CREATE TEMPORARY TABLE talked (customer_id INTEGER PRIMARY KEY, records INTEGER);
INSERT INTO talked
SELECT customer_id, count(*) AS records FROM interactions WHERE occurred_on <= :today GROUP BY customer_id;

-- The open deal that closes next; on one day the furthest, then one that waits for nothing.
CREATE TEMPORARY TABLE deals (
    customer_id INTEGER PRIMARY KEY, expected_close_on TEXT, stage TEXT, waits INTEGER, undated INTEGER, ready_on TEXT
);
INSERT INTO deals
SELECT customer_id, expected_close_on, stage, waits, undated, ready_on
FROM (
    SELECT
        customer_id, expected_close_on, stage,
        trim(coalesce(waiting_for, '')) <> '' AS waits,
        row_number() OVER (
            PARTITION BY customer_id
            ORDER BY
                expected_close_on IS NULL, expected_close_on,
                CASE stage WHEN 'negotiating' THEN 1 WHEN 'approved' THEN 2 WHEN 'introduced' THEN 3 ELSE 4 END,
                trim(coalesce(waiting_for, '')) <> ''
        ) AS place,
        sum(expected_close_on IS NULL) OVER (PARTITION BY customer_id) AS undated,
        min(iif(stage IN ('approved', 'negotiating') AND trim(coalesce(waiting_for, '')) = '', expected_close_on, NULL))
            OVER (PARTITION BY customer_id) AS ready_on
    FROM opportunities
    WHERE customer_id IS NOT NULL AND archived_at IS NULL AND closed_on IS NULL
        AND stage IN ('prospecting', 'introduced', 'approved', 'negotiating')
        AND (opened_on IS NULL OR opened_on <= :today)
)
WHERE place = 1;

CREATE TEMPORARY TABLE known AS
SELECT
    c.id AS customer_id,
    CAST(coalesce(b.orders, 0) AS REAL) AS orders,
    CAST(coalesce(b.orders_12m, 0) AS REAL) AS orders_12m,
    coalesce(b.revenue_12m, 0) / 100.0 AS revenue_12m,
    b.margin_12m / 100.0 AS margin_12m,
    julianday(:today) - julianday(b.last_on) AS recency_days,
    julianday(:today) - julianday(b.first_on) AS tenure_days,
    (julianday(b.last_on) - julianday(b.first_on)) / nullif(b.days - 1.0, 0) AS gap_days,
    CAST(max(0,
        (CAST(substr(d.expected_close_on, 1, 4) AS INTEGER) - CAST(substr(:today, 1, 4) AS INTEGER)) * 12
        + CAST(substr(d.expected_close_on, 6, 2) AS INTEGER) - CAST(substr(:today, 6, 2) AS INTEGER)
        + (substr(d.expected_close_on, 9, 2) > substr(:today, 9, 2))
    ) AS REAL) AS months_to_close,
    CAST(max(0,
        (CAST(substr(d.ready_on, 1, 4) AS INTEGER) - CAST(substr(:today, 1, 4) AS INTEGER)) * 12
        + CAST(substr(d.ready_on, 6, 2) AS INTEGER) - CAST(substr(:today, 6, 2) AS INTEGER)
        + (substr(d.ready_on, 9, 2) > substr(:today, 9, 2))
    ) AS REAL) AS months_to_ready_close,
    d.stage <> 'prospecting' AS introduced,
    d.stage AS next_stage,
    d.waits AS waiting,
    c.needs,
    CAST(coalesce(d.undated, 0) AS REAL) AS undated,
    coalesce(t.records, 0) + coalesce(b.records, 0) <= 1 AS no_followup
FROM customers c
LEFT JOIN bought b ON b.customer_id = c.id
LEFT JOIN talked t ON t.customer_id = c.id
LEFT JOIN deals d ON d.customer_id = c.id
WHERE c.archived_at IS NULL;

CREATE TEMPORARY TABLE marked AS
SELECT
    *,
    15.0 / whole AS w_margin, 20.0 / whole AS w_orders, 15.0 / whole AS w_recency, 40.0 / whole AS w_revenue,
    10.0 / whole AS w_tenure
FROM (
    SELECT
        *,
        CASE WHEN margin_12m IS NULL THEN 85.0 ELSE 100.0 END AS whole,
        CASE WHEN margin_12m IS NOT NULL
            THEN percent_rank() OVER (PARTITION BY margin_12m IS NULL ORDER BY margin_12m) END AS m_margin,
        CASE WHEN orders_12m <= 0 THEN 0.0 WHEN orders_12m <= 1 THEN 0.3 WHEN orders_12m <= 3 THEN 0.6
            WHEN orders_12m <= 6 THEN 0.8 ELSE 1.0 END AS m_orders,
        coalesce(max(0.0, min(1.0, (365.0 - recency_days) / 365.0)), 0.0) AS m_recency,
        percent_rank() OVER (ORDER BY revenue_12m) AS m_revenue,
        coalesce(max(0.0, min(1.0, tenure_days / 1095.0)), 0.0) AS m_tenure
    FROM known
);

CREATE TEMPORARY TABLE pointed AS
SELECT
    *,
    coalesce(round(m_margin * w_margin * 10000), 0.0) AS p_margin,
    round(m_orders * w_orders * 10000) AS p_orders,
    round(m_recency * w_recency * 10000) AS p_recency,
    round(m_revenue * w_revenue * 10000) AS p_revenue,
    round(m_tenure * w_tenure * 10000) AS p_tenure
FROM marked
ORDER BY customer_id;

INSERT INTO indicator_values (run_id, customer_id, score, indicator, raw, normalised, weight, points)
SELECT
    1, p.customer_id, 'value', i.value,
    CASE i.value WHEN 'margin_12m' THEN margin_12m WHEN 'orders_12m' THEN orders_12m
        WHEN 'recency_days' THEN recency_days WHEN 'revenue_12m' THEN revenue_12m ELSE tenure_days END,
    CASE i.value WHEN 'margin_12m' THEN m_margin WHEN 'orders_12m' THEN m_orders
        WHEN 'recency_days' THEN m_recency WHEN 'revenue_12m' THEN m_revenue ELSE m_tenure END,
    CASE i.value WHEN 'margin_12m' THEN iif(m_margin IS NULL, 0.0, w_margin) WHEN 'orders_12m' THEN w_orders
        WHEN 'recency_days' THEN w_recency WHEN 'revenue_12m' THEN w_revenue ELSE w_tenure END,
    CASE i.value WHEN 'margin_12m' THEN p_margin WHEN 'orders_12m' THEN p_orders
        WHEN 'recency_days' THEN p_recency WHEN 'revenue_12m' THEN p_revenue ELSE p_tenure END / 100.0
FROM pointed p
CROSS JOIN json_each('["margin_12m", "orders_12m", "recency_days", "revenue_12m", "tenure_days"]') i;

INSERT INTO feature_values (run_id, customer_id, features)
SELECT
    1, customer_id,
    json_object(
        'introduced', introduced, 'months_to_close', months_to_close, 'months_to_ready_close', months_to_ready_close,
        'needs', needs, 'next_stage', next_stage, 'no_followup', no_followup, 'orders', orders,
        'purchase_gap_days', gap_days, 'recency_days', recency_days, 'tenure_days', tenure_days,
        'undated_opportunities', undated, 'waiting', waiting
    )
FROM pointed;

INSERT INTO classifications (
    run_id, customer_id, score, tier, grade, grade_reason, lifecycle_stage, cadence_days, cadence_max_days, urgency,
    triggers, state_urgency
)
SELECT
    1, customer_id, score, tier, grade, reason, stage,
    CASE grade
        WHEN 'A' THEN iif(tier = 'high', 5, 7)
        WHEN 'B' THEN CASE tier WHEN 'high' THEN 10 WHEN 'medium' THEN 14 ELSE 21 END
        WHEN 'C' THEN CASE tier WHEN 'high' THEN 21 WHEN 'medium' THEN 30 ELSE 45 END
        ELSE CASE tier WHEN 'high' THEN iif(stage = 'at_risk', 30, 60) WHEN 'medium' THEN 90 ELSE 120 END
    END,
    CASE grade
        WHEN 'A' THEN iif(tier = 'high', 10, 14)
        WHEN 'B' THEN CASE tier WHEN 'high' THEN 20 WHEN 'medium' THEN 28 ELSE 42 END
        WHEN 'C' THEN CASE tier WHEN 'high' THEN 42 WHEN 'medium' THEN 60 ELSE 90 END
        ELSE CASE tier WHEN 'high' THEN iif(stage = 'at_risk', 60, 90) WHEN 'medium' THEN 120 ELSE 180 END
    END,
    CASE tier WHEN 'high' THEN 30.0 WHEN 'medium' THEN 15.0 ELSE 0.0 END
        + CASE grade WHEN 'A' THEN 40.0 WHEN 'B' THEN 25.0 WHEN 'C' THEN 10.0 ELSE 0.0 END,
    nullif('[' || substr(
        iif(score >= 40, ',"birthday"', '') || iif(score >= 60, ',"greeting"', '')
        || iif(orders = 1 AND revenue_12m > 0, ',"survey_due"', '') || iif(score >= 40 AND stage = 'at_risk', ',"leaving"', '')
        || iif(lost_soon, ',"lost_soon"', ''), 2
    ) || ']', '[]'),
    nullif(iif(score >= 40 AND stage = 'at_risk', 15.0, 0.0) + iif(lost_soon, 10.0, 0.0), 0.0)
FROM (
    SELECT *, stage = 'at_risk' AND orders > 1 AND recency_days > 0.8 * max(365, 4 * coalesce(gap_days, 0)) AS lost_soon
    FROM (
        SELECT
            customer_id, score, orders, revenue_12m, recency_days, gap_days,
            CASE WHEN score >= 70 THEN 'high' WHEN score >= 40 THEN 'medium' ELSE 'low' END AS tier,
            CASE
                WHEN months_to_ready_close <= 1 THEN 'A'
                WHEN months_to_close <= 3 THEN 'B'
                WHEN months_to_close <= 6 THEN 'C'
                ELSE 'D'
            END AS grade,
            CASE
                WHEN months_to_ready_close <= 1 THEN 'ready'
                WHEN months_to_close <= 3 AND waiting THEN 'waiting'
                WHEN months_to_close <= 3 AND NOT introduced THEN 'not_introduced'
                WHEN months_to_close <= 3 AND next_stage = 'introduced' THEN 'not_approved'
                WHEN months_to_close <= 3 THEN 'soon'
                WHEN months_to_close <= 6 THEN 'later'
                WHEN months_to_close > 6 THEN 'beyond_horizon'
                WHEN undated > 0 THEN 'no_date'
                WHEN no_followup THEN 'no_followup'
                WHEN needs IS NOT NULL THEN 'no_date'
                ELSE 'no_need'
            END AS reason,
            CASE
                WHEN orders = 0 THEN 'prospect'
                WHEN recency_days > max(365, 4 * coalesce(gap_days, 0)) THEN 'lost'
                WHEN recency_days > max(120, 2 * coalesce(gap_days, 0)) THEN 'at_risk'
                WHEN tenure_days <= 90 THEN 'new'
                WHEN orders >= 5 AND tenure_days >= 365 THEN 'loyal'
                ELSE 'stable'
            END AS stage
        FROM (SELECT *, (p_margin + p_orders + p_recency + p_revenue + p_tenure) / 100.0 AS score FROM pointed)
    )
);

UPDATE runs SET customers = (SELECT count(*) FROM classifications WHERE run_id = 1) WHERE id = 1;

COMMIT;
