"""Proves R3: commands that write at the same time wait for each other, and nothing that was acknowledged is lost.

Also what happens when waiting is in vain: one clear line and status 75, for readers and writers.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from conftest import Run
from crmcli.store import engine, light
from reliability.support import Nursery, count, sound


def _mix(worker: int) -> list[list[str]]:
    lines = []
    for number in range(5):
        lines += [
            ["add", f"客户{worker}-{number}"],
            ["log", "phone", f"客户{worker}-{number}", f"words of {worker}", "--next", "+3d"],
            ["sell", f"客户{worker}-{number}", f"{worker + 1}.{number:02d}"],
        ]
    return lines


def test_four_writers_at_once_lose_nothing(crm: Run, nursery: Nursery, database: Path) -> None:
    assert crm("init", "--yes").status == 0
    workers = [nursery.start(lines=_mix(worker)) for worker in range(4)]
    statuses = [worker.wait() for worker in workers]
    assert statuses == [0] * 4, [worker.err for worker in workers]
    assert [len(worker.out.splitlines()) for worker in workers] == [15] * 4
    for table, rows in (
        ("customers", 20),
        ("interactions", 20),
        ("transactions", 20),
        ("journal_entries", 61),
    ):
        assert count(database, table) == rows, table
    with closing(sqlite3.connect(database)) as connection:
        total = connection.execute("SELECT sum(amount_minor) FROM transactions").fetchone()[0]
        agreed = connection.execute("SELECT count(*) FROM customers WHERE next_contact_on = '2026-11-23'")
        assert agreed.fetchone()[0] == 20
    assert total == sum((worker + 1) * 100 + number for worker in range(4) for number in range(5))
    sound(database)


def test_the_first_commands_on_a_new_file_may_race(nursery: Nursery, database: Path) -> None:
    """Four processes make and migrate the same file at once."""
    for _round in range(3):
        database.unlink(missing_ok=True)
        workers = [nursery.start("add", f"客户{worker}") for worker in range(4)]
        statuses = [worker.wait() for worker in workers]
        assert statuses == [0] * 4, [worker.err for worker in workers]
        assert count(database, "customers") == 4
        sound(database)


def test_classifying_while_others_add_and_look(crm: Run, nursery: Nursery, database: Path) -> None:
    for number in range(30):
        assert crm("add", f"先{number}").status == 0
    classifying = nursery.start(lines=[["classify", "--force"]] * 4)
    adding = nursery.start(lines=[["add", f"后{number}"] for number in range(20)])
    looking = nursery.start(lines=[["agenda"], ["list"], ["journal"]] * 6)
    statuses = [running.wait() for running in (classifying, adding, looking)]
    assert statuses == [0, 0, 0], classifying.err + adding.err + looking.err
    assert count(database, "customers") == 50
    with closing(sqlite3.connect(database)) as connection:
        runs = connection.execute(
            "SELECT version, customers, (SELECT count(*) FROM classifications WHERE run_id = runs.id) FROM runs ORDER BY id"
        ).fetchall()
    assert [version for version, _customers, _rows in runs] == [1, 2, 3, 4]
    assert all(customers == rows >= 30 for _version, customers, rows in runs)
    sound(database)


def test_two_runs_of_one_month_make_one(crm: Run, nursery: Nursery, database: Path) -> None:
    """C2: the cron job and the person at the same moment."""
    assert crm("add", "张三").status == 0
    running = [nursery.start("classify", "--month", "2026-11") for _process in range(4)]
    assert [process.wait() for process in running] == [0] * 4
    assert count(database, "runs") == 1


@contextmanager
def _held(database: Path, how: str) -> Iterator[None]:
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute(how)
        yield
        other.rollback()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits a twentieth of a second instead of ten."""
    monkeypatch.setattr(light, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    pragmas = tuple("busy_timeout=50" if "busy" in pragma else pragma for pragma in engine._PRAGMAS)
    monkeypatch.setattr(engine, "_PRAGMAS", pragmas)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("how", "line"),
    [
        ("BEGIN EXCLUSIVE", ["add", "李四"]),
        ("BEGIN EXCLUSIVE", ["list"]),
        ("BEGIN EXCLUSIVE", ["agenda"]),
        ("BEGIN EXCLUSIVE", ["export", "customers", "-o", "out.csv"]),
        ("BEGIN IMMEDIATE", ["add", "李四"]),
        ("BEGIN IMMEDIATE", ["import", "customers", "new.csv"]),
        ("BEGIN IMMEDIATE", ["undo"]),
        ("BEGIN IMMEDIATE", ["classify"]),
    ],
)
def test_waiting_in_vain_is_said_in_one_line(crm: Run, database: Path, how: str, line: list[str]) -> None:
    assert crm("add", "张三").status == 0
    Path("new.csv").write_text("name\n李四\n", encoding="utf-8")
    with _held(database, how):
        status, out, err = crm(*line)
    assert (status, out) == (75, "")
    assert err == f"crm: error[busy]: another command is writing to {database}\nhint: try again in a moment\n"
    assert not Path("out.csv").exists()
    assert count(database, "customers") == 1


@pytest.mark.usefixtures("impatient")
def test_a_reader_does_not_mind_a_writer_that_has_not_committed(crm: Run, database: Path) -> None:
    assert crm("add", "张三").status == 0
    with _held(database, "BEGIN IMMEDIATE"):
        assert crm("list", "--format", "ids").out == "1\n"


def test_a_dry_run_leaves_the_lock_and_nothing_else(crm: Run, database: Path) -> None:
    assert crm("add", "张三").status == 0
    before = database.read_bytes()
    assert crm("classify", "--dry-run").status == 0
    assert database.read_bytes() == before
