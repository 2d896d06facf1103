"""Features that rules declare themselves, over random facts, against plain Python."""

import itertools
import math
import statistics
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from sqlalchemy import Connection, select

from crmcli.rules.checker import check, load
from crmcli.rules.compiler import compile_ruleset
from crmcli.rules.folder import read_files, shipped_folder
from crmcli.store.program import fill as fill_stage
from crmcli.store.runs import source_tables
from properties.test_rules_scoring import (
    MIDDLE,
    PRODUCTS,
    TABLES,
    Db,
    as_it_was,
    category_of,
    connection,
    databases,
    fill,
    months_back,
    same,
)

SHIPPED = read_files(shipped_folder())
__all__ = ["connection"]  # the fixture
SALES = "from: transactions"
OWN = {
    "large": f"{SALES}, take: count, where: \"kind == 'sale' and amount >= 1000\"",
    "total": f"{SALES}, take: sum, field: amount, window: 3 months",
    "mean": f"{SALES}, take: avg, field: 金额",
    "least": f"{SALES}, take: min, field: margin",
    "latest": f"{SALES}, take: max, field: due_on",
    "kinds": f"{SALES}, take: distinct, field: category",
    "pots": f"{SALES}, take: count, where: product == 'P4'",
    "first_amount": f"{SALES}, take: first, field: amount, window: 90 days",
    "last_kind": f"{SALES}, take: last, field: kind",
    "mid": f"{SALES}, take: median, field: amount",
    "gap": f"{SALES}, take: median_gap",
    "since_refund": f"{SALES}, take: days_since, where: kind == 'refund'",
    "won": "from: opportunities, take: count, where: stage == 'won'",
    "won_money": "from: opportunities, take: sum, field: amount, window: 12 months, where: stage == 'won'",
    "open_money": "from: opportunities, take: sum, field: amount, where: open",
    "opened": "from: opportunities, take: max, field: opened_on",
    "since_lost": "from: opportunities, take: days_since, where: stage == 'lost'",
    "last_result": "from: opportunities, take: last, field: stage, where: not open",
    "closings": "from: opportunities, take: median_gap",
    "pot_deals": "from: opportunities, take: count, where: product == 'P4' and not missing(closed_on)",
    "buyers": "from: contacts, take: count, where: title == 'buyer' or primary",
    "titles": "from: contacts, take: distinct, field: title",
    "visits": "from: interactions, take: count, where: reached and (minutes > 10 or missing(minutes))",
}


def rules() -> dict[str, str]:
    declared = "\n".join(
        f"  {name}: {{{how}, text: {{en: {name}, zh: x{name}}}}}" for name, how in OWN.items()
    )
    looks = " or ".join(f"(missing({name}) and not missing({name}))" for name in OWN)
    return {
        **SHIPPED,
        "features.yaml": SHIPPED["features.yaml"].replace("features:\n", f"features:\n{declared}\n", 1),
        "lifecycle.yaml": SHIPPED["lifecycle.yaml"].replace(
            "stages:\n", f"stages:\n  - {{stage: lost, when: {looks}, text: {{en: x, zh: x}}}}\n", 1
        ),
    }


RULES = load(rules())
PROGRAM = compile_ruleset(RULES, source_tables(), MIDDLE, "CNY")


