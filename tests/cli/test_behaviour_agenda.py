"""Whom the agenda names, on which day, and why."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from conftest import Run
from crmcli.workflows import answers

TODAY = date(2026, 11, 20)
Agenda = Callable[..., dict[str, str]]


def ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


@pytest.fixture
def agenda(crm: Run) -> Agenda:
    """The agenda as name → reasons, most urgent first."""

    def run(*argv: str) -> dict[str, str]:
        rows: list[dict[str, Any]] = json.loads(crm("agenda", "--format", "json", *argv).out)
        return {str(row["name"]): row["reasons"] for row in rows}

    return run


def classified(crm: Run, do: Callable[..., None], grade: str, tier: str, touched: int) -> None:
    """A customer of a grade and tier, last touched so many days ago."""
    do("add", "张三")
    do("add", "big")
    if tier == "high":
        do("sell", "big", "1", "--on", ago(500))
        do("sell", "张三", "9000", "--cost", "1000", "--on", ago(700))
        for _time in range(7):
            do("sell", "张三", "9000", "--cost", "1000", "--on", ago(3))
    if tier == "medium":
        do("add", "small", "--next", "2027-01-01")
        do("sell", "big", "9000", "--cost", "1000", "--on", ago(5))
        do("sell", "张三", "500", "--on", ago(100))
    close = {"A": 20, "B": 80, "C": 150}
    if grade in close:
        do(
            "opportunity",
            "add",
            "张三",
            "--stage",
            "approved",
            "--close",
            (TODAY + timedelta(days=close[grade])).isoformat(),
        )
        do("task", "add", "later", "--customer", "张三", "--due", "2027-01-31")
    do("log", "phone", "张三", "--on", ago(touched))
    do("log", "phone", "big")
    do("classify", "--as-of", TODAY.isoformat())
    shown = json.loads(crm("show", "张三", "--format", "json").out)
    assert (shown["grade"], shown["tier"]) == (grade, tier)


# Every grade and tier of rules/cadence.yaml, on its day and on the day before.
@pytest.mark.parametrize(
    ("grade", "tier", "days"),
    [
        ("A", "high", 5), ("A", "medium", 7), ("A", "low", 7), ("B", "high", 10), ("B", "medium", 14), ("B", "low", 21),
        ("C", "high", 21), ("C", "medium", 30), ("C", "low", 45), ("D", "high", 60), ("D", "medium", 90), ("D", "low", 120),
    ],
)  # fmt: skip
@pytest.mark.parametrize("early", [0, 1])
def test_cadence(grade: str, tier: str, days: int, early: int, crm: Run, do: Any, agenda: Agenda) -> None:
    classified(crm, do, grade, tier, days - early)
    due = agenda()
    assert due.get("张三") == (None if early else f"last contact {days} days ago, cadence {days}")
    if early:
        assert "张三" in agenda("--days", "2")


def test_beyond_the_maximum_is_said(crm: Run, do: Any, agenda: Agenda) -> None:
    classified(crm, do, "A", "low", 15)
    assert agenda()["张三"] == "last contact 15 days ago, cadence 7, over the maximum of 14"


@pytest.mark.parametrize("outcome", ["no_answer", "left_message"])
def test_an_unanswered_call_resets_nothing(outcome: str, do: Any, agenda: Agenda) -> None:
    do("add", "张三")
    do("log", "phone", "张三", "--on", ago(30))
    do("log", "phone", "张三", "--outcome", outcome)
    assert agenda() == {"张三": "last contact 30 days ago, cadence 30"}


@pytest.mark.parametrize("outcome", ["connected", "postponed", "declined"])
def test_a_touch_that_got_through_resets_the_cadence(outcome: str, do: Any, agenda: Agenda) -> None:
    do("add", "张三")
    do("log", "phone", "张三", "--on", ago(30))
    do("log", "phone", "张三", "--outcome", outcome)
    assert agenda() == {}
    assert "张三" in agenda("--date", "2026-12-20")
    assert "张三" not in agenda("--date", "2026-12-19")


def test_a_touch_of_the_future_does_not_count_yet(do: Any, agenda: Agenda) -> None:
    do("add", "张三")
    do("log", "phone", "张三", "--on", ago(40))
    do("log", "meeting", "张三", "--on", ago(10))
    assert agenda("--date", ago(11)) == {}
    assert agenda("--date", ago(10)) == {}
    assert agenda("--date", ago(-20)) == {"张三": "last contact 30 days ago, cadence 30"}


def test_never_contacted(do: Any, agenda: Agenda) -> None:
    do("add", "张三")
    assert agenda() == {"张三": "never contacted"}
    do("log", "phone", "张三", "--outcome", "no_answer")
    assert agenda() == {"张三": "never contacted"}


def test_tasks_due_late_and_later(do: Any, agenda: Agenda) -> None:
    do("add", "张三")
    do("log", "phone", "张三")
    do("task", "add", "now", "--customer", "张三", "--due", "today")
    do("task", "add", "late", "--customer", "张三", "--due", ago(3))
    do("task", "add", "yesterday", "--customer", "张三", "--due", ago(1))
    do("task", "add", "later", "--customer", "张三", "--due", "+5d")
    do("task", "add", "some day", "--customer", "张三")
    assert agenda() == {
        "张三": "task #2 3 days late: late; task #3 1 day late: yesterday; task #1 due today: now"
    }
    assert "task #4 due 2026-11-25: later" in agenda("--days", "6")["张三"]
    for number in ("1", "2", "3"):
        do("task", "done", number)
    assert agenda() == {}


def test_a_task_of_nobody_stands_alone(do: Any, agenda: Agenda) -> None:
    do("task", "add", "buy paper", "--due", "today")
    assert agenda() == {"None": "task #1 due today: buy paper"}


def test_deals_near_and_past(do: Any, agenda: Agenda) -> None:
    do("add", "张三")
    do("log", "phone", "张三", "--next", "2027-06-01")
    do("opportunity", "add", "张三", "--name", "near", "--close", "+14d", "--amount", "1000")
    do("opportunity", "add", "张三", "--name", "far", "--close", "+15d")
    assert agenda() == {"张三": "deal #1 closes on 2026-12-04: near 1,000.00 CNY"}
    do("opportunity", "edit", "1", "--close", ago(1), "--waiting-for", "the boss")
    assert agenda() == {
        "张三": f"deal #1 should have closed on {ago(1)}: near 1,000.00 CNY, waiting for the boss"
    }
    do("opportunity", "edit", "1", "--close", "today", "--waiting-for", "", "--amount", "")
    assert agenda() == {"张三": "deal #1 closes today: near"}
    do("opportunity", "move", "1", "lost")
    assert agenda() == {}


def test_an_agreed_day_that_has_come(do: Any, agenda: Agenda) -> None:
    do("add", "张三", "--next", "2026-11-20")
    do("log", "phone", "张三", "--on", ago(2))
    do("customer", "edit", "张三", "--next", "2026-11-20")
    assert agenda() == {"张三": "next contact agreed for 2026-11-20"}


def test_an_agreed_day_in_the_future_silences_the_cadence(do: Any, agenda: Agenda) -> None:
    do("add", "张三")
    do("log", "phone", "张三", "--on", ago(200), "--next", "2026-11-23")
    assert agenda() == {}
    assert agenda("--date", "2026-11-22") == {}
    assert "next contact agreed for 2026-11-23" in agenda("--date", "2026-11-23")["张三"]
    assert "next contact agreed for 2026-11-23" in agenda("--days", "4")["张三"]


def test_an_open_deal_without_a_next_step(do: Any, agenda: Agenda) -> None:
    do("add", "张三")
    do("log", "phone", "张三")
    do("opportunity", "add", "张三", "--close", "2027-06-01")
    assert agenda() == {"张三": "no next step planned"}
    do("task", "add", "call", "--customer", "张三", "--due", "2027-01-01")
    assert agenda() == {}
    do("task", "done", "1")
    do("customer", "edit", "张三", "--next", "2027-01-01")
    assert agenda() == {}


def test_the_archived_and_the_invalid_are_left_alone(do: Any, agenda: Agenda) -> None:
    do("add", "archived")
    do("add", "invalid", "--intent", "无效")
    do("log", "phone", "invalid", "--on", ago(300))
    do("add", "poor", "--intent", "poor")
    do("customer", "archive", "archived")
    assert agenda() == {"poor": "never contacted"}


def test_a_deal_of_somebody_archived_is_not_on_the_agenda(do: Any, agenda: Agenda) -> None:
    do("add", "张三")
    do("opportunity", "add", "张三", "--close", "today")
    do("customer", "archive", "张三")
    assert agenda() == {}


def test_a_limit_cuts_the_least_urgent_and_says_so(crm: Run, do: Any, agenda: Agenda) -> None:
    do("add", "never")
    do("add", "agreed", "--next", "2026-11-20")
    do("task", "add", "loose", "--due", "today")
    everything = list(agenda())
    assert everything == ["agreed", "None", "never"]
    result = crm("agenda", "--limit", "2", "--format", "json")
    assert [row["name"] or "None" for row in json.loads(result.out)] == everything[:2]
    assert "the first 2 are shown; --limit 0 shows all\n" in result.err
    assert list(agenda("--limit", "0")) == everything


def test_notes_about_what_is_missing(crm: Run, do: Any) -> None:
    do("add", "张三", "--next", "2027-01-01")
    result = crm("agenda")
    assert (result.status, result.out) == (0, "")
    assert result.err.splitlines() == [
        "nobody has been classified yet: run 'crm classify'",
        "nothing is due on 2026-11-20",
    ]
    do("classify", "--as-of", "2026-11-20")
    assert crm("agenda").err.splitlines() == ["nothing is due on 2026-11-20"]


def test_changed_rules_wait_for_the_next_classification_and_it_is_said(crm: Run, do: Any, home: Path) -> None:
    do("add", "张三")
    do("log", "phone", "张三", "--on", ago(11))
    do("classify", "--as-of", "2026-11-20")
    do("rules", "init")
    assert crm("agenda").err == "nothing is due on 2026-11-20\n"
    file = home / "crm" / "rules" / "cadence.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("- {grade: D, days: 120,", "- {grade: D, days: 10,"), encoding="utf-8")
    changed = crm("agenda")
    assert changed.out == ""
    assert "the rules have changed since the last classification" in changed.err
    do("classify", "--as-of", "2026-11-20")
    now = crm("agenda", "--format", "json")
    assert json.loads(now.out)[0]["reasons"] == "last contact 11 days ago, cadence 10"
    assert "changed" not in now.err


def test_agenda_of_a_day_before_anything(do: Any, agenda: Agenda) -> None:
    do("add", "张三")
    do("opportunity", "add", "张三", "--close", "2026-11-25")
    assert "deal" not in agenda("--date", "2026-10-01").get("张三", "")  # it was opened later


@pytest.mark.parametrize("form", ["--short", "--quiet"])
def test_a_prompt_gets_the_answer_of_the_command(form: str, crm: Run) -> None:
    """Alone, the option goes past Typer; with another one it does not. Both say the same, and all lines are counted."""
    assert crm("init", "--yes").status == 0
    assert tuple(crm("agenda", form)) == (0, "", "")
    for name in ("张三", "Li Na", "Wong"):
        crm("add", name)
    alone, beside = crm("agenda", form), crm("agenda", form, "--days", "1")
    assert tuple(alone) == tuple(beside) == ((0, "3 · 张三\n", "") if form == "--short" else (1, "", ""))


def test_a_quiet_question_that_cannot_be_answered_is_not_answered(crm: Run) -> None:
    """`crm agenda --quiet || notify-send …` would say that something is due."""
    status, out, err = crm("agenda", "--quiet")
    assert (status, out) == (2, "")
    assert err.startswith("crm: error[not-found]: no database yet")
    assert crm("agenda", "--short").status == 1
    assert crm("init", "--yes").status == 0
    assert crm("agenda", "--quiet", "--customer", "nobody").status == 2


@pytest.mark.parametrize("form", ["--short", "--quiet"])
def test_a_prompt_does_not_wait_for_typer(form: str, crm: Run, home: Path) -> None:
    assert crm("add", "张三").status == 0
    assert crm("classify", "--as-of", TODAY.isoformat()).status == 0
    code = (
        f"import sys; from crmcli import entry; entry.main(['agenda', '{form}']); print(sorted(sys.modules))"
    )
    asked = subprocess.run([sys.executable, "-c", code], cwd=home, capture_output=True, text=True, check=True)
    assert "'crmcli.workflows.prompt'" in asked.stdout
    for heavy in (
        "typer", "rich", "yaml", "dataclasses", "hashlib", "inspect", "shutil", "gettext", "crmcli.spoken", "crmcli.cli.common",
        "crmcli.workflows.urgency",
    ):  # fmt: skip
        assert f"'{heavy}'" not in asked.stdout


def _modules_of_a_prompt(home: Path, form: str = "--short") -> tuple[str, str]:
    """Ask as a prompt does; return what was written and the modules that the answer took."""
    code = (
        "import sys; from crmcli import entry; "
        f"entry.main(['agenda', '{form}']); print('\\0', *sys.modules, sep=' ')"
    )
    asked = subprocess.run([sys.executable, "-c", code], cwd=home, capture_output=True, text=True, check=True)
    text, _zero, modules = asked.stdout.partition("\0")
    return text, modules


def test_a_prompt_is_answered_from_memory_until_something_changes(
    crm: Run, do: Any, home: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked() -> tuple[str, bool]:
        """Return the line, and whether it was worked out."""
        text, modules = _modules_of_a_prompt(home)
        return text, "crmcli.workflows.agenda" in modules

    do("add", "张三")
    assert asked() == ("1 · 张三\n", True)
    assert asked() == ("1 · 张三\n", False)
    assert crm("agenda", "--short").out == "1 · 张三\n"
    do("add", "Li Na")
    assert asked() == ("2 · 张三\n", True)
    assert asked()[1] is False
    do("undo")
    assert asked() == ("1 · 张三\n", True)
    monkeypatch.setenv("CRM_TODAY", "2027-01-04")
    assert asked()[1] is True
    assert asked()[1] is False
    do("rules", "init")
    assert asked()[1] is True
    assert asked()[1] is False
    journal = database.with_name(database.name + "-journal")
    journal.write_bytes(b"")  # somebody may be writing
    assert asked()[1] is True
    journal.unlink()
    for note in home.rglob("prompt-*.json"):
        note.write_text("{}", encoding="utf-8")
    assert asked() == ("1 · 张三\n", True)


def test_an_answer_does_not_outlive_the_day(do: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    do("add", "张三")
    monkeypatch.delenv("CRM_TODAY", raising=False)
    words = ["agenda", "--quiet"]
    basis = answers.current(words)
    now = time.time()
    answers.keep(words, "", 1, basis, now + 100)
    assert answers.recall(words) == ("", 1)
    monkeypatch.setattr(answers.time, "time", lambda: now + 101)
    assert answers.recall(words) is None
    monkeypatch.setattr(answers.time, "time", lambda: now - 3600)  # the clock was set back
    assert answers.recall(words) is None
    monkeypatch.undo()
    do("add", "Li Na")
    answers.keep(words, "", 1, basis, now + 100)  # what it follows from changed while it was worked out
    assert answers.recall(words) is None
    assert _modules_of_a_prompt(home, "--quiet")[0] == ""
