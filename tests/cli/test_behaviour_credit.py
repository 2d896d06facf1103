"""Credit: limit and terms, what is owed and since when, the warning at the limit, the rating."""

import json
from pathlib import Path

import pytest

from conftest import Run


def shown(crm: Run, customer: str = "张三") -> dict[str, object]:
    found: dict[str, object] = json.loads(crm("credit", "show", customer, "--format", "json").out)
    return found


def test_a_sale_is_due_by_the_terms(crm: Run) -> None:
    crm("add", "张三")
    crm("credit", "set", "张三", "--terms", "30")
    assert crm("sell", "张三", "10", "--on", "2026-01-31").err == "due on 2026-03-02, by the terms\n"
    assert crm("sell", "张三", "10", "--due", "2026-12-01").err == ""
    assert crm("sell", "张三", "10", "--paid", "2026-11-20").err == ""
    due = [row["due_on"] for row in json.loads(crm("export", "transactions", "--format", "json").out)]
    assert due == ["2026-03-02", "2026-12-01", None]


def test_the_limit_warns_and_stops_only_when_told(crm: Run) -> None:
    crm("add", "张三")
    crm("credit", "set", "张三", "--limit", "1000", "--terms", "30")
    assert "warning" not in crm("sell", "张三", "1000").err  # up to the limit
    refused = crm("sell", "张三", "0.01", "--strict-credit")
    assert (refused.status, refused.out) == (1, "")
    assert refused.err.startswith(
        "crm: error[refused]: over the credit limit: 1,000.01 CNY owed, the limit is 1,000.00 CNY\n"
    )
    assert shown(crm)["outstanding"] == "1000.00"
    over = crm("sell", "张三", "0.01")
    assert over.status == 0
    assert (
        over.err.splitlines()[-1]
        == "crm: warning: over the credit limit: 1,000.01 CNY owed, the limit is 1,000.00 CNY"
    )
    assert shown(crm)["available"] == "-0.01"
    assert "warning" not in crm("sell", "张三", "50", "--paid", "today").err  # cash owes nothing


def test_the_credit_of_a_customer(crm: Run) -> None:
    crm("add", "张三")
    crm("credit", "set", "张三", "--limit", "5万", "--terms", "30", "--notes", "一年")
    crm("sell", "张三", "20000", "--on", "2026-09-01")
    crm("sell", "张三", "10000", "--on", "2026-10-25")
    crm("sell", "张三", "700", "--on", "2026-08-01", "--paid", "2026-08-20", "--due", "2026-08-20")
    crm("sell", "张三", "300", "--on", "2026-08-01", "--paid", "2026-09-20", "--due", "2026-08-20")
    crm("payment", "add", "1", "5000")
    found = shown(crm)
    assert {name: found[name] for name in ("limit", "terms_days", "reviewed_on", "notes")} == {
        "limit": "50000.00", "terms_days": 30, "reviewed_on": "2026-11-20", "notes": "一年",
    }  # fmt: skip
    assert [found[name] for name in ("outstanding", "available", "overdue", "overdue_days")] == [
        "25000.00", "25000.00", "15000.00", 50,
    ]  # fmt: skip
    assert [found[name] for name in ("oldest_unpaid", "oldest_due_on", "on_time_share", "paid_sales")] == [
        1, "2026-10-01", 0.5, 2,
    ]  # fmt: skip
    assert (
        "Oldest unpaid  #1 of 2026-09-01, 15,000.00 CNY owed"
        in crm("credit", "show", "张三", "-f", "table").out
    )


def test_a_customer_without_credit_can_be_shown(crm: Run) -> None:
    crm("add", "张三")
    found = shown(crm)
    assert (found["limit"], found["outstanding"], found["on_time_share"]) == (None, "0.00", None)


