-- Who has another tier or grade in run :new than in run :old, the biggest change of score first, each with the indicator
-- whose points changed most (:score names the score they make up). Tiers come as JSON lists of codes, the highest
-- first; grades sort by their letters. :direction is 1 for those who rose, -1 for those who fell, 0 for both: by tier,
-- and by grade where the tier stayed. Everybody is compared in one walk through both runs; points are read only for
-- those on the page. Differences are compared in hundredths, because that is what scores are rounded to. Read-only.
WITH
before_tiers AS MATERIALIZED (SELECT key AS place, value AS tier FROM json_each(:old_tiers)),
after_tiers AS MATERIALIZED (SELECT key AS place, value AS tier FROM json_each(:new_tiers)),
moved AS (
    SELECT
        o.customer_id, o.tier AS tier_before, n.tier, o.grade AS grade_before, n.grade,
        o.grade_reason AS grade_reason_before, n.grade_reason, o.score AS score_before, n.score,
        (SELECT b.place FROM before_tiers b WHERE b.tier = o.tier) AS place_before,
        (SELECT a.place FROM after_tiers a WHERE a.tier = n.tier) AS place
    FROM classifications o
    CROSS JOIN classifications n ON n.run_id = :new AND n.customer_id = o.customer_id
    WHERE o.run_id = :old AND (o.tier <> n.tier OR o.grade <> n.grade)
),
page AS MATERIALIZED (
    SELECT m.*, c.name, CAST(round((m.score - m.score_before) * 100) AS INTEGER) AS change
    FROM moved m
    CROSS JOIN customers c ON c.id = m.customer_id
    WHERE :direction = 0 OR :direction = CASE
        WHEN m.tier_before <> m.tier AND m.place_before <> m.place THEN iif(m.place < m.place_before, 1, -1)
        WHEN m.grade_before <> m.grade THEN iif(m.grade < m.grade_before, 1, -1)
        ELSE 0
    END
    ORDER BY abs(change) DESC, m.customer_id
    LIMIT :limit
),
shifted AS MATERIALIZED (
    SELECT p.*, (
        SELECT indicator
        FROM (
            SELECT indicator, points
            FROM indicator_values v
            WHERE v.run_id = :new AND v.customer_id = p.customer_id AND v.score = :score
            UNION ALL
            SELECT indicator, -points
            FROM indicator_values v
            WHERE v.run_id = :old AND v.customer_id = p.customer_id AND v.score = :score
        )
        GROUP BY indicator
        HAVING round(sum(points) * 100) <> 0
        ORDER BY abs(round(sum(points) * 100)) DESC, indicator
        LIMIT 1
    ) AS indicator
    FROM page p
)
SELECT
    s.customer_id, s.name, s.tier_before, s.tier, s.grade_before, s.grade, s.grade_reason_before, s.grade_reason,
    s.score_before, s.score, s.indicator, b.raw, a.raw,
    iif(s.indicator IS NULL, NULL, coalesce(b.points, 0.0)), iif(s.indicator IS NULL, NULL, coalesce(a.points, 0.0))
FROM shifted s
LEFT JOIN indicator_values b
    ON b.run_id = :old AND b.customer_id = s.customer_id AND b.score = :score AND b.indicator = s.indicator
LEFT JOIN indicator_values a
    ON a.run_id = :new AND a.customer_id = s.customer_id AND a.score = :score AND a.indicator = s.indicator
ORDER BY abs(s.change) DESC, s.customer_id