def expected(db: Db, own: int) -> dict[str, Any]:
    facts = [t for t in db["transactions"] if t["customer_id"] == own and t["occurred_on"] <= MIDDLE]

    def amount(fact: dict[str, Any]) -> float | None:
        return fact["amount_minor"] / 100 if fact["currency"] == "CNY" else None

    amounts = [amount(t) for t in facts if amount(t) is not None]
    margins = [
        (t["amount_minor"] - t["cost_minor"]) / 100
        for t in facts
        if t["currency"] == "CNY" and t["cost_minor"] is not None
    ]
    ordered = sorted(facts, key=lambda t: (t["occurred_on"], t["id"]))
    recent = [
        amount(t) for t in ordered if t["occurred_on"] > MIDDLE - timedelta(days=90) and amount(t) is not None
    ]
    days = sorted({t["occurred_on"] for t in facts})
    gaps = [(b - a).days for a, b in itertools.pairwise(days)]
    refunds = [t["occurred_on"] for t in facts if t["kind"] == "refund"]
    talks = [i for i in db["interactions"] if i["customer_id"] == own and i["occurred_on"] <= MIDDLE]
    due = [t["due_on"] for t in facts if t["due_on"]]
    deals = deals_known(db, own)
    closed = sorted((d for d in deals if d["shut_on"]), key=lambda d: (d["shut_on"], d["id"]))
    won = [d for d in deals if d["stage_then"] == "won"]
    year = [d for d in won if d["shut_on"] and d["shut_on"] > months_back(MIDDLE, 12)]
    lost = [d["shut_on"] for d in closed if d["stage_then"] == "lost"]
    ends = sorted({d["shut_on"] for d in closed})
    between = [(b - a).days for a, b in itertools.pairwise(ends)]
    results = [d["stage_then"] for d in closed if not d["open"]]
    people = [
        c
        for c in db["contacts"]
        if c["customer_id"] == own
        and c["created_at"][:10] <= MIDDLE.isoformat()
        and (c["archived_at"] is None or c["archived_at"][:10] > MIDDLE.isoformat())
    ]
    return {
        "large": float(sum(t["kind"] == "sale" and (amount(t) or 0) >= 1000 for t in facts)),
        "total": math.fsum(amount(t) or 0.0 for t in facts if t["occurred_on"] > months_back(MIDDLE, 3)),
        "mean": statistics.fmean(amounts) if amounts else None,
        "least": min(margins, default=None),
        "latest": max(due).isoformat() if due else None,
        "kinds": float(len({category_of(t, PRODUCTS) for t in facts} - {""})),
        "pots": float(sum(t["product_id"] == 4 for t in facts)),
        "first_amount": recent[0] if recent else None,
        "last_kind": ordered[-1]["kind"] if ordered else None,
        "mid": float(statistics.median(amounts)) if amounts else None,
        "gap": float(statistics.median(gaps)) if gaps else None,
        "since_refund": float((MIDDLE - max(refunds)).days) if refunds else None,
        "won": float(len(won)),
        "won_money": math.fsum(amount(d) or 0.0 for d in year if d["amount_minor"] is not None),
        "open_money": math.fsum(
            amount(d) or 0.0 for d in deals if d["open"] and d["amount_minor"] is not None
        ),
        "opened": max((d["opened_on"].isoformat() for d in deals if d["opened_on"]), default=None),
        "since_lost": float((MIDDLE - max(lost)).days) if lost else None,
        "last_result": results[-1] if results else None,
        "closings": float(statistics.median(between)) if between else None,
        "pot_deals": float(sum(d["product_id"] == 4 for d in closed)),
        "buyers": float(sum(c["title"] == "buyer" or bool(c["is_primary"]) for c in people)),
        "titles": float(len({c["title"] for c in people} - {None, ""})),
        "visits": float(
            sum(
                i["outcome"] in {"connected", "postponed", "declined"}
                and (i["minutes"] is None or i["minutes"] > 10)
                for i in talks
            )
        ),
    }


def deals_known(db: Db, own: int) -> list[dict[str, Any]]:
    """The deals that were there on the day, as they stood then: one that was closed later was open."""
    found = []
    for deal in db["opportunities"]:
        begun = deal["opened_on"] is None or deal["opened_on"] <= MIDDLE
        shut = deal["closed_on"] is not None and deal["closed_on"] <= MIDDLE
        later = deal["closed_on"] is not None and not shut
        over = deal["stage"] in {"won", "lost"}
        if deal["customer_id"] != own or not (begun or shut):
            continue
        found.append(
            {
                **deal,
                "shut_on": deal["closed_on"] if shut else None,
                "stage_then": "introduced" if later and over else deal["stage"],
                "open": begun and (later or (deal["closed_on"] is None and not over)),
            }
        )
    return found


