"""A day with a time of day: where it is kept, shown and echoed, and where it is refused."""

import json
from typing import Any

import pytest

from conftest import Run


def record(crm: Run, which: str = "张三") -> Any:
    return json.loads(crm("show", which, "--format", "json").out)


@pytest.fixture
def customer(crm: Run) -> None:
    crm("add", "张三")


def test_the_day_is_echoed_with_weekday_and_time(crm: Run, customer: None) -> None:
    assert crm("task", "add", "x", "--due", "下周三").err == "due_on: 2026-11-25 Wed\n"
    assert crm("task", "add", "x", "--due", "下周三下午3点半").err == "due_on: 2026-11-25 Wed 15:30\n"
    assert crm("task", "add", "x", "--due", "2026-11-25").err == ""
    logged = crm("log", "phone", "张三", "--next", "11月30号上午十点")
    assert logged.err == "next_contact_on: 2026-11-30 Mon 10:00\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("agenda --date 下周三 --limit 1", "--date: 2026-11-25 Wed\n"),
        ("agenda --week --date tomorrow --format md", "--date: 2026-11-21 Sat\n"),
        ("plan --date eom", "--date: 2026-11-30 Mon\n"),
        ("holidays --from tomorrow --to eoy", "--from: 2026-11-21 Sat\n--to: 2026-12-31 Thu\n"),
        ("why --agenda 张三 --date 下周三", "--date: 2026-11-25 Wed\n"),
        ("survey report --since 周一", "--since: 2026-11-16 Mon\n"),
        ("complaint causes --since 11月1日", "--since: 2026-11-01 Sun\n"),
        ("effort --from 11月1日 --to yesterday", "--from: 2026-11-01 Sun\n--to: 2026-11-19 Thu\n"),
        ("classify --dry-run --as-of yesterday", "--as-of: 2026-11-19 Thu\n"),
    ],
)
def test_a_day_that_is_asked_about_is_echoed_too(words: str, said: str, crm: Run, customer: None) -> None:
    assert crm(*words.split()).err.startswith(said)


def test_a_prompt_and_a_day_written_in_full_are_not_echoed(crm: Run, customer: None) -> None:
    for form in ("--quiet", "--short"):
        assert crm("agenda", form, "--date", "下周三").err == ""
    assert "--date" not in crm("agenda", "--date", "2026-11-25").err


def test_the_weekday_is_in_the_language_in_force(crm_process: Run) -> None:
    crm_process("init", "--yes")
    said = crm_process("task", "add", "x", "--due", "下周三", env={"CRM_LANG": "zh_CN"}).err
    assert said.startswith("due_on: 2026-11-25 ")


def test_the_time_of_a_task_is_on_its_list_and_on_the_agenda(crm: Run, customer: None) -> None:
    crm("task", "add", "拜访", "--customer", "张三", "--due", "今晚8点")
    crm("task", "add", "报价", "--customer", "张三", "--due", "tomorrow 9am")
    crm("task", "add", "电话", "--customer", "张三", "--due", "今天")
    listed = [line.split("\t") for line in crm("task", "list").out.splitlines()]
    assert [(line[0], line[1], line[2], line[6]) for line in listed] == [
        ("3", "2026-11-20", "电话", ""),
        ("1", "2026-11-20", "拜访", "20:00"),
        ("2", "2026-11-21", "报价", "09:00"),
    ]
    assert "2026-11-20 20:00" in crm("task", "list", "--format", "table").out
    why = crm("agenda", "--days", "2").out
    for said in (
        "task #3 due today: 电话",
        "task #1 due today at 20:00: 拜访",
        "task #2 due 2026-11-21 09:00: 报价",
    ):
        assert said in why


def test_the_time_of_the_next_contact_is_in_the_file_and_on_the_agenda(crm: Run, customer: None) -> None:
    crm("log", "phone", "张三", "--next", "明天下午2点")
    found = record(crm)
    assert (found["next_contact_on"], found["next_contact_time"]) == ("2026-11-21", "14:00")
    assert "2026-11-21 14:00" in crm("show", "张三", "--format", "table").out
    assert "next contact agreed for 2026-11-21 14:00" in crm("--today", "2026-11-21", "agenda").out


