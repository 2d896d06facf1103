ALTER TABLE opportunities ADD COLUMN waiting_until TEXT
    CONSTRAINT ck_opportunities_waiting_until_is_a_day CHECK (waiting_until GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]');
