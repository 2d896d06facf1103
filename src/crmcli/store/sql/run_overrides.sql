-- What was pinned for one customer on the day of a run, beside what that run computed.
SELECT
    o.customer_id, '', o.judgement, o.value,
    CASE o.judgement WHEN 'tier' THEN k.tier WHEN 'grade' THEN k.grade ELSE k.lifecycle_stage END,
    o.from_on, o.until_on, NULL, o.override_reason, 'in_force'
FROM run_overrides o
LEFT JOIN classifications k ON k.customer_id = o.customer_id AND k.run_id = o.run_id
WHERE o.run_id = :run AND o.customer_id = :customer
ORDER BY CASE o.judgement WHEN 'tier' THEN 1 WHEN 'grade' THEN 2 ELSE 3 END
