SELECT id, name, kind, label, choices FROM custom_fields ORDER BY id
