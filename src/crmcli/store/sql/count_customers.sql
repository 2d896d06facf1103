SELECT count(*) FROM customers WHERE archived_at IS NULL
