"""Identity numbers, lunar birthdays, consent, and the customer file."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from conftest import Run

Do = Callable[..., str]
NUMBER = "110105199007071234"


def read(do: Do, which: str, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(do("show", which, *options, "--format", "json"))
    return found


# --- identity numbers


@pytest.mark.parametrize("form", ["table", "plain", "csv", "json", "jsonl"])
def test_an_identity_number_is_masked_wherever_it_is_shown(form: str, do: Do) -> None:
    do("add", "张三", "--id-number", NUMBER)
    assert NUMBER not in do("show", "张三", "--format", form)
    assert "****1234" in do("show", "张三", "--format", form)
    assert NUMBER in do("show", "张三", "--format", form, "--reveal")


def test_an_identity_number_is_in_no_line_that_is_kept_or_printed(do: Do, database: Path) -> None:
    do("add", "张三", "--id-number", "short")
    said = do("customer", "edit", "张三", "--id-number", NUMBER)
    assert said.splitlines()[1:] == ["  id_number: **** → ****1234"]
    with closing(sqlite3.connect(database)) as connection:
        kept = connection.execute("SELECT command, summary FROM journal_entries").fetchall()
    assert NUMBER not in said + do("journal") + repr(kept) + do("undo")


def test_a_masked_export_changes_nothing_on_its_way_back(crm: Run, do: Do) -> None:
    do("add", "张三", "--id-number", NUMBER, "--external-id", "K1")
    Path("masked.csv").write_text(do("export", "customers"), encoding="utf-8")
    Path("full.csv").write_text(do("export", "customers", "--reveal"), encoding="utf-8")
    assert NUMBER not in Path("masked.csv").read_text(encoding="utf-8")
    for name in ("masked.csv", "full.csv"):
        assert " 0 added + 0 updated + 1 unchanged" in do("import", "customers", name)
    assert read(do, "张三", "--reveal")["id_number"] == NUMBER
    refused = crm("customer", "edit", "张三", "--id-number", "****1234")
    assert (refused.status, "that number is masked" in refused.err) == (65, True)


# --- birthdays


def test_a_lunar_birthday_is_kept_as_a_solar_day_and_both_are_said(crm: Run, do: Do) -> None:
    result = crm("add", "张三", "--birthday", "农历1990年闰五月十五")
    assert result.err == "birthday: 1990-07-07 (lunar 1990-05-15 leap)\n"
    found = read(do, "张三")
    assert [found[key] for key in ("birthday", "birthday_calendar", "birthday_lunar", "next_birthday")] == [
        "1990-07-07", "lunar", "1990-05-15 leap", "2027-06-19",
    ]  # fmt: skip
    shown = do("show", "张三", "--format", "table")
    assert "1990-07-07 (lunar 1990-05-15 leap), next on 2027-06-19" in shown
    edited = crm("customer", "edit", "张三", "--birthday", "1990-04-15", "--birthday-calendar", "农历")
    assert edited.err == "birthday: 1990-05-09 (lunar 1990-04-15)\n"
    assert "birthday: 1990-07-07 → 1990-05-09" in edited.out
    assert (
        crm("customer", "edit", "张三", "--birthday", "1990-04-15").err
        == "birthday: 1990-04-15 (lunar 1990-03-20)\n"
    )


@pytest.mark.parametrize("day", ["2026-11-21", "tomorrow", "2030-01-01", "农历2027年正月初一"])
def test_nobody_was_born_on_a_day_ahead(day: str, crm: Run, do: Do) -> None:
    result = crm("add", "张三", "--birthday", day)
    assert (result.status, result.out) == (65, "")
    assert "birthday: 20" in result.err
    assert "lies ahead: it has not happened yet" in result.err
    do("add", "张三", "--birthday", "today")
    assert crm("customer", "edit", "张三", "--birthday", day).status == 65
    assert crm("contact", "add", "张三", "李雷", "--birthday", day).status == 65


def test_a_contact_has_a_lunar_birthday_too(crm: Run, do: Do) -> None:
    do("add", "张三")
    result = crm("contact", "add", "张三", "李雷", "--birthday", "1988-01-01", "--birthday-calendar", "lunar")
    assert result.err == "birthday: 1988-02-17 (lunar 1988-01-01)\n"
    assert json.loads(do("export", "contacts", "--format", "json"))[0]["birthday"] == "lunar 1988-01-01"


def test_no_such_lunar_day_changes_nothing(crm: Run, do: Do) -> None:
    do("add", "张三", "--birthday", "1990-05-09")
    result = crm("customer", "edit", "张三", "--birthday", "1990-04-30", "--birthday-calendar", "lunar")
    assert (result.status, result.err.splitlines()[1]) == (65, "hint: that month has 29 days")
    assert (read(do, "张三")["birthday"], read(do, "张三")["birthday_calendar"]) == ("1990-05-09", "solar")


@pytest.mark.parametrize(
    ("header", "cells", "birthday", "calendar"),
    [
        ("name,birthday,birthday_calendar", "Ann,1990-04-15,农历", "1990-05-09", "lunar"),
        ("name,birthday,birthday_calendar", "Ann,lunar 1990-05-15 leap,lunar", "1990-07-07", "lunar"),
        ("name,birthday,birthday_calendar", "Ann,1990-04-15,", "1990-04-15", "solar"),
        ("name,birthday", "Ann,农历1990年闰五月十五", "1990-07-07", "lunar"),
        ("name,birthday", "Ann,1990-04-15", "1990-04-15", "solar"),
    ],
)
def test_a_file_says_lunar_in_the_cell_or_beside_it(
    header: str, cells: str, birthday: str, calendar: str, do: Do
) -> None:
    Path("people.csv").write_text(f"{header}\n{cells}\n", encoding="utf-8")
    do("import", "customers", "people.csv")
    found = read(do, "Ann")
    assert (found["birthday"], found["birthday_calendar"]) == (birthday, calendar)
    assert " 0 added + 0 updated + 1 unchanged" in do("import", "customers", "people.csv")
    Path("back.csv").write_text(do("export", "customers"), encoding="utf-8")
    assert " 0 added + 0 updated + 1 unchanged" in do("import", "customers", "back.csv")


def test_a_row_with_no_such_lunar_day_is_a_fault_of_its_line(crm: Run) -> None:
    Path("people.csv").write_text(
        "name,birthday,birthday_calendar\nAnn,1990-04-29,lunar\nBob,1990-04-30,lunar\nCem,lunar 1990-04-15,solar\n",
        encoding="utf-8",
    )
    result = crm("import", "customers", "people.csv")
    assert result.status == 65
    assert [line.split(":")[0] for line in result.err.splitlines() if line.startswith("people.csv")] == [
        "people.csv"
    ] * 2
    assert "no such day in the lunar calendar: lunar 1990-04-30" in result.err
    kept = crm("import", "customers", "people.csv", "--keep-going")
    assert (kept.status, "1 added" in kept.out) == (3, True)


def test_birthdays_of_29_february_follow_the_setting(do: Do) -> None:
    do("add", "Leap", "--birthday", "2000-02-29")
    assert read(do, "Leap")["next_birthday"] == "2027-02-28"
    do("init", "--leap-birthday", "mar1")
    assert read(do, "Leap")["next_birthday"] == "2027-03-01"


def test_another_day_for_29_february_is_refused(crm: Run) -> None:
    result = crm("init", "--leap-birthday", "mar2")
    assert (result.status, result.err.splitlines()[1]) == (65, "hint: write feb28, mar1")


# --- consent


def test_consent_is_given_taken_and_shown(crm: Run, do: Do) -> None:
    do("add", "张三")
    assert "every channel is welcome" in do("customer", "consent", "张三", "--format", "table")
    do("customer", "consent", "张三", "--refuse", "微信，sms")
    assert read(do, "张三")["refused_channels"] == "sms,wechat"
    do("customer", "consent", "张三", "--allow", "sms")
    assert "Consent  not by WeChat" in do("show", "张三", "--format", "table")
    assert do("customer", "consent", "张三", "--allow", "sms") == "nothing to do: it already is so\n"
    do("undo")
    assert read(do, "张三")["refused_channels"] == "sms,wechat"
    for options in (["--refuse", "fax"], ["--refuse", "sms", "--allow", "短信"]):
        assert crm("customer", "consent", "张三", *options).status == 65
    assert read(do, "张三")["refused_channels"] == "sms,wechat"


def test_a_contact_against_consent_is_recorded_with_a_warning(crm: Run, do: Do) -> None:
    do("add", "张三")
    do("customer", "consent", "张三", "--refuse", "wechat")
    result = crm("log", "wechat", "张三", "hi")
    assert (result.status, result.err) == (0, "crm: warning: 张三 does not want to be reached by WeChat\n")
    assert crm("log", "wechat", "张三", "asked", "--direction", "inbound").err == ""
    assert crm("log", "phone", "张三").err == ""
    do("customer", "consent", "张三", "--do-not-contact")
    assert crm("log", "phone", "张三").err == "crm: warning: 张三 does not want to be contacted\n"
    assert len(read(do, "张三")["interactions"]) == 4


def test_who_is_not_to_be_contacted_is_not_on_the_agenda(do: Do) -> None:
    do("add", "Ann")
    do("add", "Bob")
    do("task", "add", "call", "--customer", "Ann", "--due", "today")
    do("customer", "consent", "Ann", "--do-not-contact")
    assert do("agenda", "--format", "ids") == "2\n"
    do("customer", "consent", "Ann", "--contact")
    assert sorted(do("agenda", "--format", "ids").split()) == ["1", "2"]


def test_consent_comes_from_files_and_goes_back_to_them(do: Do) -> None:
    Path("people.csv").write_text(
        'name,免打扰,refused_channels\nAnn,是,"wechat, 短信"\nBob,,\n', encoding="utf-8"
    )
    do("import", "customers", "people.csv")
    assert (read(do, "Ann")["do_not_contact"], read(do, "Ann")["refused_channels"]) == (True, "sms,wechat")
    assert (read(do, "Bob")["do_not_contact"], read(do, "Bob")["refused_channels"]) == (False, None)
    Path("back.csv").write_text(do("export", "customers"), encoding="utf-8")
    assert " 0 added + 0 updated + 2 unchanged" in do("import", "customers", "back.csv")


# --- the customer file


#: What other commands record: a complaint, surveys, credit and a payment. {} is an instant.
_CARE = """
INSERT INTO complaints
    (uid, created_at, updated_at, customer_id, summary, severity, received_on, reply_due_on, investigating_on)
    VALUES ('c1', {}, {}, 1, '漏水', 'high', '2026-11-10', '2026-11-12', '2026-11-11');
