-- Everybody whose birthday is kept by the lunar calendar, with the solar day of birth.
SELECT 'customer', id, birthday FROM customers
WHERE birthday_calendar = 'lunar' AND birthday IS NOT NULL AND archived_at IS NULL
UNION ALL
SELECT 'contact', id, birthday FROM contacts
WHERE birthday_calendar = 'lunar' AND birthday IS NOT NULL AND archived_at IS NULL
