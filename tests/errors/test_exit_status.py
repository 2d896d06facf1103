"""One test per exit status: what a script may rely on."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from conftest import Run
from crmcli.errors import ExitCode


def test_ok(crm: Run) -> None:
    assert crm("add", "张三").status == ExitCode.OK == 0


def test_findings_when_nothing_is_found(crm: Run) -> None:
    crm("add", "张三")
    assert crm("show", "nobody").status == ExitCode.FINDINGS == 1
    assert crm("list", "nobody").status == ExitCode.FINDINGS


def test_usage(crm: Run) -> None:
    assert crm("list", "--no-such-option").status == ExitCode.USAGE == 2


def test_partial(crm: Run, home: Path) -> None:
    (home / "a.csv").write_text("name,headcount\nAnn,1\nBob,many\n")
    assert crm("import", "customers", "a.csv", "--keep-going").status == ExitCode.PARTIAL == 3


def test_data(crm: Run) -> None:
    assert crm("add", "X", "--email", "nope").status == ExitCode.DATA == 65


def test_software_tells_no_secrets(crm: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect has to be planted: it is one line, without the user's data."""
    crm("add", "Secret Name", "--phone", "13800138000")
    from crmcli.cli import tables

    def broken(*_lines: object, **_options: object) -> None:
        raise ZeroDivisionError("Secret Name 13800138000")

    monkeypatch.setattr(tables, "customers", broken)
    result = crm("list")
    assert result.status == ExitCode.SOFTWARE == 70
    assert result.err.startswith("crm: error[bug]: test_exit_status.py:")
    assert "ZeroDivisionError" in result.err
    assert "Secret" not in result.err
    assert "1380" not in result.err
    monkeypatch.setenv("CRM_DEBUG", "1")
    assert "Traceback" in crm("list").err


def test_cannot_create(crm: Run) -> None:
    crm("add", "张三")
    assert crm("export", "customers", "-o", "nowhere/x.csv").status == ExitCode.CANNOT_CREATE == 73


def test_io(crm: Run, home: Path) -> None:
    (home / "notes.db").write_text("buy milk\n" * 100)
    assert crm("--db", "notes.db", "list").status == ExitCode.IO == 74
    os.environ["CRM_DB"] = str(home / "crm.db")


def test_busy(crm: Run, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crm("add", "张三")
    from crmcli.store import engine

    monkeypatch.setattr(engine, "_PRAGMAS", [p for p in engine._PRAGMAS if "busy" not in p])
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)  # ten seconds are for people
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert crm("add", "李四").status == ExitCode.BUSY == 75
        assert crm("list").status == 0  # who only looks does not wait
    assert crm("add", "李四").status == 0


def test_config(crm: Run, home: Path) -> None:
    assert crm("rules", "check", "--rules", str(home)).status == ExitCode.CONFIG == 78


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals(number: signal.Signals, status: int, crm_process: Run, home: Path) -> None:
    crm_process("add", "张三")
    with subprocess.Popen(
        [sys.executable, "-m", "crmcli", "import", "customers", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A suite that was started in the background has Ctrl-C switched off, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - one thread
    ) as running:
        assert running.stdin is not None
        running.stdin.write(b"name\n" + b"Ann\n" * 10)
        running.stdin.flush()
        time.sleep(3.0)  # it waits for the rest of the file
        running.send_signal(number)
        _out, err = running.communicate(timeout=30)
    assert running.returncode == status == {130: ExitCode.INTERRUPTED, 143: ExitCode.TERMINATED}[status]
    assert b"Traceback" not in err
    assert crm_process("list", "--format", "ids").out == "1\n"
    assert sorted(path.name for path in home.iterdir()) == ["crm.db"]


def test_a_reader_that_goes_away(crm_process: Run, crm: Run) -> None:
    crm("add", "张三")
    done = subprocess.run(
        f"{sys.executable} -m crmcli export customers | true; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() in {"0", "141"}
    assert done.stderr == ""
