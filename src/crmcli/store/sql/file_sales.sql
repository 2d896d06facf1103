-- Sales less refunds of one customer by currency, and the orders, after :since up to :today; every currency they ever dealt in.
SELECT
    currency,
    coalesce(sum(amount_minor) FILTER (WHERE occurred_on > :since), 0) AS revenue,
    count(DISTINCT coalesce(nullif(trim(order_number), ''), '#' || id)) FILTER (WHERE kind = 'sale' AND occurred_on > :since)
FROM transactions
WHERE customer_id = :customer AND occurred_on <= :today
GROUP BY currency
