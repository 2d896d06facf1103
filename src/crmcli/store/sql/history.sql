-- The periods in which one customer was classified, oldest first, at most :limit of the newest, each compared with the
-- period before it. Of a period that was run several times the newest run that knows the customer counts.
-- One row per period and changed indicator: the :named indicators whose points changed most (:score names the score
-- they make up), and one row without an indicator where none changed. Differences of points are compared in
-- hundredths, because that is what they are rounded to. Read-only.
WITH
known AS (
    SELECT
        r.id AS run, r.period, r.as_of, r.version, r.ruleset_fingerprint AS rules,
        k.score, k.tier, k.grade, k.grade_reason, k.lifecycle_stage,
        row_number() OVER (PARTITION BY r.period ORDER BY r.as_of DESC, r.id DESC) AS place
    FROM runs r
    CROSS JOIN classifications k ON k.run_id = r.id AND k.customer_id = :id
    WHERE r.as_of <= :today
),
compared AS (
    SELECT
        run, period, as_of, version, rules, score, tier, grade, grade_reason, lifecycle_stage,
        lag(run) OVER story AS run_before, lag(score) OVER story AS score_before, lag(rules) OVER story AS rules_before,
        lag(tier) OVER story AS tier_before, lag(grade) OVER story AS grade_before,
        lag(grade_reason) OVER story AS grade_reason_before
    FROM known
    WHERE place = 1
    WINDOW story AS (ORDER BY as_of, run)
),
shown AS MATERIALIZED (
    SELECT * FROM compared ORDER BY as_of DESC, run DESC LIMIT :limit
),
sides AS (
    SELECT s.run, v.indicator, NULL AS raw_before, 0.0 AS points_before, v.raw, v.points
    FROM shown s
    CROSS JOIN indicator_values v ON v.run_id = s.run AND v.customer_id = :id AND v.score = :score
    WHERE s.run_before IS NOT NULL
    UNION ALL
    SELECT s.run, v.indicator, v.raw, v.points, NULL, 0.0
    FROM shown s
    CROSS JOIN indicator_values v ON v.run_id = s.run_before AND v.customer_id = :id AND v.score = :score
),
terms AS (
    SELECT
        run, indicator, max(raw_before) AS raw_before, max(raw) AS raw,
        sum(points_before) AS points_before, sum(points) AS points,
        row_number() OVER (
            PARTITION BY run ORDER BY abs(round((sum(points) - sum(points_before)) * 100)) DESC, indicator
        ) AS place
    FROM sides
    GROUP BY run, indicator
    HAVING round((sum(points) - sum(points_before)) * 100) <> 0
)
SELECT
    s.run, s.period, s.as_of, s.version, s.rules, s.score, s.tier, s.grade, s.grade_reason, s.lifecycle_stage,
    s.score_before, s.rules_before, s.tier_before, s.grade_before, s.grade_reason_before,
    t.indicator, t.raw_before, t.raw, t.points_before, t.points
FROM shown s
LEFT JOIN terms t ON t.run = s.run AND t.place <= :named
ORDER BY s.as_of, s.run, t.place
