SELECT count(*), coalesce(sum(paid_on <= due_on), 0)
FROM transactions
WHERE customer_id = :customer AND kind = 'sale' AND due_on IS NOT NULL AND paid_on <= :today
