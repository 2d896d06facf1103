SELECT count(*) FROM crm_trial_transactions
WHERE occurred_on > :after AND occurred_on <= :until AND currency <> :currency
