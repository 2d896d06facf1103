CREATE TABLE complaints (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    external_id TEXT,
    customer_id INTEGER NOT NULL,
    contact_id INTEGER,
    transaction_id INTEGER,
    summary TEXT NOT NULL,
    severity TEXT NOT NULL,
    channel TEXT,
    received_on TEXT NOT NULL,
    reply_due_on TEXT,
    investigating_on TEXT,
    replied_on TEXT,
    closed_on TEXT,
    reply TEXT,
    cause TEXT,
    root_cause TEXT,
    prevention TEXT,
    notes TEXT,
    archived_at TEXT,
    import_batch_id INTEGER,
    CONSTRAINT ck_complaints_summary_not_empty CHECK (trim(summary) <> ''),
    CONSTRAINT ck_complaints_severity_known CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    CONSTRAINT ck_complaints_channel_known CHECK (channel IN ('phone', 'email', 'sms', 'wechat', 'visit', 'meeting', 'online', 'social', 'event', 'gift')),
    CONSTRAINT ck_complaints_received_on_is_a_day CHECK (received_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_complaints_reply_due_on_is_a_day CHECK (reply_due_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_complaints_investigating_on_is_a_day CHECK (investigating_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_complaints_replied_on_is_a_day CHECK (replied_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_complaints_closed_on_is_a_day CHECK (closed_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_complaints_closed_with_cause_and_prevention CHECK (closed_on IS NULL OR replied_on IS NOT NULL AND trim(root_cause) <> '' AND trim(prevention) <> '' AND root_cause IS NOT NULL AND prevention IS NOT NULL),
    CONSTRAINT uq_complaints_uid UNIQUE (uid),
    CONSTRAINT fk_complaints_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id),
    CONSTRAINT fk_complaints_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id),
    CONSTRAINT fk_complaints_transaction_id FOREIGN KEY(transaction_id) REFERENCES transactions (id),
    CONSTRAINT fk_complaints_import_batch_id FOREIGN KEY(import_batch_id) REFERENCES import_batches (id)
)
 STRICT;

CREATE INDEX ix_complaints_closed_on_reply_due_on ON complaints (closed_on, reply_due_on);

CREATE INDEX ix_complaints_contact_id ON complaints (contact_id);

CREATE INDEX ix_complaints_customer_id ON complaints (customer_id);

CREATE INDEX ix_complaints_import_batch_id ON complaints (import_batch_id);

CREATE INDEX ix_complaints_transaction_id ON complaints (transaction_id);

CREATE UNIQUE INDEX uq_complaints_external_id ON complaints (external_id);

CREATE TABLE surveys (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    external_id TEXT,
    customer_id INTEGER NOT NULL,
    contact_id INTEGER,
    kind TEXT NOT NULL,
    channel TEXT,
    asked_on TEXT NOT NULL,
    answered_on TEXT,
    score INTEGER,
    comment TEXT,
    import_batch_id INTEGER,
    CONSTRAINT ck_surveys_kind_known CHECK (kind IN ('csat', 'nps')),
    CONSTRAINT ck_surveys_channel_known CHECK (channel IN ('phone', 'email', 'sms', 'wechat', 'visit', 'meeting', 'online', 'social', 'event', 'gift')),
    CONSTRAINT ck_surveys_asked_on_is_a_day CHECK (asked_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_surveys_answered_on_is_a_day CHECK (answered_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_surveys_score_in_range CHECK (score IS NULL OR kind = 'csat' AND score BETWEEN 1 AND 5 OR kind = 'nps' AND score BETWEEN 0 AND 10),
    CONSTRAINT ck_surveys_answered_with_a_score CHECK ((score IS NULL) = (answered_on IS NULL)),
    CONSTRAINT uq_surveys_uid UNIQUE (uid),
    CONSTRAINT fk_surveys_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id),
    CONSTRAINT fk_surveys_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id),
    CONSTRAINT fk_surveys_import_batch_id FOREIGN KEY(import_batch_id) REFERENCES import_batches (id)
)
 STRICT;

CREATE INDEX ix_surveys_contact_id ON surveys (contact_id);

CREATE INDEX ix_surveys_customer_id_asked_on ON surveys (customer_id, asked_on);

CREATE INDEX ix_surveys_import_batch_id ON surveys (import_batch_id);

CREATE UNIQUE INDEX uq_surveys_external_id ON surveys (external_id);

ALTER TABLE customers ADD COLUMN next_contact_time TEXT
    CONSTRAINT ck_customers_next_contact_time_is_a_time CHECK (next_contact_time GLOB '[0-2][0-9]:[0-5][0-9]' AND next_contact_time < '24');

ALTER TABLE customers ADD COLUMN id_number TEXT;

ALTER TABLE customers ADD COLUMN do_not_contact INTEGER DEFAULT 0 NOT NULL
    CONSTRAINT ck_customers_do_not_contact_is_a_flag CHECK (do_not_contact IN (0, 1));

ALTER TABLE customers ADD COLUMN refused_channels TEXT;

DROP INDEX ix_customers_archived_at_next_contact_on_intent_stage;

CREATE INDEX ix_customers_agenda ON customers (archived_at, next_contact_on, intent_stage, do_not_contact);

ALTER TABLE tasks ADD COLUMN complaint_id INTEGER
    CONSTRAINT fk_tasks_complaint_id REFERENCES complaints (id);

ALTER TABLE tasks ADD COLUMN survey_id INTEGER
    CONSTRAINT fk_tasks_survey_id REFERENCES surveys (id);

ALTER TABLE tasks ADD COLUMN kind TEXT DEFAULT 'task' NOT NULL
    CONSTRAINT ck_tasks_kind_known CHECK (kind IN ('task', 'promise', 'improvement'));

ALTER TABLE tasks ADD COLUMN due_time TEXT
    CONSTRAINT ck_tasks_due_time_is_a_time CHECK (due_time GLOB '[0-2][0-9]:[0-5][0-9]' AND due_time < '24');

ALTER TABLE tasks ADD COLUMN owner TEXT;

ALTER TABLE tasks ADD COLUMN minutes INTEGER
    CONSTRAINT ck_tasks_minutes_not_negative CHECK (minutes >= 0);

ALTER TABLE tasks ADD COLUMN repeat_every INTEGER
    CONSTRAINT ck_tasks_repeat_every_positive CHECK (repeat_every >= 1);

ALTER TABLE tasks ADD COLUMN repeat_unit TEXT
    CONSTRAINT ck_tasks_repeat_unit_known CHECK (repeat_unit IN ('day', 'week', 'month'));

ALTER TABLE tasks ADD COLUMN repeat_from TEXT
    CONSTRAINT ck_tasks_repeat_from_known CHECK (repeat_from IN ('due', 'done'));

ALTER TABLE tasks ADD COLUMN repeat_day INTEGER
    CONSTRAINT ck_tasks_repeat_day_is_a_day CHECK (repeat_day BETWEEN 1 AND 31);

ALTER TABLE tasks ADD COLUMN promised_in_id INTEGER
    CONSTRAINT fk_tasks_promised_in_id REFERENCES interactions (id);

ALTER TABLE tasks ADD COLUMN series_uid TEXT;

ALTER TABLE tasks ADD COLUMN occurrence INTEGER;

CREATE INDEX ix_tasks_complaint_id ON tasks (complaint_id);

CREATE INDEX ix_tasks_promised_in_id ON tasks (promised_in_id);

CREATE INDEX ix_tasks_survey_id ON tasks (survey_id);

CREATE UNIQUE INDEX uq_tasks_series_uid_occurrence ON tasks (series_uid, occurrence);

CREATE TABLE preferences (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    customer_id INTEGER NOT NULL,
    topic TEXT NOT NULL,
    value TEXT NOT NULL,
    origin TEXT NOT NULL,
    noted_on TEXT NOT NULL,
    notes TEXT,
    CONSTRAINT ck_preferences_topic_not_empty CHECK (trim(topic) <> ''),
    CONSTRAINT ck_preferences_value_not_empty CHECK (trim(value) <> ''),
    CONSTRAINT ck_preferences_origin_known CHECK (origin IN ('stated', 'inferred')),
    CONSTRAINT ck_preferences_noted_on_is_a_day CHECK (noted_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT uq_preferences_uid UNIQUE (uid),
    CONSTRAINT fk_preferences_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id)
)
 STRICT;

CREATE UNIQUE INDEX uq_preferences_customer_id_topic_value ON preferences (customer_id, topic, value);

CREATE TABLE credits (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    customer_id INTEGER NOT NULL,
    limit_minor INTEGER,
    currency TEXT NOT NULL,
    terms_days INTEGER,
    reviewed_on TEXT NOT NULL,
    notes TEXT,
    CONSTRAINT ck_credits_currency_is_a_code CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    CONSTRAINT ck_credits_reviewed_on_is_a_day CHECK (reviewed_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_credits_limit_not_negative CHECK (limit_minor >= 0),
    CONSTRAINT ck_credits_terms_not_negative CHECK (terms_days >= 0),
    CONSTRAINT uq_credits_uid UNIQUE (uid),
    CONSTRAINT fk_credits_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id)
)
 STRICT;

CREATE UNIQUE INDEX uq_credits_customer_id ON credits (customer_id);

CREATE TABLE payments (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    external_id TEXT,
    customer_id INTEGER NOT NULL,
    transaction_id INTEGER NOT NULL,
    paid_on TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    notes TEXT,
    import_batch_id INTEGER,
    CONSTRAINT ck_payments_paid_on_is_a_day CHECK (paid_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_payments_amount_not_zero CHECK (amount_minor <> 0),
    CONSTRAINT uq_payments_uid UNIQUE (uid),
    CONSTRAINT fk_payments_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id),
    CONSTRAINT fk_payments_transaction_id FOREIGN KEY(transaction_id) REFERENCES transactions (id),
    CONSTRAINT fk_payments_import_batch_id FOREIGN KEY(import_batch_id) REFERENCES import_batches (id)
)
 STRICT;

CREATE INDEX ix_payments_customer_id_paid_on ON payments (customer_id, paid_on);

CREATE INDEX ix_payments_import_batch_id ON payments (import_batch_id);

CREATE INDEX ix_payments_transaction_id ON payments (transaction_id);

CREATE UNIQUE INDEX uq_payments_external_id ON payments (external_id);

CREATE TABLE templates (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    name TEXT NOT NULL,
    occasion TEXT NOT NULL,
    channel TEXT,
    subject TEXT,
    body TEXT NOT NULL,
    CONSTRAINT ck_templates_name_not_empty CHECK (trim(name) <> ''),
    CONSTRAINT ck_templates_body_not_empty CHECK (trim(body) <> ''),
    CONSTRAINT ck_templates_occasion_known CHECK (occasion IN ('birthday', 'holiday', 'promotion', 'after_sales', 'other')),
    CONSTRAINT ck_templates_channel_known CHECK (channel IN ('phone', 'email', 'sms', 'wechat', 'visit', 'meeting', 'online', 'social', 'event', 'gift')),
    CONSTRAINT uq_templates_uid UNIQUE (uid)
)
 STRICT;

CREATE UNIQUE INDEX uq_templates_name ON templates (name);

CREATE TABLE deferrals (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    customer_id INTEGER,
    task_id INTEGER,
    opportunity_id INTEGER,
    "trigger" TEXT,
    record_id INTEGER,
    kind TEXT NOT NULL,
    noted_on TEXT NOT NULL,
    until_on TEXT NOT NULL,
    notes TEXT,
    CONSTRAINT ck_deferrals_kind_known CHECK (kind IN ('snooze', 'skip')),
    CONSTRAINT ck_deferrals_noted_on_is_a_day CHECK (noted_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_deferrals_until_on_is_a_day CHECK (until_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_deferrals_about_something CHECK (customer_id IS NOT NULL OR task_id IS NOT NULL OR opportunity_id IS NOT NULL),
    CONSTRAINT uq_deferrals_uid UNIQUE (uid),
    CONSTRAINT fk_deferrals_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id),
    CONSTRAINT fk_deferrals_task_id FOREIGN KEY(task_id) REFERENCES tasks (id),
    CONSTRAINT fk_deferrals_opportunity_id FOREIGN KEY(opportunity_id) REFERENCES opportunities (id)
)
 STRICT;

CREATE INDEX ix_deferrals_customer_id ON deferrals (customer_id);

CREATE INDEX ix_deferrals_opportunity_id ON deferrals (opportunity_id);

CREATE INDEX ix_deferrals_task_id ON deferrals (task_id);

CREATE INDEX ix_deferrals_until_on ON deferrals (until_on);

ALTER TABLE classifications ADD COLUMN state_urgency REAL;

ALTER TABLE classifications ADD COLUMN triggers TEXT
    CONSTRAINT ck_classifications_triggers_are_a_list CHECK (triggers GLOB '[[]*]');

CREATE INDEX ix_contacts_birthday ON contacts (substr(birthday, 6)) WHERE birthday IS NOT NULL;

CREATE INDEX ix_customers_birthday ON customers (substr(birthday, 6)) WHERE birthday IS NOT NULL;

CREATE INDEX ix_interactions_inbound ON interactions (occurred_on, customer_id) WHERE direction = 'inbound';

CREATE INDEX ix_transactions_unpaid ON transactions (due_on, customer_id) WHERE due_on IS NOT NULL AND paid_on IS NULL;

DROP INDEX ix_interactions_real_touch;

CREATE INDEX ix_interactions_real_touch ON interactions (customer_id, occurred_on, outcome) WHERE outcome IN ('connected', 'postponed', 'declined');
