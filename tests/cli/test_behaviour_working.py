"""Working through the printed agenda: its numbers, done, put off, not this time."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import icalendar
import pytest

from conftest import Once, Run

Do = Callable[..., str]
On = Callable[[str], None]


@pytest.fixture
def busy(once: Once, do: Do, on: On) -> None:
    """Three customers: a task, an agreed day, and a deal past its day."""

    @once
    def _built() -> None:
        on("2026-11-20")
        do("add", "张三", "--phone", "13800138000")
        do("add", "Li Na")
        do("add", "Wong")
        for name in ("张三", "Li Na", "Wong"):
            do("log", "phone", name, "hello", "--on", "2026-11-19")
        do("task", "add", "send the quote", "--customer", "张三", "--due", "2026-11-20", "--channel", "email")
        do("customer", "edit", "Li Na", "--next", "2026-11-20")
        do("opportunity", "add", "Wong", "--name", "second shop", "--close", "2026-11-13", "--amount", "3600")
        do("classify")


def names(do: Do) -> list[str]:
    return [line["name"] for line in json.loads(do("agenda", "--format", "json"))]


def number_of(do: Do, name: str) -> str:
    """Print the agenda and return the number that a customer has on it."""
    lines = [line.split("\t") for line in do("agenda", "--format", "plain").splitlines()]
    return next(line[0] for line in lines if line[2] == name)


@pytest.mark.usefixtures("busy")
def test_done_logs_the_contact_and_clears_the_line(do: Do) -> None:
    said = do("done", number_of(do, "张三"), "quote sent", "--minutes", "10")
    assert said == "logged e-mail with 张三 on 2026-11-20; done: task #1 send the quote\n"
    assert "张三" not in names(do)
    (last, _first) = json.loads(do("interaction", "list", "张三", "--format", "json"))
    assert (last["channel"], last["summary"], last["minutes"]) == ("email", "quote sent", 10)
    assert do("task", "list", "--format", "ids") == ""
    do("undo")
    assert "张三" in names(do)
    assert do("task", "list", "--format", "ids") == "1\n"


@pytest.mark.usefixtures("busy")
def test_a_number_means_what_was_printed_last(do: Do, crm: Run) -> None:
    number = number_of(do, "Li Na")
    do("add", "Somebody Urgent")
    do("task", "add", "now", "--customer", "Somebody Urgent", "--due", "2026-11-01")
    do("agenda", "--format", "json")  # a script that looks renumbers nothing
    assert crm("agenda", "--quiet").status == 1
    assert "with Li Na on" in do("done", number, "agreed", "--next", "2026-12-01")
    assert json.loads(do("show", "Li Na", "--format", "json"))["next_contact_on"] == "2026-12-01"


@pytest.mark.usefixtures("busy")
def test_who_has_seen_enough_of_a_page_has_its_numbers(do: Do) -> None:
    do("agenda", "--customer", "Li Na", "--format", "plain")
    first = names(do)[0]
    assert first != "Li Na"
    reading, writing = os.pipe()
    os.close(reading)
    left = subprocess.run(
        [sys.executable, "-m", "crmcli", "agenda"], stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (left.returncode, left.stderr) == (141, b"")
    assert f"with {first} on" in do("done", "1", "x")


@pytest.mark.usefixtures("busy")
def test_who_was_not_reached_stays(do: Do) -> None:
    said = do("done", number_of(do, "张三"), "--outcome", "no_answer")
    assert said.endswith("not reached, so the line stays\n")
    assert "张三" in names(do)
    assert do("task", "list", "--format", "ids") == "1\n"


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("again", [["done", "2", "quote sent"], ["snooze", "2", "3d"], ["skip", "2"]])
def test_a_line_is_done_once(again: list[str], do: Do, crm: Run) -> None:
    number = number_of(do, "张三")
    again = [again[0], number, *again[2:]]
    do("done", number, "--outcome", "left_message")  # a try leaves the line as it was
    said = do("done", number, "quote sent")
    before = do("journal", "--format", "json")
    refused = crm(*again)
    assert (refused.status, refused.out) == (1, "")
    assert refused.err.splitlines() == [
        f"crm: error[refused]: line {number} was dealt with already: {said.strip()}",
        "hint: 'crm agenda' numbers its lines anew; another contact: crm log",
    ]
    assert do("journal", "--format", "json") == before
    do("undo")
    assert crm(*again).status == 0


@pytest.mark.usefixtures("busy")
def test_a_line_of_a_new_agenda_was_not_done(do: Do, crm: Run) -> None:
    do("next")
    do("done", "talked")
    assert "was dealt with already" in crm("done", "talked").err
    do("next")
    assert crm("done", "talked").status == 0


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("gone", ["task done 1", "task archive 1", "task delete 1"])
def test_a_task_that_is_gone_is_left_alone(gone: str, do: Do, crm: Run) -> None:
    number = number_of(do, "张三")
    do("task", "edit", "1", "--every", "1w")
    do(*gone.split())
    tasks, entries = do("task", "list", "--all", "--format", "json"), do("journal", "--format", "ids")
    refused = crm("skip", number)
    assert (refused.status, refused.out) == (1, "")
    assert f"nothing of line {number} is open any more" in refused.err
    assert do("journal", "--format", "ids") == entries
    assert do("task", "list", "--all", "--format", "json") == tasks
    do("done", number, "talked")  # the talk happened all the same
    assert do("task", "list", "--all", "--format", "json") == tasks


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("gone", ["task archive 2", "task delete 2"])
@pytest.mark.parametrize("command", ["done N", "snooze N 3d", "skip N"])
def test_a_line_of_nobody_whose_task_is_gone_is_refused(gone: str, command: str, do: Do, crm: Run) -> None:
    do("task", "add", "tidy the files", "--due", "2026-11-20")
    lines = [line.split("\t") for line in do("agenda", "--format", "plain").splitlines()]
    number = next(line[0] for line in lines if line[2] == "")
    do(*gone.split())
    refused = crm(*command.replace("N", number).split())
    assert (refused.status, refused.out) == (1, "")
    assert f"nothing of line {number} is open any more" in refused.err
    do("undo")
    assert crm(*command.replace("N", number).split()).status == 0


@pytest.mark.usefixtures("busy")
def test_what_is_still_open_after_a_talk_rests_for_a_week(do: Do, on: On) -> None:
    do("done", number_of(do, "Wong"), "decides next month")
    assert "Wong" not in names(do)
    on("2026-11-26")
    assert "Wong" not in names(do)
    on("2026-11-27")
    assert "Wong" in names(do)


@pytest.mark.usefixtures("busy")
def test_snooze_hides_the_line_until_its_day(do: Do, on: On, crm: Run) -> None:
    number = number_of(do, "张三")
    shown = crm("snooze", number, "3d", "--reason", "abroad")
    assert (shown.out, shown.err) == ("put off until 2026-11-23: 张三\n", "until_on: 2026-11-23 Mon\n")
    assert "张三" not in names(do)
    on("2026-11-22")
    assert "张三" not in names(do)
    on("2026-11-23")
    assert "张三" in names(do)


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("name", ["张三", "Wong"])
def test_a_customer_whose_task_or_deal_rests_can_be_deleted(name: str, do: Do, crm: Run) -> None:
    do("skip", number_of(do, name))
    assert " deferrals" in crm("customer", "delete", name).err
    do("customer", "delete", name, "--yes")
    assert name not in names(do)
    do("undo")
    assert name not in names(do)  # it rests as before
    assert crm("show", name).status == 0


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("command", ["done N x", "snooze N 3d", "skip N"])
def test_a_line_whose_customer_was_deleted_is_refused(command: str, do: Do, crm: Run) -> None:
    number = number_of(do, "Li Na")
    do("customer", "delete", "Li Na", "--yes")
    refused = crm(*command.replace("N", number).split())
    assert (refused.status, refused.out) == (1, "")
    assert f"nothing of line {number} is open any more" in refused.err


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize(("until", "status"), [("today", 2), ("2026-11-01", 2), ("someday", 65)])
def test_a_day_that_is_not_ahead_puts_nothing_off(do: Do, crm: Run, until: str, status: int) -> None:
    number = number_of(do, "张三")
    entries = do("journal", "--format", "ids")
    assert crm("snooze", number, until).status == status
    assert do("journal", "--format", "ids") == entries


@pytest.mark.usefixtures("busy")
def test_skip_lets_each_reason_wait_for_its_next_time(do: Do, on: On) -> None:
    do("task", "add", "weekly call", "--customer", "Li Na", "--due", "2026-11-20", "--every", "1w")
    do("skip", number_of(do, "Li Na"))
    assert "Li Na" not in names(do)
    assert json.loads(do("show", "Li Na", "--format", "json"))["next_contact_on"] is None
    (task,) = json.loads(do("task", "list", "--customer", "Li Na", "--format", "json"))
    assert task["due_on"] == "2026-11-27"
    assert len(json.loads(do("interaction", "list", "Li Na", "--format", "json"))) == 1
    on("2026-11-27")
    assert "Li Na" in names(do)


def test_without_a_printed_agenda_there_are_no_numbers(crm: Run, do: Do) -> None:
    do("add", "A")
    refused = crm("done", "1", "x")
    assert (refused.status, refused.out) == (1, "")
    assert "no agenda has been printed yet" in refused.err


@pytest.mark.usefixtures("busy")
def test_next_shows_the_first_and_done_is_about_it(do: Do, crm: Run) -> None:
    first = json.loads(do("next", "--format", "json"))
    assert first["name"] == names(do)[0]
    assert first["reasons"]
    assert f"with {first['name']} on" in do("done", "talked")
    assert first["name"] not in names(do)
    do("agenda", "--format", "plain")
    assert "which line of the agenda?" in crm("done", "talked").err


@pytest.mark.usefixtures("busy")
def test_next_leaves_the_numbers_of_the_page_as_they_are(do: Do, crm: Run) -> None:
    lines = [line.split("\t") for line in do("agenda", "--format", "plain").splitlines()]
    first, second, third = (line[2] for line in lines)
    do("done", "1", "talked")
    assert json.loads(do("next", "--format", "json"))["name"] == second  # the first of what is left
    assert f"with {third} on" in do("done", "3", "talked")
    assert f"with {second} on" in do("done", "talked")
    for again in (["done", "2", "talked"], ["done", "talked"], ["done", "1", "talked"]):
        assert "was dealt with already" in crm(*again).err
    assert "the line of 'crm next' was dealt with already" in crm("done", "talked").err
    assert f"with {first} on" in crm("done", "1", "talked").err


@pytest.mark.usefixtures("busy")
def test_next_alone_gives_no_numbers(do: Do, crm: Run) -> None:
    do("next")
    assert "no agenda has been printed yet" in crm("done", "1", "talked").err


@pytest.mark.usefixtures("busy")
def test_markdown_speaks_the_language_in_force(do: Do, crm: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    tier = json.loads(do("agenda", "--format", "json"))[0]["tier"]
    monkeypatch.setenv("CRM_LANG", "zh_CN")
    text = crm("agenda", "--format", "md").out
    assert "价值" in text
    assert f", {tier}" not in text


@pytest.mark.usefixtures("busy")
def test_a_number_that_was_done_is_done_for_the_line_of_next_too(do: Do, crm: Run) -> None:
    do("agenda", "--format", "plain")
    do("next")
    do("done", "1", "talked")
    assert "was dealt with already" in crm("done", "talked").err


@pytest.mark.usefixtures("busy")
def test_the_line_of_next_is_put_off_and_skipped_without_a_number(do: Do, crm: Run) -> None:
    refused = crm("skip")
    assert (refused.status, refused.out) == (1, "")
    name = json.loads(do("next", "--format", "json"))["name"]
    assert do("snooze", "next mon") == f"put off until 2026-11-23: {name}\n"
    name = json.loads(do("next", "--format", "json"))["name"]
    assert do("skip", "--reason", "abroad") == f"skipped: {name}\n"
    assert len(names(do)) == 1


@pytest.mark.usefixtures("busy")
def test_a_line_is_skipped_once_and_may_still_be_done(do: Do, crm: Run) -> None:
    number = number_of(do, "Wong")
    do("skip", number)
    entries = do("journal", "--format", "ids")
    refused = crm("skip", number)
    assert (refused.status, refused.out) == (1, "")
    assert f"line {number} was dealt with already: skipped: Wong" in refused.err
    assert do("journal", "--format", "ids") == entries
    do("undo")
    do("skip", number)
    assert "with Wong on" in do("done", number, "rang back")
    assert "was dealt with already: logged phone with Wong" in crm("skip", number).err


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize(
    ("words", "status", "said"),
    [(["2"], 2, "until when?"), (["1", "3d", "x"], 2, "more words"), (["x", "3d"], 2, "not the number of a line: 'x'"), (["soon"], 1, "which")],
)  # fmt: skip
def test_what_cannot_be_put_off_is_refused(
    words: list[str], status: int, said: str, do: Do, crm: Run
) -> None:
    do("agenda", "--format", "plain")
    entries = do("journal", "--format", "ids")
    refused = crm("snooze", *words)
    assert (refused.status, refused.out) == (status, "")
    assert said in refused.err
    assert do("journal", "--format", "ids") == entries


@pytest.mark.usefixtures("busy")
def test_status_and_short_form_for_a_prompt(do: Do, crm: Run, on: On) -> None:
    shown = crm("agenda", "--quiet")
    assert (shown.status, shown.out, shown.err) == (1, "", "")
    assert do("agenda", "--short") == f"3 · {names(do)[0]}\n"
    on("2026-11-01")
    shown = crm("agenda", "--quiet", "--date", "2026-11-01")
    assert (shown.status, shown.out) == (1, "")  # nobody had been contacted by then


def test_nothing_due_is_status_0_and_nothing_to_see(crm: Run, do: Do) -> None:
    do("init", "--yes")
    for form in ("--quiet", "--short"):
        shown = crm("agenda", form)
        assert (shown.status, shown.out) == (0, "")
    assert crm("next").status == 1


@pytest.mark.usefixtures("busy")
def test_a_line_of_nobody_is_done_without_words(do: Do, crm: Run) -> None:
    do("task", "add", "tidy the files", "--due", "2026-11-20")
    lines = [line.split("\t") for line in do("agenda", "--format", "plain").splitlines()]
    number = next(line[0] for line in lines if line[2] == "")
    assert crm("done", number, "x").status == 1
    assert do("done", number) == "done: task #2 tidy the files\n"


@pytest.mark.usefixtures("busy")
def test_a_calendar_keeps_its_uids_from_one_export_to_the_next(do: Do, on: On) -> None:
    do("task", "edit", "1", "--due", "2026-11-21")
    on("2026-11-21")
    first = _events(do)
    on("2026-11-22")
    second = _events(do)
    assert len(first) == 3
    assert first.keys() == second.keys()
    assert all(day.isoformat() == "2026-11-22" for day in second.values())


@pytest.mark.usefixtures("busy")
def test_an_appointment_that_was_missed_keeps_its_event_and_loses_its_time(do: Do, on: On) -> None:
    """Else a second import leaves it in the calendar as it was agreed."""
    do("task", "add", "meet", "--customer", "张三", "--due", "2026-11-20 15:00")

    def meeting() -> dict[str, object]:
        return {uid: day for uid, day in _events(do).items() if uid.startswith("task-")}

    ((uid, agreed),) = meeting().items()
    assert agreed == datetime(2026, 11, 20, 15, tzinfo=UTC)
    on("2026-11-22")
    assert meeting() == {uid: date(2026, 11, 22)}


def _events(do: Do) -> dict[str, object]:
    return {str(event["uid"]): event.decoded("dtstart") for event in _calendar(do)}


def _calendar(do: Do, *options: str) -> list[icalendar.Event]:
    found = icalendar.Calendar.from_ical(do("agenda", *options, "--format", "ics"))
    return list(found.walk("VEVENT"))


def _days(do: Do, *options: str) -> dict[str, list[str]]:
    """Name → the days of its events, those with a time by the instant."""
    found: dict[str, list[str]] = {}
    for event in _calendar(do, *options):
        name = str(event["summary"]).split(" · ")[0]
        found.setdefault(name, []).append(event.decoded("dtstart").isoformat()[:16])
    return {name: sorted(days) for name, days in found.items()}


@pytest.mark.usefixtures("busy")
def test_what_is_put_off_is_in_the_calendar_on_the_day_it_comes_back(do: Do) -> None:
    """The agenda of a week has it, so its event would ring on the first day."""
    do("task", "add", "meet", "--customer", "张三", "--due", "2026-11-22 15:00")
    today = ["2026-11-20"]
    assert _days(do, "--week") == {"张三": [*today, "2026-11-22T15:00"], "Li Na": today, "Wong": today}
    for name in ("Wong", "张三"):
        do("snooze", number_of(do, name), "2026-11-23")
    later = ["2026-11-23"]
    assert _days(do, "--week") == {"张三": [*later, *later], "Li Na": today, "Wong": later}
    assert _days(do) == {"Li Na": today}


@pytest.mark.usefixtures("busy")
def test_a_task_that_was_put_off_leaves_the_rest_of_its_customer(do: Do) -> None:
    do("task", "add", "tidy the files", "--due", "2026-11-20")
    do("snooze", number_of(do, ""), "+2d")
    days = _days(do, "--week")
    assert days["Wong"] == ["2026-11-20"]
    assert [day for name, days_ in days.items() for day in days_ if "tidy" in name] == ["2026-11-22"]


@pytest.mark.usefixtures("busy")
def test_a_deal_that_was_put_off_comes_back_in_the_calendar(do: Do, tmp_path: Path) -> None:
    deals = tmp_path / "deals.csv"
    deals.write_text("name,stage,expected_close_on\nold machines,negotiating,2026-11-18\n", encoding="utf-8")
    do("import", "opportunities", str(deals))
    day = ["2026-11-20"]
    deals = {name: days for name, days in _days(do, "--week").items() if "old machines" in name}
    assert list(deals.values()) == [day]
    do("snooze", number_of(do, ""), "+2d")
    deals = {name: days for name, days in _days(do, "--week").items() if "old machines" in name}
    assert list(deals.values()) == [["2026-11-22"]]


@pytest.mark.usefixtures("busy")
def test_an_appointment_is_called_by_its_task_and_as_long(do: Do) -> None:
    do("task", "add", "meet", "--customer", "Wong", "--due", "2026-11-20 15:00", "--minutes", "90")
    do("task", "add", "call", "--due", "2026-11-20 17:00")
    timed = {
        str(event["summary"]): event.decoded("dtend") - event.decoded("dtstart")
        for event in _calendar(do)
        if event["transp"] == "OPAQUE"
    }
    assert timed == {"Wong · meet": timedelta(minutes=90), "call": timedelta(minutes=30)}


@pytest.mark.usefixtures("busy")
def test_markdown_is_a_list_to_tick_off(do: Do) -> None:
    do("customer", "edit", "Wong", "--name", "*W* [x](y)")
    text = do("agenda", "--format", "md")
    assert text.startswith("# 2026-11-20\n\n- [ ] **")
    assert r"**\*W\* \[x\](y)**" in text
    assert text.count("- [ ]") == 3


@pytest.mark.usefixtures("busy")
def test_a_page_that_cannot_be_kept_costs_nothing_else(
    do: Do, crm: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = home / "blocked"
    blocked.write_text("", encoding="utf-8")
    monkeypatch.setenv("CRM_HOME", str(blocked / "x"))
    assert "张三" in do("agenda", "--format", "plain")
    assert "these numbers could not be noted" in crm("agenda", "--format", "table").err
    assert "this line could not be noted" in crm("next").err


@pytest.mark.usefixtures("busy")
def test_next_says_what_they_like(do: Do) -> None:
    for name in ("张三", "Li Na", "Wong"):
        do("preference", "add", name, "颜色", "深蓝")
    found = json.loads(do("next", "--format", "json"))
    assert [line["value"] for line in found["preferences"]] == ["深蓝"]
    assert found["complaints"] == []
    assert "深蓝" in do("next", "--format", "table")


@pytest.mark.usefixtures("busy")
def test_done_warns_of_a_channel_that_was_refused(do: Do, crm: Run) -> None:
    do("customer", "consent", "Wong", "--refuse", "sms")
    shown = crm("done", number_of(do, "Wong"), "x", "--channel", "sms")
    assert shown.status == 0
    assert "Wong does not want to be reached by SMS" in shown.err


@pytest.mark.usefixtures("busy")
def test_a_deal_of_nobody_is_put_off_and_said(do: Do, tmp_path: Path) -> None:
    deals = tmp_path / "deals.csv"
    deals.write_text("name,stage,expected_close_on\nstray,negotiating,2026-11-13\n", encoding="utf-8")
    do("import", "opportunities", str(deals))
    lines = [line.split("\t") for line in do("agenda", "--format", "plain").splitlines()]
    number = next(line[0] for line in lines if line[2] == "")
    assert do("done", number) == "rests until 2026-11-27\n"


@pytest.mark.usefixtures("busy")
def test_next_shows_complaints_in_words(do: Do) -> None:
    for name in ("张三", "Li Na", "Wong"):
        do("complaint", "add", name, "late again", "--severity", "high")
    shown = do("next", "--format", "table")
    assert "Complaints\n" in shown
    assert "Severity" in shown
    assert "late again" in shown
    found = json.loads(do("next", "--format", "json"))
    assert [(line["severity"], line["stage"]) for line in found["complaints"]] == [("high", "received")]


@pytest.mark.usefixtures("busy")
def test_a_task_that_moved_on_since_it_was_printed_is_left_alone(do: Do, crm: Run) -> None:
    do("task", "add", "weekly call", "--customer", "Wong", "--due", "2026-11-20", "--every", "1w")
    number = number_of(do, "Wong")
    do("skip", number)
    due = [line["due_on"] for line in json.loads(do("task", "list", "--format", "json"))]
    crm("skip", number)
    assert [line["due_on"] for line in json.loads(do("task", "list", "--format", "json"))] == due


@pytest.mark.usefixtures("busy")
def test_a_day_that_was_agreed_anew_is_not_skipped_with_the_old_one(do: Do, crm: Run) -> None:
    number = number_of(do, "Li Na")
    do("log", "phone", "Li Na", "later", "--next", "2026-12-05")
    crm("skip", number)
    assert json.loads(do("show", "Li Na", "--format", "json"))["next_contact_on"] == "2026-12-05"


@pytest.mark.parametrize(
    "words", [("--short", "--limit", "3"), ("--quiet", "--format", "csv"), ("--quiet", "--short")]
)
def test_an_option_that_a_prompt_has_no_use_for_is_refused(crm: Run, do: Do, words: tuple[str, ...]) -> None:
    do("add", "张三")
    refused = crm("agenda", *words)
    assert refused.status == 2
    assert "hint: " in refused.err


@pytest.mark.usefixtures("busy")
def test_next_suggests_the_channel_of_the_last_try_that_is_not_refused(do: Do) -> None:
    do("log", "wechat", "Wong", "--outcome", "no_answer")
    for name in ("张三", "Li Na"):
        do("customer", "edit", name, "--next", "2026-12-24")
    do("task", "done", "1")
    assert json.loads(do("next", "--format", "json"))["channel"] == "wechat"
    do("customer", "consent", "Wong", "--refuse", "wechat")
    assert json.loads(do("next", "--format", "json"))["channel"] == "phone"
    assert do("done", "talked").startswith("logged phone with Wong")
    do("undo")
    do("customer", "edit", "Wong", "--email", "wong@example.com")
    do("customer", "consent", "Wong", "--refuse", "phone,wechat")
    assert json.loads(do("next", "--format", "json"))["channel"] == "email"
    do("customer", "consent", "Wong", "--refuse", "email")
    assert json.loads(do("next", "--format", "json"))["channel"] is None


@pytest.mark.usefixtures("busy")
def test_next_says_whom_to_ask_for_what_is_owed_and_what_they_do_not_want(do: Do) -> None:
    for name in ("张三", "Li Na", "Wong"):
        do("contact", "add", name, "Jo Baker", "--phone", "13800139000", "--title", "owner")
        do("customer", "edit", name, "--notes", "after three")
        do("sell", name, "500", "--due", "2026-11-10", "--on", "2026-11-01")
        do("sell", name, "70", "--currency", "EUR", "--on", "2026-11-01")
        do("customer", "consent", name, "--refuse", "phone")
    shown = do("next", "--format", "table")
    assert "for 10 days;" not in shown
    assert [line for line in shown.splitlines() if " EUR in 1 order" in line and "CNY" not in line]
    assert "Jo Baker · owner · 13800139000" in shown
    assert "overdue 500.00 CNY for 10 days" in shown
    assert "not by phone" in shown
    assert "after three" in shown
    found = json.loads(do("next", "--format", "json"))
    assert found["contacts"][0]["phone"] == "13800139000"
    assert (found["refused_channels"], found["notes"]) == ("phone", "after three")
    assert found["money"][0]["overdue"] == "500.00"


@pytest.mark.usefixtures("busy")
def test_the_agenda_has_no_number_to_call_for_who_refuses_calls(do: Do) -> None:
    assert "13800138000" in do("agenda", "--format", "md")
    do("customer", "consent", "张三", "--refuse", "phone")
    for form in ("plain", "json", "md", "ics"):
        assert "13800138000" not in do("agenda", "--format", form)


@pytest.mark.usefixtures("busy")
def test_the_agenda_of_one_customer_says_what_keeps_it_off(do: Do, crm: Run) -> None:
    do("snooze", number_of(do, "Wong"), "3d")
    assert "Wong: put off, next on 2026-11-23\n" in crm("agenda", "--customer", "Wong").err
    do("customer", "consent", "Wong", "--do-not-contact")
    assert "Wong: not to be contacted\n" in crm("agenda", "--customer", "Wong").err
    do("done", number_of(do, "张三"), "talked")
    assert crm("agenda", "--customer", "张三").err == "nothing is due on 2026-11-20\n"


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize(
    "words",
    [
        ["task", "add", "ring", "--customer", "Wong", "--due", "2026-11-21"],
        ["complaint", "add", "Wong", "late", "--due", "2026-11-21"],
        ["opportunity", "add", "Wong", "--close", "2026-11-21"],
        ["survey", "ask", "Wong"],
        ["log", "phone", "Wong", "--direction", "inbound", "--promise", "send it", "--by", "2026-11-21"],
        ["log", "phone", "Wong", "--direction", "inbound", "--next", "2026-11-21"],
        ["customer", "edit", "Wong", "--next", "2026-11-21"],
    ],
)
def test_a_plan_that_the_agenda_will_never_name_is_recorded_with_a_warning(
    words: list[str], do: Do, crm: Run
) -> None:
    assert "warning" not in crm(*words).err
    do("undo")
    do("customer", "consent", "Wong", "--do-not-contact")
    told = crm(*words)
    assert told.status == 0
    assert "Wong does not want to be contacted, so this does not come onto the agenda" in told.err


@pytest.mark.usefixtures("busy")
def test_a_plan_by_a_refused_channel_is_recorded_with_a_warning(do: Do, crm: Run) -> None:
    do("customer", "consent", "Wong", "--refuse", "phone")
    for words in (["task", "add", "ring", "--customer", "Wong"], ["survey", "ask", "Wong"]):
        told = crm(*words, "--channel", "phone")
        assert (told.status, "does not want to be reached by phone" in told.err) == (0, True)
        assert "warning" not in crm(*words, "--channel", "email").err


@pytest.mark.usefixtures("busy")
def test_a_next_contact_on_a_day_that_is_over_is_warned_of(do: Do, crm: Run) -> None:
    said = "2026-11-19 is over: the next contact is due at once"
    assert said in crm("done", number_of(do, "Wong"), "talked", "--next", "yesterday").err
    assert said in crm("log", "phone", "Wong", "--next", "yesterday").err
    assert said in crm("customer", "edit", "Li Na", "--next", "yesterday").err
    for clear in ("today", "2026-11-20", "今天下午三点", "next fri", "sat"):
        assert "warning" not in crm("log", "phone", "Wong", "--next", clear).err


@pytest.mark.usefixtures("busy")
def test_a_weekday_that_is_today_may_have_been_meant_for_next_week(do: Do, crm: Run) -> None:
    told = crm("done", number_of(do, "Wong"), "talked", "--next", "fri")
    assert "2026-11-20 is today: write the day in full if a later one is meant" in told.err
    assert "is today" in crm("customer", "edit", "Li Na", "--next", "周五下午三点").err


@pytest.mark.usefixtures("busy")
def test_undo_of_a_second_talk_leaves_the_first_one_done(do: Do, crm: Run) -> None:
    number = number_of(do, "张三")
    do("done", number, "first")
    do("task", "add", "send it", "--customer", "张三", "--due", "2026-11-20")
    while "张三" not in do("next", "--format", "plain"):
        do("skip")
    do("done", "second")
    do("undo")
    refused = crm("done", number, "third")
    assert (refused.status, "was dealt with already" in refused.err) == (1, True)


@pytest.mark.usefixtures("busy")
def test_a_day_of_two_words_needs_quotation_marks(do: Do, crm: Run) -> None:
    number_of(do, "张三")
    do("next")
    refused = crm("snooze", "next", "mon")
    assert (refused.status, "put the day in quotation marks: 'next mon'" in refused.err) == (2, True)
    do("snooze", "next mon")


@pytest.mark.usefixtures("busy")
def test_a_plan_with_somebody_put_off_is_warned_of(do: Do, crm: Run) -> None:
    do("snooze", number_of(do, "Wong"), "2026-12-01")
    told = "put off until 2026-12-01, so this comes onto the agenda no sooner"
    for line in (
        ["log", "phone", "Wong", "x", "--next", "2026-11-21"],
        ["log", "phone", "Wong", "x", "--promise", "send it", "--by", "2026-11-21"],
        ["task", "add", "send it", "--customer", "Wong", "--due", "2026-11-21"],
        ["complaint", "add", "Wong", "broken"],
        ["customer", "edit", "Wong", "--next", "2026-11-22"],
    ):
        assert told in crm(*line).err, line
    assert told not in crm("log", "phone", "Wong", "x").err
    assert told not in crm("task", "add", "x", "--customer", "张三").err
