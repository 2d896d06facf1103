"""Proves C3: a command that only looks changes no byte, no time stamp and no other file; R10 too."""

import os
import re
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from conftest import PROJECT, Once, Run
from reliability.support import Nursery

READS = [
    ["agenda"],
    ["agenda", "--days", "30", "--format", "json"],
    ["agenda", "--date", "2027-01-31"],
    ["list"],
    ["list", "张", "--format", "table"],
    ["list", "--tier", "low", "--sort", "score"],
    ["show", "张三"],
    ["show", "2", "--format", "json"],
    ["why", "张三"],
    ["why", "1", "--format", "json"],
    ["history", "张三"],
    ["movers"],
    ["movers", "--from", "2026-10", "--matrix"],
    ["journal"],
    ["customer", "list"],
    ["contact", "list"],
    ["product", "list"],
    ["interaction", "list"],
    ["transaction", "list", "张三"],
    ["opportunity", "list", "--all"],
    ["task", "list", "--all"],
    ["export", "customers"],
    ["export", "transactions", "--format", "jsonl"],
    ["export", "interactions"],
    ["export", "opportunities"],
    ["rules", "check"],
    ["rules", "test"],
    ["rules", "show"],
    ["rules", "schema"],
    ["rules", "diff", "edited"],
    ["path"],
    ["effort"],
    ["effort", "--by", "customer", "--format", "table"],
    ["cron", "print"],
    ["--help"],
    ["add", "--help"],
]
#: What the list above leaves out, of every noun of the root.
MORE_READS = [
    ["agenda", "--short"],
    ["agenda", "--week", "--overdue", "--limit", "1"],
    ["agenda", "--customer", "张三", "--format", "csv"],
    ["agenda", "--format", "md"],
    ["next"],
    ["why", "--agenda", "张三"],
    ["holidays"],
    ["plan"],
    ["history", "张三", "--format", "json"],
    ["preference", "list"],
    ["preference", "infer"],
    ["complaint", "list"],
    ["complaint", "show", "1"],
    ["complaint", "causes"],
    ["survey", "list"],
    ["survey", "show", "1"],
    ["survey", "report"],
    ["template", "list"],
    ["template", "show", "birthday-zh"],
    ["template", "places"],
    ["template", "merge", "holiday-zh", "张三", "--set", "holiday=元旦"],
    ["payment", "list"],
    ["credit", "list"],
    ["credit", "show", "张三"],
    ["field", "list"],
    ["customer", "show", "张三"],
    ["classify", "pins"],
    ["rules", "features"],
    ["export", "contacts"],
    ["export", "payments"],
    ["demo", "--help"],
]
#: The commands of the root that only write: they have nothing to be asked here.
WRITERS = {"add", "log", "sell", "done", "snooze", "skip", "import", "undo", "backup", "init"}
_WRITES = frozenset(
    getattr(sqlite3, f"SQLITE_{name}")
    for name in (
        "INSERT", "UPDATE", "DELETE", "CREATE_TABLE", "CREATE_INDEX", "CREATE_TRIGGER", "CREATE_VIEW", "DROP_TABLE",
        "DROP_INDEX", "DROP_TRIGGER", "DROP_VIEW", "ALTER_TABLE", "REINDEX", "ANALYZE", "ATTACH",
    )
)  # fmt: skip
REFUSED = [
    ["show", "nobody"],
    ["show", "a"],
    ["why", "李四", "--period", "2020-01"],
    ["movers", "--from", "2020-01"],
    ["customer", "edit", "nobody", "--name", "x"],
    ["add", "x", "--phone", "1", "--birthday", "never"],
    ["undo", "99"],
    ["import", "customers", "bad.csv"],
    ["customer", "delete", "1"],
    ["done", "77"],
    ["cron", "status"],
    ["cron", "print", "--morning", "25:00"],
    ["classify", "--as-of", "2099-01-01"],
    ["classify", "--dry-run"],
    ["import", "customers", "good.csv", "--dry-run"],
]


@pytest.fixture
def filled(once: Once, crm: Run, database: Path) -> Path:
    """A database with something of everything."""

    @once
    def _built() -> None:
        for line in (
            ["init", "--yes", "--time-zone", "Asia/Shanghai"],
            ["add", "张三", "--company", "远山贸易", "--phone", "13800138000"],
            ["add", "李四"],
            ["add", "Ann"],
            ["add", "Anna"],
            ["product", "add", "GTX Pro", "--price", "4821"],
            ["contact", "add", "1", "李雷"],
            ["sell", "张三", "1280.50", "--product", "GTX Pro", "--on", "2026-11-01"],
            ["log", "phone", "张三", "asked for a quote", "--on", "2026-10-01"],
            ["opportunity", "add", "李四", "--amount", "5"],
            ["task", "add", "send the quote", "--customer", "张三", "--due", "today"],
            ["--today", "2026-10-20", "add", "Old"],
            ["--today", "2026-11-20", "opportunity", "add", "Old", "--close", "2026-11-30"],
            ["classify"],
        ):
            done = crm(*line)
            assert done.status == 0, done.err
        folder = Path(shutil.copytree(PROJECT / "rules", "edited"))
        value = (folder / "value.yaml").read_text(encoding="utf-8")
        (folder / "value.yaml").write_text(value.replace("weight: 40", "weight: 4"), encoding="utf-8")
        for path in (folder, *folder.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)
        Path("bad.csv").write_text("name,birthday\nx,never\n", encoding="utf-8")
        Path("good.csv").write_text("name\nx\n", encoding="utf-8")

    return database


def _everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        # what is noted in the state folder (the numbers of printed lines, a prompt's answer) is no data of the user
        if path.is_file()
        and not re.fullmatch(r"agenda-[0-9a-f]{16}\.json|prompt-[0-9a-f]{8}\.json", path.name)
    }


