SELECT customer_id, min(closed_on) AS closed_on
FROM crm_trial_opportunities
WHERE stage = 'won' AND customer_id IS NOT NULL AND closed_on > :after
GROUP BY customer_id
ORDER BY customer_id
