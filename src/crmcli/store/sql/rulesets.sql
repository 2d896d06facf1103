-- The stored rulesets whose fingerprint begins with :prefix, which holds hexadecimal digits only.
SELECT fingerprint, files FROM rulesets WHERE fingerprint LIKE :prefix || '%' ORDER BY created_at, fingerprint
