SELECT uid, external_id, name, category, price_minor AS price, currency, notes, created_at, archived_at FROM products ORDER BY id
