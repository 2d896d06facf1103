"""Proves S1, S2, S3 and S4: the migrated file is what the models say; an upgrade is all or nothing and loses no row.

The upgrades that there are are tested with a file of the version before. What is to come is stood for by versions of
the tests' own: a good one that rebuilds the table everything hangs on, and broken ones.
"""

import json
import re
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlmodel import SQLModel

from conftest import Run
from crmcli.errors import StorageError
from crmcli.store import engine, light, migrate, schema

REBUILD = '''
"""Rebuilds customers."""
import sqlalchemy as sa
from alembic import op
revision = "{next:04}"
down_revision = "{now:04}"
def upgrade():
    # Alembic cannot read an index over an expression and would leave it out.
    op.execute("DROP INDEX ix_customers_birthday")
    with op.batch_alter_table("customers", recreate="always") as batch:
        batch.add_column(sa.Column("nickname", sa.Text()))
    op.execute("CREATE INDEX ix_customers_birthday ON customers (substr(birthday, 6)) WHERE birthday IS NOT NULL")
'''
BREAKS = '''
"""The third of four statements fails."""
from alembic import op
revision = "{next:04}"
down_revision = "{now:04}"
def upgrade():
    op.execute("CREATE TABLE first (a INTEGER) STRICT")
    op.execute("ALTER TABLE customers RENAME COLUMN notes TO remarks")
    {third}
    op.execute("CREATE TABLE fourth (a INTEGER) STRICT")
'''
ORPHANS = '''
"""Deletes what others refer to."""
from alembic import op
revision = "{next:04}"
down_revision = "{now:04}"
def upgrade():
    op.execute("DELETE FROM customers")
'''


NEXT = light.SCHEMA_VERSION + 1


def _numbered(script: str, **parts: str) -> str:
    """Return the migration that comes after the last of ours."""
    return script.format(next=NEXT, now=NEXT - 1, **parts)


def _master(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
        ).fetchall()


