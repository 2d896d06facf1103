CREATE TABLE overrides (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    customer_id INTEGER NOT NULL,
    judgement TEXT NOT NULL,
    value TEXT NOT NULL,
    from_on TEXT NOT NULL,
    until_on TEXT,
    override_reason TEXT NOT NULL,
    ended_on TEXT,
    CONSTRAINT ck_overrides_judgement_known CHECK (judgement IN ('tier', 'grade', 'lifecycle_stage')),
    CONSTRAINT ck_overrides_grade_known CHECK (judgement <> 'grade' OR value IN ('A', 'B', 'C', 'D')),
    CONSTRAINT ck_overrides_lifecycle_stage_known CHECK (judgement <> 'lifecycle_stage' OR value IN ('prospect', 'new', 'stable', 'loyal', 'at_risk', 'lost')),
    CONSTRAINT ck_overrides_override_reason_not_empty CHECK (trim(override_reason) <> ''),
    CONSTRAINT ck_overrides_from_on_is_a_day CHECK (from_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_overrides_until_on_is_a_day CHECK (until_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_overrides_ended_on_is_a_day CHECK (ended_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    CONSTRAINT ck_overrides_until_on_not_before_from_on CHECK (until_on >= from_on),
    CONSTRAINT uq_overrides_uid UNIQUE (uid),
    CONSTRAINT fk_overrides_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id)
)
 STRICT;

CREATE INDEX ix_overrides_customer_id_judgement ON overrides (customer_id, judgement);

CREATE TABLE run_overrides (
    run_id INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    judgement TEXT NOT NULL,
    value TEXT NOT NULL,
    from_on TEXT NOT NULL,
    until_on TEXT,
    override_reason TEXT NOT NULL,
    CONSTRAINT pk_run_overrides PRIMARY KEY (run_id, customer_id, judgement),
    CONSTRAINT fk_run_overrides_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT;
