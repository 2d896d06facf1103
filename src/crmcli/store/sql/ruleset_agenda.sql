SELECT agenda FROM rulesets WHERE fingerprint = :fingerprint