def _pragma(path: Path, name: str) -> object:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall()  # noqa: S608
            for name in SQLModel.metadata.tables
        }


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """Our migrations in a folder of the test's own, to which a second can be added; its name has a %."""
    folder = tmp_path / "100% scripts"
    shutil.copytree(migrate.SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture
def filled(crm: Run, database: Path) -> Path:
    for line in (
        ["add", "张三", "--phone", "13800138000"],
        ["add", "李四", "--referred-by", "1"],
        ["contact", "add", "1", "李雷"],
        ["log", "phone", "1", "x"],
        ["sell", "1", "5"],
        ["task", "add", "t", "--customer", "1"],
        ["opportunity", "add", "1"],
        ["classify", "pin", "1", "--grade", "A", "--reason", "x"],
        ["classify"],
    ):
        assert crm(*line).status == 0
    return database


# --- the schema ------------------------------------------------------------------------------------------------------


def _shape(path: Path) -> dict[str, object]:
    """Return everything SQLite knows of the tables, apart from the spelling of the statements."""
    with closing(sqlite3.connect(path)) as connection:
        names = [
            row[0]
            for row in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
        ]
        shape: dict[str, object] = {}
        for name in sorted(set(names) - {"alembic_version"}):
            sql = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", [name]).fetchone()[0]
            shape[name] = (
                # A column that came later stands last in a file that was upgraded: the order means nothing.
                sorted(row[1:] for row in connection.execute(f"PRAGMA table_xinfo({name})")),
                sorted(row[2:] for row in connection.execute(f"PRAGMA foreign_key_list({name})")),
                sorted(
                    (row[1:], [part[2:] for part in connection.execute(f"PRAGMA index_xinfo('{row[1]}')")])
                    for row in connection.execute(f"PRAGMA index_list({name})")
                    if not row[1].startswith("sqlite_autoindex")
                ),
                sorted(
                    re.sub(r" FOREIGN KEY\(\w+\)", "", " ".join(found.split()))
                    for found in re.findall(r"CONSTRAINT [^\n]+?(?=\s*,?\s*\n|, \w+ (?:TEXT|INTEGER)\b)", sql)
                ),
                "AUTOINCREMENT" in sql,
                connection.execute(
                    "SELECT strict, wr FROM pragma_table_list WHERE name = ?", [name]
                ).fetchone(),
            )
    return shape


def test_a_migrated_file_is_what_the_models_say(database: Path, tmp_path: Path) -> None:
    assert schema.Customer.metadata is SQLModel.metadata  # importing the models is what fills the metadata
    engine.prepare_file(database)
    model = tmp_path / "model.db"
    made = create_engine(f"sqlite:///{model}")
    SQLModel.metadata.create_all(made)
    made.dispose()
    migrated, wanted = _shape(database), _shape(model)
    assert migrated.keys() == wanted.keys() == SQLModel.metadata.tables.keys()
    for name, shape in wanted.items():
        assert migrated[name] == shape, name


def test_every_constraint_has_a_name_and_every_table_is_strict(database: Path) -> None:
    engine.prepare_file(database)
    with closing(sqlite3.connect(database)) as connection:
        loose = connection.execute(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND NOT strict AND name NOT LIKE 'sqlite_%'"
        )
        assert [row[0] for row in loose] == ["alembic_version"]
    for name, table in SQLModel.metadata.tables.items():
        for constraint in table.constraints:
            named = str(constraint.name or "")
            alone = constraint is table.primary_key and table.dialect_options["sqlite"]["autoincrement"]
            assert alone or named.startswith(("ck_", "uq_", "fk_", "pk_")), (name, constraint)
        for index in table.indexes:
            assert str(index.name).startswith(("ix_", "uq_"))
    sql = " ".join(str(row[3]) for row in _master(database) if row[1] != "alembic_version")
    assert len(re.findall(r"\bCHECK\b", sql)) == len(re.findall(r"CONSTRAINT ck_\w+ CHECK", sql)) > 20
    assert (
        len(re.findall(r"\bFOREIGN KEY\b", sql))
        == len(re.findall(r"CONSTRAINT fk_\w+ FOREIGN KEY", sql))
        > 10
    )


def test_every_foreign_key_has_an_index_on_its_side() -> None:
    """Without one, deleting what it refers to reads the whole table for every row: an undo of minutes."""
    for name, table in SQLModel.metadata.tables.items():
        firsts = {next(iter(index.columns)).name for index in table.indexes if len(index.columns)}
        firsts |= {next(iter(table.primary_key.columns)).name}
        for key in table.foreign_keys:
            if key.column.table.name != "rulesets":  # those are never deleted
                assert key.parent.name in firsts, f"{name}.{key.parent.name}"


def test_the_header_says_whose_file_it_is(database: Path) -> None:
    engine.prepare_file(database)
    assert _pragma(database, "application_id") == light.APPLICATION_ID
    assert _pragma(database, "user_version") == light.SCHEMA_VERSION
    assert _pragma(database, "journal_mode") == "delete"
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    master = _master(database)
    engine.prepare_file(database)  # a second time changes nothing
    migrate.migrate(database)
    assert _master(database) == master
    assert not (database.parent / "backups" / f"{database.stem}-schema-0.db").exists()


def test_types_are_held_to(filled: Path) -> None:
    """R5: SQLite itself refuses what a type or a check forbids."""
    bad = {
        "UPDATE transactions SET amount_minor = 'abc'": "cannot store TEXT value in INTEGER column",
        "UPDATE transactions SET amount_minor = 1.5": "cannot store REAL value in INTEGER column",
        "UPDATE transactions SET occurred_on = '22.11.2026'": "ck_transactions_occurred_on_is_a_day",
        "UPDATE transactions SET currency = 'yuan'": "ck_transactions_currency_is_a_code",
        "UPDATE customers SET name = '  '": "ck_customers_name_not_empty",
        "UPDATE interactions SET customer_id = 77": "FOREIGN KEY constraint failed",
        "DELETE FROM customers": "FOREIGN KEY constraint failed",
        "UPDATE interactions SET channel = 'pigeon'": "ck_interactions_channel_known",
        "UPDATE customers SET custom = '[]'": "ck_customers_custom_is_an_object",
        "UPDATE customers SET custom = NULL": "NOT NULL constraint failed",
    }
    for statement, reason in bad.items():
        with pytest.raises(StorageError, match=reason), engine.writing(filled) as connection:
            connection.exec_driver_sql(statement)


# --- upgrades --------------------------------------------------------------------------------------------------------


def _older(filled: Path, old: Path, version: int) -> Path:
    """Make a file as schema `version` made it, with the rows of `filled` in all its tables."""
    steps = sorted((migrate.SCRIPTS / "versions").glob("*.sql"))[:version]
    with closing(sqlite3.connect(old)) as connection:
        for step in steps:
            connection.executescript(step.read_text(encoding="utf-8"))
        tables = [
            row[1] for row in _master(old) if row[0] == "table" and not str(row[1]).startswith("sqlite_")
        ]
        connection.execute("ATTACH ? AS new", (str(filled),))
        for name in tables:
            columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({name})"))
            connection.execute(f"INSERT INTO main.{name} SELECT {columns} FROM new.{name}")  # noqa: S608
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.execute(f"INSERT INTO alembic_version VALUES ('{version:04}')")  # noqa: S608
        connection.execute(f"PRAGMA application_id={light.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={version}")
        connection.commit()
    return old


@pytest.mark.parametrize(("version", "lacks"), [(1, "overrides"), (2, "custom_fields")])
def test_a_file_of_an_older_version_is_upgraded_with_everything_in_it(
    version: int,
    lacks: str,
    crm: Run,
    filled: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    old = _older(filled, tmp_path / "old.db", version)
    monkeypatch.setenv("CRM_DB", str(old))
    tables = [str(row[1]) for row in _master(old) if row[0] == "table" and row[1] in SQLModel.metadata.tables]
    assert lacks not in tables
    before = _columns_of(old, tables)
    assert all(before[name] for name in ("customers", "tasks", "classifications", "indicator_values", "runs"))
    status, _out, err = crm("list")
    assert (status, "was made by an older crm" in err) == (78, True)

    done = crm("classify", "pin", "2", "--grade", "B", "--reason", "y")
    assert done.status == 0, done.err
    assert _pragma(old, "user_version") == light.SCHEMA_VERSION
    assert _pragma(old, "integrity_check") == "ok"
    after = _columns_of(old, tables)
    kept = (after.pop("journal_entries")[:-1], after.pop("journal_changes")[:-1])
    assert kept == (before.pop("journal_entries"), before.pop("journal_changes"))
    assert after.pop("overrides", [])[:1] == before.pop("overrides", [])
    for name, rows in after.items():
        for row, old_row in zip(rows, before[name], strict=True):
            new = {column: row.pop(column) for column in row.keys() - old_row.keys()}
            expected = {"custom": "{}", "do_not_contact": 0, "kind": "task"}
            assert all(value == expected.get(column) for column, value in new.items()), (name, new)
    assert after == before
    assert _shape(old).keys() == SQLModel.metadata.tables.keys()
    assert _shape(old) == _shape(tmp_path / "crm.db")
    assert _rows_of_backup(old, version) == 2
    assert "2" in crm("classify", "pins", "--format", "ids").out.split()
    assert crm("undo").status == 0
    assert crm("list", "--format", "ids").out == "1\n2\n"
    assert crm("field", "add", "fit", "--type", "number").status == 0
    assert crm("customer", "edit", "1", "--set", "fit=2").status == 0
    assert crm("list", "--where", "fit=2", "--format", "ids").out == "1\n"


def test_deals_of_schema_4_wait_without_a_day_until_one_is_given(
    crm: Run, filled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert crm("opportunity", "edit", "1", "--waiting-for", "the budget").status == 0
    old = _older(filled, tmp_path / "old.db", 4)
    monkeypatch.setenv("CRM_DB", str(old))
    tables = sorted(SQLModel.metadata.tables.keys() - {"settings", "journal_entries", "journal_changes"})
    before = _columns_of(old, tables)
    with closing(sqlite3.connect(old)) as connection:
        (waiting,) = connection.execute("SELECT max(id) FROM journal_entries").fetchone()
    assert "waiting_until" not in before["opportunities"][0]
    assert crm("opportunity", "list").status == 78
    done = crm("init", "--yes")
    assert done.status == 0, done.err
    assert _pragma(old, "user_version") == light.SCHEMA_VERSION
    after = _columns_of(old, tables)
    assert [row.pop("waiting_until") for row in after["opportunities"]] == [None]
    assert after == before
    assert _rows_of_backup(old, 4) == 2
    assert crm("undo", str(waiting)).status == 0  # what was done under the old schema
    assert _columns_of(old, ["opportunities"])["opportunities"][0]["waiting_for"] is None
    assert crm("opportunity", "edit", "1", "--waiting-until", "2026-12-01").status == 0
    assert crm("opportunity", "list", "--format", "csv").out.splitlines()[1].endswith(",2026-12-01")
    with (
        pytest.raises(StorageError, match="ck_opportunities_waiting_until_is_a_day"),
        engine.writing(old) as connection,
    ):
        connection.exec_driver_sql("UPDATE opportunities SET waiting_until = '1 December'")
    assert _shape(old) == _shape(tmp_path / "crm.db")


def test_what_was_deleted_before_an_upgrade_comes_back_after_it(
    crm: Run, filled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The journal of then knows nothing of the columns of now."""
    assert crm("add", "Gone").status == 0
    assert crm("customer", "delete", "Gone", "--yes").status == 0
    with closing(sqlite3.connect(filled)) as connection:
        connection.execute("UPDATE journal_changes SET before = json_remove(before, '$.custom')")
        connection.commit()
    old = _older(filled, tmp_path / "old.db", 2)
    monkeypatch.setenv("CRM_DB", str(old))
    done = crm("undo")
    assert done.status == 0, done.err
    assert crm("list", "Gone", "--format", "ids").out == "3\n"


def test_what_was_set_after_an_upgrade_stands_in_the_way_of_undoing_what_was_added_before(
    crm: Run, filled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert crm("add", "Bob").status == 0
    with closing(sqlite3.connect(filled)) as connection:
        connection.execute("UPDATE journal_changes SET after = json_remove(after, '$.custom')")
        (added,) = connection.execute("SELECT max(id) FROM journal_entries").fetchone()
        connection.commit()
    old = _older(filled, tmp_path / "old.db", 2)
    monkeypatch.setenv("CRM_DB", str(old))
    assert crm("init", "--yes").status == 0
    assert crm("field", "add", "fit", "--type", "number").status == 0
    assert crm("customer", "edit", "Bob", "--set", "fit=3").status == 0
    refused = crm("undo", str(added))
    assert refused.status == 1
    assert "'custom' was changed later" in refused.err
    assert json.loads(crm("show", "Bob", "--format", "json").out)["custom"] == {"fit": 3}


def _columns_of(path: Path, tables: list[str]) -> dict[str, list[dict[str, object]]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return {
            name: [dict(row) for row in connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2, 3")]  # noqa: S608
            for name in tables
        }


def _rows_of_backup(path: Path, version: int) -> int:
    with closing(sqlite3.connect(path.parent / "backups" / f"{path.stem}-schema-{version}.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM customers").fetchone()[0])


def test_an_upgrade_keeps_every_row_and_a_backup(filled: Path, scripts: Path) -> None:
    (scripts / "versions" / f"{NEXT:04}_rebuild.py").write_text(_numbered(REBUILD), encoding="utf-8")
    before, old_master = _rows(filled), _master(filled)
    migrate.migrate(filled, scripts=scripts, target=NEXT)
    after = _rows(filled)
    assert [row[-1] for row in after["customers"]] == [None, None]
    assert [row[:-1] for row in after["customers"]] == before["customers"]
    assert {**after, "customers": []} == {**before, "customers": []}
    assert len(after["interactions"]) == len(after["contacts"]) == len(after["tasks"]) == 1
    assert _pragma(filled, "user_version") == NEXT
    assert _pragma(filled, "integrity_check") == "ok"
    backup = filled.parent / "backups" / f"crm-schema-{NEXT - 1}.db"
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert stat.S_IMODE(backup.parent.stat().st_mode) == 0o700
    assert _rows(backup) == before
    assert _master(backup) == old_master


@pytest.mark.parametrize(
    ("third", "status"),
    [('op.execute("CREATE TABLE first (a INTEGER)")', 74), ('raise RuntimeError("half-way")', None)],
    ids=["SQL", "Python"],
)
def test_a_failing_upgrade_leaves_nothing_behind(
    filled: Path, scripts: Path, third: str, status: int | None
) -> None:
    (scripts / "versions" / f"{NEXT:04}_broken.py").write_text(
        _numbered(BREAKS, third=third), encoding="utf-8"
    )
    master, rows = _master(filled), _rows(filled)
    with pytest.raises(StorageError if status else RuntimeError) as failed:
        migrate.migrate(filled, scripts=scripts, target=NEXT)
    if isinstance(failed.value, StorageError):
        assert failed.value.status == status
    assert _master(filled) == master
    assert _rows(filled) == rows
    assert _pragma(filled, "user_version") == NEXT - 1
    assert _pragma(filled, "integrity_check") == "ok"
    backup = filled.parent / "backups" / f"crm-schema-{NEXT - 1}.db"
    assert _rows(backup) == rows
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def test_an_upgrade_that_breaks_references_is_refused(filled: Path, scripts: Path) -> None:
    (scripts / "versions" / f"{NEXT:04}_orphans.py").write_text(_numbered(ORPHANS), encoding="utf-8")
    rows = _rows(filled)
    with pytest.raises(StorageError, match="would break 6 references; nothing was changed"):
        migrate.migrate(filled, scripts=scripts, target=NEXT)
    assert _rows(filled) == rows


def test_an_older_file_is_brought_up_to_date_by_the_next_writer(
    crm: Run, filled: Path, scripts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The day another schema version comes: readers say what to do, and what they say works."""
    (scripts / "versions" / f"{NEXT:04}_rebuild.py").write_text(_numbered(REBUILD), encoding="utf-8")
    monkeypatch.setattr(light, "SCHEMA_VERSION", NEXT)
    monkeypatch.setattr(engine, "SCHEMA_VERSION", NEXT)
    monkeypatch.setattr(migrate.migrate, "__kwdefaults__", {"scripts": scripts, "target": NEXT})
    content = filled.read_bytes()
    status, _out, err = crm("list")
    assert status == 78
    assert "was made by an older crm" in err
    assert "run 'crm init' once" in err
    assert filled.read_bytes() == content
    done = crm("init", "--yes")
    assert done.status == 0, done.err
    assert _pragma(filled, "user_version") == NEXT
    assert crm("list", "--format", "ids").out == "1\n2\n"
    assert crm("add", "王五").status == 0


def test_a_blank_file_is_no_database_yet(crm: Run, database: Path) -> None:
    """A first command that was killed can leave one."""
    database.touch()
    for line in (["list"], ["agenda"], ["show", "x"], ["journal"], ["export", "customers"]):
        status, _out, err = crm(*line)
        assert status == 1, err
        assert "no database yet" in err
    assert database.read_bytes() == b""
    assert crm("init", "--yes").status == 0
    assert crm("list").status == 1