INSERT INTO surveys (uid, created_at, updated_at, customer_id, kind, asked_on, answered_on, score)
    VALUES ('s1', {}, {}, 1, 'nps', '2026-10-01', '2026-10-02', 9);
INSERT INTO surveys (uid, created_at, updated_at, customer_id, kind, asked_on)
    VALUES ('s2', {}, {}, 1, 'csat', '2026-11-01');
INSERT INTO credits (uid, created_at, updated_at, customer_id, limit_minor, currency, reviewed_on)
    VALUES ('k1', {}, {}, 1, 5000000, 'CNY', '2026-11-01');
INSERT INTO payments (uid, created_at, updated_at, customer_id, transaction_id, paid_on, amount_minor)
    VALUES ('p1', {}, {}, 1, 1, '2026-11-15', 40000);
"""


def _fill(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(_CARE.replace("{}", "'2026-11-01T00:00:00.000000Z'"))


@pytest.fixture
def full(do: Do, database: Path) -> None:
    do(
        "add",
        "张三",
        "--company",
        "远山贸易",
        "--title",
        "经理",
        "--phone",
        "13800138000",
        "--tags",
        "vip",
        "--next",
        "2026-11-25",
    )
    do("sell", "张三", "1000", "--on", "2026-10-01", "--due", "2026-11-01")
    do("sell", "张三", "500", "--on", "2026-11-01", "--due", "2026-12-01")
    do("sell", "张三", "70", "--on", "2026-11-02")
    do("sell", "张三", "9", "--on", "2025-11-20")
    do("contact", "add", "张三", "李雷", "--title", "采购")
    do("opportunity", "add", "张三", "--name", "deal", "--amount", "20000", "--close", "2026-12-15")
    do("task", "add", "send the quote", "--customer", "张三", "--due", "2026-11-21", "--channel", "email")
    do("preference", "add", "张三", "颜色", "深蓝")
    for day in range(1, 8):
        do("log", "phone", "张三", f"call {day}", "--on", f"2026-11-0{day}")
    _fill(database)
    do("classify")


@pytest.mark.usefixtures("full")
def test_the_file_fits_a_screen_and_holds_what_is_open(do: Do, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = do("show", "张三", "--format", "table").splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    text = " ".join(" ".join(lines).split())
    for said in (
        "Name 张三 · person", "Company 远山贸易 · 经理", "Contacts 李雷 · 采购", "Preferences colour: 深蓝",
        "Complaints #1 漏水 (high, investigating, 2026-11-10, reply due 2026-11-12)",
        "Surveys CSAT asked on 2026-11-01 · NPS 9 (2026-10-02)",
        "Money 1,570.00 CNY in 3 orders in 12 months; unpaid 1,100.00 CNY; overdue 600.00 CNY for 19 days; limit 50,000.00 CNY",
        "Next step 2026-11-21 send the quote (task #1, e-mail) 2026-11-25 contact agreed",
    ):  # fmt: skip
        assert said in text, text


@pytest.mark.usefixtures("full")
def test_the_file_is_complete_for_a_program(do: Do) -> None:
    found = read(do, "张三")
    assert found["money"] == [
        {
            "revenue": "1570.00", "revenue_currency": "CNY", "orders": 3, "unpaid": "1100.00", "unpaid_currency": "CNY",
            "overdue": "600.00", "overdue_currency": "CNY", "overdue_since": "2026-11-01", "credit_limit": "50000.00",
            "credit_limit_currency": "CNY",
        }
    ]  # fmt: skip
    assert [each["stage"] for each in found["complaints"]] == ["investigating"]
    assert [each["score"] for each in found["surveys"]] == [None, 9]
    assert [each["value"] for each in found["preferences"]] == ["深蓝"]
    assert (
        len(found["interactions"])
        == len(json.loads(do("interaction", "list", "张三", "--format", "json")))
        > 5
    )
    (person,) = found["contacts"]
    assert {"gender", "birthday", "birthday_calendar"} <= set(person)


@pytest.mark.usefixtures("full")
def test_each_judgement_stands_with_its_reason(do: Do) -> None:
    text = " ".join(do("show", "张三", "--format", "table").split())
    found = read(do, "张三")
    terms = found["indicators"]
    why = json.loads(do("why", "张三", "--format", "json"))
    points = {each["indicator"]: each["points"] for each in why["indicators"]}
    assert {each["indicator"]: each["points"] for each in terms} == points
    best = terms[0]
    assert sum(each["points"] for each in terms) == pytest.approx(found["score"], abs=0.02)
    assert f"Score {found['score']:.2f} (recent purchase {best['points']:.2f}, " in text
    assert terms == sorted(terms, key=lambda each: -each["points"])
    assert "Tier low (score below 40)" in text
    assert found["tier_from"] is None
    assert found["lifecycle_facts"]["orders"] == 4
    do("sell", "张三", "900000")
    do("classify")
    assert "Tier medium (score at least 40)" in " ".join(do("show", "张三", "--format", "table").split())
    assert read(do, "张三")["tier_from"] == 40.0


def test_the_lowest_tier_says_below_what_the_score_is(do: Do) -> None:
    do("add", "Ann")
    do("classify")
    assert "Tier low (score below 40)" in " ".join(do("show", "Ann", "--format", "table").split())
    assert read(do, "Ann")["tier_from"] is None


def test_the_birthday_of_a_contact_is_in_the_file(do: Do) -> None:
    do("add", "远山", "--kind", "organization")
    do("contact", "add", "远山", "李雷", "--gender", "男", "--birthday", "农历1988年正月初一")
    (person,) = read(do, "远山")["contacts"]
    assert (person["gender"], person["birthday"], person["birthday_calendar"]) == (
        "male",
        "1988-02-17",
        "lunar",
    )
    assert "born 1988-02-17 (lunar 1988-01-01)" in " ".join(do("show", "远山", "--format", "table").split())


def test_a_bare_customer_has_a_short_file(do: Do) -> None:
    do("add", "Ann")
    assert do("show", "Ann", "--format", "table").split() == ["#", "1", "Name", "Ann", "·", "person"]
