"""`crm backup`: whole, checked, for its owner only, and nothing that is there is lost."""

import json
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import Run
from crmcli.store.backup import remove_older

Do = Callable[..., str]


def names(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [name for (name,) in connection.execute("SELECT name FROM customers ORDER BY id")]


def test_a_backup_is_a_database_again(do: Do, crm: Run, home: Path) -> None:
    do("add", "张三")
    assert do("backup", "copy.db") == f"backed up to {home / 'copy.db'}\n"
    do("add", "李四")
    assert crm("--db", "copy.db", "list").out.split("\t")[1] == "张三"
    assert names(home / "copy.db") == ["张三"]
    assert stat.S_IMODE((home / "copy.db").stat().st_mode) == 0o600
    assert sorted(path.name for path in home.glob(".*")) == []


def test_without_a_name_it_is_dated_and_beside_the_database(do: Do, home: Path) -> None:
    do("add", "张三")
    done = json.loads(do("backup", "--format", "json"))
    folder = home / "backups"
    assert done["file"] == str(folder / "crm-20261120T120000Z.db")
    assert done["bytes"] == (folder / "crm-20261120T120000Z.db").stat().st_size
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    do("backup")
    assert sorted(path.name for path in folder.iterdir()) == [
        "crm-20261120T120000Z-2.db",
        "crm-20261120T120000Z.db",
    ]


def test_nothing_is_written_over(do: Do, crm: Run, database: Path) -> None:
    do("add", "张三")
    Path("notes.txt").write_text("mine", encoding="utf-8")
    refused = crm("backup", "notes.txt")
    assert refused.status == 1
    assert refused.err.startswith("crm: error[refused]:")
    assert "--force" in refused.err
    assert Path("notes.txt").read_text(encoding="utf-8") == "mine"
    do("backup", "notes.txt", "--force")
    assert names(Path("notes.txt")) == ["张三"]
    itself = crm("backup", str(database), "--force")
    assert (itself.status, itself.err) == (1, f"crm: error[refused]: {database} is the database itself\n")
    assert names(database) == ["张三"]


def test_keep_leaves_the_newest_and_what_is_not_its_own(
    do: Do, on: Callable[[str], None], home: Path
) -> None:
    do("add", "张三")
    (home / "kept").mkdir()
    for name in ("crm.db", "crm-schema-3.db", "other-20200101T000000Z.db", "crm-20200101T000000Z.db.txt"):
        (home / "kept" / name).write_text("x", encoding="utf-8")
    for day in ("2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"):
        on(day)
        said = do("backup", "kept", "--keep", "2")
    assert said.endswith("Z.db, 1 older one removed\n")
    assert sorted(path.name for path in (home / "kept").iterdir()) == [
        "crm-20200101T000000Z.db.txt",
        "crm-20261119T120000Z.db",
        "crm-20261120T120000Z.db",
        "crm-schema-3.db",
        "crm.db",
        "other-20200101T000000Z.db",
    ]


@settings(max_examples=40, deadline=None)
@given(days=st.sets(st.integers(1, 28), min_size=1), wrote=st.integers(1, 28), keep=st.integers(1, 6))
def test_rotation_never_takes_the_newest_nor_the_one_just_written(
    days: set[int], wrote: int, keep: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    files = {day: folder / f"crm-202611{day:02}T000000Z.db" for day in days | {wrote}}
    for path in files.values():
        path.touch()
    removed = remove_older(Path("crm.db"), folder, files[wrote], keep)
    left = set(folder.iterdir())
    assert {files[max(files)], files[wrote]} <= left
    assert left.isdisjoint(removed)
    assert len(left) == max(min(keep, len(files)), len({max(files), wrote}))
    oldest = [files[day] for day in sorted(files) if day not in {max(files), wrote}]
    assert removed == oldest[: len(removed)]


def test_a_damaged_database_is_not_backed_up(do: Do, crm: Run, database: Path, home: Path) -> None:
    for number in range(40):
        do("add", f"customer {number}", "--notes", "x" * 400)
    whole = bytearray(database.read_bytes())
    with closing(sqlite3.connect(database)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'customers'").fetchone()[0]
    size = 4096
    whole[(page - 1) * size + 8 : page * size] = b"\xff" * (size - 8)
    database.write_bytes(whole)
    result = crm("backup", "copy.db")
    assert result.status == 74
    assert "damaged" in result.err
    assert not (home / "copy.db").exists()
    assert list(home.glob(".copy*")) == []


@pytest.mark.parametrize(
    ("words", "status", "start"),
    [
        (["nowhere/copy.db"], 73, "crm: error[cannot-create]: cannot create"),
        (["/dev/null", "--force"], 73, "crm: error[cannot-create]: /dev/null is no file"),
        (["copy.db", "--keep", "3"], 2, "crm: error[usage]: --keep:"),
        (["--keep", "0"], 2, "crm: error[usage]"),
    ],
)
def test_what_cannot_be(words: list[str], status: int, start: str, do: Do, crm: Run) -> None:
    do("add", "张三")
    result = crm("backup", *words)
    assert (result.status, result.out) == (status, "")
    assert result.err.startswith(start)


def test_no_database_no_backup(crm: Run, home: Path) -> None:
    assert crm("backup", "copy.db").status == 1
    assert not (home / "copy.db").exists()
