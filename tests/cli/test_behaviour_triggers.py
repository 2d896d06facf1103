"""What brings somebody onto the agenda by the triggers of the rules, what it is worth, and what keeps somebody off."""

import json
import sqlite3
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from conftest import Once, Run
from crmcli.rules import load
from crmcli.workflows.rule_folder import preset_files, presets

TODAY = date(2026, 11, 20)


def day(ahead: int) -> str:
    return (TODAY + timedelta(days=ahead)).isoformat()


def put(database: Path, table: str, **values: Any) -> None:
    """A record as another command of the program would leave it."""
    values = {"uid": f"{table}-{json.dumps(values)}", "created_at": f"{day(0)}T00:00:00.000000Z",
              "updated_at": f"{day(0)}T00:00:00.000000Z", **values}  # fmt: skip
    names = ", ".join(f'"{name}"' for name in values)
    with sqlite3.connect(database) as connection:
        connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(values))})",  # noqa: S608 - names of this file
            list(values.values()),
        )


def lines(crm: Run, *argv: str) -> dict[str, Any]:
    return {row["name"]: row for row in json.loads(crm("agenda", "--format", "json", *argv).out)}


@pytest.fixture
def quiet(once: Once, do: Any) -> None:
    """A customer with nothing due."""

    @once
    def _built() -> None:
        do("add", "张三")
        do("log", "phone", "张三")


