"""The day until which a deal waits: typed, shown, cleared, in files, and on the agenda when it has come."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import PROJECT, Once, Run

Do = Callable[..., str]
On = Callable[[str], None]
FEATURE = """features:
  waits_until:
    from: opportunities
    take: min
    field: waiting_until
    where: open
    text: {en: waits until, zh: 等待至}
"""
EXAMPLE = """tests:
  - name: the first day until which an open deal waits
    as_of: 2026-11-20
    facts:
      opportunities:
        - {stage: negotiating, waiting_until: 2026-12-24}
        - {stage: introduced, waiting_until: 2026-12-01}
        - {stage: lost, closed_on: 2026-11-01, waiting_until: 2026-11-05}
    expect: {waits_until: 2026-12-01}
"""
SEGMENTS = """segments:
  patience:
    text: {en: patience, zh: 耐心}
    policy: first
    rules:
      - {segment: this_year, when: waits_until < '2027-01-01', text: {en: this year, zh: 今年}}
    otherwise: {segment: later, text: {en: later, zh: 以后}}
"""
SAID = "deal #1 waited until 2026-12-01: second shop 3,600.00 CNY, waiting for the budget"


def deals(do: Do, *argv: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(do("opportunity", "list", "--format", "json", *argv))
    return found


def reasons(crm: Run, *argv: str) -> list[str]:
    """What the agenda says of everybody, without what the test is not about."""
    lines = json.loads(crm("agenda", "--format", "json", *argv).out or "[]")
    return [line["reasons"].removesuffix("; no next step planned") for line in lines]


@pytest.fixture
def waits(once: Once, do: Do, on: On) -> None:
    """A deal that waits for the budget until 1 December, of a customer with nothing else to do about."""

    @once
    def _built() -> None:
        on("2026-11-20")
        do("add", "Wong")
        do("log", "phone", "Wong", "hello", "--next", "2027-03-01")
        do("opportunity", "add", "Wong", "--name", "second shop", "--amount", "3600", "--waiting-for", "the budget",
           "--waiting-until", "2026-12-01")  # fmt: skip
        do("classify")


@pytest.mark.usefixtures("waits")
def test_a_day_is_typed_as_people_say_it_and_cleared_with_nothing(crm: Run, do: Do) -> None:
    assert deals(do)[0]["waiting_until"] == "2026-12-01"
    added = crm("opportunity", "add", "Wong", "--waiting-until", "next fri")
    assert (added.status, added.err) == (0, "waiting_until: 2026-11-27 Fri\n")
    assert do("opportunity", "edit", "2", "--waiting-until", "月底").endswith(
        "  waiting_until: 2026-11-27 → 2026-11-30\n"
    )
    assert do("opportunity", "edit", "2", "--waiting-until", "").endswith("  waiting_until: 2026-11-30 → -\n")
    assert [(deal["waiting_for"], deal["waiting_until"]) for deal in deals(do)] == [
        ("the budget", "2026-12-01"), (None, None),
    ]  # fmt: skip
    refused = crm("opportunity", "edit", "1", "--waiting-until", "soon-ish")
    assert (refused.status, "waiting_until: not a date: 'soon-ish'" in refused.err) == (65, True)


@pytest.mark.usefixtures("waits")
def test_what_waits_for_nothing_waits_until_no_day(do: Do) -> None:
    do("opportunity", "edit", "1", "--waiting-for", "")
    assert (deals(do)[0]["waiting_for"], deals(do)[0]["waiting_until"]) == (None, None)


@pytest.mark.usefixtures("waits")
def test_people_read_the_day_beside_what_is_waited_for(do: Do) -> None:
    do("opportunity", "add", "Wong", "--name", "tea", "--waiting-until", "2026-12-24")
    do("opportunity", "add", "Wong", "--name", "cups", "--waiting-for", "samples")
    for argv in (("opportunity", "list"), ("show", "Wong")):
        shown = " ".join(do(*argv, "--format", "table").split())
        assert "the budget, until" in shown
        assert "until 2026-12-24" in shown
        assert "samples" in shown
    assert json.loads(do("show", "Wong", "--format", "json"))["opportunities"][0]["waiting_until"]
    header, first, *_others = do("opportunity", "list", "--format", "csv").splitlines()
    assert header.endswith("closed_on,waiting_for,waiting_until")
    assert first.endswith(",the budget,2026-12-01")


@pytest.mark.usefixtures("waits")
def test_the_agenda_names_the_deal_from_its_day_on(crm: Run, do: Do, on: On) -> None:
    on("2026-11-30")
    assert reasons(crm) == []
    assert reasons(crm, "--days", "2") == [SAID]
    for day in ("2026-12-01", "2026-12-02", "2026-12-20"):
        on(day)
        assert reasons(crm) == [SAID]
    (line,) = json.loads(do("agenda", "--format", "json"))
    assert line["due_on"] == "2026-12-01"
    shown = do("next", "--format", "json")
    assert '"waiting_until": "2026-12-01"' in shown
    on("2026-12-02")
    do("opportunity", "edit", "1", "--waiting-until", "2026-12-09")
    assert reasons(crm) == []
    on("2026-12-09")
    assert reasons(crm) == [SAID.replace("12-01", "12-09")]
    do("opportunity", "edit", "1", "--waiting-until", "")
    assert reasons(crm) == []


@pytest.mark.usefixtures("waits")
def test_a_deal_with_a_day_is_not_asked_about_after_a_fortnight(crm: Run, do: Do, on: On) -> None:
    do("opportunity", "edit", "1", "--waiting-until", "2027-02-10")
    for day in ("2026-12-20", "2027-02-09"):  # nor is it one that stands still
        on(day)
        assert reasons(crm) == []
    on("2026-11-20")
    do("opportunity", "edit", "1", "--waiting-until", "")
    on("2026-12-03")
    assert reasons(crm) == []
    on("2026-12-04")
    (said,) = reasons(crm)
    assert said.startswith("deal #1 waiting for 14 days")


@pytest.mark.parametrize("stage", ["won", "lost"])
@pytest.mark.usefixtures("waits")
def test_a_deal_that_is_over_waits_for_nothing(stage: str, crm: Run, do: Do, on: On) -> None:
    on("2026-12-01")
    do("opportunity", "move", "1", stage)
    assert reasons(crm) == []
    do("opportunity", "move", "1", "negotiating")
    assert reasons(crm) == [SAID]


@pytest.mark.usefixtures("waits")
def test_a_deal_of_nobody_is_named_too(crm: Run, do: Do, on: On) -> None:
    on("2026-12-01")
    do("opportunity", "edit", "1", "--customer", "")
    assert reasons(crm) == [SAID]
    do("agenda")
    do("skip", "1")
    assert reasons(crm) == []
    on("2026-12-08")
    assert reasons(crm) == [SAID]


@pytest.mark.usefixtures("waits")
def test_what_was_waited_for_is_put_off_skipped_and_done(crm: Run, do: Do, on: On) -> None:
    on("2026-12-01")
    do("agenda")
    do("snooze", "1", "2026-12-04")
    for day, named in (("2026-12-03", []), ("2026-12-04", [SAID])):
        on(day)
        assert reasons(crm) == named
    do("skip", "1")
    for day, named in (("2026-12-04", []), ("2026-12-10", []), ("2026-12-11", [SAID])):
        on(day)
        assert reasons(crm) == named
    do("done", "1", "they need another week")
    for day, named in (("2026-12-11", []), ("2026-12-17", []), ("2026-12-18", [SAID])):
        on(day)
        assert [each for each in reasons(crm) if "waited" in each] == named
    do("undo")
    on("2026-12-11")
    assert reasons(crm) == [SAID]


@pytest.mark.usefixtures("waits")
def test_a_file_keeps_the_day(crm: Run, do: Do, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = {name: do("export", name, "--format", "csv") for name in ("customers", "opportunities")}
    assert ",waiting_for,waiting_until," in written["opportunities"].splitlines()[0]
    monkeypatch.setenv("CRM_DB", str(tmp_path / "other.db"))
    for name, text in written.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        do("import", name, str(tmp_path / f"{name}.csv"))
        assert do("export", name, "--format", "csv") == text
    again = crm("import", "opportunities", str(tmp_path / "opportunities.csv"))
    assert (again.status, deals(do)[0]["waiting_until"]) == (0, "2026-12-01")


@pytest.mark.parametrize("header", ["等待至", "等到", "等待日期", "Waiting until"])
@pytest.mark.usefixtures("waits")
def test_a_column_of_a_file_is_known_by_its_name(header: str, do: Do, tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(f"商机名称,客户,等待事项,{header}\nthird shop,Wong,样品,2026/12/5\n", encoding="utf-8")
    do("import", "opportunities", str(path))
    (found,) = [deal for deal in deals(do) if deal["name"] == "third shop"]
    assert (found["waiting_for"], found["waiting_until"]) == ("样品", "2026-12-05")


@pytest.mark.usefixtures("waits")
def test_rules_see_the_day_as_it_was(do: Do, on: On, home: Path) -> None:
    folder = Path(shutil.copytree(PROJECT / "rules", home / "mine"))
    file = folder / "features.yaml"
    text = file.read_text(encoding="utf-8").replace("features:\n", FEATURE, 1).replace("tests:\n", EXAMPLE, 1)
    file.write_text(text, encoding="utf-8")
    (folder / "segments.yaml").write_text(SEGMENTS, encoding="utf-8")
    do("rules", "test", "--rules", str(folder))
    on("2026-12-05")
    do("opportunity", "edit", "1", "--waiting-until", "2027-02-01")
    for day, patience in (("2026-12-05", "later"), ("2026-11-25", "this_year")):
        found = do("classify", "--as-of", day, "--rules", str(folder), "--dry-run", "--format", "csv")
        assert found.splitlines()[-1].startswith(f"{day},{day},patience,{patience},1,")
