"""Proves R1 and S2: `kill -9` at any moment loses nothing acknowledged, leaves nothing partial, needs no repair.

The moments are drawn (seeded) from the whole run time of the command, measured first, in commands that begin without
the start-up of an interpreter, so that most kills hit the work: reading, staging, inserting, committing.
"""

import random
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from conftest import Run
from reliability.support import Nursery, count, picture, sound, write_transactions

ROWS = 20_000
CUSTOMERS = ["张三", "Ann Lee", "远山贸易"]


def _measured(nursery: Nursery, *argv: str) -> float:
    running = nursery.start(*argv)
    assert running.wait() == 0, running.err
    return time.monotonic() - running.started


@pytest.mark.parametrize("seed", range(4))  # four parts, so that pytest-xdist can share them out
def test_a_killed_import_is_all_or_nothing(
    crm: Run, nursery: Nursery, database: Path, tmp_path: Path, seed: int
) -> None:
    for name in CUSTOMERS:
        assert crm("add", name).status == 0
    assert crm("sell", "张三", "1280.50").status == 0
    orders = tmp_path / "orders.csv"
    write_transactions(orders, ROWS, CUSTOMERS, seed)
    before = picture(database)
    start = tmp_path / "start.db"
    shutil.copy(database, start)
    duration = _measured(nursery, "import", "transactions", str(orders))
    assert count(database, "transactions") == ROWS + 1
    shutil.copy(start, database)

    journal = Path(f"{database}-journal")
    source, killed, hot, acknowledged = random.Random(seed), 0, 0, 1
    for attempt in range(10):
        running = nursery.start("import", "transactions", str(orders))
        running.send(signal.SIGKILL, source.uniform(0, duration))
        status = running.wait()
        killed += status == -signal.SIGKILL
        duration *= 1.0 if killed > attempt // 2 else 0.8  # the machine is faster than when it was measured
        hot += journal.exists() and journal.stat().st_size > 0
        listed = crm("list", "--format", "json")  # reads first: the read-only lane meets the hot journal
        assert listed.status == 0, listed.err
        rows = count(database, "transactions")
        assert rows in {acknowledged, acknowledged + ROWS}
        assert status != 0 or rows == acknowledged + ROWS, "an acknowledged import was lost"
        if rows != acknowledged:
            assert crm("undo").status == 0
        else:
            assert picture(database) == before
        sold = crm("sell", "Ann Lee", "1")  # the next writer needs no repair
        assert sold.status == 0, sold.err
        assert not journal.exists()
        acknowledged += 1
        before = picture(database)
        sound(database)
    assert killed >= 5, "the kills came too late to prove anything"
    print(f"seed {seed}: {killed} of 10 killed, {hot} left a journal with content, {duration:.2f} s a run")


def test_a_reader_plays_back_the_journal_that_a_killed_writer_left(
    crm: Run, nursery: Nursery, database: Path
) -> None:
    """The moment that chance hits rarely: pages already in the file, the commit not done."""
    assert crm("add", "张三", "--notes", "x" * 19_000).status == 0
    before = picture(database)
    spill = """
import os, signal
from sqlalchemy import event
from crmcli.store.engine import writing_engine
engine = writing_engine()
event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA cache_size=2"))
event.listen(engine, "commit", lambda _connection: os.kill(os.getpid(), signal.SIGKILL))
"""
    running = nursery.start("add", "李四", "--notes", "y" * 19_000, before=spill)
    assert running.wait() == -signal.SIGKILL
    journal = Path(f"{database}-journal")
    assert journal.stat().st_size > 0
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        with pytest.raises(sqlite3.OperationalError) as refused:
            connection.execute("SELECT count(*) FROM customers")
        assert refused.value.sqlite_errorname == "SQLITE_READONLY_ROLLBACK"  # else this test proves nothing
    listed = crm("list", "--format", "ids")
    assert (listed.status, listed.out, listed.err) == (0, "1\n", "")
    assert not journal.exists()
    assert picture(database) == before
    sound(database)


def test_a_killed_migration_leaves_the_old_or_the_new_schema(
    crm: Run, nursery: Nursery, database: Path, tmp_path: Path
) -> None:
    source = random.Random(7)
    duration = _measured(nursery, "add", "Ann Lee")
    wanted = _schema(database)
    killed = 0
    for attempt in range(10):
        database.unlink()
        running = nursery.start("add", "Ann Lee")
        running.send(signal.SIGKILL, duration * (0.1 + 0.9 * source.random()))
        status = running.wait()
        killed += status == -signal.SIGKILL
        duration *= 1.0 if killed > attempt // 2 else 0.8
        if database.exists():
            found = _schema(database)
            assert found in ([], wanted), attempt
            listed = crm("list")
            assert listed.status in ({0, 1} if found else {1}), listed.err
        done = crm("add", "张三")
        assert done.status == 0, done.err
        assert _schema(database) == wanted
        sound(database)
    assert killed >= 5, "the kills came too late to prove anything"


def _schema(database: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