def test_looking_changes_nothing(crm: Run, filled: Path) -> None:
    before = _everything(filled.parent)
    with closing(sqlite3.connect(filled)) as watching:
        version = watching.execute("PRAGMA data_version").fetchone()
        for line in READS:
            done = crm(*line)
            assert done.status == 0, (line, done.err)
            assert _everything(filled.parent) == before, line
        assert watching.execute("PRAGMA data_version").fetchone() == version


def test_every_command_of_the_root_is_asked() -> None:
    from crmcli.cli.app import COMMANDS

    assert {line[0] for line in [*READS, *MORE_READS]} >= COMMANDS.keys() - WRITERS


def test_no_statement_of_a_command_that_looks_would_write(
    crm: Run, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked of SQLite itself, on the way into every statement, however the connection was opened."""
    for line in (
        ["complaint", "add", "张三", "late"],
        ["survey", "add", "张三", "--csat", "4"],
        ["credit", "set", "张三", "--limit", "10000", "--terms", "30"],
    ):
        assert crm(*line).status == 0, line
    written: list[tuple[int, str | None]] = []
    statements: list[int] = []

    def judge(action: int, about: str | None, _column: str | None, of: str | None, _by: str | None) -> int:
        statements.append(action)
        # json_each is a virtual table: declaring one asks for sqlite_master and writes nothing
        if action in _WRITES and of != "temp" and not (about or "").startswith("sqlite_"):
            written.append((action, about))
        return sqlite3.SQLITE_OK

    connect = sqlite3.connect

    def watched(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*args, **options)
        if args[0] != ":memory:":  # the examples of rules are tried out in memory
            connection.set_authorizer(judge)
        return connection

    before = _everything(filled.parent)
    monkeypatch.setattr(sqlite3, "connect", watched)
    monkeypatch.setattr(sqlite3.dbapi2, "connect", watched)  # that of SQLAlchemy
    for line in [*READS, *MORE_READS]:
        done = crm(*line)
        assert done.status == 0 or not done.out, (line, done.err)  # a list may be empty
        assert done.status in {0, 1}, (line, done.err)
        assert written == [], line
        assert _everything(filled.parent) == before, line
    assert len(statements) > 1000
    assert crm("log", "phone", "张三").status == 0
    assert written  # a command that writes is seen


def test_what_is_refused_or_tried_changes_nothing(crm: Run, filled: Path) -> None:
    before = {name: content for name, (content, _time) in _everything(filled.parent).items()}
    for line in REFUSED:
        status, _out, err = crm(*line)
        assert status in ({0} if "--dry-run" in line else {1, 2, 65}), (line, err)
        now = {name: content for name, (content, _time) in _everything(filled.parent).items()}
        assert now == before, line


def test_the_reading_door_cannot_write(filled: Path) -> None:
    from crmcli.store.light import reading

    with reading(filled) as connection:
        for statement in (
            "DELETE FROM customers",
            "CREATE TABLE t (a)",
            "PRAGMA user_version=9",
            "INSERT INTO settings VALUES (9,'a','b')",
        ):
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                connection.execute(statement)


@pytest.fixture
def locked(filled: Path, tmp_path: Path) -> Iterator[Path]:
    """A folder in which nothing may be written, with a database in it."""
    folder = tmp_path / "locked"
    folder.mkdir()
    database = folder / "crm.db"
    database.write_bytes(filled.read_bytes())
    database.chmod(0o444)
    folder.chmod(0o555)
    yield database
    folder.chmod(0o755)


def test_a_read_only_database_is_read_and_not_written(nursery: Nursery, locked: Path, tmp_path: Path) -> None:
    before = ""
    if os.geteuid() == 0:  # root may write anywhere: be nobody, in the child alone
        for folder in (tmp_path, *tmp_path.parents):
            if folder.stat().st_uid == 0 and folder != Path("/") and not folder.stat().st_mode & stat.S_IXOTH:
                folder.chmod(folder.stat().st_mode | 0o055)
        before = "os.setgid(65534); os.setuid(65534)"
    elif os.access(locked, os.W_OK):
        pytest.skip("this user may write to a read-only file")
    env = {"CRM_DB": str(locked)}
    for line in (
        ["list"],
        ["show", "张三"],
        ["agenda"],
        ["why", "张三"],
        ["journal"],
        ["export", "customers"],
        ["rules", "diff", str(tmp_path / "edited")],
    ):
        status, out, err = nursery.run(*line, env=env, before=before)
        assert (status, bool(out)) == (0, True), (line, err)
    (tmp_path / "good.csv").chmod(0o644)
    content = locked.read_bytes()
    for line in (
        ["add", "王五"],
        ["log", "phone", "张三"],
        ["classify", "--force"],
        ["undo"],
        ["import", "customers", str(tmp_path / "good.csv")],
    ):
        status, out, err = nursery.run(*line, env=env, before=before)
        assert (status, out) == (73, ""), (line, err)
        assert err.startswith("crm: error[cannot-create]: "), err
        assert len(err.splitlines()) == 2
    assert locked.read_bytes() == content
    assert [path.name for path in locked.parent.iterdir()] == ["crm.db"]


def test_a_database_cannot_be_made_where_nothing_may_be(nursery: Nursery, tmp_path: Path) -> None:
    status, _out, err = nursery.run("add", "张三", env={"CRM_DB": "/proc/crm/crm.db"})
    assert status == 73
    assert "cannot create /proc/crm/crm.db" in err
    status, _out, err = nursery.run("add", "张三", env={"CRM_DB": str(tmp_path)})
    assert status == 73, err
