CREATE TABLE custom_fields (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    choices TEXT,
    CONSTRAINT ck_custom_fields_name_is_a_name CHECK (name GLOB '[a-z]*' AND name NOT GLOB '*[^a-z0-9_]*' AND length(name) <= 40),
    CONSTRAINT ck_custom_fields_kind_known CHECK (kind IN ('text', 'number', 'date', 'choice')),
    CONSTRAINT ck_custom_fields_choices_are_a_list CHECK (choices GLOB '[[]*]'),
    CONSTRAINT ck_custom_fields_choices_of_a_choice CHECK ((kind = 'choice') = (choices IS NOT NULL)),
    CONSTRAINT uq_custom_fields_uid UNIQUE (uid)
)
 STRICT;

CREATE UNIQUE INDEX uq_custom_fields_name ON custom_fields (name);

ALTER TABLE customers ADD COLUMN custom TEXT DEFAULT '{}' NOT NULL
    CONSTRAINT ck_customers_custom_is_an_object CHECK (custom GLOB '{*}');