def test_a_review_is_noted_and_can_be_undone(crm: Run) -> None:
    crm("add", "张三")
    assert crm("credit", "review", "张三").err.startswith(
        "crm: error[refused]: 张三 has no credit yet\nhint: "
    )
    crm("--today", "2026-01-05", "credit", "set", "张三", "--limit", "100")
    assert tuple(crm("--today", "2026-11-20", "credit", "review", "张三")) == (
        0,
        "credit of 张三: limit 100.00 CNY, no terms, reviewed on 2026-11-20\n  reviewed_on: 2026-01-05 → 2026-11-20\n",
        "",
    )
    crm("credit", "review", "张三", "--limit", "200")
    assert shown(crm)["limit"] == "200.00"
    crm("undo")
    crm("undo")
    assert (shown(crm)["limit"], shown(crm)["reviewed_on"]) == ("100.00", "2026-01-05")
    crm("undo")
    assert shown(crm)["limit"] is None


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--limit", "abc"], "limit: not an amount"),
        (["--limit", "-1"], "must be at least 0"),
        (["--terms", "soon"], "terms_days: not a whole number"),
        (["--terms", "-1"], "terms_days: must be at least 0"),
        (["--currency", "EUR"], "currency: the limit is in CNY"),
        (["--currency", "?"], "currency: "),
    ],
)
def test_a_bad_value_changes_nothing(options: list[str], what: str, crm: Run) -> None:
    crm("add", "张三")
    crm("credit", "set", "张三", "--limit", "100", "--terms", "10")
    result = crm("credit", "set", "张三", "--notes", "x", *options)
    assert (result.status, result.out) == (65, "")
    assert what in result.err
    assert [shown(crm)[name] for name in ("limit", "terms_days", "notes")] == ["100.00", 10, None]


def test_limit_and_terms_can_be_taken_away(crm: Run) -> None:
    crm("add", "张三")
    crm("credit", "set", "张三", "--limit", "100", "--terms", "10")
    crm("credit", "set", "张三", "--limit", "", "--terms", "")
    assert [shown(crm)[name] for name in ("limit", "terms_days")] == [None, None]


def test_the_ageing_keeps_currencies_apart(crm: Run) -> None:
    crm("add", "张三")
    crm("add", "李四")
    for amount, due in (("1", "2026-11-20"), ("2", "2026-11-19"), ("4", "2026-10-21"), ("8", "2026-10-20"),
                        ("16", "2026-09-20"), ("32", "2026-08-22"), ("64", "2026-08-21")):  # fmt: skip
        crm("sell", "张三", amount, "--on", "2026-08-01", "--due", due)
    crm("sell", "李四", "5", "--due", "2026-12-01")
    crm("sell", "张三", "500", "--currency", "JPY", "--due", "2026-11-01")
    rows = json.loads(crm("credit", "list", "--format", "json").out)
    ages = ("current", "days_1_30", "days_31_60", "days_61_90", "days_over_90", "overdue_days")
    assert [(row["name"], row["outstanding_currency"], *(row[age] for age in ages)) for row in rows] == [
        ("张三", "CNY", "1.00", "6.00", "8.00", "48.00", "64.00", 91),
        ("李四", "CNY", "5.00", "0.00", "0.00", "0.00", "0.00", 0),
        ("张三", "JPY", "0", "500", "0", "0", "0", 19),
    ]
    overdue = json.loads(crm("credit", "list", "--overdue", "--format", "json").out)
    assert [row["name"] for row in overdue] == ["张三", "张三"]
    table = crm("credit", "list", "-f", "table").out
    assert [line.split()[:4] for line in table.splitlines()[-2:]] == [
        ["all,", "CNY", "132.00", "CNY"], ["all,", "JPY", "500", "JPY"],
    ]  # fmt: skip


def test_nothing_overdue_is_a_no(crm: Run) -> None:
    crm("add", "张三")
    assert tuple(crm("credit", "list")) == (0, "", "nothing is owed\n")
    crm("credit", "set", "张三", "--limit", "10")
    assert crm("credit", "list", "--format", "ids").out == "1\n"  # owes nothing, and has credit
    assert tuple(crm("credit", "list", "--overdue")) == (1, "", "nothing is overdue\n")


