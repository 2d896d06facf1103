-- Customers whose name or company holds :part; a whole name beats a part of one, and one still active an archived one.
SELECT id, name, coalesce(company, ''), coalesce(phone, ''),
    (name = :part COLLATE NOCASE) * 2 + (archived_at IS NULL) AS closeness
FROM customers
WHERE instr(lower(name), lower(:part)) OR instr(lower(coalesce(company, '')), lower(:part))
ORDER BY closeness DESC, id
LIMIT 21
