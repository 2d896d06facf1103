-- How many customers went from which tier in run :old to which in run :new. No tier before: the customer is new in :new;
-- no tier after: it is gone from :new (archived, deleted). Read-only.
SELECT tier_before, tier, count(*)
FROM (
    SELECT o.tier AS tier_before, n.tier
    FROM classifications o
    LEFT JOIN classifications n ON n.run_id = :new AND n.customer_id = o.customer_id
    WHERE o.run_id = :old
    UNION ALL
    SELECT NULL, n.tier
    FROM classifications n
    WHERE n.run_id = :new
        AND NOT EXISTS (SELECT 1 FROM classifications o WHERE o.run_id = :old AND o.customer_id = n.customer_id)
)
GROUP BY tier_before, tier
ORDER BY tier_before, tier