@pytest.mark.parametrize(
    ("table", "values", "reason"),
    [
        ("complaints", {"summary": "late", "severity": "high", "received_on": day(-3), "reply_due_on": day(-1)},
         "complaint #1, reply 1 day late: late"),
        ("complaints", {"summary": "late", "severity": "high", "received_on": day(-15), "replied_on": day(-14)},
         "complaint #1 open for 15 days: late"),
        ("tasks", {"title": "send it", "kind": "promise", "due_on": day(0)}, "promise #1 due today: send it"),
        ("tasks", {"title": "train", "kind": "improvement", "due_on": day(-2)}, "improvement #1 2 days late: train"),
        ("credits", {"currency": "CNY", "reviewed_on": day(-365)}, f"credit last reviewed on {day(-365)}"),
        ("surveys", {"kind": "nps", "asked_on": day(-7)}, f"survey of {day(-7)} not answered"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("quiet")
def test_records_bring_their_customer(
    table: str, values: dict[str, Any], reason: str, crm: Run, database: Path
) -> None:
    assert lines(crm) == {}
    put(database, table, customer_id=1, **values)
    assert lines(crm)["张三"]["reasons"] == reason


@pytest.mark.usefixtures("quiet")
def test_somebody_who_called_is_waiting_until_called_back(crm: Run, do: Any) -> None:
    do("log", "phone", "张三", "--direction", "inbound", "price?")
    assert lines(crm)["张三"]["reasons"] == f"not answered since {day(0)}: price?"
    for outcome in ("no_answer", "left_message"):
        do("log", "phone", "张三", "tried", "--outcome", outcome)
    assert lines(crm)["张三"]["reasons"] == f"not answered since {day(0)}: price?"
    do("log", "email", "张三")
    assert lines(crm) == {}


@pytest.mark.usefixtures("quiet")
def test_unpaid_money_of_another_currency_is_owed_too(crm: Run, do: Any) -> None:
    """It weighs nothing in sums of money, for want of a rate, and is as late as any other."""
    do("sell", "张三", "100", "--currency", "USD", "--on", day(-40), "--due", day(-10))
    do("payment", "add", "1", "30", "--on", day(-5))
    assert lines(crm)["张三"]["reasons"] == "payment 10 days late: 70.00 USD"
    terms = json.loads(crm("why", "张三", "--agenda", "--format", "json").out)["terms"]
    assert [term["points"] for term in terms if term["term"] == "money"] == [0]


@pytest.mark.usefixtures("quiet")
def test_unpaid_money(crm: Run, do: Any, database: Path) -> None:
    put(database, "transactions", customer_id=1, occurred_on=day(-40), kind="sale", amount_minor=90000, currency="CNY",
        due_on=day(-10))  # fmt: skip
    put(database, "payments", customer_id=1, transaction_id=1, paid_on=day(-5), amount_minor=40000)
    line = lines(crm)["张三"]
    assert line["reasons"] == "payment 10 days late: 500.00 CNY"
    put(database, "payments", customer_id=1, transaction_id=1, paid_on=day(-4), amount_minor=50000)
    assert lines(crm) == {}


def test_birthdays_come_for_those_whom_the_condition_takes(crm: Run, do: Any) -> None:
    do("add", "poor", "--birthday", "1980-11-23")
    do("add", "rich", "--birthday", "1980-11-23")
    for name in ("poor", "rich"):
        do("log", "phone", name)
    for _time in range(6):
        do("sell", "rich", "9000", "--cost", "1000", "--on", day(-5))
    do("classify", "--as-of", TODAY.isoformat())
    found = lines(crm)
    assert found.keys() == {"rich"}
    assert (found["rich"]["reasons"], found["rich"]["channel"]) == (f"birthday of rich on {day(3)}", "wechat")


@pytest.mark.usefixtures("quiet")
def test_what_is_put_off_is_silent_until_its_day(crm: Run, do: Any, database: Path) -> None:
    do("task", "add", "one", "--customer", "张三", "--due", "today")
    do("task", "add", "two", "--customer", "张三", "--due", "today")
    put(database, "deferrals", task_id=1, kind="snooze", noted_on=day(0), until_on=day(2))
    assert lines(crm)["张三"]["reasons"] == "task #2 due today: two"
    put(database, "deferrals", customer_id=1, kind="skip", noted_on=day(0), until_on=day(5))
    assert lines(crm) == {}
    why = json.loads(crm("why", "--agenda", "张三", "--format", "json").out)
    assert (why["on_agenda"], why["absent"], why["next_on"]) == (False, "put_off", day(5))
    assert "task #1" in lines(crm, "--date", day(5))["张三"]["reasons"]
    put(
        database, "deferrals", customer_id=1, kind="snooze", noted_on=day(0), until_on=day(0)
    )  # the latest word counts
    assert lines(crm)["张三"]["reasons"] == "task #2 due today: two"


def test_who_does_not_want_to_be_contacted_is_not_named(crm: Run, do: Any, database: Path) -> None:
    do("add", "张三")
    assert lines(crm).keys() == {"张三"}
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE customers SET do_not_contact = 1")
    assert lines(crm) == {}
    assert json.loads(crm("why", "--agenda", "张三", "--format", "json").out)["absent"] == "do_not_contact"


def test_week_overdue_and_customer(crm: Run, do: Any) -> None:
    for name in ("late", "soon"):
        do("add", name)
        do("log", "phone", name)
    do("task", "add", "x", "--customer", "late", "--due", day(-1))
    do("task", "add", "y", "--customer", "soon", "--due", day(6))
    assert lines(crm).keys() == {"late"}
    assert lines(crm, "--week").keys() == {"late", "soon"}
    assert lines(crm, "--week", "--overdue").keys() == {"late"}
    assert lines(crm, "--week", "--customer", "soon").keys() == {"soon"}
    assert crm("agenda", "--week", "--days", "3").status == 2


def test_the_terms_add_up_to_the_urgency(crm: Run, do: Any) -> None:
    do("add", "张三")
    do("opportunity", "add", "张三", "--close", "+3d", "--amount", "33333")
    do("task", "add", "x", "--customer", "张三", "--due", day(-7))
    do("log", "phone", "张三", "--on", day(-40))
    do("classify", "--as-of", TODAY.isoformat())
    why = json.loads(crm("why", "--agenda", "张三", "--format", "json").out)
    assert (
        round(sum(term["points"] for term in why["terms"]), 2)
        == why["urgency"]
        == lines(crm)["张三"]["urgency"]
    )
    largest = max(why["terms"], key=lambda term: term["points"])  # takes what rounding the others left over
    for term in why["terms"]:
        own = term["coefficient"] * term["share"]
        assert term["points"] == (pytest.approx(own, abs=0.02) if term is largest else round(own, 2))
    assert why["urgency"] == round(sum(term["coefficient"] * term["share"] for term in why["terms"]), 2)
    assert {"cadence", "task", "deal_near", "tier", "grade", "money", "matters"} <= {
        t["term"] for t in why["terms"]
    }


@pytest.mark.parametrize("preset", presets())
def test_every_trigger_ramp_and_line_of_the_shipped_rules_has_an_example(preset: str) -> None:
    """What has none is named. An example of a ramp says how much of its quantity there is, past the start of the ramp."""
    rules = load({name: path.read_text(encoding="utf-8") for name, path in preset_files(preset).items()})
    given = [dict(case.given) for case in rules.cases]
    points = {each.name: each.points for each in rules.triggers.triggers} | dict(rules.triggers.terms)
    examples = {name: [own for own in given if own.get("trigger") == name] for name in points}
    assert [name for name, own in examples.items() if not own] == []
    ramps = {name: each for name, each in points.items() if each.of and each.points}
    flat = [
        name for name, ramp in ramps.items()
        if not any(ramp.share(float(own[ramp.of])) > 0 for own in examples[name] if ramp.of in own)
    ]  # fmt: skip
    assert flat == []
    rhythms = [own for own in given if {"grade", "tier"} <= own.keys() and "trigger" not in own]
    shown = {
        id(rules.cadence.find(str(own["grade"]), str(own["tier"]), str(own.get("lifecycle", ""))))
        for own in rhythms
    }
    assert [line for line in rules.cadence.rules if id(line) not in shown] == []
    replies = [own for own in given if "severity" in own]
    answered = {
        id(rules.cadence.find_response(str(own["tier"]) if "tier" in own else None, str(own["severity"])))
        for own in replies
    }
    assert [line for line in rules.cadence.response if id(line) not in answered] == []


@pytest.mark.parametrize(
    ("silent", "named"), [(100, False), (200, False), (292, False), (293, True), (365, True), (366, False)]
)
def test_who_will_soon_count_as_lost_is_named_before(silent: int, named: bool, crm: Run, do: Any) -> None:
    """At risk from 120 days of silence on, lost after 365: the last fifth of that."""
    do("add", "张三")
    do("log", "phone", "张三", "--on", day(-40))
    for before in (silent + 30, silent):
        do("sell", "张三", "100", "--on", day(-before))
    do("classify", "--as-of", day(0))
    assert ("will soon count as lost" in lines(crm).get("张三", {"reasons": ""})["reasons"]) == named
