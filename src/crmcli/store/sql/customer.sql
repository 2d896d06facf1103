SELECT id, uid, external_id, kind, name, company, title, gender, birthday, birthday_calendar, id_number, phone, email, wechat, region,
    address, industry, size, headcount, source,
    (SELECT r.name FROM customers r WHERE r.id = c.referred_by_id), tags, needs, intent_stage, next_contact_on,
    next_contact_time, do_not_contact, refused_channels, notes,
    created_at, archived_at, custom
FROM customers c WHERE id = :id
