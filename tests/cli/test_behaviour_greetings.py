"""Festivals on the agenda: for whom, when, once a year; and the surveys and segments that triggers can ask for."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from conftest import Run

Do = Callable[..., str]
On = Callable[[str], None]


def lines(crm: Run, *argv: str) -> dict[str, Any]:
    return {row["name"]: row for row in json.loads(crm("agenda", "--format", "json", *argv).out)}


def texts(crm: Run, *argv: str) -> dict[str, str]:
    return {name: row["reasons"] for name, row in lines(crm, *argv).items()}


def judged(do: Do, today: str, *options: str) -> None:
    """Two customers, in touch and classified today, of whom one is worth a greeting."""
    for name in ("rich", "poor"):
        do("add", name)
        do("log", "phone", name)
    for ago in range(5, 11):
        day = date.fromisoformat(today) - timedelta(days=ago)
        do("sell", "rich", "90000", "--cost", "1000", "--on", day.isoformat())
    do("classify", "--as-of", "today", *options)


@pytest.fixture
def spring(do: Do, on: On) -> None:
    """Five days before the Spring Festival of 2026, whose days off were announced."""
    on("2026-02-12")
    judged(do, "2026-02-12")


@pytest.mark.usefixtures("spring")
def test_the_few_who_matter_are_greeted_once_and_it_is_worth_little(crm: Run, do: Do, on: On) -> None:
    line = lines(crm)["rich"]
    assert lines(crm).keys() == {"rich"}
    assert line["reasons"] == "Spring Festival on 2026-02-17: a greeting"
    assert (line["channel"], line["due_on"]) == ("wechat", "2026-02-17")
    why = json.loads(crm("why", "--agenda", "rich", "--format", "json").out)
    assert why["template"] == "holiday"
    assert [(t["points"], t["value"]) for t in why["terms"] if t["term"] == "greeting"] == [(2.29, 5.0)]
    do("agenda")
    do("done", "1", "wished well")
    assert lines(crm) == {}
    for day in ("2026-02-16", "2026-02-17", "2026-02-18"):
        on(day)
        assert lines(crm) == {}
    on("2026-09-20")  # the next festival, the same year
    assert "Mid-autumn Festival on 2026-09-25: a greeting" in texts(crm)["rich"]
    assert "Festival" not in texts(crm)["poor"]
    on("2027-02-01")  # and the same festival, the next year
    assert "Spring Festival on 2027-02-06" in texts(crm)["rich"]


@pytest.mark.usefixtures("spring")
def test_a_greeting_that_is_skipped_is_skipped_for_this_festival(crm: Run, do: Do, on: On) -> None:
    do("agenda")
    do("skip", "1")
    for day in ("2026-02-12", "2026-02-17"):
        on(day)
        assert lines(crm) == {}


@pytest.mark.usefixtures("spring")
def test_it_begins_so_many_days_before_and_ends_with_the_day(crm: Run) -> None:
    wanted = {"2026-02-12": True, "2026-02-17": True, "2026-02-18": False}
    assert {day: "Spring" in str(texts(crm, "--date", day)) for day in wanted} == wanted


def test_why_somebody_is_not_greeted_yet(crm: Run, do: Do, on: On) -> None:
    on("2026-02-09")
    judged(do, "2026-02-09")
    assert lines(crm) == {}
    assert lines(crm, "--week").keys() == {"rich"}
    assert json.loads(crm("why", "--agenda", "rich", "--format", "json").out)["next_on"] == "2026-02-10"
    on("2026-02-10")
    assert lines(crm).keys() == {"rich"}


def test_a_year_that_is_not_announced_says_so(
    crm: Run, do: Do, on: On, monkeypatch: pytest.MonkeyPatch
) -> None:
    on("2060-01-30")
    judged(do, "2060-01-30")
    assert texts(crm) == {"rich": "Spring Festival on 2060-02-02: a greeting, days off not announced yet"}
    monkeypatch.setenv("CRM_LANG", "zh_CN")
    assert texts(crm)["rich"].startswith("2060-02-02 春节：问候")


OWN = """triggers:
  - name: own
    occasion: holiday
    FESTIVALS
    lead_days: 3
    when: value >= 60
    urgency: {base: 5}
    text: {en: "greet: {what} {on}{announced}", zh: "祝{what}快乐{announced}"}
"""


@pytest.fixture
def own_rules(do: Do, tmp_path: Path) -> Callable[[str], None]:
    """Rules of one's own with a trigger more."""

    def write(text: str) -> None:
        folder = tmp_path / "mine"
        if not folder.exists():
            do("rules", "init", str(folder))
        file = folder / "triggers.yaml"
        before = file.read_text(encoding="utf-8")
        file.write_text(before.replace("triggers:\n", text, 1), encoding="utf-8")

    return write


