-- The classified periods nearest to a period, `YYYY-MM` (its last day) or a day; the nearest first.
SELECT period
FROM runs
WHERE as_of <= :today
GROUP BY period
ORDER BY
    abs(
        julianday(max(as_of))
        - julianday(iif(length(:period) = 7, date(:period || '-01', '+1 month', '-1 day'), :period))
    ),
    period
LIMIT :limit
