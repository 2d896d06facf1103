SELECT id, period, as_of, version, ruleset_fingerprint, customers, counts FROM runs ORDER BY as_of, id
