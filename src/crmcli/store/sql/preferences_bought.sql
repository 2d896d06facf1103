-- What customers buy again and again from :since to :today: the categories and products in at least :share percent of their
-- orders, of those with at least :orders of them. Lines of one order number are one order. What is noted already is left out.
WITH bought AS (
    SELECT
        t.customer_id, coalesce(nullif(trim(t.order_number), ''), '#' || t.id) AS purchase, p.name AS product,
        coalesce(nullif(trim(t.category), ''), nullif(trim(p.category), '')) AS category
    FROM transactions t LEFT JOIN products p ON p.id = t.product_id
    WHERE t.kind = 'sale' AND t.occurred_on > :since AND t.occurred_on <= :today
        AND (:customer IS NULL OR t.customer_id = :customer)
),
orders AS (
    SELECT customer_id, count(DISTINCT purchase) AS orders FROM bought GROUP BY customer_id
),
liked AS (
    SELECT customer_id, 'category' AS topic, category AS value, count(DISTINCT purchase) AS times
    FROM bought WHERE category IS NOT NULL GROUP BY customer_id, category
    UNION ALL
    SELECT customer_id, 'product', product, count(DISTINCT purchase)
    FROM bought WHERE product IS NOT NULL GROUP BY customer_id, product
)
SELECT c.id, c.name, l.topic, l.value, l.times, o.orders
FROM liked l
JOIN orders o ON o.customer_id = l.customer_id
JOIN customers c ON c.id = l.customer_id
WHERE c.archived_at IS NULL AND o.orders >= :orders AND l.times * 100 >= o.orders * :share
    AND NOT EXISTS (
        SELECT 1 FROM preferences f
        WHERE f.customer_id = l.customer_id AND f.topic = l.topic AND lower(trim(f.value)) = lower(l.value)
    )
ORDER BY c.id, l.topic, l.times DESC, l.value