def values(connection: Connection, db: Db) -> dict[int, dict[str, Any]]:
    fill(connection, db)
    for stage in PROGRAM.stages:
        fill_stage(connection, stage)
        if stage.table is PROGRAM.features:
            break
    return {
        row["customer_id"]: {name: row[name] for name in OWN}
        for row in connection.execute(select(PROGRAM.features)).mappings()
    }


@given(db=databases)
@settings(max_examples=25, deadline=None)
def test_what_came_later_changes_no_declared_feature(connection: Connection, db: Db) -> None:
    assert values(connection, as_it_was(db, MIDDLE)) == values(connection, db)


@given(db=databases)
@settings(max_examples=25, deadline=None)
def test_declared_features_are_what_plain_python_says(connection: Connection, db: Db) -> None:
    for customer, row in values(connection, db).items():
        wanted = expected(db, customer)
        assert wanted.keys() == row.keys()
        wrong = {name: (row[name], value) for name, value in wanted.items() if not same(row[name], value)}
        assert not wrong


FAULTS = [
    ("from: orders, take: count", "unknown-source"),
    ("from: transactions, take: total, field: amount", "unknown-function"),
    ("from: transactions, take: sum", "missing-key"),
    ("from: transactions, take: count, field: amount", "no-field"),
    ("from: transactions, take: sum, field: amonut", "unknown-field"),
    ("from: transactions, take: sum, field: category", "wrong-type"),
    ("from: tasks, take: count, window: 90 days", "no-day"),
    ("from: tasks, take: last, field: due_on", "no-day"),
    ("from: contacts, take: days_since", "no-day"),
    ("from: transactions, take: count, where: '1 == 1'", "always-true"),
    ("from: contacts, take: count, where: {any: [missing(title), 2 > 1]}", "always-true"),
    ("from: transactions, take: count, where: amont > 5", "unknown-feature"),
    ("from: transactions, take: count, where: orders > 5", "unknown-feature"),
    ("from: transactions, take: count, where: kind == 'sold'", "unknown-value"),
    ("from: transactions, take: count, window: 3", "months-or-days"),
]


@pytest.mark.parametrize(
    ("how", "code"), FAULTS, ids=[f"{code}-{at}" for at, (_how, code) in enumerate(FAULTS)]
)
def test_a_fault_in_a_declared_feature(how: str, code: str) -> None:
    line = f"features:\n  own: {{{how}, text: {{en: o, zh: o}}}}\n"
    files = {**SHIPPED, "features.yaml": SHIPPED["features.yaml"].replace("features:\n", line, 1)}
    _ruleset, faults = check(files)
    assert [(fault.code, fault.line) for fault in faults][:1] == [
        (code, SHIPPED["features.yaml"].split("features:\n")[0].count("\n") + 2)
    ]
    assert faults[0].what


def test_a_window_is_of_the_day_it_is_looked_from() -> None:
    """The program of another day has another window, not the one of the day it was first compiled for."""
    other = compile_ruleset(RULES, source_tables(), date(2026, 7, 31), "CNY")
    assert other.as_of != PROGRAM.as_of
    written = [str(stage.select.compile().params) for stage in (*PROGRAM.stages, *other.stages)]
    assert any("datetime.date(2025, 10, 31)" in params for params in written)
    assert any("datetime.date(2026, 4, 30)" in params for params in written)


def test_declared_sums_of_money_are_exact(connection: Connection) -> None:
    sale = {"customer_id": 1, "occurred_on": MIDDLE, "kind": "sale", "cost_minor": None, "currency": "CNY"}
    more = {"category": None, "due_on": None, "paid_on": None, "product_id": None, "order_number": None}
    db: Db = {name: [] for name in TABLES}
    db["customers"] = [
        {"created_at": "2026-01-01T00:00:00.000000Z", "kind": "person", "referred_by_id": None}
    ]
    db["transactions"] = [{**sale, **more, "amount_minor": amount} for amount in (1010, 2020)]
    fill(connection, db)
    for stage in PROGRAM.stages:
        fill_stage(connection, stage)
        if stage.table is PROGRAM.features:
            break
    assert connection.execute(select(PROGRAM.features.c.total)).scalar_one() == 30.3
