"""Faults in the rules, for a program and for a person at a terminal."""

import json
import re
import shutil
import sys
from pathlib import Path

import pexpect
import pytest

from conftest import PROJECT, Run
from crmcli.render.notes import SHOWN, width_of

KEYS = {"file", "line", "column", "what", "hint", "code", "severity", "value"}


@pytest.fixture
def mine(home: Path) -> Path:
    return Path(shutil.copytree(PROJECT / "rules", home / "mine"))


def edit(file: Path, old: str, new: str, count: int = 1) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, count), encoding="utf-8")


def faults(crm: Run) -> list[dict[str, object]]:
    result = crm("rules", "check", "--rules", "mine", "--format", "json")
    assert (result.status, result.err) == (78, "")
    found: list[dict[str, object]] = json.loads(result.out)
    assert all(set(each) == KEYS for each in found)
    return found


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "value", "hint"),
    [
        ("value.yaml", "weight: 40", "wieght: 40", "unknown-key", "wieght", "did you mean weight?"),
        ("value.yaml", "weight: 40", "weight: forty", "wrong-type", "forty", None),
        ("value.yaml", "weight: 40", "weight: 40%", "wrong-type", "40%", "write 40"),
        ("value.yaml", "missing: zero", "missing: 0", "wrong-type", "0", "put it in quotes"),
        ("grades.yaml", "C: 6", "C: 6.5", "wrong-type", "6.5", None),
        ("grades.yaml", "when: no_followup", "when: no_folowup", "unknown-feature", "no_folowup", "did you mean no_followup?"),
        ("triggers.yaml", "urgency: {base: 20}", "urgency: 20", "wrong-type", "20", None),
        ("triggers.yaml", "after_days: 60", "after_days: -1", "out-of-range", "-1", None),
    ],
)  # fmt: skip
def test_a_program_is_told_what_and_where(
    file: str, old: str, new: str, code: str, value: str, hint: str | None, crm: Run, mine: Path
) -> None:
    edit(mine / file, old, new)
    found = next(each for each in faults(crm) if each["code"] == code)
    assert (found["file"], found["value"], found["hint"]) == (f"mine/{file}", value, hint)
    lines = (mine / file).read_text(encoding="utf-8").splitlines()
    line, column = found["line"], found["column"]
    assert isinstance(line, int)
    assert isinstance(column, int)
    assert lines[line - 1][column - 1 :].startswith(value)


def test_what_has_no_place_has_none(crm: Run, mine: Path) -> None:
    (mine / "grades.yaml").unlink()
    (found,) = faults(crm)
    assert found == {
        "file": "mine/grades.yaml", "line": None, "column": None, "code": "missing-file", "what": "this rule file is missing",
        "hint": "'crm rules init DIR' writes the shipped ones to another folder: copy it from there", "severity": "error", "value": None,
    }  # fmt: skip


def test_every_fault_is_shown_however_many(crm: Run, mine: Path) -> None:
    edit(mine / "value.yaml", "points:", "pionts:", -1)
    edit(mine / "cadence.yaml", "days:", "dyas:", -1)
    result = crm("rules", "check", "--rules", "mine")
    count = int(re.search(r"(\d+) faults", result.err)[1])  # type: ignore[index]
    assert count > SHOWN
    assert len(result.err.splitlines()) == count + 1
    assert "more" not in result.err.splitlines()[-1]
    # Where the rules only stand in the way, the first will do.
    assert crm("classify", "--rules", "mine").err.splitlines()[-1] == f"… and {count - SHOWN} more"


def test_a_mark_under_the_column_of_every_fault(mine: Path) -> None:
    edit(mine / "value.yaml", "zh: 客户价值}", "zh: 客户价值, 法: valeur}")
    edit(mine / "value.yaml", "missing: zero", "missing: nought", -1)
    edit(mine / "cadence.yaml", "days:", "dyas:", -1)
    said = on_a_terminal(140, "rules", "check", "--rules", "mine")
    head, *lines = said.splitlines()
    count = int(re.search(r"(\d+) faults", head)[1])  # type: ignore[index]
    assert len(lines) == 3 * count > 3 * SHOWN
    for what, shown, mark in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        file, line, column = re.match(r"(mine/\w+\.yaml):(\d+):(\d+): ", what).groups()  # type: ignore[union-attr]
        written = (mine.parent / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
        assert shown == f"  {written}".rstrip()
        assert mark == "  " + " " * width_of(written[: int(column) - 1]) + "^"


def on_a_terminal(columns: int, *argv: str) -> str:
    """What the program says on a terminal of so many columns."""
    program = pexpect.spawn(
        sys.executable, ["-m", "crmcli", *argv], dimensions=(24, columns), encoding="utf-8"
    )
    said = program.read()
    program.close()
    assert program.exitstatus == 78
    return str(said).replace("\r\n", "\n")


def test_ranks_among_a_few_customers_are_a_warning(crm: Run, mine: Path) -> None:
    place = mine / "value.yaml"
    assert crm("rules", "check", "--rules", "mine").err.count("warning") == 0  # no file, nobody to compare
    for name in "abc":
        crm("add", name)
    result = crm("rules", "check", "--rules", "mine")
    assert result.status == 0
    at = place.read_text(encoding="utf-8").splitlines().index("    scale: {percentile: higher}") + 1
    said = "compares 3 customers with one another: among so few a rank says little"
    assert f"crm: warning: mine/value.yaml:{at}:12: {said} (use bands, or percentile: " in result.err
    rows = json.loads(crm("rules", "check", "--rules", "mine", "--format", "json").out)
    assert {(row["severity"], row["code"]) for row in rows} == {("warning", "small-population")}

    declared = "{percentile: {better: higher, minimum: 3}}"
    edit(place, "{percentile: higher}", declared, count=2)
    assert "warning" not in crm("rules", "check", "--rules", "mine").err
    said = "crm: warning: profit contribution: 0 values are known, its scale asks for 3; it counts as missing"
    assert crm("classify", "--rules", "mine").err.count("warning") == 1
    assert said in crm("classify", "--rules", "mine", "--force").err
    edit(place, "minimum: 3", "minimum: 4")
    result = crm("rules", "check", "--rules", "mine")
    assert "compares 3 customers, fewer than its minimum of 4: every value counts as missing" in result.err
    result = crm("classify", "--rules", "mine")
    assert result.status == 0
    said = "purchase amount: 3 values are known, its scale asks for 4; it counts as missing for everybody"
    assert f"crm: warning: {said}" in result.err
