-- What :tasks (a JSON array of numbers) are about, and how long they will take.
SELECT id, title, minutes FROM tasks WHERE id IN (SELECT value FROM json_each(:tasks)) ORDER BY id
