"""Proves R9, X6 and X9: a full disk or a reader that goes away costs one clear line, never a row or a file."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from conftest import Run
from crmcli.store import engine
from reliability.support import Nursery, count, picture, sound, write_customers

SMALL_FILES = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"


@pytest.fixture
def customers(crm: Run, tmp_path: Path) -> Path:
    assert crm("add", "张三", "--phone", "13800138000").status == 0
    path = tmp_path / "customers.csv"
    write_customers(path, 20_000)
    return path


def test_an_import_that_does_not_fit_leaves_everything_as_it_was(
    crm: Run, nursery: Nursery, database: Path, customers: Path
) -> None:
    """The limit on file size stands for the disk: writing fails in the middle, in the database or a temporary file."""
    before = picture(database)
    for size in (database.stat().st_size + 8192, 700_000, 2_000_000):
        status, out, err = nursery.run(
            "import", "customers", str(customers), before=SMALL_FILES.format(size=size)
        )
        assert (status, out) == (74, ""), err
        assert err.startswith("crm: error[io]: "), err
        assert "Traceback" not in err
        assert (
            crm("list", "--format", "ids").out == "1\n"
        )  # also where SQLite left the journal for the next to play back
        assert picture(database) == before
        sound(database)
        assert not Path(f"{database}-journal").exists()
    assert crm("add", "李四").status == 0  # the next small write works
    assert count(database, "customers") == 2


def test_a_full_database_says_disk_full(
    crm: Run, database: Path, customers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(database)) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    before = picture(database)
    monkeypatch.setattr(engine, "_PRAGMAS", (*engine._PRAGMAS, f"max_page_count={pages + 20}"))
    status, out, err = crm("import", "customers", str(customers))
    assert (status, out) == (74, "")
    assert err == f"crm: error[io]: disk full while writing {database}; nothing was changed\n"
    assert picture(database) == before
    assert crm("add", "李四").status == 0
    sound(database)


def test_an_export_that_does_not_fit_keeps_the_old_file(
    crm: Run, nursery: Nursery, customers: Path, tmp_path: Path
) -> None:
    assert crm("import", "customers", str(customers)).status == 0
    target = tmp_path / "backup.csv"
    target.write_text("the good old file\n", encoding="utf-8")
    status, _out, err = nursery.run(
        "export", "customers", "-o", str(target), before=SMALL_FILES.format(size=50_000)
    )
    assert (status, err) == (
        74,
        f"crm: error[io]: {target}: the disk is full\nhint: free some space and try again\n",
    )
    assert target.read_text(encoding="utf-8") == "the good old file\n"
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".crm")]


@pytest.mark.parametrize(
    "line",
    [
        ["list"],
        ["list", "--format", "json"],
        ["export", "customers"],
        ["add", "李四"],
        ["--help"],
        ["--version"],
    ],
    ids=" ".join,
)
def test_a_full_standard_output_is_one_line(crm: Run, nursery: Nursery, line: list[str]) -> None:
    for number in range(3):
        assert crm("add", f"客户{number}").status == 0
    status, _out, err = nursery.run(*line, out="/dev/full")
    assert status == 74
    assert err.startswith("crm: error[io]: ")
    assert len([text for text in err.splitlines() if not text.startswith("hint: ")]) == 1, err


def test_a_reader_that_goes_away_is_no_error(crm: Run, customers: Path) -> None:
    assert crm("import", "customers", str(customers)).status == 0
    statuses = []
    for line in (
        ["list"],
        ["export", "customers"],
        ["list", "--format", "json"],
        ["customer", "list", "--format", "csv"],
    ):
        for _time in range(5):
            with subprocess.Popen(
                [sys.executable, "-m", "crmcli", *line], stdout=subprocess.PIPE, stderr=subprocess.PIPE
            ) as process:
                assert process.stdout is not None
                assert process.stderr is not None
                assert process.stdout.readline()
                process.stdout.close()
                assert process.stderr.read() == b""
            statuses.append(process.returncode)
    assert set(statuses) <= {0, 141}
    assert 141 in statuses, "nobody noticed: the output was too small to prove anything"


def test_a_reader_that_never_listened_is_no_error(crm: Run) -> None:
    assert crm("add", "张三").status == 0
    for line in (["list"], ["add", "李四"], ["--help"], ["path", "database"]):
        done = subprocess.run(
            ["sh", "-c", '"$0" -m crmcli "$@"; echo $? >&2', sys.executable, *line],
            stdout=_closed_pipe(),
            stderr=subprocess.PIPE,
            timeout=30,
        )
        assert done.stderr in {b"0\n", b"141\n"}, line


def _closed_pipe() -> int:
    import os

    reader, writer = os.pipe()
    os.close(reader)
    return writer
