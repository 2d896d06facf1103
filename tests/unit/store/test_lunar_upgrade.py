"""Upgrading to schema 4 turns the digits of lunar birthdays into solar days of birth, in the journal too."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from conftest import Run
from crmcli.store import light, migrate


def _schema_3(path: Path) -> None:
    steps = sorted((migrate.SCRIPTS / "versions").glob("*.sql"))[:3]
    stamp = "2026-01-01T00:00:00.000000Z"
    with closing(sqlite3.connect(path)) as connection:
        for step in steps:
            connection.executescript(step.read_text(encoding="utf-8"))
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.execute("INSERT INTO alembic_version VALUES ('0003')")
        people = [
            ("a", "Ann", "1990-04-15", "lunar", None),
            ("b", "Bob", "1990-04-30", "lunar", "keep"),  # that month had 29 days
            ("c", "Cem", "1990-04-15", "solar", None),
            ("d", "Dai", "1850-04-15", "lunar", None),
        ]
        connection.executemany(
            "INSERT INTO customers (created_at, updated_at, kind, uid, name, birthday, birthday_calendar, notes)"
            " VALUES ('now', 'now', 'person', ?, ?, ?, ?, ?)",
            people,
        )
        connection.execute(
            "INSERT INTO contacts (uid, created_at, updated_at, customer_id, name, birthday, birthday_calendar, is_primary)"
            " VALUES ('k', 'now', 'now', 1, 'Kim', '1988-01-01', 'lunar', 0)"
        )
        image = {"birthday": "1990-04-15", "birthday_calendar": "lunar"}
        connection.execute(
            f"INSERT INTO journal_entries (uid, at, command, summary) VALUES ('j', '{stamp}', 'customer edit', 'x')"  # noqa: S608
        )
        connection.execute(
            "INSERT INTO journal_changes (entry_id, table_name, row_id, action, before, after)"
            " VALUES (1, 'customers', 1, 'update', ?, ?)",
            (json.dumps(image | {"birthday": None}), json.dumps(image)),
        )
        connection.execute(f"PRAGMA application_id={light.APPLICATION_ID}")
        connection.execute("PRAGMA user_version=3")
        connection.commit()


@pytest.mark.usefixtures("home")
def test_lunar_digits_become_solar_days(crm: Run, database: Path) -> None:
    _schema_3(database)
    assert crm("init", "--yes").status == 0
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute(
            "SELECT name, birthday, birthday_calendar, notes FROM customers ORDER BY id"
        ).fetchall()
        contact = connection.execute("SELECT birthday FROM contacts").fetchone()
        before, after = connection.execute(
            "SELECT before, after FROM journal_changes WHERE entry_id = 1"
        ).fetchone()
    told = "The birthday was noted as lunar {}, which is no day of the lunar calendar; check it."
    assert found == [
        ("Ann", "1990-05-09", "lunar", None),
        ("Bob", "1990-04-30", "lunar", "keep\n" + told.format("1990-04-30")),
        ("Cem", "1990-04-15", "solar", None),
        ("Dai", "1850-04-15", "lunar", told.format("1850-04-15")),
    ]
    assert contact == ("1988-02-17",)
    assert (json.loads(before)["birthday"], json.loads(after)["birthday"]) == (None, "1990-05-09")
    assert "1990-05-09 (lunar 1990-04-15)" in crm("show", "Ann", "--format", "table").out
    assert "1850-04-15 (lunar)" in crm("show", "Dai", "--format", "table").out
