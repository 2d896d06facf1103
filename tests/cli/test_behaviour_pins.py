"""Classes pinned by hand: they count until their end, and what the rules say stays beside them."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import PROJECT, Once, Run

On = Callable[[str], None]
Do = Callable[..., str]


@pytest.fixture
def read(do: Do) -> Callable[..., Any]:
    return lambda *argv: json.loads(do(*argv, "--format", "json"))


@pytest.fixture
def two(once: Once, do: Do, on: On) -> None:
    """Two customers whom the rules call low/D/prospect, last touched on 2026-11-02, classified on 2026-11-20."""

    @once
    def _built() -> None:
        on("2026-11-02")
        do("add", "张三")
        do("add", "李四")
        for name in ("张三", "李四"):
            do("log", "phone", name)
        on("2026-11-20")
        do("classify", "--as-of", "2026-11-20")


def classes(row: Any) -> tuple[Any, ...]:
    return row["tier"], row["grade"], row["lifecycle_stage"]


RULES = ("low", "D", "prospect")


@pytest.mark.usefixtures("two")
def test_every_list_uses_the_pinned_class_and_keeps_the_computed(do: Do, read: Callable[..., Any]) -> None:
    said = do("classify", "pin", "张三", "--tier", "高价值", "--grade", "b", "--reason", "老板是老朋友")
    assert said == "pinned 张三: tier high, grade B\n"
    first, second = read("list")
    assert (classes(first), first["pinned"]) == (("high", "B", "prospect"), "tier, grade")
    assert (classes(second), second["pinned"]) == (RULES, None)
    for command in ("show", "why"):
        found = read(command, "张三")
        assert classes(found) == ("high", "B", "prospect")
        assert tuple(found[f"computed_{name}"] for name in ("tier", "grade", "lifecycle_stage")) == RULES
        assert found["overrides"][0] == {
            "judgement": "tier", "value": "high", "computed": "low", "from_on": "2026-11-20", "until_on": None,
            "override_reason": "老板是老朋友",
        }  # fmt: skip
        assert found["overrides"][1]["computed"] == "D"
    assert read("why", "张三")["thresholds"][-1] == {
        "tier": "low",
        "label": "low value",
        "at_least": 0.0,
        "here": "←",
    }
    assert do("list", "--tier", "high", "--format", "ids") == "1\n"
    assert do("list", "--grade", "D", "--format", "ids") == "2\n"
    (line,) = read("agenda")
    assert (line["id"], line["tier"], line["grade"]) == (1, "high", "B")


@pytest.mark.usefixtures("two")
def test_a_terminal_is_told_both(crm: Run, do: Do) -> None:
    do("classify", "pin", "张三", "--tier", "high", "--until", "2026-12-01", "--reason", "old friend")
    listed = crm("list", "--format", "table")
    assert [line.count("*") for line in listed.out.splitlines()[2:]] == [1, 0]
    assert listed.err == "* pinned by hand: 'crm classify pins' says why and until when\n"
    why = do("why", "张三", "--format", "table")
    assert "high value, pinned by hand; the rules say low value" in why
    assert "2026-12-01  old friend" in why
    assert "high, pinned by hand; the rules say low" in do("show", "张三", "--format", "table")


@pytest.mark.usefixtures("two")
def test_the_rhythm_of_the_agenda_follows_the_pinned_class(do: Do, read: Callable[..., Any]) -> None:
    """Touched 18 days ago: D/low is due after 120 days, A/high after 5, B after 14 (medium) or 21 (low)."""
    assert read("agenda") == []
    do("classify", "pin", "张三", "--grade", "A", "--tier", "high", "--reason", "x")
    (line,) = read("agenda")
    assert (line["due_on"], line["reasons"]) == (
        "2026-11-07",
        "last contact 18 days ago, cadence 5, over the maximum of 10; no next step planned",
    )
    assert line["urgency"] == 30 * 3.0 + 10 + 30 + 40  # overdue thrice over, no next step, high, A
    do("classify", "pin", "张三", "--grade", "B", "--tier", "medium", "--reason", "x")
    (line,) = read("agenda")
    assert (line["due_on"], line["urgency"]) == ("2026-11-16", round(30 * 18 / 14 + 10 + 15 + 25, 2))
    do("classify", "unpin", "张三", "--tier")
    (line,) = read("agenda")
    assert (line["due_on"], line["reasons"]) == (None, "no next step planned")  # B/low: 21 days


@pytest.mark.usefixtures("story")
def test_to_pin_what_the_rules_say_changes_nothing_on_the_agenda(do: Do, read: Callable[..., Any]) -> None:
    before = do("agenda", "--days", "60", "--format", "json")
    for row in read("list"):
        do(
            "classify", "pin", f"#{row['id']}", "--tier", row["tier"], "--grade", row["grade"],
            "--lifecycle", row["lifecycle_stage"], "--reason", "x",
        )  # fmt: skip
    assert len(read("classify", "pins")) == 3 * len(read("list")) > 9
    assert do("agenda", "--days", "60", "--format", "json") == before


def test_somebody_never_classified_can_be_pinned(crm: Run, do: Do, read: Callable[..., Any], on: On) -> None:
    on("2026-11-10")
    do("add", "Ann")
    do("log", "phone", "Ann")
    do("classify", "pin", "Ann", "--grade", "A", "--reason", "met before")
    on("2026-11-20")
    (line,) = read("agenda")
    assert (line["due_on"], line["grade"], line["tier"]) == (
        "2026-11-17",
        "A",
        None,
    )  # A without a tier: 7 days
    why = crm("why", "Ann", "--format", "json")
    assert (why.status, why.err) == (0, "Ann has not been classified\n")
    found = json.loads(why.out)
    assert (found["grade"], found["computed_grade"], found["score"], found["indicators"]) == (
        "A",
        None,
        None,
        [],
    )
    assert found.keys() == read_keys(crm, "Ann")
    assert read("show", "Ann")["grade"] == "A"
    assert "A, pinned by hand" in do("why", "Ann", "--format", "table")
    assert crm("why", "Ann", "--period", "2026-10").status == 1


def read_keys(crm: Run, name: str) -> Any:
    """The fields of somebody who was classified."""
    crm("classify", "--as-of", "2026-11-20")
    keys = json.loads(crm("why", name, "--format", "json").out).keys()
    crm("undo")
    return keys


@pytest.mark.usefixtures("two")
def test_a_pinned_tier_alone_leaves_the_cadence_of_the_unclassified(
    do: Do, read: Callable[..., Any], on: On
) -> None:
    on("2026-11-21")
    do("add", "Ann")
    do("log", "phone", "Ann")
    do("classify", "pin", "Ann", "--tier", "high", "--reason", "x")
    on("2026-12-20")
    assert 3 not in [line["id"] for line in read("agenda")]
    on("2026-12-21")
    (line,) = [line for line in read("agenda") if line["id"] == 3]
    assert line["reasons"] == "last contact 30 days ago, cadence 30"


@pytest.mark.usefixtures("two")
def test_a_tier_that_the_rules_no_longer_have_leaves_the_computed_rhythm(
    do: Do, read: Callable[..., Any], on: On, home: Path
) -> None:
    do("classify", "pin", "张三", "--tier", "high", "--grade", "A", "--reason", "x")
    mine = Path(shutil.copytree(PROJECT / "rules", home / "mine"))
    for file in mine.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        for old, new in (("high", "key"), ("medium", "main"), ("low", "ordinary")):
            text = re.sub(rf"(?<!severity: )\b{old}\b", new, text)  # complaints have words of the same look
        file.write_text(text, encoding="utf-8")
    do("classify", "--rules", str(mine))
    on("2027-03-01")
    assert read("list")[0]["tier"] == "high"  # what somebody said stands until it is taken back
    assert [line["reasons"] for line in read("agenda") if line["id"] == 1] == ["no next step planned"]
    on("2027-03-02")
    (line,) = [line for line in read("agenda") if line["id"] == 1]
    assert line["reasons"] == "last contact 120 days ago, cadence 120; no next step planned"
    do("classify", "pin", "张三", "--tier", "key", "--reason", "y", "--rules", str(mine))
    (line,) = [line for line in read("agenda") if line["id"] == 1]
    assert (
        line["reasons"]
        == "last contact 120 days ago, cadence 5, over the maximum of 10; no next step planned"
    )


@pytest.mark.usefixtures("two")
def test_it_ends_by_itself_after_its_last_day(
    do: Do, read: Callable[..., Any], on: On, database: Path
) -> None:
    do("classify", "pin", "张三", "--grade", "A", "--until", "+3d", "--reason", "x")
    before = database.read_bytes()
    for day, grade, due in (("2026-11-23", "A", [1]), ("2026-11-24", "D", [])):
        on(day)
        assert [read(command, "张三")["grade"] for command in ("show", "why")] == [grade, grade]
        assert read("list")[0]["grade"] == grade
        assert [line["id"] for line in read("agenda")] == due
        assert [line["judgement"] for line in read("classify", "pins")] == ["grade"] * len(due)
    assert read("classify", "pins", "--all")[0]["state"] == "expired"
    assert database.read_bytes() == before


@pytest.mark.usefixtures("two")
def test_a_day_before_the_pin_does_not_know_it(do: Do, read: Callable[..., Any], on: On) -> None:
    do("classify", "pin", "张三", "--grade", "A", "--reason", "x")
    on("2026-11-19")
    assert read("list")[0]["grade"] is None  # nor was there a run
    do("classify", "--as-of", "2026-11-19")
    on("2026-11-20")
    do("classify", "--as-of", "2026-11-20")
    before, after = (read("why", "张三", "--period", day) for day in ("2026-11-19", "2026-11-20"))
    assert (before["grade"], before["overrides"]) == ("D", [])
    assert (after["grade"], after["computed_grade"]) == ("A", "D")
    on("2026-11-25")
    do("classify", "unpin", "张三")
    for day, grade in (("2026-11-24", "A"), ("2026-11-25", "D")):  # the day it was taken off no longer counts
        do("classify", "--as-of", day)
        assert read("why", "张三", "--period", day)["grade"] == grade
    for day, grade in (("2026-11-24", "A"), ("2026-11-25", "D")):
        on(day)
        assert read("list")[0]["grade"] == grade


@pytest.mark.usefixtures("two")
def test_a_run_keeps_both_whatever_comes_later(crm: Run, do: Do, read: Callable[..., Any]) -> None:
    do("classify", "pin", "张三", "--grade", "A", "--reason", "x")
    run = crm("classify", "--as-of", "2026-11-20")
    assert "1 customer is pinned by hand; the counts are what the rules say" in run.err
    counted = {row["class"]: row["customers"] for row in read("classify", "--as-of", "2026-11-20")}
    assert (counted["D"], "A" in counted) == (2, False)
    period = read("why", "张三", "--period", "2026-11-20")
    do("undo")  # the run
    do("undo")  # the pin
    assert read("why", "张三")["grade"] == "D"
    do("classify", "pin", "张三", "--grade", "A", "--reason", "x")
    do("classify", "--as-of", "2026-11-20")
    do("classify", "pin", "张三", "--grade", "B", "--reason", "y")
    assert read("why", "张三", "--period", "2026-11-20") == period
    assert read("why", "张三")["grade"] == "B"


@pytest.mark.usefixtures("two")
def test_the_history_shows_both_for_each_period(do: Do, read: Callable[..., Any], on: On) -> None:
    do("classify", "pin", "张三", "--grade", "A", "--until", "+3d", "--reason", "x")
    for day in ("2026-11-22", "2026-11-24"):
        on(day)
        do("classify", "--as-of", day)
    periods = read("history", "张三")
    assert [(each["grade"], each["pinned_grade"], each["pinned_tier"]) for each in periods] == [
        ("D", None, None), ("D", "A", None), ("D", None, None),
    ]  # fmt: skip
    assert do("history", "张三", "--format", "table").count("pinned by hand: grade A") == 1


@pytest.mark.usefixtures("two")
def test_a_second_pin_takes_the_place_of_the_first(do: Do, read: Callable[..., Any], on: On) -> None:
    do("classify", "pin", "张三", "--tier", "high", "--grade", "A", "--reason", "first")
    on("2026-11-22")
    do("classify", "pin", "张三", "--grade", "C", "--reason", "second")
    assert [
        (line["judgement"], line["value"], line["override_reason"]) for line in read("classify", "pins")
    ] == [
        ("tier", "high", "first"),
        ("grade", "C", "second"),
    ]
    everything = read("classify", "pins", "--all")
    assert [(line["value"], line["state"], line["ended_on"]) for line in everything] == [
        ("high", "in_force", None),
        ("A", "ended", "2026-11-22"),
        ("C", "in_force", None),
    ]
    on("2026-11-21")
    assert read("list")[0]["grade"] == "A"


@pytest.mark.usefixtures("two")
def test_undo(do: Do, read: Callable[..., Any]) -> None:
    assert do("classify", "pin", "张三", "--grade", "A", "--until", "eom", "--reason", "x")
    assert do("classify", "pin", "张三", "--grade", "B", "--reason", "y")
    assert do("classify", "unpin", "张三", "--grade") == "unpinned 张三: grade\n"
    grades = []
    for _ in range(3):
        grades.append(read("list")[0]["grade"])
        do("undo")
    assert [*grades, read("list")[0]["grade"]] == ["D", "B", "A", "D"]
    assert read("classify", "pins", "--all") == []


@pytest.mark.usefixtures("two")
def test_what_changes_nothing_writes_nothing(do: Do) -> None:
    line = ("classify", "pin", "张三", "--grade", "A", "--until", "eom", "--reason", "x")
    do(*line)
    entries = do("journal", "--format", "ids")
    assert do(*line) == "nothing to do: it already is so\n"
    assert do("classify", "unpin", "张三", "--tier") == "nothing to do: it already is so\n"
    assert do("classify", "unpin", "李四") == "nothing to do: it already is so\n"
    assert do("journal", "--format", "ids") == entries
    assert do("classify", "pin", "张三", "--grade", "A", "--until", "2026-12-31", "--reason", "x") == (
        "pinned 张三: grade A, until 2026-12-31\n"
    )


@pytest.mark.usefixtures("two")
def test_a_deleted_customer_takes_its_pins_along_and_back(crm: Run, do: Do, read: Callable[..., Any]) -> None:
    do("classify", "pin", "张三", "--grade", "A", "--reason", "x")
    pins = read("classify", "pins", "--all")
    asked = crm("customer", "delete", "张三")
    assert "1 overrides" in asked.err
    do("customer", "delete", "张三", "--yes")
    assert read("classify", "pins", "--all") == []
    do("undo")
    assert read("classify", "pins", "--all") == pins


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ("pin 张三 --reason x", 2, "nothing to pin"),
        ("pin 张三 --grade A", 2, "missing: --reason"),
        ("pin 张三 --grade E --reason x", 2, "--grade: 'E' is not one of A, B, C, D"),
        ("pin 张三 --lifecycle dead --reason x", 2, "--lifecycle: 'dead' is not one of prospect, "),
        ("pin 张三 --tier gold --reason x", 65, "--tier: 'gold' is not a tier of these rules"),
        ("pin 张三 --grade A --until 2026-11-19 --reason x", 65, "--until: 2026-11-19 is past"),
        ("pin 张三 --grade A --until someday --reason x", 65, "--until: not a date: 'someday'"),
        ("pin 张三 --grade A --reason ''", 65, "--reason: must not be empty"),
        ("pin 王五 --grade A --reason x", 1, "no customer fits '王五'"),
        ("unpin 王五", 1, "no customer fits '王五'"),
        ("--month 2026-10 pins", 2, "--month: not for 'crm classify pins'"),
        ("--force pin 张三 --grade A --reason x", 2, "--force: not for 'crm classify pin'"),
        ("pinn 张三", 2, "no such command: 'pinn'"),
    ],
)
@pytest.mark.usefixtures("two")
def test_what_cannot_be_pinned(words: str, status: int, said: str, crm: Run, database: Path) -> None:
    before = database.read_bytes()
    result = crm("classify", *[word.replace("''", "") for word in words.split()])
    assert (result.status, result.out) == (status, "")
    assert said in result.err.splitlines()[0]
    assert database.read_bytes() == before


@pytest.mark.usefixtures("two")
def test_the_last_day_may_be_today(do: Do, read: Callable[..., Any], on: On) -> None:
    do("classify", "pin", "张三", "--grade", "A", "--until", "today", "--reason", "x")
    assert read("list")[0]["grade"] == "A"
    on("2026-11-21")
    assert read("list")[0]["grade"] == "D"


@pytest.mark.usefixtures("two")
def test_ids_name_each_customer_once(do: Do, crm: Run) -> None:
    do("classify", "pin", "张三", "--grade", "A", "--tier", "high", "--reason", "x")
    do("classify", "pin", "李四", "--grade", "A", "--reason", "x")
    assert do("classify", "pins", "--format", "ids") == "1\n2\n"
    do("classify", "unpin", "#1")
    do("classify", "unpin", "#2")
    nothing = crm("classify", "pins")
    assert (nothing.status, nothing.out, nothing.err) == (0, "", "nothing is pinned by hand\n")
