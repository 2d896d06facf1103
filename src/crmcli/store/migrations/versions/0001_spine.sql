CREATE TABLE import_batches (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    entity TEXT NOT NULL,
    file_name TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    encoding TEXT NOT NULL,
    rows_read INTEGER NOT NULL,
    rows_added INTEGER NOT NULL,
    rows_updated INTEGER NOT NULL,
    rows_unchanged INTEGER NOT NULL,
    rows_skipped INTEGER NOT NULL,
    rows_failed INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT uq_import_batches_uid UNIQUE (uid)
)
 STRICT;

CREATE TABLE journal_entries (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    at TEXT NOT NULL,
    command TEXT NOT NULL,
    summary TEXT NOT NULL,
    import_batch_id INTEGER,
    run_id INTEGER,
    undoes_id INTEGER,
    CONSTRAINT uq_journal_entries_uid UNIQUE (uid),
    CONSTRAINT fk_journal_entries_undoes_id FOREIGN KEY(undoes_id) REFERENCES journal_entries (id)
)
 STRICT;

CREATE INDEX ix_journal_entries_undoes_id ON journal_entries (undoes_id);

CREATE TABLE rulesets (
    fingerprint TEXT NOT NULL,
    files TEXT NOT NULL,
    agenda TEXT NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT pk_rulesets PRIMARY KEY (fingerprint)
)
 STRICT;

CREATE TABLE settings (
    id INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_settings PRIMARY KEY (id),
    CONSTRAINT uq_settings_key UNIQUE ("key")
)
 STRICT;