@pytest.mark.parametrize(
    ("country", "festivals", "day", "said"),
    [
        ("CN", "festivals: [christmas, christmas_eve]", "2026-12-22", "greet: Christmas Eve on 2026-12-24; greet: Christmas on 2026-12-25"),
        ("CN", "", "2026-09-30", "greet: National Day on 2026-10-01"),
        ("CN", "", "2026-12-22", ""),  # no day off of China
        ("DE", "", "2026-12-24", "greet: Christmas Day on 2026-12-25; greet: Second Day of Christmas on 2026-12-26"),
        ("DE", "festivals: [mid_autumn]", "2026-09-25", "greet: Mid-autumn Festival today"),
        ("AC", "", "2026-12-24", ""),  # no calendar of it is known
    ],
)  # fmt: skip
def test_which_days_and_whose(
    country: str, festivals: str, day: str, said: str, crm: Run, do: Do, on: On, own_rules: Callable[[str], None], tmp_path: Path
) -> None:  # fmt: skip
    on(day)
    do("init", "--country", country)
    own_rules(OWN.replace("    FESTIVALS\n", f"    {festivals}\n" if festivals else ""))
    judged(do, day, "--rules", str(tmp_path / "mine"))
    found = [part for part in texts(crm).get("rich", "").split("; ") if part.startswith("greet")]
    assert "; ".join(found) == said


