SELECT e.id, e.at, e.command, e.summary,
    (SELECT u.id FROM journal_entries u WHERE u.undoes_id = e.id)
FROM journal_entries e ORDER BY e.id DESC LIMIT :limit
