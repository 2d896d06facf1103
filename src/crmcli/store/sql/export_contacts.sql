SELECT o.uid, o.external_id, coalesce(c.external_id, c.uid) AS customer, o.name, o.title, o.gender, o.birthday, o.birthday_calendar,
    o.phone, o.email, o.wechat, o.is_primary, o.notes, o.created_at, o.archived_at
FROM contacts o JOIN customers c ON c.id = o.customer_id
ORDER BY o.id
