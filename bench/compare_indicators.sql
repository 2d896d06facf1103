SELECT
    count(*) - count(*) FILTER (
        WHERE (a.raw IS b.raw OR abs(a.raw - b.raw) < 1e-9)
            AND (a.normalised IS b.normalised OR abs(a.normalised - b.normalised) < 1e-9)
            AND abs(a.weight - b.weight) < 1e-9 AND abs(a.points - b.points) < 1e-9
    ),
    count(*)
FROM main.indicator_values a
LEFT JOIN other.indicator_values b
    ON b.run_id = 1 AND b.customer_id = a.customer_id AND b.score = a.score AND b.indicator = a.indicator
