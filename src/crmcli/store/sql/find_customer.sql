-- Customers that an exact word names: id, uid, external id, phone or e-mail.
SELECT id, name, coalesce(company, ''), coalesce(phone, '') FROM customers
WHERE (id = :id)
    OR (:word <> '' AND (external_id = :word OR uid = :word OR phone = :word OR lower(email) = lower(:word)))
    OR (:e164 <> '' AND phone_e164 = :e164)
ORDER BY id
