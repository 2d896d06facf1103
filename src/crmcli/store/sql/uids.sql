-- The uids of records: those of :customers, :tasks and :opportunities (JSON arrays of numbers).
SELECT 'customer', id, uid FROM customers WHERE id IN (SELECT value FROM json_each(:customers))
UNION ALL
SELECT 'task', id, uid FROM tasks WHERE id IN (SELECT value FROM json_each(:tasks))
UNION ALL
SELECT 'opportunity', id, uid FROM opportunities WHERE id IN (SELECT value FROM json_each(:opportunities))
