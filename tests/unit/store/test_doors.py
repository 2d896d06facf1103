"""Proves R4, R2, S3 and Z10: every connection is set up alike, and a file that is not ours is left alone."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from conftest import Run
from crmcli.errors import ConfigError
from crmcli.store import engine, light
from crmcli.store.settings import peek_language

READING = [["list"], ["agenda"], ["show", "张三"], ["journal"], ["export", "customers"], ["why", "张三"]]
WRITING = [
    ["add", "李四"],
    ["undo"],
    ["init", "--yes"],
    ["import", "customers", "new.csv"],
    ["classify"],
    ["log", "phone", "张三"],
]


def test_every_writing_connection_is_set_up_alike(crm: Run, database: Path) -> None:
    Path("new.csv").write_text("name\n王五\n", encoding="utf-8")
    seen: list[dict[str, int]] = []

    def look(connection: Connection) -> None:
        names = (
            "foreign_keys",
            "trusted_schema",
            "secure_delete",
            "busy_timeout",
            "synchronous",
            "cell_size_check",
        )
        driver = connection.connection.driver_connection
        assert driver is not None
        assert driver.in_transaction, "the lock is taken first"
        seen.append({name: driver.execute(f"PRAGMA {name}").fetchone()[0] for name in names})

    assert crm("add", "张三").status == 0  # makes the file: an upgrade has a door of its own
    event.listen(engine.writing_engine(), "begin", look)
    try:
        for line in WRITING:
            assert crm(*line).status == 0, line
    finally:
        event.remove(engine.writing_engine(), "begin", look)
    assert len(seen) >= len(WRITING)
    for pragmas in seen:
        assert pragmas["busy_timeout"] >= 10_000
        assert {**pragmas, "busy_timeout": 0} == {
            "foreign_keys": 1,
            "trusted_schema": 0,
            "secure_delete": 1,
            "busy_timeout": 0,
            "synchronous": 2,
            "cell_size_check": 1,
        }


def test_a_reading_connection_trusts_nothing_and_waits(crm: Run, database: Path) -> None:
    assert crm("add", "张三").status == 0
    with light.reading(database) as connection:
        for name, value in (("trusted_schema", 0), ("query_only", 1), ("busy_timeout", 10_000)):
            assert connection.execute(f"PRAGMA {name}").fetchone()[0] == value


def test_deleted_text_is_gone_from_the_file(crm: Run, database: Path) -> None:
    """secure_delete: an undone name is in the journal's entry, on purpose, and in no free page."""
    hidden = "Zebedäus Quux"
    assert crm("add", "a", "--notes", hidden * 50).status == 0
    with engine.writing(database) as connection:
        connection.exec_driver_sql("DELETE FROM journal_changes")
        connection.exec_driver_sql("DELETE FROM customers")
    assert hidden.encode() not in database.read_bytes()


def test_a_savepoint_goes_with_its_transaction(crm: Run, database: Path) -> None:
    assert crm("add", "张三").status == 0

    def half_done() -> None:
        with engine.writing(database) as connection:
            with connection.begin_nested():
                connection.exec_driver_sql("UPDATE customers SET name = '李四'")
            connection.exec_driver_sql("CREATE TABLE left_behind (a INTEGER)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_done()
    with light.reading(database) as connection:
        assert connection.execute("SELECT name FROM customers").fetchall() == [("张三",)]
        assert connection.execute(
            "SELECT count(*) FROM sqlite_master WHERE name = 'left_behind'"
        ).fetchone() == (0,)


@pytest.mark.parametrize(
    "name", ["a?b=c.db", "100%25.db", "a#b.db", "客户 资料.db", "a;b&c.db", ":memory:", "file:x.db", "-x.db"]
)
def test_any_file_name_will_do(crm: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("CRM_DB", str(tmp_path / name))
    assert crm("add", "张三").status == 0
    assert crm("list", "--format", "ids").out == "1\n"
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".db" or ":" in path.name] == [name]


# --- files that are not ours -----------------------------------------------------------------------------------------


def _foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO customers VALUES (1, 'x');"
        )


