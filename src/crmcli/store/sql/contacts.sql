SELECT o.id, o.name, o.title, c.name, o.phone, o.email, o.wechat, o.is_primary, o.gender, o.birthday, o.birthday_calendar
FROM contacts o JOIN customers c ON c.id = o.customer_id
WHERE o.archived_at IS NULL AND (:customer IS NULL OR o.customer_id = :customer)
ORDER BY c.id, o.is_primary DESC, o.id
LIMIT :limit
