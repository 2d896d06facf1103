SELECT files FROM rulesets WHERE fingerprint = :fingerprint
