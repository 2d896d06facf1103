"""Tasks that come back, promises made in a conversation, and what a task can be told."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from conftest import Run

On = Callable[[str], None]


def tasks(crm: Run, *argv: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(crm("task", "list", *argv, "--format", "json").out)
    return found


def test_done_makes_the_next_one_and_undo_takes_it_away(crm: Run, on: On) -> None:
    crm(
        "task", "add", "statement", "--due", "2026-11-30", "--every", "1m", "--owner", "me", "--minutes", "20"
    )
    on("2026-11-30")
    assert crm("task", "done", "1").out == "done: task #1 statement; next on 2026-12-30 (#2)\n"
    (line,) = tasks(crm)
    assert (line["id"], line["due_on"], line["owner"], line["minutes"]) == (2, "2026-12-30", "me", 20)
    assert crm("task", "done", "1").status == 1
    assert len(tasks(crm, "--all")) == 2
    crm("undo")
    (line,) = tasks(crm, "--all")
    assert (line["id"], line["done_on"]) == (1, None)


def test_the_31st_stays_the_31st(crm: Run, on: On) -> None:
    crm("task", "add", "statement", "--due", "2027-01-31", "--every", "1m")
    days = []
    for number in range(1, 5):
        days.append(tasks(crm)[0]["due_on"])
        on(days[-1])
        assert crm("task", "done", str(number)).status == 0
    assert days == ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]


def test_missed_ones_do_not_pile_up(crm: Run, on: On) -> None:
    crm("task", "add", "water", "--due", "2026-11-20", "--every", "3d")
    on("2026-12-05")  # 23, 26, 29, 2 and 5 went by
    crm("task", "done", "1")
    assert [line["due_on"] for line in tasks(crm)] == ["2026-12-08"]


def test_counted_from_completion(crm: Run, on: On) -> None:
    crm("task", "add", "ask", "--due", "2026-11-20", "--every", "2 weeks", "--from", "done")
    on("2026-11-25")
    crm("task", "done", "1")
    assert [line["due_on"] for line in tasks(crm)] == ["2026-12-09"]


def test_skip_goes_on_without_doing(crm: Run) -> None:
    crm("task", "add", "jour fixe", "--every", "1w", "--on-day", "周一")
    assert tasks(crm)[0]["due_on"] == "2026-11-23"
    result = crm("task", "skip", "1")
    assert result.out == "skipped: task #1 jour fixe; next on 2026-11-30\n"
    (line,) = tasks(crm, "--all")
    assert (line["id"], line["due_on"], line["done_on"]) == (1, "2026-11-30", None)
    crm("undo")
    assert tasks(crm)[0]["due_on"] == "2026-11-23"
    crm("task", "add", "once")
    result = crm("task", "skip", "2")
    assert (result.status, "does not repeat" in result.err) == (1, True)


def test_the_rhythm_can_be_changed_and_ended(crm: Run, on: On) -> None:
    crm("task", "add", "x", "--due", "2026-11-30", "--every", "1m", "--on-day", "31")
    crm("task", "edit", "1", "--every", "2m")
    assert (tasks(crm)[0]["every"], tasks(crm)[0]["on_day"]) == ("2m", "31")  # the day that is meant stays
    crm("task", "edit", "1", "--due", "2026-12-02")
    assert tasks(crm)[0]["on_day"] == "2"  # a new due day moves the rhythm
    crm("task", "edit", "1", "--every", "")
    assert {tasks(crm)[0][key] for key in ("every", "on_day", "counted_from")} == {None}
    on("2026-12-02")
    assert "next" not in crm("task", "done", "1").out
    assert tasks(crm) == []


def test_a_task_that_repeats_has_a_day(crm: Run) -> None:
    crm("task", "add", "x")
    result = crm("task", "edit", "1", "--every", "1m", "--on-day", "31")
    assert "  due_on: - → 2026-11-30\n" in result.out
    before = tasks(crm)
    result = crm("task", "edit", "1", "--due", "")
    assert (result.status, "a task that repeats needs a day" in result.err) == (65, True)
    assert tasks(crm) == before
    assert crm("task", "edit", "1", "--due", "", "--every", "").status == 0
    assert tasks(crm)[0]["due_on"] is None


@pytest.mark.parametrize("verb", ["archive", "delete"])
def test_putting_one_away_ends_the_series(verb: str, crm: Run) -> None:
    crm("task", "add", "x", "--every", "1d")
    assert crm("task", verb, "1").status == 0
    assert tasks(crm, "--all") == []
    crm("undo")
    assert len(tasks(crm)) == 1


@pytest.mark.parametrize(
    ("every", "rhythm"),
    [
        ("daily", ("1d", None)),
        ("weekly", ("1w", None)),
        ("monthly", ("1m", None)),
        ("quarterly", ("3m", None)),
        ("yearly", ("12m", None)),
        ("quarter", ("3m", None)),
        ("2q", ("6m", None)),
        ("每两周", ("2w", None)),
        ("两周", ("2w", None)),
        ("每隔十天", None),
        ("每十二个月", ("12m", None)),
        ("每季度", ("3m", None)),
        ("每半年", ("6m", None)),
        ("每周一", ("1w", "mon")),
        ("每星期天", ("1w", "sun")),
        ("每两周周五", ("2w", "fri")),
        ("every mon", ("1w", "mon")),
        ("every friday", ("1w", "fri")),
        ("每月31号", ("1m", "31")),
        ("每月十五日", ("1m", "15")),
        ("每个月底", ("1m", "31")),
        ("每月月底", ("1m", "31")),
        ("每週一", ("1w", "mon")),
        ("每兩週", ("2w", None)),
        ("每月31號", ("1m", "31")),
        ("每 2 個星期", ("2w", None)),
        ("每季度末", None),
        ("每月32号", None),
        ("每周八", None),
        ("每周15日", None),
        ("每周31日", None),
        ("每周五日", None),
        ("每周31号", None),
        ("每周末", None),
        ("每月一", None),
        ("每月周一", None),
        ("每天一", None),
        ("31", None),
    ],
)
def test_a_rhythm_as_people_say_it(every: str, rhythm: tuple[str, str | None] | None, crm: Run) -> None:
    crm("init")
    result = crm("task", "add", "x", "--every", every, "--from", "done")
    if rhythm is None:
        assert (result.status, result.out) == (65, "")
        assert "not a rhythm" in result.err
        return
    assert result.status == 0, result.err
    (line,) = tasks(crm)
    assert (line["every"], line["on_day"]) == rhythm


@pytest.mark.parametrize("day", ["15", "15号", "15號", "十五日", "十五"])
def test_a_day_to_repeat_on_is_read_as_the_rhythm_reads_it(day: str, crm: Run) -> None:
    crm("init")
    result = crm("task", "add", "x", "--every", "每月十五日", "--on-day", day)
    assert result.status == 0, result.err
    assert tasks(crm)[0]["on_day"] == "15"


def test_a_day_in_the_rhythm_and_another_beside_it_are_refused(crm: Run) -> None:
    crm("init")
    result = crm("task", "add", "x", "--every", "每周一", "--on-day", "fri")
    assert (result.status, result.out) == (65, "")
    assert "--on-day: 'fri' is not the day that the rhythm names" in result.err
    assert crm("task", "add", "x", "--every", "每周一", "--on-day", "mon").status == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--every", "soon"], "--every: not a rhythm: 'soon'"),
        (["--every", "0d"], "--every: not a rhythm: '0d'"),
        (["--every", "1001d"], "--every: not a rhythm: '1001d'"),
        (["--every", "1m", "--on-day", "32"], "--on-day: not a day to repeat on: '32'"),
        (["--every", "1m", "--on-day", "mon"], "--on-day: not a day to repeat on: 'mon'"),
        (["--every", "1w", "--on-day", "31"], "--on-day: not a day to repeat on: '31'"),
        (["--every", "3d", "--on-day", "1"], "--on-day: not a day to repeat on: '1'"),
        (["--on-day", "31"], "--on-day says nothing without --every"),
        (["--from", "done"], "--every: say how often it repeats"),
        (["--every", "1w", "--from", "never"], "repeat_from: 'never' is not one of due, done"),
        (["--minutes", "-3"], "minutes: must be at least 0"),
        (["--kind", "wish"], "kind: 'wish' is not one of task, promise, improvement"),
    ],
)
def test_what_cannot_be_used_changes_nothing(options: list[str], said: str, crm: Run) -> None:
    crm("init")
    result = crm("task", "add", "x", *options)
    assert (result.status, result.out) == (65, "")
    assert said in result.err
    assert tasks(crm, "--all") == []


def test_a_promise_is_a_task_of_its_conversation(crm: Run) -> None:
    crm("add", "张三")
    result = crm("log", "phone", "张三", "will send samples", "--promise", "send samples", "--by", "+3d")
    assert (result.status, result.err) == (0, "due_on: 2026-11-23 Mon\n")
    assert result.out == "logged phone with 张三 on 2026-11-20; promised by 2026-11-23 (#1): send samples\n"
    (line,) = tasks(crm, "--kind", "承诺")
    assert (line["title"], line["customer"], line["due_on"]) == ("send samples", "张三", "2026-11-23")
    assert tasks(crm, "--kind", "task") == []
    assert "promise" in crm("show", "张三").out
    assert "promise #1 due today: send samples" in crm("agenda", "--date", "2026-11-23").out
    assert "promise #1 2 days late: send samples" in crm("agenda", "--date", "2026-11-25").out
    crm("undo")
    assert tasks(crm) == []
    assert crm("interaction", "list").out == ""


def test_done_can_promise_too(crm: Run) -> None:
    crm("add", "张三")
    crm("task", "add", "call", "-c", "张三", "--every", "1w")
    out = crm("task", "done", "1", "sent", "--promise", "ask again", "--by", "2026-12-01").out
    assert out == "done: task #1 call; next on 2026-11-27 (#2); promised by 2026-12-01 (#3): ask again\n"


@pytest.mark.parametrize("options", [["--promise", "x"], ["--by", "tomorrow"]])
def test_a_promise_needs_both(options: list[str], crm: Run) -> None:
    crm("add", "张三")
    result = crm("log", "phone", "张三", *options)
    assert (result.status, "--promise and --by go together" in result.err) == (2, True)
    assert crm("interaction", "list").out == ""


@pytest.mark.parametrize(("promise", "by"), [("", "tomorrow"), ("x", "someday")])
def test_a_promise_that_cannot_be_kept_logs_nothing(promise: str, by: str, crm: Run) -> None:
    crm("add", "张三")
    assert crm("log", "phone", "张三", "--promise", promise, "--by", by).status == 65
    assert crm("interaction", "list").out == ""


def test_the_rhythm_in_words(crm: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    crm("task", "add", "a", "--due", "2026-11-20", "--every", "3d")
    crm("task", "add", "b", "--due", "2026-11-23", "--every", "2w", "--on-day", "mon")
    crm("task", "add", "c", "--due", "2026-11-30", "--every", "1m", "--on-day", "eom")
    crm("task", "add", "d", "--due", "2026-12-01", "--every", "1y", "--from", "done")
    lines = crm("task", "list", "--format", "table").out.splitlines()[2:]
    assert [line.split("   ")[-1].strip() for line in lines] == [
        "every 3 days",
        "every 2 weeks on Monday",
        "every 1 month on day 31",
        "every 12 months, from completion",
    ]
