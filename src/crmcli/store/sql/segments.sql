SELECT segmentation, segment FROM segments
WHERE run_id = :run AND customer_id = :customer
ORDER BY segmentation
