-- How long :tasks (a JSON array of numbers) will take, those of which somebody said so.
SELECT id, minutes FROM tasks WHERE minutes IS NOT NULL AND id IN (SELECT value FROM json_each(:tasks))
