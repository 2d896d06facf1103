-- One survey in full: the one with the id :number, else the external id :word.
SELECT
    s.id, s.external_id, s.customer_id, c.name, s.kind, s.score, s.channel, s.asked_on, s.answered_on, s.comment
FROM surveys s
JOIN customers c ON c.id = s.customer_id
WHERE s.id = :number OR s.external_id = :word
ORDER BY s.id = :number DESC
LIMIT 1
