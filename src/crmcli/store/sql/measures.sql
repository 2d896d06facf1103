-- The improvement tasks of a complaint or of a survey, open ones first.
SELECT t.id, t.due_on, t.title, t.owner, t.done_on
FROM tasks t
WHERE t.archived_at IS NULL AND (t.complaint_id = :complaint OR t.survey_id = :survey)
ORDER BY t.done_on IS NOT NULL, t.due_on IS NULL, t.due_on, t.id