def test_the_rating_says_why(crm: Run, tmp_path: Path) -> None:
    rules = str(tmp_path / "rules")
    crm("rules", "init", rules, "--preset", "credit")
    crm("add", "张三")
    crm("credit", "set", "张三", "--limit", "1000", "--terms", "30")
    crm("sell", "张三", "500", "--on", "2026-08-20")
    crm("classify", "--as-of", "2026-11-20", "--rules", rules)
    segments = json.loads(crm("show", "张三", "--format", "json").out)["segments"]
    assert segments == [{"judgement": "credit_rating", "segment": "poor"}]
    why = crm("why", "张三", "--format", "json").out
    assert "overdue_days > much_overdue" in why
    assert crm("list", "--segment", "credit_rating=poor", "--format", "ids").out == "1\n"


DECLARED = """features:
  paid_12m: {from: payments, take: sum, field: amount, window: 12 months, text: {en: a, zh: 甲}}
  worst_delay: {from: payments, take: max, field: days_late, text: {en: b, zh: 乙}}
  last_paid: {from: payments, take: last, field: amount, text: {en: c, zh: 丙}}
  overdue_sales: {from: transactions, take: count, where: overdue_days > 0, text: {en: d, zh: 丁}}
  still_owed: {from: transactions, take: sum, field: 欠款, text: {en: e, zh: 戊}}
  terms: {from: credits, take: max, field: terms_days, text: {en: f, zh: 己}}
  room: {from: credits, take: sum, field: limit, text: {en: g, zh: 庚}}
"""
EXAMPLE = """
  - name: two sales, one paid in parts
    as_of: 2026-06-30
    facts:
      transactions:
        - {occurred_on: 2026-01-10, amount: 1000, due_on: 2026-02-09}
        - {occurred_on: 2026-03-10, amount: 500.5, due_on: 2026-04-09}
        - {occurred_on: 2026-03-10, amount: 77}
      payments:
        - {sale: 1, paid_on: 2025-06-30, amount: 100}  # the day the window starts from is not in it
        - {sale: 1, paid_on: 2026-02-19, amount: 900}
        - {sale: 2, paid_on: 2026-04-01, amount: 200.25}
        - {sale: 2, paid_on: 2026-07-01, amount: 300.25}
      credits:
        - {limit: 800, terms_days: 30}
    expect:
      paid_12m: 1100.25
      worst_delay: 10
      last_paid: 200.25
      overdue_sales: 1
      still_owed: 300.25
      terms: 30
      room: 800
      settled_sales: 1
      unpaid_amount: 300.25
"""


def test_rules_can_look_at_payments_and_credits_themselves(crm: Run, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    crm("rules", "init", str(folder), "--preset", "credit")
    file = folder / "features.yaml"
    text = file.read_text(encoding="utf-8").replace("features:\n", DECLARED, 1)
    file.write_text(text.rstrip("\n") + EXAMPLE, encoding="utf-8")
    result = crm("rules", "test", "--rules", str(folder))
    assert (result.status, result.err.endswith(" examples hold\n")) == (0, True)
    file.write_text(
        file.read_text(encoding="utf-8").replace("still_owed: 300.25", "still_owed: 1"), encoding="utf-8"
    )
    assert crm("rules", "test", "--rules", str(folder)).status == 1


def test_a_rating_of_the_past_knows_neither_later_payments_nor_a_later_limit(
    crm: Run, tmp_path: Path
) -> None:
    rules = str(tmp_path / "rules")
    crm("rules", "init", rules, "--preset", "credit")
    crm("--today", "2026-01-01", "add", "张三")
    crm("--today", "2026-01-01", "credit", "set", "张三", "--limit", "100")
    crm("--today", "2026-01-01", "sell", "张三", "1000", "--due", "2026-01-31")
    crm("--today", "2026-02-10", "payment", "add", "1", "900")
    crm("--today", "2026-02-20", "payment", "add", "1", "100")
    crm("--today", "2026-03-01", "credit", "set", "张三", "--limit", "5000")
    for day, used, overdue in (
        ("2026-02-01", 1000, 1), ("2026-02-10", 100, 10), ("2026-02-20", 0, None), ("2026-03-01", 0, None),
    ):  # fmt: skip
        crm("classify", "--as-of", day, "--rules", rules)
        why = json.loads(crm("why", "张三", "--period", day, "--format", "json").out)
        facts = {row["feature"]: row["value"] for row in why["facts"]}
        assert (facts["credit_used_percent"], facts["overdue_days"]) == (used, overdue), day
