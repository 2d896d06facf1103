SELECT id, external_id, name, category, price_minor, currency FROM products
WHERE archived_at IS NULL ORDER BY name, id LIMIT :limit
