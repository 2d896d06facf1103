-- Surveys, the newest first.
SELECT s.id, s.asked_on, s.kind, c.name, s.score, s.answered_on, s.channel, s.comment
FROM surveys s
JOIN customers c ON c.id = s.customer_id
WHERE (:customer IS NULL OR s.customer_id = :customer)
    AND (:kind IS NULL OR s.kind = :kind)
    AND (NOT :unanswered OR s.answered_on IS NULL)
ORDER BY s.asked_on DESC, s.id DESC
LIMIT :limit