def test_done_agrees_on_a_time_as_well(crm: Run, customer: None) -> None:
    crm("task", "add", "x", "--customer", "张三")
    assert (
        crm("task", "done", "1", "ok", "--next", "next fri 3pm").err
        == "next_contact_on: 2026-11-27 Fri 15:00\n"
    )
    assert record(crm)["next_contact_time"] == "15:00"


def test_a_new_day_without_a_time_has_none(crm: Run, customer: None) -> None:
    crm("customer", "edit", "张三", "--next", "明天下午2点")
    edited = crm("customer", "edit", "张三", "--next", "下周一")
    assert "next_contact_time: 14:00 → -" in edited.out
    assert record(crm)["next_contact_time"] is None


def test_a_contact_on_the_agreed_day_clears_day_and_time(crm: Run, customer: None) -> None:
    crm("customer", "edit", "张三", "--next", "今天下午2点")
    crm("log", "phone", "张三")
    found = record(crm)
    assert (found["next_contact_on"], found["next_contact_time"]) == (None, None)


def test_undo_brings_the_time_back(crm: Run, customer: None) -> None:
    crm("customer", "edit", "张三", "--next", "明天下午2点")
    crm("customer", "edit", "张三", "--next", "")
    assert record(crm)["next_contact_time"] is None
    assert crm("undo").status == 0
    found = record(crm)
    assert (found["next_contact_on"], found["next_contact_time"]) == ("2026-11-21", "14:00")


@pytest.mark.parametrize(
    ("argv", "status", "where"),
    [
        (("log", "phone", "张三", "--on", "昨天下午3点"), 65, "occurred_on"),
        (("sell", "张三", "10", "--on", "2026-11-19 15:00"), 65, "occurred_on"),
        (("sell", "张三", "10", "--due", "明天下午3点"), 65, "due_on"),
        (("opportunity", "add", "张三", "--close", "明天下午3点"), 65, "expected_close_on"),
        (("agenda", "--date", "明天下午3点"), 2, "--date"),
    ],
)
def test_a_time_that_cannot_be_kept_is_refused_and_nothing_changes(
    argv: tuple[str, ...], status: int, where: str, crm: Run, customer: None
) -> None:
    before = crm("journal").out
    result = crm(*argv)
    assert (result.status, result.out) == (status, "")
    assert f"{where}: a day is wanted here, without a time" in result.err
    assert crm("journal").out == before


@pytest.mark.parametrize(
    "text", ["3/4", "soon", "下午", "周八", "32号", "2月30日", "friday or monday", "明天3点"]
)
def test_what_is_unclear_changes_nothing(text: str, crm: Run, customer: None) -> None:
    result = crm("log", "phone", "张三", "--next", text)
    assert (result.status, result.out) == (65, "")
    assert "--next: " in result.err
    assert "hint: write" in result.err
    assert crm("interaction", "list").out == ""


def test_a_day_of_the_month_is_the_next_one_for_a_plan_and_the_last_one_for_a_fact(
    crm: Run, customer: None
) -> None:
    sold = crm("sell", "张三", "10", "--on", "15号", "--due", "15号")
    assert sold.err == "due_on: 2026-12-15 Tue\noccurred_on: 2026-11-15 Sun\n"
    assert crm("opportunity", "add", "张三", "--close", "周三").err == "expected_close_on: 2026-11-25 Wed\n"
    assert crm("log", "phone", "张三", "--on", "周三").err == "occurred_on: 2026-11-18 Wed\n"


def test_a_custom_date_that_might_be_past_or_to_come_is_refused(crm: Run) -> None:
    crm("field", "add", "renewal", "--type", "date")
    refused = crm("add", "李四", "--set", "renewal=周三")
    assert refused.status == 65
    assert "not clear which day: '周三'" in refused.err
    assert crm("add", "李四", "--set", "renewal=eom").err == "renewal: 2026-11-30 Mon\n"
