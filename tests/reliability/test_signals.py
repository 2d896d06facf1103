"""Proves C9: Ctrl-C and SIGTERM end a command at once with the right status, nothing changed, nothing left behind."""

import random
import signal
import time
from pathlib import Path

import pytest

from conftest import Run
from reliability.support import Nursery, count, picture, sound, write_transactions


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_rolls_an_import_back(
    crm: Run, nursery: Nursery, database: Path, tmp_path: Path, number: signal.Signals, expected: int
) -> None:
    for name in ("张三", "Ann Lee"):
        assert crm("add", name).status == 0
    orders = tmp_path / "orders.csv"
    write_transactions(orders, 20_000, ["张三", "Ann Lee", "", "张三", "张三"])
    line = ["import", "transactions", str(orders), "--keep-going", "--rejects", str(tmp_path / "rejects.csv")]
    running = nursery.start(*line)
    assert running.wait() == 3, running.err  # some rows name nobody: a rejects file is written too
    duration = time.monotonic() - running.started
    imported = count(database, "transactions")
    assert imported > 10_000
    assert crm("undo").status == 0
    (tmp_path / "rejects.csv").unlink()
    before, files = picture(database), _names(tmp_path)
    source, stopped = random.Random(int(number)), 0
    for _signal in range(10):
        running = nursery.start(*line)
        running.send(number, source.uniform(0.03, duration))
        status = running.wait()
        assert status in {expected, 3}, (status, running.err)
        assert "Traceback" not in running.err
        assert "Exception ignored" not in running.err
        if count(database, "transactions"):  # it came after the commit: all of it is there
            assert count(database, "transactions") == imported
            assert crm("undo").status == 0
            (tmp_path / "rejects.csv").unlink(missing_ok=True)
        else:
            stopped += 1
            assert (status, running.out) == (expected, "")
        assert picture(database) == before
        assert _names(tmp_path) == files
        sound(database)
    assert stopped >= 3, "the signals came too late to prove anything"


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_keeps_the_old_export(
    crm: Run, nursery: Nursery, tmp_path: Path, number: signal.Signals, expected: int
) -> None:
    assert crm("add", "张三").status == 0
    orders, target = tmp_path / "orders.csv", tmp_path / "out.csv"
    write_transactions(orders, 20_000, ["张三"])
    assert crm("import", "transactions", str(orders)).status == 0
    target.write_text("old\n", encoding="utf-8")
    running = nursery.start("export", "transactions", "-o", str(target))
    assert running.wait() == 0
    duration = time.monotonic() - running.started
    whole, files = target.read_bytes(), _names(tmp_path)
    source, stopped = random.Random(1), 0
    for _signal in range(10):
        target.write_text("old\n", encoding="utf-8")
        running = nursery.start("export", "transactions", "-o", str(target))
        running.send(number, source.uniform(0.02, duration))
        status = running.wait()
        assert status in {0, expected}, running.err
        stopped += status == expected
        assert target.read_bytes() == (b"old\n" if status else whole) or target.read_bytes() == whole
        assert _names(tmp_path) == files
    assert stopped >= 3


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