def _foreign_marked(path: Path) -> None:
    _foreign(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id=1234")


def _foreign_versioned(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=1")


def _newer(path: Path) -> None:
    engine.prepare_file(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version={light.SCHEMA_VERSION + 1}")


def _damaged(path: Path) -> None:
    path.write_text("这不是数据库 " * 500, encoding="utf-8")


def _short_text(path: Path) -> None:
    path.write_text("hello", encoding="utf-8")


def _random(path: Path) -> None:
    path.write_bytes(os.urandom(50_000))


def _cut_off(path: Path) -> None:
    engine.prepare_file(path)
    path.write_bytes(path.read_bytes()[:30_000])


FILES = [
    (_foreign, 78, "is a database of another program"),
    (_foreign_marked, 78, "is a database of another program"),
    (_foreign_versioned, 78, "is a database of another program"),
    (_newer, 78, "was made by a newer crm"),
    (_damaged, 74, "is damaged or not a database"),
    (_short_text, 74, "is damaged or not a database"),
    (_random, 74, "is damaged or not a database"),
    (_cut_off, 74, "is damaged or not a database"),
]


@pytest.mark.parametrize(("make", "status", "words"), FILES)
def test_a_file_that_is_not_ours_is_refused_and_left_as_it_is(
    crm: Run, database: Path, make: Callable[[Path], None], status: int, words: str
) -> None:
    make(database)
    Path("new.csv").write_text("name\n王五\n", encoding="utf-8")
    content, modified = database.read_bytes(), database.stat().st_mtime_ns
    for line in [*READING, *WRITING]:
        found = crm(*line)
        assert (found.status, found.out) == (status, ""), (line, found.err)
        assert words in found.err, line
        assert str(database) in found.err
        assert database.read_bytes() == content
        assert database.stat().st_mtime_ns == modified
    assert not (database.parent / "backups").exists()
    assert [path.name for path in database.parent.glob("crm.db*")] == ["crm.db"]


HIDDEN = {
    "trigger": "CREATE TRIGGER t AFTER INSERT ON customers BEGIN DELETE FROM transactions; END",
    "view": "CREATE VIEW v AS SELECT name FROM customers",
}


@pytest.mark.parametrize("kind", HIDDEN)
def test_hidden_code_is_refused_unless_trusted(crm: Run, database: Path, kind: str) -> None:
    assert crm("add", "张三").status == 0
    assert crm("sell", "张三", "5").status == 0
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(HIDDEN[kind])
    content = database.read_bytes()
    for line in [["list"], ["add", "李四"], ["agenda"], ["classify"]]:
        status, out, err = crm(*line)
        assert (status, out) == (78, ""), line
        assert f"holds a {kind} that crm did not make" in err
        assert "--trust" in err
        assert database.read_bytes() == content
    assert crm("--trust", "list").status == 0
    os.environ.pop("CRM_TRUST", None)


def test_a_settings_view_that_never_ends_does_not_hang_the_start(database: Path) -> None:
    """The language is looked up before the file is checked: that look must not run anything hidden in it."""
    engine.prepare_file(database)
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(
            "DROP TABLE settings;"
            "CREATE VIEW settings AS WITH RECURSIVE n(key) AS (SELECT 'a' UNION ALL SELECT key FROM n)"
            " SELECT key, 'en' AS value FROM n"
        )
    assert peek_language(database) == ""
    with pytest.raises(ConfigError, match="holds a view"), light.reading(database):
        pass


def test_an_interrupt_in_the_middle_of_a_statement_leaves_no_journal(tmp_path: Path) -> None:
    path = tmp_path / "crm.db"

    def interrupt(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with (
        pytest.raises(KeyboardInterrupt) as kept,
        engine.writing(path) as connection,
    ):  # the traceback holds the cursor
        connection.exec_driver_sql("INSERT INTO settings (key, value) VALUES ('language', 'en')")
        event.listen(connection, "after_cursor_execute", interrupt)
        connection.exec_driver_sql("SELECT key FROM settings")
    assert kept
    assert [found.name for found in tmp_path.iterdir()] == ["crm.db"]
