"""Every way to fail, as a user meets it: each file beside this one is a command and what it says.

A file `CODE/NAME.txt` is made of sections: text before the first is a remark, then any number of `=== file NAME`
(made in the working folder), `=== rules FOLDER` (the shipped rules there, with edits `FILE: OLD => NEW`) and
`=== before` (commands that succeed), one `=== command`, and `=== error STATUS` with what standard error says. `CRMCLI_ACCEPT=1` writes what the program says now into the files; read the difference.

Lines under `=== command` are one command each, the last is the one that fails. `LOCKED` in front of it means that
another program holds the database; `FULL`, that standard output is a full disk.
"""

import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import PROJECT, Result, Run
from crmcli import errors

FOLDER = Path(__file__).parent
CASES = sorted(FOLDER.glob("*/*.txt"))


@dataclass(frozen=True)
class Case:
    """One file."""

    files: dict[str, str]
    rules: dict[str, list[str]]
    before: list[str]
    command: str
    status: int
    expected: str

    @classmethod
    def read(cls, path: Path) -> "Case":
        _remark, *sections = re.split(r"^=== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        files, rules, before, command, status, expected = {}, {}, list[str](), "", -1, ""
        for section in sections:
            head, _line, body = section.partition("\n")
            what, _space, argument = head.partition(" ")
            if what == "file":
                files[argument] = body
            elif what == "rules":
                rules[argument] = body.splitlines()
            elif what == "before":
                before += body.split("\n")
            elif what == "command":
                command = body.strip()
            else:
                status, expected = int(argument), body
        return cls(files, rules, [line for line in before if line], command, status, expected)


@contextmanager
def locked(database: Path) -> Iterator[None]:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_it_says(path: Path, crm: Run, crm_process: Run, home: Path, database: Path) -> None:
    case = Case.read(path)
    for name, text in case.files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text.replace("\\0", "\0"), encoding="utf-8")
    for folder, edits in case.rules.items():
        edited_rules(home / folder, edits)
    for line in case.before:
        result = crm(*shlex.split(line)[1:])
        assert result.status == 0, result.err
    before = crm("journal", "--format", "json").out
    words = shlex.split(case.command)
    if words[0] == "FULL":
        result = full(crm_process, words[2:])
    else:
        with locked(database) if words[0] == "LOCKED" else nullcontext():
            result = crm(*words[2 if words[0] == "LOCKED" else 1 :])
    said = result.err.replace(str(home), "HOME").replace(str(PROJECT / "rules"), "RULES")
    if os.environ.get("CRMCLI_ACCEPT"):
        head = path.read_text(encoding="utf-8").partition("=== error")[0]
        path.write_text(f"{head}=== error {result.status}\n{said}", encoding="utf-8")
        return
    assert (result.status, said) == (case.status, case.expected)
    assert (
        said.splitlines()[-1 if path.parent.name == "partial" else 0].startswith("crm: ")
        or path.parent.name == "partial"
    )
    if path.parent.name != "partial":
        assert said.startswith(f"crm: error[{path.parent.name}]: ")
        assert crm("journal", "--format", "json").out.removeprefix("[]\n") == before.removeprefix("[]\n")


def edited_rules(folder: Path, edits: list[str]) -> None:
    shutil.copytree(PROJECT / "rules", folder)
    for edit in edits:
        name, _colon, change = edit.partition(": ")
        old, _arrow, new = change.partition(" => ")
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text, edit
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def full(crm_process: Run, words: list[str]) -> Result:
    """Run with standard output on a full disk."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with Path("/dev/full").open("w") as nowhere:
        done = subprocess.run(
            [sys.executable, "-m", "crmcli", *words], stdout=nowhere, stderr=subprocess.PIPE, timeout=60
        )
    return Result(done.returncode, "", done.stderr.decode())


def test_every_code_has_its_folder() -> None:
    classes = [errors.CrmError]
    codes = set()
    while classes:
        found = classes.pop()
        classes += found.__subclasses__()
        if found is not errors.CrmError:
            codes.add(found.code)
    assert codes <= {path.parent.name for path in CASES}
    assert len(CASES) >= 40
