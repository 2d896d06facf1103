SELECT c.uid, c.external_id, c.kind, c.name, c.company, c.title, c.gender, c.birthday, c.birthday_calendar, c.id_number, c.phone, c.email,
    c.wechat, c.region, c.address, c.industry, c.size, c.headcount, c.source, coalesce(r.external_id, r.uid) AS referred_by,
    c.tags, c.needs, c.intent_stage, c.next_contact_on, c.next_contact_time, c.do_not_contact,
    c.refused_channels, c.notes, c.created_at, c.archived_at,
    c.custom
FROM customers c LEFT JOIN customers r ON r.id = c.referred_by_id
ORDER BY c.id
