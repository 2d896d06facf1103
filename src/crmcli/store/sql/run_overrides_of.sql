-- What was pinned for one customer on the days of its runs.
SELECT run_id, judgement, value FROM run_overrides WHERE customer_id = :customer ORDER BY run_id, judgement
