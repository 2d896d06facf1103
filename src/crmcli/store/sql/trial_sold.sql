-- Added up as REAL, as the rules do: exact up to 2**53, and never an integer overflow.
SELECT customer_id,
       count(*) FILTER (WHERE kind = 'sale') AS orders,
       coalesce(sum(CAST(amount_minor AS REAL)) FILTER (WHERE currency = :currency), 0.0) AS revenue
FROM crm_trial_transactions
WHERE occurred_on > :after AND occurred_on <= :until
GROUP BY customer_id
ORDER BY customer_id
