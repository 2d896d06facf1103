"""Complaints: step by step, by when to reply, the statistics, and what is done so that they do not come again."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from conftest import Once, Run


@pytest.fixture(autouse=True)
def customers(once: Once, crm: Run) -> Iterator[None]:
    @once
    def _built() -> None:
        crm("init", "--time-zone", "Asia/Shanghai", "--country", "CN")
        for name in ("张三", "Annie"):
            assert crm("add", name).status == 0

    yield
    os.environ["CRM_TODAY"] = "2026-11-20"


def done(crm: Run, *argv: str, day: str = "2026-11-20") -> str:
    os.environ["CRM_TODAY"] = day
    result = crm(*argv)
    os.environ["CRM_TODAY"] = "2026-11-20"
    assert result.status == 0, result.err
    return result.out


def found(crm: Run, *argv: str) -> Any:
    return json.loads(done(crm, *argv, "--format", "json"))


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("低", "low"),
        ("轻微", "low"),
        ("一般", "medium"),
        ("中", "medium"),
        ("普通", "medium"),
        ("高", "high"),
        ("较重", None),
    ],
)
def test_how_grave_it_is_in_chinese_words(word: str, code: str | None, crm: Run) -> None:
    result = crm("complaint", "add", "张三", "x", "--severity", word)
    if code is None:
        assert (result.status, result.out) == (65, "")
    else:
        assert found(crm, "complaint", "list")[0]["severity"] == code


def test_from_received_to_closed(crm: Run) -> None:
    done(
        crm,
        "complaint",
        "add",
        "张三",
        "the pump leaks",
        "--severity",
        "严重",
        "--channel",
        "电话",
        day="2026-11-02",
    )
    assert found(crm, "complaint", "show", "1")["stage"] == "received"
    done(crm, "complaint", "investigate", "1", day="2026-11-03")
    assert found(crm, "complaint", "show", "1")["stage"] == "investigating"
    done(crm, "complaint", "reply", "1", "a new pump comes", "--on", "2026-11-04")
    assert found(crm, "complaint", "show", "1")["stage"] == "replied"
    done(
        crm,
        "complaint",
        "close",
        "1",
        "--root-cause",
        "seal",
        "--prevention",
        "test",
        "--cause",
        "quality",
        "--on",
        "-10d",
    )
    whole = found(crm, "complaint", "show", "1")
    assert {name: whole[name] for name in ("stage", "severity", "channel", "received_on", "reply", "cause", "age")} == {
        "stage": "closed", "severity": "high", "channel": "phone", "received_on": "2026-11-02", "reply": "a new pump comes",
        "cause": "quality", "age": 8,
    }  # fmt: skip
    assert done(crm, "complaint", "list") == ""
    assert [line["id"] for line in found(crm, "complaint", "list", "--all")] == [1]


@pytest.mark.parametrize(
    ("before", "step", "what"),
    [
        ((), "close 1 --root-cause a --prevention b", "has not been replied to"),
        (("investigate 1",), "investigate 1", "is being investigated since 2026-11-20"),
        (("reply 1 x",), "investigate 1", "was replied to on 2026-11-20"),
        (("reply 1 x",), "reply 1 y", "was replied to on 2026-11-20"),
        (("reply 1 x", "close 1 --root-cause a --prevention b"), "reply 1 y", "was closed on 2026-11-20"),
        ((), "reopen 1", "neither replied to nor closed"),
    ],
)
def test_a_step_back_or_too_far_is_refused(before: tuple[str, ...], step: str, what: str, crm: Run) -> None:
    done(crm, "complaint", "add", "#1", "x")
    for each in before:
        done(crm, "complaint", *each.split())
    held = done(crm, "export", "complaints")
    result = crm("complaint", *step.split())
    assert (result.status, what in result.err) == (1, True)
    assert done(crm, "export", "complaints") == held


@pytest.mark.parametrize(
    ("step", "where"),
    [
        ("close 1", "root_cause"),
        ("close 1 --root-cause a", "prevention"),
        ("close 1 --root-cause a --prevention b --on 2026-11-01", "closed_on: 2026-11-01 lies before replied_on"),
        ("close 1 --root-cause a --prevention b --on tomorrow", "closed_on: 2026-11-21 lies ahead"),
        ("edit 1 --severity huge", "severity"),
        ("edit 1 --due 2026-11-01", "reply_due_on: 2026-11-01 lies before received_on"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_changes_nothing(step: str, where: str, crm: Run) -> None:
    done(crm, "complaint", "add", "#1", "x")
    done(crm, "complaint", "reply", "1", "y")
    held = done(crm, "export", "complaints")
    result = crm("complaint", *step.split())
    assert (result.status, where in result.err) == (65, True)
    assert done(crm, "export", "complaints") == held


def test_reopened_and_closed_again_is_undone_step_by_step(crm: Run) -> None:
    done(crm, "complaint", "add", "#1", "x")
    done(crm, "complaint", "reply", "1", "y")
    done(crm, "complaint", "close", "1", "--root-cause", "a", "--prevention", "b")
    done(crm, "complaint", "reopen", "1")
    whole = found(crm, "complaint", "show", "1")
    assert (whole["stage"], whole["root_cause"], whole["closed_on"]) == ("investigating", "a", None)
    for stage in ("closed", "replied", "received"):
        done(crm, "undo")
        assert found(crm, "complaint", "show", "1")["stage"] == stage


def test_the_rules_say_by_when_to_reply(crm: Run) -> None:
    result = crm("complaint", "add", "#1", "x", "--severity", "critical")
    assert result.err == "reply_due_on: 2026-11-20 Fri\n"
    crm("complaint", "add", "#1", "x", "--severity", "high", "--received", "2026-11-10")
    crm("complaint", "add", "#1", "x", "--due", "2026-12-24")
    crm("complaint", "add", "#1", "x", "--severity", "low")
    due = {line["id"]: line["reply_due_on"] for line in found(crm, "complaint", "list")}
    assert due == {1: "2026-11-20", 2: "2026-11-12", 3: "2026-12-24", 4: "2026-11-27"}


def test_a_high_tier_is_answered_sooner_pinned_ones_too(crm: Run) -> None:
    done(crm, "classify")
    done(crm, "classify", "pin", "#1", "--tier", "high", "--reason", "x")
    for number in ("#1", "#2"):
        done(crm, "complaint", "add", number, "x", "--severity", "high")
    due = {line["customer"]: line["reply_due_on"] for line in found(crm, "complaint", "list")}
    assert due == {"张三": "2026-11-21", "Annie": "2026-11-22"}


def test_a_due_day_of_the_rules_follows_the_severity_one_set_by_hand_stays(crm: Run) -> None:
    done(crm, "complaint", "add", "#1", "x")
    done(crm, "complaint", "add", "#1", "x", "--due", "2026-12-24")
    for number in ("1", "2"):
        done(crm, "complaint", "edit", number, "--severity", "critical")
    due = {line["id"]: line["reply_due_on"] for line in found(crm, "complaint", "list")}
    assert due == {1: "2026-11-20", 2: "2026-12-24"}


def test_rules_without_response_leave_the_day_open(crm: Run) -> None:
    done(crm, "rules", "init")
    from crmcli.store.places import user_rules_path

    file = user_rules_path() / "cadence.yaml"
    text = file.read_text(encoding="utf-8")
    start, end = text.index("response:"), text.index("# Examples that must stay true")
    tests = text.index("  - name: a critical complaint")
    file.write_text(text[:start] + text[end:tests], encoding="utf-8")
    result = crm("complaint", "add", "#1", "x")
    assert (result.status, "no 'response:'" in result.err) == (0, True)
    assert found(crm, "complaint", "show", "1")["reply_due_on"] is None


def test_overdue_is_what_waits_for_a_reply(crm: Run) -> None:
    for severity in ("critical", "critical", "low"):
        done(crm, "complaint", "add", "#1", "x", "--severity", severity, "--received", "2026-11-16")
    done(crm, "complaint", "reply", "2", "y")
    late = found(crm, "complaint", "list", "--overdue")
    assert [(line["id"], line["days_late"], line["age"]) for line in late] == [(1, 4, 4)]


def test_statistics_by_cause_count_what_they_average(crm: Run) -> None:
    for number, (received, replied, closed, cause) in enumerate(
        [("01", "03", "05", "quality"), ("01", "02", None, "quality"), ("01", None, None, "quality"), ("01", None, None, "")], 1
    ):  # fmt: skip
        done(crm, "complaint", "add", "#1", "x", "--received", f"2026-11-{received}")
        done(crm, "complaint", "edit", str(number), "--cause", cause)
        if replied:
            done(crm, "complaint", "reply", str(number), "y", "--on", f"2026-11-{replied}")
        if closed:
            done(
                crm,
                "complaint",
                "close",
                str(number),
                "--root-cause",
                "a",
                "--prevention",
                "b",
                "--on",
                f"2026-11-{closed}",
            )
    quality, unnamed = found(crm, "complaint", "causes")
    assert quality == {
        "cause": "quality", "complaints": 3, "open": 2, "replied": 2, "days_to_reply": 1.5, "closed": 1, "days_to_close": 4.0,
    }  # fmt: skip
    assert (unnamed["cause"], unnamed["complaints"], unnamed["days_to_reply"]) == (None, 1, None)
    assert found(crm, "complaint", "causes", "--since", "2026-11-02") == []


def test_a_measure_has_an_owner_and_a_day_and_is_done_as_any_task(crm: Run) -> None:
    done(crm, "complaint", "add", "#1", "x")
    result = crm("complaint", "improve", "1", "test every lot", "--owner", "李雷", "--due", "月底")
    assert (result.status, result.err) == (0, "due_on: 2026-11-30 Mon\n")
    done(crm, "task", "add", "call", "--customer", "#1")
    assert [line["title"] for line in found(crm, "task", "list", "--kind", "improvement")] == [
        "test every lot"
    ]
    done(crm, "task", "done", "1")
    (measure,) = found(crm, "complaint", "show", "1")["improvements"]
    assert measure == {
        "id": 1, "due_on": "2026-11-30", "title": "test every lot", "owner": "李雷", "done_on": "2026-11-20",
    }  # fmt: skip
    for owner, due in (("", "eom"), ("李雷", "")):
        assert crm("complaint", "improve", "1", "x", "--owner", owner, "--due", due).status == 65
    assert crm("complaint", "improve", "7", "x", "--owner", "a", "--due", "eom").status == 1


def test_put_away_it_is_off_lists_and_statistics(crm: Run) -> None:
    done(crm, "complaint", "add", "#1", "x")
    done(crm, "complaint", "archive", "1")
    assert done(crm, "complaint", "list", "--all") + done(crm, "complaint", "causes") == ""
    done(crm, "complaint", "archive", "1", "--back")
    assert len(found(crm, "complaint", "list")) == 1


def test_a_customer_goes_with_its_complaints_and_comes_back_with_them(crm: Run) -> None:
    done(crm, "complaint", "add", "#1", "x")
    done(crm, "complaint", "improve", "1", "y", "--owner", "z", "--due", "eom")
    held = done(crm, "export", "complaints")
    done(crm, "customer", "delete", "#1", "--yes")
    assert len(done(crm, "export", "complaints").splitlines()) == 1
    done(crm, "undo")
    assert done(crm, "export", "complaints") == held


def test_a_file_is_read_back_unchanged_and_twice_is_once(crm: Run, tmp_path: Any) -> None:
    done(crm, "complaint", "add", "#1", "漏水，很急", "--severity", "high")
    done(crm, "complaint", "reply", "1", "马上来")
    done(crm, "complaint", "close", "1", "--root-cause", "a", "--prevention", "b", "--cause", "c")
    done(crm, "export", "complaints", "-o", "k.csv")
    assert "1 unchanged" in done(crm, "import", "complaints", "k.csv")
    (tmp_path / "zh.csv").write_text(
        "客户,投诉内容,投诉日期,严重程度\nAnnie,太慢,2026-10-02,紧急\n", encoding="utf-8"
    )
    assert "1 added" in done(crm, "import", "complaints", "zh.csv")
    assert "1 unchanged" in done(crm, "import", "complaints", "zh.csv")
    (tmp_path / "bad.csv").write_text(
        "customer,summary,date,closed_on\nAnnie,x,2026-10-02,2026-10-03\n", encoding="utf-8"
    )
    result = crm("import", "complaints", "bad.csv")
    assert (result.status, "bad.csv:2:root_cause: a complaint that is closed must have it" in result.err) == (
        65,
        True,
    )