CREATE TABLE customers (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    external_id TEXT,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    company TEXT,
    title TEXT,
    gender TEXT,
    birthday TEXT,
    birthday_calendar TEXT NOT NULL,
    phone TEXT,
    phone_e164 TEXT,
    email TEXT,
    wechat TEXT,
    region TEXT,
    address TEXT,
    industry TEXT,
    size TEXT,
    headcount INTEGER,
    source TEXT,
    referred_by_id INTEGER,
    tags TEXT,
    needs TEXT,
    intent_stage TEXT,
    next_contact_on TEXT,
    notes TEXT,
    archived_at TEXT,
    import_batch_id INTEGER,
    CONSTRAINT ck_customers_name_not_empty CHECK (trim(name) <> ''),
    CONSTRAINT ck_customers_kind_known CHECK (kind IN ('person', 'organization')),
    CONSTRAINT ck_customers_gender_known CHECK (gender IN ('female', 'male', 'other')),
    CONSTRAINT ck_customers_birthday_calendar_known CHECK (birthday_calendar IN ('solar', 'lunar')),
    CONSTRAINT ck_customers_size_known CHECK (size IN ('micro_small', 'medium', 'large')),
    CONSTRAINT ck_customers_intent_stage_known CHECK (intent_stage IN ('potential', 'target', 'interested', 'high_hope', 'won', 'poor', 'invalid')),
    CONSTRAINT ck_customers_birthday_is_a_day CHECK (birthday GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_customers_next_contact_on_is_a_day CHECK (next_contact_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_customers_headcount_not_negative CHECK (headcount >= 0),
    CONSTRAINT uq_customers_uid UNIQUE (uid),
    CONSTRAINT fk_customers_referred_by_id FOREIGN KEY(referred_by_id) REFERENCES customers (id),
    CONSTRAINT fk_customers_import_batch_id FOREIGN KEY(import_batch_id) REFERENCES import_batches (id)
)
 STRICT;

CREATE INDEX ix_customers_archived_at_next_contact_on_intent_stage ON customers (archived_at, next_contact_on, intent_stage);

CREATE INDEX ix_customers_email ON customers (email);

CREATE INDEX ix_customers_import_batch_id ON customers (import_batch_id);

CREATE INDEX ix_customers_phone_e164 ON customers (phone_e164);

CREATE INDEX ix_customers_referred_by_id ON customers (referred_by_id);

CREATE UNIQUE INDEX uq_customers_external_id ON customers (external_id);

CREATE TABLE journal_changes (
    id INTEGER NOT NULL,
    entry_id INTEGER NOT NULL,
    table_name TEXT NOT NULL,
    row_id INTEGER NOT NULL,
    action TEXT NOT NULL,
    "before" TEXT,
    "after" TEXT,
    CONSTRAINT pk_journal_changes PRIMARY KEY (id),
    CONSTRAINT ck_journal_changes_action_known CHECK (action IN ('insert', 'update', 'delete')),
    CONSTRAINT fk_journal_changes_entry_id FOREIGN KEY(entry_id) REFERENCES journal_entries (id)
)
 STRICT;

CREATE INDEX ix_journal_changes_entry_id ON journal_changes (entry_id);

CREATE INDEX ix_journal_changes_table_name_row_id ON journal_changes (table_name, row_id);

CREATE TABLE products (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    external_id TEXT,
    name TEXT NOT NULL,
    category TEXT,
    price_minor INTEGER,
    currency TEXT NOT NULL,
    notes TEXT,
    archived_at TEXT,
    import_batch_id INTEGER,
    CONSTRAINT ck_products_name_not_empty CHECK (trim(name) <> ''),
    CONSTRAINT ck_products_currency_is_a_code CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    CONSTRAINT uq_products_uid UNIQUE (uid),
    CONSTRAINT fk_products_import_batch_id FOREIGN KEY(import_batch_id) REFERENCES import_batches (id)
)
 STRICT;

CREATE INDEX ix_products_import_batch_id ON products (import_batch_id);

CREATE UNIQUE INDEX uq_products_external_id ON products (external_id);

CREATE UNIQUE INDEX uq_products_name ON products (name);

CREATE TABLE runs (
    id INTEGER NOT NULL,
    uid TEXT NOT NULL,
    period TEXT NOT NULL,
    as_of TEXT NOT NULL,
    version INTEGER NOT NULL,
    ruleset_fingerprint TEXT NOT NULL,
    journal_id INTEGER NOT NULL,
    previous_run_id INTEGER,
    customers INTEGER NOT NULL,
    counts TEXT NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT pk_runs PRIMARY KEY (id),
    CONSTRAINT ck_runs_as_of_is_a_day CHECK (as_of GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT uq_runs_uid UNIQUE (uid),
    CONSTRAINT fk_runs_ruleset_fingerprint FOREIGN KEY(ruleset_fingerprint) REFERENCES rulesets (fingerprint),
    CONSTRAINT fk_runs_previous_run_id FOREIGN KEY(previous_run_id) REFERENCES runs (id) ON DELETE SET NULL
)
 STRICT;

CREATE INDEX ix_runs_as_of ON runs (as_of);

CREATE INDEX ix_runs_previous_run_id ON runs (previous_run_id);

CREATE UNIQUE INDEX uq_runs_period_ruleset_fingerprint_version ON runs (period, ruleset_fingerprint, version);

CREATE TABLE classifications (
    run_id INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    score REAL NOT NULL,
    tier TEXT NOT NULL,
    grade TEXT NOT NULL,
    grade_reason TEXT NOT NULL,
    lifecycle_stage TEXT NOT NULL,
    cadence_days INTEGER NOT NULL,
    cadence_max_days INTEGER NOT NULL,
    urgency REAL NOT NULL,
    CONSTRAINT pk_classifications PRIMARY KEY (run_id, customer_id),
    CONSTRAINT ck_classifications_grade_known CHECK (grade IN ('A', 'B', 'C', 'D')),
    CONSTRAINT ck_classifications_lifecycle_stage_known CHECK (lifecycle_stage IN ('prospect', 'new', 'stable', 'loyal', 'at_risk', 'lost')),
    CONSTRAINT fk_classifications_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE contacts (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    external_id TEXT,
    customer_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    title TEXT,
    gender TEXT,
    birthday TEXT,
    birthday_calendar TEXT NOT NULL,
    phone TEXT,
    phone_e164 TEXT,
    email TEXT,
    wechat TEXT,
    is_primary INTEGER NOT NULL,
    notes TEXT,
    archived_at TEXT,
    import_batch_id INTEGER,
    CONSTRAINT ck_contacts_name_not_empty CHECK (trim(name) <> ''),
    CONSTRAINT ck_contacts_gender_known CHECK (gender IN ('female', 'male', 'other')),
    CONSTRAINT ck_contacts_birthday_calendar_known CHECK (birthday_calendar IN ('solar', 'lunar')),
    CONSTRAINT ck_contacts_birthday_is_a_day CHECK (birthday GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_contacts_is_primary_is_a_flag CHECK (is_primary IN (0, 1)),
    CONSTRAINT uq_contacts_uid UNIQUE (uid),
    CONSTRAINT fk_contacts_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id),
    CONSTRAINT fk_contacts_import_batch_id FOREIGN KEY(import_batch_id) REFERENCES import_batches (id)
)
 STRICT;

CREATE INDEX ix_contacts_customer_id ON contacts (customer_id);

CREATE INDEX ix_contacts_import_batch_id ON contacts (import_batch_id);

CREATE UNIQUE INDEX uq_contacts_external_id ON contacts (external_id);

CREATE TABLE feature_values (
    run_id INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    features TEXT NOT NULL,
    CONSTRAINT pk_feature_values PRIMARY KEY (run_id, customer_id),
    CONSTRAINT fk_feature_values_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE indicator_values (
    run_id INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    score TEXT NOT NULL,
    indicator TEXT NOT NULL,
    raw REAL,
    normalised REAL,
    weight REAL NOT NULL,
    points REAL NOT NULL,
    CONSTRAINT pk_indicator_values PRIMARY KEY (run_id, customer_id, score, indicator),
    CONSTRAINT fk_indicator_values_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE segments (
    run_id INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    segmentation TEXT NOT NULL,
    segment TEXT NOT NULL,
    CONSTRAINT pk_segments PRIMARY KEY (run_id, customer_id, segmentation),
    CONSTRAINT fk_segments_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX ix_segments_run_id_segmentation_segment ON segments (run_id, segmentation, segment);

CREATE TABLE opportunities (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    external_id TEXT,
    customer_id INTEGER,
    contact_id INTEGER,
    product_id INTEGER,
    name TEXT,
    stage TEXT NOT NULL,
    amount_minor INTEGER,
    currency TEXT NOT NULL,
    probability INTEGER,
    opened_on TEXT,
    expected_close_on TEXT,
    closed_on TEXT,
    waiting_for TEXT,
    lost_reason TEXT,
    owner TEXT,
    notes TEXT,
    archived_at TEXT,
    import_batch_id INTEGER,
    CONSTRAINT ck_opportunities_stage_known CHECK (stage IN ('prospecting', 'introduced', 'approved', 'negotiating', 'won', 'lost')),
    CONSTRAINT ck_opportunities_opened_on_is_a_day CHECK (opened_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_opportunities_expected_close_on_is_a_day CHECK (expected_close_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_opportunities_closed_on_is_a_day CHECK (closed_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_opportunities_currency_is_a_code CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    CONSTRAINT ck_opportunities_probability_in_percent CHECK (probability BETWEEN 0 AND 100),
    CONSTRAINT uq_opportunities_uid UNIQUE (uid),
    CONSTRAINT fk_opportunities_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id),
    CONSTRAINT fk_opportunities_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id),
    CONSTRAINT fk_opportunities_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_opportunities_import_batch_id FOREIGN KEY(import_batch_id) REFERENCES import_batches (id)
)
 STRICT;

CREATE INDEX ix_opportunities_contact_id ON opportunities (contact_id);

CREATE INDEX ix_opportunities_customer_id ON opportunities (customer_id);

CREATE INDEX ix_opportunities_import_batch_id ON opportunities (import_batch_id);

CREATE INDEX ix_opportunities_product_id ON opportunities (product_id);

CREATE INDEX ix_opportunities_stage_expected_close_on ON opportunities (stage, expected_close_on);

CREATE UNIQUE INDEX uq_opportunities_external_id ON opportunities (external_id);

CREATE TABLE interactions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    external_id TEXT,
    customer_id INTEGER NOT NULL,
    contact_id INTEGER,
    opportunity_id INTEGER,
    occurred_on TEXT NOT NULL,
    channel TEXT NOT NULL,
    direction TEXT NOT NULL,
    outcome TEXT NOT NULL,
    kind TEXT NOT NULL,
    summary TEXT,
    minutes INTEGER,
    cost_minor INTEGER,
    currency TEXT NOT NULL,
    import_batch_id INTEGER,
    CONSTRAINT ck_interactions_channel_known CHECK (channel IN ('phone', 'email', 'sms', 'wechat', 'visit', 'meeting', 'online', 'social', 'event', 'gift')),
    CONSTRAINT ck_interactions_direction_known CHECK (direction IN ('outbound', 'inbound')),
    CONSTRAINT ck_interactions_outcome_known CHECK (outcome IN ('connected', 'no_answer', 'left_message', 'postponed', 'declined')),
    CONSTRAINT ck_interactions_kind_known CHECK (kind IN ('sales', 'service', 'care', 'other')),
    CONSTRAINT ck_interactions_occurred_on_is_a_day CHECK (occurred_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_interactions_currency_is_a_code CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    CONSTRAINT ck_interactions_minutes_not_negative CHECK (minutes >= 0),
    CONSTRAINT uq_interactions_uid UNIQUE (uid),
    CONSTRAINT fk_interactions_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id),
    CONSTRAINT fk_interactions_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id),
    CONSTRAINT fk_interactions_opportunity_id FOREIGN KEY(opportunity_id) REFERENCES opportunities (id),
    CONSTRAINT fk_interactions_import_batch_id FOREIGN KEY(import_batch_id) REFERENCES import_batches (id)
)
 STRICT;

CREATE INDEX ix_interactions_contact_id ON interactions (contact_id);

CREATE INDEX ix_interactions_customer_id_occurred_on ON interactions (customer_id, occurred_on);

CREATE INDEX ix_interactions_import_batch_id ON interactions (import_batch_id);

CREATE INDEX ix_interactions_opportunity_id ON interactions (opportunity_id);

CREATE INDEX ix_interactions_real_touch ON interactions (customer_id, occurred_on) WHERE outcome IN ('connected', 'postponed', 'declined');

CREATE UNIQUE INDEX uq_interactions_external_id ON interactions (external_id);

CREATE TABLE transactions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    external_id TEXT,
    customer_id INTEGER NOT NULL,
    product_id INTEGER,
    opportunity_id INTEGER,
    occurred_on TEXT NOT NULL,
    kind TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    cost_minor INTEGER,
    currency TEXT NOT NULL,
    quantity REAL,
    category TEXT,
    order_number TEXT,
    due_on TEXT,
    paid_on TEXT,
    notes TEXT,
    import_batch_id INTEGER,
    CONSTRAINT ck_transactions_kind_known CHECK (kind IN ('sale', 'refund')),
    CONSTRAINT ck_transactions_occurred_on_is_a_day CHECK (occurred_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_transactions_due_on_is_a_day CHECK (due_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_transactions_paid_on_is_a_day CHECK (paid_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_transactions_currency_is_a_code CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    CONSTRAINT uq_transactions_uid UNIQUE (uid),
    CONSTRAINT fk_transactions_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id),
    CONSTRAINT fk_transactions_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_transactions_opportunity_id FOREIGN KEY(opportunity_id) REFERENCES opportunities (id),
    CONSTRAINT fk_transactions_import_batch_id FOREIGN KEY(import_batch_id) REFERENCES import_batches (id)
)
 STRICT;

CREATE INDEX ix_transactions_customer_id_occurred_on ON transactions (customer_id, occurred_on);

CREATE INDEX ix_transactions_import_batch_id ON transactions (import_batch_id);

CREATE INDEX ix_transactions_opportunity_id ON transactions (opportunity_id);

CREATE INDEX ix_transactions_product_id ON transactions (product_id);

CREATE UNIQUE INDEX uq_transactions_external_id ON transactions (external_id);

CREATE TABLE tasks (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    external_id TEXT,
    customer_id INTEGER,
    opportunity_id INTEGER,
    title TEXT NOT NULL,
    due_on TEXT,
    channel TEXT,
    done_on TEXT,
    notes TEXT,
    interaction_id INTEGER,
    archived_at TEXT,
    import_batch_id INTEGER,
    CONSTRAINT ck_tasks_title_not_empty CHECK (trim(title) <> ''),
    CONSTRAINT ck_tasks_channel_known CHECK (channel IN ('phone', 'email', 'sms', 'wechat', 'visit', 'meeting', 'online', 'social', 'event', 'gift')),
    CONSTRAINT ck_tasks_due_on_is_a_day CHECK (due_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_tasks_done_on_is_a_day CHECK (done_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT uq_tasks_uid UNIQUE (uid),
    CONSTRAINT fk_tasks_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id),
    CONSTRAINT fk_tasks_opportunity_id FOREIGN KEY(opportunity_id) REFERENCES opportunities (id),
    CONSTRAINT fk_tasks_interaction_id FOREIGN KEY(interaction_id) REFERENCES interactions (id),
    CONSTRAINT fk_tasks_import_batch_id FOREIGN KEY(import_batch_id) REFERENCES import_batches (id)
)
 STRICT;

CREATE INDEX ix_tasks_customer_id ON tasks (customer_id);

CREATE INDEX ix_tasks_done_on_due_on ON tasks (done_on, due_on);

CREATE INDEX ix_tasks_import_batch_id ON tasks (import_batch_id);

CREATE INDEX ix_tasks_interaction_id ON tasks (interaction_id);

CREATE INDEX ix_tasks_opportunity_id ON tasks (opportunity_id);

CREATE UNIQUE INDEX uq_tasks_external_id ON tasks (external_id);

