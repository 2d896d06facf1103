"""`crm plan`: what is agreed stays, the rest comes when it fits, and what does not fit is said. 2026-11-20 is a Friday."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from conftest import Once, Result, Run
from crmcli.store.reads.plan import Duration
from crmcli.workflows.plan import Durations, median, priority

Do = Callable[..., str]
Shown = Callable[[Result], str]

#: Visits in two regions, something agreed for a Saturday and for a Tuesday at three, a task of nobody for Monday.
STORY = """
init --time-zone Asia/Shanghai --currency CNY --country CN --yes
add 甲 --region 上海
add 乙 --region 上海
add 丙 --region York
add 丁 --region york
add 戊
task add a --customer 甲 --due 2026-11-20 --channel visit
task add b --customer 乙 --due 2026-11-24T15:00 --channel visit
task add c --customer 丙 --due 2026-11-19 --channel visit
task add d --customer 丁 --due 2026-11-20 --channel visit
customer edit 戊 --next 2026-11-21
task add nobody --due 2026-11-23
classify
"""


@pytest.fixture
def week(once: Once, do: Do) -> None:

    @once
    def _built() -> None:
        for line in STORY.strip().splitlines():
            do(*(word.replace("T15", " 15") for word in line.split()))


def planned(do: Do, *words: str) -> dict[str, list[str]]:
    """Day → names in their order, with the time of what has one and the reason for being there."""
    made = json.loads(do("plan", "--format", "json", *words))
    return {
        day["day"]: [
            " ".join(filter(None, [each["at"], each["name"] or "-", each["how"]])) for each in day["items"]
        ]
        for day in made["days"]
    }


def left(do: Do, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(do("plan", "--format", "json", *words))["left_over"]
    return found


@pytest.mark.usefixtures("week")
def test_what_is_agreed_stays_and_the_rest_fills_the_days(do: Do) -> None:
    assert planned(do, "--per-day", "2", "--reserve", "0", "--days", "3") == {
        "2026-11-20": ["丙 priority", "丁 same_place"],  # one region, written in two ways
        "2026-11-21": ["戊 appointment"],  # a Saturday
        "2026-11-23": ["- priority", "甲 priority"],
        "2026-11-24": ["15:00 乙 appointment"],
    }
    assert left(do, "--per-day", "2", "--reserve", "0", "--days", "3") == []


@pytest.mark.usefixtures("week")
def test_visits_wait_for_no_day_but_join_the_one_that_is_agreed(do: Do) -> None:
    assert planned(do, "--per-day", "1", "--reserve", "0", "--days", "3") == {
        "2026-11-20": ["丙 priority"],
        "2026-11-21": ["戊 appointment"],
        "2026-11-23": ["- priority"],
        "2026-11-24": ["15:00 乙 appointment"],  # fills the day: nobody joins
    }
    over = left(do, "--per-day", "1", "--reserve", "0", "--days", "3")
    assert [(each["name"], each["how"]) for each in over] == [("甲", "capacity"), ("丁", "capacity")]
    joined = planned(do, "--date", "2026-11-24", "--days", "1", "--per-day", "3")
    assert joined["2026-11-24"][:2] == ["15:00 乙 appointment", "丙 reserve"]


@pytest.mark.usefixtures("week")
def test_visits_go_by_a_field_of_ones_own_where_it_says_more(do: Do, crm: Run) -> None:
    do("field", "add", "district", "--type", "text", "--label", "城区")
    do("field", "add", "floors", "--type", "number")
    for name, district in (("甲", "Old Town"), ("丙", " old town"), ("丁", "Harbour")):
        do("customer", "edit", name, "--set", f"district={district}")
    words = ("--per-day", "3", "--reserve", "0", "--days", "1")
    by_region = planned(do, *words)["2026-11-20"]
    assert [each for each in by_region if "丁" in each or "丙" in each] == ["丙 priority", "丁 same_place"]
    assert (
        planned(do, *words, "--visits-by", "城市")["2026-11-20"] == by_region
    )  # another word for the region
    by_district = planned(do, *words, "--visits-by", "城区")["2026-11-20"]
    assert by_district[:2] == ["丙 priority", "甲 same_place"]
    assert "丁 same_place" not in by_district
    for field, hint in (("distric", "did you mean district?"), ("floors", "a text or a choice")):
        refused = crm("plan", "--visits-by", field)
        assert refused.status == 2
        assert hint in refused.err


@pytest.mark.usefixtures("week")
def test_what_was_put_off_comes_when_it_comes_back(do: Do) -> None:
    do("agenda", "--format", "table")
    do("snooze", "1", "2026-11-24")
    days = planned(do, "--days", "3")
    assert days["2026-11-20"] == ["甲 reserve", "丁 reserve"]
    assert days["2026-11-24"] == ["15:00 乙 appointment", "丙 reserve"]


@pytest.mark.usefixtures("week")
def test_one_reason_put_off_leaves_the_others(do: Do) -> None:
    """A sale that is not paid rests for a week after a talk; a new task does not."""
    do("sell", "甲", "100", "--on", "2026-10-01", "--due", "2026-11-01")
    do("agenda", "--customer", "甲", "--format", "table")
    do("done", "1", "--channel", "visit")
    assert "甲" not in json.dumps(planned(do, "--days", "5"), ensure_ascii=False)
    assert planned(do, "--days", "6")["2026-11-27"] == ["甲 reserve"]
    do("task", "add", "e", "--customer", "甲", "--due", "2026-11-24")
    assert "甲 reserve" in planned(do, "--days", "6")["2026-11-24"]


@pytest.mark.usefixtures("week")
def test_what_rests_beyond_the_agreed_day_is_talked_of_then(do: Do, crm: Run) -> None:
    """An unpaid sale rests for a week after a talk; a day agreed before that is for it too."""
    do("sell", "戊", "100", "--on", "2026-10-01", "--due", "2026-11-01")
    do("agenda", "--customer", "戊", "--format", "plain")
    do("done", "1", "--next", "2026-11-24")
    days = planned(do, "--days", "6", "--per-day", "20")
    assert [day for day, lines in days.items() if any("戊" in line for line in lines)] == ["2026-11-24"]
    why = json.loads(crm("why", "--agenda", "戊", "--format", "json").out)
    assert (why["absent"], why["next_on"]) == ("agreed", "2026-11-24")


@pytest.mark.usefixtures("week")
def test_what_is_passed_over_says_when_it_comes_again(do: Do, crm: Run) -> None:
    do("sell", "戊", "100", "--on", "2026-10-01", "--due", "2026-11-01")
    do("customer", "edit", "戊", "--next", "")
    do("agenda", "--customer", "戊", "--format", "plain")
    do("skip", "1")
    why = json.loads(crm("why", "--agenda", "戊", "--format", "json").out)
    assert (why["absent"], why["next_on"]) == ("not_due", "2026-11-27")


@pytest.mark.usefixtures("week")
def test_an_agreed_day_that_has_passed_is_late_and_moves(do: Do) -> None:
    assert "戊 priority" in planned(do, "--date", "2026-11-22", "--reserve", "0")["2026-11-23"]


@pytest.mark.usefixtures("week")
def test_minutes_are_what_such_a_contact_takes(do: Do) -> None:
    made = json.loads(do("plan", "--minutes", "90", "--days", "3", "--reserve", "0", "--format", "json"))
    friday = made["days"][0]
    assert (made["unit"], made["capacity"], friday["minutes"], friday["free"]) == ("minutes", 90, 60, 30)
    assert [each["minutes"] for each in friday["items"]] == [60]  # a visit; a second does not fit
    too_long = left(do, "--minutes", "30", "--days", "2")
    assert {(each["name"], each["how"]) for each in too_long} == {
        ("甲", "too_long"), ("丙", "too_long"), ("丁", "too_long"),
    }  # fmt: skip


@pytest.mark.usefixtures("week")
def test_the_customers_own_time_counts_from_three_contacts(do: Do) -> None:
    for day, minutes in (("2026-08-01", "20"), ("2026-08-02", "50"), ("2025-08-03", "240")):
        do("log", "visit", "丙", "--minutes", minutes, "--on", day)  # the last is more than a year ago
    assert minutes_of(do) == {"甲": 60, "乙": 60, "丙": 60, "丁": 60}
    do("log", "visit", "丙", "--minutes", "31", "--on", "2026-08-03")
    do("log", "visit", "丙", "--minutes", "1", "--on", "2026-08-04", "--outcome", "no_answer")
    assert minutes_of(do) == {"甲": 60, "乙": 60, "丙": 31, "丁": 60}
    do("log", "visit", "丁", "--minutes", "40", "--on", "2026-08-04")
    do("log", "visit", "丁", "--minutes", "90", "--on", "2026-08-05")
    assert minutes_of(do) == {"甲": 40, "乙": 40, "丙": 31, "丁": 40}  # of all: 20 31 40 50 90


@pytest.mark.usefixtures("week")
def test_a_task_that_was_given_minutes_takes_them(do: Do) -> None:
    do("task", "add", "measure the rooms", "--customer", "丙", "--due", "2026-11-20", "--minutes", "90")
    do("task", "add", "say hello", "--customer", "丁", "--due", "2026-11-20", "--minutes", "20")
    assert minutes_of(do) == {"甲": 60, "乙": 60, "丙": 90, "丁": 20}


def minutes_of(do: Do) -> dict[str, int]:
    lines = csv.DictReader(io.StringIO(do("plan", "--format", "csv")))
    return {line["name"]: int(line["minutes"]) for line in lines if line["channel"] == "visit"}


def test_medians_of_counted_minutes() -> None:
    assert [median({10: 1}), median({10: 1, 20: 1}), median({10: 1, 21: 1}), median({5: 2, 60: 3})] == [
        10, 15, 16, 60,
    ]  # fmt: skip
    known = Durations(
        [Duration(1, "email", 4, 2), Duration(1, "visit", 90, 1), Duration(None, "phone", 7, 5)]
    )
    assert known.of(1, "") == 4  # nothing is suggested: any of the customer's own
    assert known.of(1, "visit") == 60  # one is not enough
    assert known.of(2, "") == 7  # a call, as with everybody
    assert known.of(None, "gift") == 15


def test_priority_is_urgency_times_value() -> None:
    assert [priority(80, 0), priority(80, 50), priority(80, None), priority(80, 100)] == [40, 80, 80, 120]


def test_what_does_not_fit_says_when_it_passes_its_maximum(do: Do) -> None:
    do("add", "甲")
    do("add", "乙")
    do("log", "phone", "甲", "--on", "2026-10-01")
    do("log", "phone", "乙", "--on", "2026-09-30")
    (over,) = left(do, "--days", "1", "--per-day", "1")
    # nobody was classified: 60 days at most, and the 60th is still within it
    assert (over["name"], over["passes_maximum_on"]) == ("甲", "2026-12-01")


def test_low_tiers_get_their_share_whatever_else_is_due(do: Do) -> None:
    for name in ("A1", "A2", "A3", "A4", "A5", "Z1"):
        do("add", name)
        do("log", "phone", name, "--on", "2026-01-10")
    do("classify")
    for name in ("A1", "A2", "A3", "A4", "A5"):
        do("classify", "pin", name, "--tier", "high", "--reason", "x")
    few = ("--days", "1", "--per-day", "5")
    assert planned(do, *few)["2026-11-20"][-1] == "Z1 reserve"
    assert [each["name"] for each in left(do, *few)] == ["A5"]
    assert [each["name"] for each in left(do, *few, "--reserve", "0")] == ["Z1"]
    do("add", "N")  # since the classification: no tier
    assert planned(do, *few, "--reserve", "40")["2026-11-20"][-2:] == ["Z1 reserve", "N reserve"]


def test_before_an_agreed_day_there_is_no_other_reason(do: Do, home: Path) -> None:
    """Even where the rules name nobody for the agreed day itself: the cadence is silent until then."""
    do("rules", "init")
    file = home / "crm" / "rules" / "triggers.yaml"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    start = next(at for at, line in enumerate(lines) if "name: next_contact" in line)
    kept = [line for line in lines[:start] + lines[start + 2 :] if "trigger: next_contact" not in line]
    file.write_text("".join(kept), encoding="utf-8")
    do("add", "甲")
    do("log", "phone", "甲", "--on", "2026-01-10", "--next", "2026-11-24")
    do("classify")
    assert planned(do, "--days", "3") == {
        "2026-11-20": [], "2026-11-23": [], "2026-11-24": ["甲 reserve"],
    }  # fmt: skip


@pytest.mark.usefixtures("story")
def test_every_line_of_the_agenda_is_in_it_once(do: Do) -> None:
    agenda = json.loads(do("agenda", "--days", "7", "--format", "json"))
    lines = list(csv.DictReader(io.StringIO(do("plan", "--per-day", "1", "--format", "csv"))))
    assert sorted(line["reasons"] for line in lines) == sorted(each["reasons"] for each in agenda)
    assert do("plan", "--per-day", "1", "--format", "ids").split() == [
        line["id"] for line in lines if line["day"] and line["id"]
    ]


@pytest.mark.usefixtures("story")
def test_looking_changes_nothing(do: Do, database: Path) -> None:
    before = database.read_bytes()
    do("plan")
    assert database.read_bytes() == before


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati"])
@pytest.mark.usefixtures("week")
def test_the_clock_of_the_machine_does_not_matter(zone: str, do: Do, crm_process: Run) -> None:
    assert crm_process("plan", "--format", "json", env={"TZ": zone}).out == do("plan", "--format", "json")


def test_workdays_are_those_of_the_country(crm: Run, do: Do) -> None:
    do("init", "--country", "CN", "--yes")
    made = json.loads(do("plan", "--date", "2026-02-12", "--days", "4", "--format", "json"))
    # the Saturday before the Spring Festival is worked, and the next workday comes after it
    assert [day["day"] for day in made["days"]] == ["2026-02-12", "2026-02-13", "2026-02-14", "2026-02-24"]
    note = "2060 is not announced yet in CN: weekends and the days that the law names are taken"
    assert note in crm("plan", "--date", "2060-03-01").err


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("--per-day 3 --minutes 90", "--per-day and --minutes together"),
        ("--per-day 0", "--per-day"),
        ("--reserve 101", "--reserve"),
        ("--days 0", "--days"),
        ("--date someday", "--date"),
    ],
)
def test_what_makes_no_sense_is_refused(words: str, what: str, crm: Run) -> None:
    result = crm("plan", *words.split())
    assert (result.status, result.out) == (2, "")
    assert what in result.err


def test_with_nobody_in_it_there_is_nothing_to_plan(crm: Run) -> None:
    crm("init", "--yes")
    result = crm("plan")
    assert (result.status, result.out) == (0, "")
    assert result.err.splitlines()[0] == "0 contacts planned from 2026-11-20 to 2026-11-26"


@pytest.mark.parametrize("form", ["table", "plain", "csv", "json"])
@pytest.mark.usefixtures("story")
def test_whole_output(form: str, crm: Run, shown: Shown, snapshot: SnapshotAssertion) -> None:
    assert shown(crm("plan", "--per-day", "2", "--days", "3", "--format", form)) == snapshot


@pytest.mark.parametrize("width", ["60", "100"])
@pytest.mark.usefixtures("week")
def test_in_chinese(width: str, crm_process: Run, shown: Shown, snapshot: SnapshotAssertion) -> None:
    settings = {"CRM_LANG": "zh_CN", "COLUMNS": width}
    assert shown(crm_process("plan", "--minutes", "100", "--format", "table", env=settings)) == snapshot


@pytest.mark.usefixtures("week")
def test_a_promise_due_before_an_appointment_does_not_wait_for_it(do: Do) -> None:
    do("task", "add", "send the offer", "--customer", "乙", "--due", "2026-11-20")
    days = planned(do)
    assert "乙" in " | ".join(days["2026-11-20"])
    assert "15:00 乙 appointment" in days["2026-11-24"]


def test_what_is_agreed_for_a_day_after_the_plan_is_not_in_it(do: Do) -> None:
    do("add", "甲", "--birthday", "1980-12-02")
    do("sell", "甲", "90000", "--on", "2026-11-01", "--cost", "10")
    do("customer", "edit", "甲", "--next", "2026-12-02 10:00")
    do("classify")
    days = planned(do, "--days", "5")
    assert max(days) == "2026-11-26"