def test_no_library_for_other_countries_is_no_fault(
    crm: Run,
    do: Do,
    on: On,
    own_rules: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    on("2026-12-24")
    do("init", "--country", "DE")
    own_rules(OWN.replace("    FESTIVALS\n", ""))
    judged(do, "2026-12-24", "--rules", str(tmp_path / "mine"))
    assert lines(crm) == {}


def test_a_library_is_only_asked_when_a_festival_is_near(crm_process: Run) -> None:
    """Held by what the process holds: the moon in season, nothing out of season."""
    ask = "import sys; from crmcli import entry; entry.main(['agenda']); print(sorted({'borax', 'chinese_calendar', 'holidays'} & set(sys.modules)))"
    crm_process("add", "x", env={"CRM_TODAY": "2026-11-20"})
    found = {}
    for day in ("2026-11-20", "2027-02-01"):
        done = subprocess.run(
            [sys.executable, "-c", ask],
            env={**os.environ, "CRM_TODAY": day},
            capture_output=True,
            text=True,
            timeout=60,
        )
        found[day] = done.stdout.splitlines()[-1]
    assert found == {"2026-11-20": "[]", "2027-02-01": "['borax', 'chinese_calendar']"}


SURVEY = """triggers:
  - name: own
    occasion: survey_due
    after_days: 14
    for_days: 45
    when: value >= 60
    urgency: {base: 5}
    text: {en: "bought on {day}: ask how it went", zh: "{day} 购买：询问满意度"}
"""


def test_after_a_purchase_somebody_is_asked_how_it_went(
    crm: Run,
    do: Do,
    on: On,
    own_rules: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on("2026-11-20")
    own_rules(SURVEY)
    judged(do, "2026-11-20", "--rules", str(tmp_path / "mine"))  # rich bought last on the 15th
    asked = "bought on 2026-11-15: ask how it went"
    found = {
        day: asked in str(texts(crm, "--date", day))
        for day in ("2026-11-28", "2026-11-29", "2026-12-30", "2026-12-31")
    }
    assert found == {"2026-11-28": False, "2026-11-29": True, "2026-12-30": True, "2026-12-31": False}
    on("2026-11-29")
    assert asked not in texts(crm).get("poor", "")
    why = json.loads(crm("why", "--agenda", "rich", "--format", "json").out)
    assert [term["points"] for term in why["terms"] if term["term"] == "own"] == [5.0]
    monkeypatch.setenv("CRM_LANG", "zh_CN")
    assert "2026-11-15 购买：询问满意度" in texts(crm)["rich"]
    monkeypatch.delenv("CRM_LANG")
    do("survey", "ask", "rich")
    assert asked not in texts(crm).get("rich", "")
    assert asked not in texts(crm, "--date", "2026-12-10").get("rich", "")


def test_the_shipped_rules_ask_once_after_the_first_order(crm: Run, do: Do, on: On) -> None:
    on("2026-11-20")
    sales = {
        "once": ["2026-11-06"],
        "tomorrow": ["2026-11-07"],
        "often": ["2026-08-01", "2026-11-02"],
        "long ago": ["2026-09-01"],
        "gave it back": ["2026-11-02"],
    }
    for name, days in sales.items():
        do("add", name)
        do("log", "phone", name)
        for day in days:
            do("sell", name, "100", "--on", day)
    do("sell", "gave it back", "100", "--refund", "--on", "2026-11-03")
    do("classify", "--as-of", "today")
    assert texts(crm) == {"once": "bought on 2026-11-06: ask how it went"}
    assert json.loads(crm("why", "--agenda", "once", "--format", "json").out)["urgency"] == 5.0
    do("survey", "ask", "once")
    assert texts(crm) == {}
    do("undo")
    do("agenda", "--format", "plain")
    do("done", "1", "happy with it")
    on("2026-12-05")
    assert texts(crm) == {"tomorrow": "bought on 2026-11-07: ask how it went"}


def test_without_a_condition_everybody_is_asked_about_the_last_purchase(
    crm: Run, do: Do, on: On, own_rules: Callable[[str], None], tmp_path: Path
) -> None:
    """Its number is that of the latest sale, not of the one that was entered last: what is skipped stays skipped."""
    on("2026-11-20")
    own_rules(SURVEY.replace("    when: value >= 60\n", ""))
    do("add", "poor")
    do("log", "phone", "poor")
    for day in ("2026-11-05", "2026-11-01"):
        do("sell", "poor", "100", "--on", day)
    do("classify", "--as-of", "today", "--rules", str(tmp_path / "mine"))
    assert texts(crm) == {"poor": "bought on 2026-11-05: ask how it went"}
    do("agenda", "--format", "plain")
    do("skip", "1")
    assert texts(crm) == {}
    do("sell", "poor", "100", "--on", "2026-11-04")
    assert texts(crm) == {}
    do("sell", "poor", "100", "--on", "2026-11-06")
    assert texts(crm) == {"poor": "bought on 2026-11-06: ask how it went"}


SEGMENTS = """triggers:
  - name: own
    when: intent == 'won' and not (care == 'junk')
    urgency: {base: 3}
    text: {en: bought already, zh: 已成交}
"""


def with_segments(do: Do, folder: Path, trigger: str = SEGMENTS) -> Path:
    do("rules", "init", str(folder), "--preset", "care")
    file = folder / "triggers.yaml"
    file.write_text(
        file.read_text("utf-8").replace("triggers:\n", trigger, 1).replace("rest_days: 30", "rest_days: 0"),
        "utf-8",
    )
    return folder


def test_a_trigger_can_ask_for_a_segment(crm: Run, do: Do, on: On, tmp_path: Path) -> None:
    on("2026-11-20")
    mine = with_segments(do, tmp_path / "mine")
    judged(do, "2026-11-20", "--rules", str(mine))
    assert texts(crm) == {"rich": "bought already"}
    assert do("list", "--segment", "intent=won", "--format", "ids").split() == ["1"]
    why = json.loads(crm("why", "--agenda", "rich", "--format", "json").out)
    assert [(reason["trigger"], reason["reason"]) for reason in why["reasons"]] == [("own", "bought already")]
    assert [term["points"] for term in why["terms"] if term["term"] == "own"] == [3.0]
    # As of a day before the first purchase nobody had bought.
    do("classify", "--as-of", "2026-11-01", "--rules", str(mine))
    assert "bought already" not in str(texts(crm, "--date", "2026-11-09"))
    assert texts(crm) == {"rich": "bought already"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("intent == 'won'", "intnt == 'won'", "unknown feature 'intnt' (did you mean intent?)"),
        ("intent == 'won'", "intent == 'wom'", "intent is never 'wom' (did you mean won?)"),
        ("intent == 'won'", "rfm == 'champions'", "unknown feature 'rfm'"),
    ],
)
def test_a_segment_that_is_not_there(old: str, new: str, said: str, crm: Run, do: Do, tmp_path: Path) -> None:
    mine = with_segments(do, tmp_path / "mine", SEGMENTS.replace(old, new))
    result = crm("rules", "check", "--rules", str(mine))
    assert result.status != 0
    assert said in result.err + result.out


@pytest.mark.parametrize(("old", "new"), [("cells:", "cels:"), ("segments:", "segments: [")])
def test_a_segment_with_a_fault_is_not_unknown_as_well(
    old: str, new: str, crm: Run, do: Do, tmp_path: Path
) -> None:
    mine = with_segments(do, tmp_path / "mine")
    file = mine / "segments.yaml"
    file.write_text(file.read_text("utf-8").replace(old, new, 1), "utf-8")
    result = crm("rules", "check", "--rules", str(mine))
    assert "segments.yaml" in result.err + result.out
    assert "triggers.yaml" not in result.err + result.out
