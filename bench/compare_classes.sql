SELECT
    count(*) - count(*) FILTER (
        WHERE a.tier = b.tier AND a.grade = b.grade AND a.grade_reason = b.grade_reason
            AND a.lifecycle_stage = b.lifecycle_stage AND abs(a.score - b.score) < 1e-9
            AND a.cadence_days = b.cadence_days AND a.cadence_max_days = b.cadence_max_days AND a.urgency = b.urgency
            AND a.triggers IS b.triggers AND a.state_urgency IS b.state_urgency
    ),
    count(*)
FROM main.classifications a
LEFT JOIN other.classifications b ON b.run_id = 1 AND b.customer_id = a.customer_id
