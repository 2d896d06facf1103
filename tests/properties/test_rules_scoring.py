"""Whole classifications of small random databases against plain Python that shares nothing with the compiler."""

import calendar
import functools
import itertools
import json
import math
import os
import statistics
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, column, create_engine, delete, event, insert, select, text
from sqlalchemy import table as sql_table
from sqlalchemy.pool import StaticPool
from sqlmodel import SQLModel

from crmcli.rules.catalogue import CATALOGUE
from crmcli.rules.checker import load
from crmcli.rules.compiler import compile_ruleset
from crmcli.rules.folder import read_files, shipped_folder
from crmcli.rules.program import Program
from crmcli.store import schema
from crmcli.store.functions import add_functions
from crmcli.store.program import run_program
from crmcli.store.runs import source_tables

SHIPPED = read_files(shipped_folder())
#: How many random databases are tried: `CRM_FUZZ=50000 pytest tests/properties` takes minutes.
DATABASES = max(3, int(os.environ.get("CRM_FUZZ", "10000")) // 1000)
WINDOWS = {"3 months": "w3m", "30 days": "w30d"}
TABLES = (
    "surveys",
    "complaints",
    "credits",
    "payments",
    "tasks",
    "opportunities",
    "interactions",
    "transactions",
    "contacts",
    "customers",
)
Row = dict[str, Any]
Db = dict[str, list[Row]]


def everything() -> dict[str, str]:
    """The shipped rules, and a lifecycle that looks at every feature there is, with and without windows."""
    names = list(CATALOGUE)
    declared = [
        f"  {name}_{short}: {{of: {name}, window: {window}, text: {{en: x, zh: {name}{short}}}}}"
        for name, feature in CATALOGUE.items()
        if feature.windowable
        for window, short in WINDOWS.items()
    ]
    names += [line.strip().split(":")[0] for line in declared]
    rows = len(names) // 12 + 1  # each of features of all kinds: a count alone is never missing
    looks = [
        f"  - {{stage: lost, when: days_known < -1 and ({' or '.join(f'missing({n})' for n in names[at::rows])}),"
        " text: {en: x, zh: x}}"
        for at in range(rows)
    ]
    lifecycle = SHIPPED["lifecycle.yaml"].replace("stages:\n", "stages:\n" + "\n".join(looks) + "\n")
    return {
        **SHIPPED,
        "features.yaml": SHIPPED["features.yaml"].replace(
            "features:\n", "\n".join(["features:", *declared, ""]), 1
        ),
        "lifecycle.yaml": lifecycle,
    }


RULES = load(everything())

# --- plain Python ----------------------------------------------------------------------------------------------------


def months_back(day: date, count: int) -> date:
    month = day.year * 12 + day.month - 1 - count
    year, month = divmod(month, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def months_until(close: date, as_of: date) -> float:
    count = 0
    while months_back(as_of, -count) < close:
        count += 1
    return float(count)


def open_deals(db: Db, customer: int, as_of: date) -> list[Row]:
    found = []
    for row in db["opportunities"]:
        started = row["opened_on"] is None or row["opened_on"] <= as_of
        running = (
            row["stage"] not in {"won", "lost"} if row["closed_on"] is None else row["closed_on"] > as_of
        )
        if row["customer_id"] == customer and started and running:
            found.append(row)
    return found


def features_of(db: Db, customer: Row, as_of: date) -> dict[str, Any]:
    own = customer["id"]
    bought = [t for t in db["transactions"] if t["customer_id"] == own and t["occurred_on"] <= as_of]
    spoken = [i for i in db["interactions"] if i["customer_id"] == own and i["occurred_on"] <= as_of]
    real = [i for i in spoken if i["outcome"] not in {"no_answer", "left_message"}]
    deals = open_deals(db, own, as_of)
    days = sorted(t["occurred_on"] for t in bought if t["kind"] == "sale")
    order = ["prospecting", "introduced", "approved", "negotiating"]

    def rank(deal: Row) -> int:
        return order.index(deal["stage"]) if deal["stage"] in order else 1

    nearest = min(
        deals,
        key=lambda d: (d["expected_close_on"] or date.max, -rank(d), bool((d["waiting_for"] or "").strip())),
        default=None,
    )
    close = nearest["expected_close_on"] if nearest else None
    ready = [
        months_until(deal["expected_close_on"], as_of)
        for deal in deals
        if deal["expected_close_on"] and rank(deal) >= 2 and not (deal["waiting_for"] or "").strip()
    ]
    tasks = [t for t in db["tasks"] if t["customer_id"] == own and t["created_at"][:10] <= as_of.isoformat()]
    firsts = [date.fromisoformat(customer["created_at"][:10])]
    firsts += [row["occurred_on"] for row in (*bought, *spoken)]
    found: dict[str, Any] = {
        "today": as_of.isoformat(),
        "recency_days": float((as_of - days[-1]).days) if days else None,
        "tenure_days": float((as_of - days[0]).days) if days else None,
        "last_purchase_on": days[-1].isoformat() if days else None,
        "purchase_gap_days": (days[-1] - days[0]).days / (len(set(days)) - 1) if len(set(days)) > 1 else None,
        "days_since_touch": float((as_of - max(i["occurred_on"] for i in real)).days) if real else None,
        "last_touch_on": max(i["occurred_on"] for i in real).isoformat() if real else None,
        "no_followup": int(len(spoken) + len(bought) <= 1),
        "open_opportunities": float(len(deals)),
        "open_pipeline": sum(d["amount_minor"] or 0 for d in deals if d["currency"] == "CNY") / 100,
        "months_to_ready_close": min(ready, default=None),
        "months_to_close": months_until(close, as_of) if close else None,
        "next_close_on": close.isoformat() if close else None,
        "undated_opportunities": float(sum(d["expected_close_on"] is None for d in deals)),
        "waiting": int(bool((nearest["waiting_for"] or "").strip())) if nearest else None,
        "introduced": int(rank(nearest) >= 1) if nearest else None,
        "next_stage": order[rank(nearest)] if nearest else None,
        "best_stage": order[max(rank(d) for d in deals)] if deals else None,
        "has_next_step": int(
            (customer["next_contact_on"] is not None and customer["next_contact_on"] >= as_of)
            or any(t["done_on"] is None or t["done_on"] > as_of for t in tasks)
        ),
        "days_known": float(max((as_of - min(firsts)).days, 0)),
        "next_contact_on": customer["next_contact_on"].isoformat() if customer["next_contact_on"] else None,
        "headcount": None if customer["headcount"] is None else float(customer["headcount"]),
        "waiting_for": ((nearest["waiting_for"] or "").strip() or None) if nearest else None,
        "birthday": customer["birthday"].isoformat() if customer["birthday"] else None,
        "referrals": float(
            sum(
                other["referred_by_id"] == own and other["created_at"][:10] <= as_of.isoformat()
                for other in db["customers"]
            )
        ),
    }
    gaps = [(b - a).days for a, b in itertools.pairwise(sorted(set(days)))]
    found["purchase_gap_median_days"] = float(statistics.median(gaps)) if gaps else None
    found["overdue_ratio"] = found["recency_days"] / found["purchase_gap_median_days"] if gaps else None
    found.update(standing(db, own, bought, as_of))
    found.update(asked(db, own, as_of))
    last = max((row["occurred_on"] for row in (*bought, *spoken)), default=None)
    quiet = found["days_known"] if last is None else min(float((as_of - last).days), found["days_known"])
    found["days_without_next_step"] = 0.0 if found["has_next_step"] else quiet
    texts = ("phone", "email", "wechat", "region", "address", "industry", "source", "needs", "tags")
    filled = sum(bool((customer[name] or "").strip()) for name in texts)
    filled += customer["birthday" if customer["kind"] == "person" else "headcount"] is not None
    found["completeness"] = filled * 10.0
    found.update(
        {
            name: customer[name]
            for name in ("company", "title", "phone", "email", "wechat", "address", "needs")
        }
    )
    found.update({name: customer[name] for name in ("notes", "birthday_calendar")})
    referrer = customer["referred_by_id"]
    found["referred_by"] = None if referrer is None else f"N{referrer}"
    found["name"], found["external_id"] = f"N{own}", None
    found["created_on"] = customer["created_at"][:10]
    found["refused_channels"] = customer["refused_channels"]
    found["do_not_contact"] = customer["do_not_contact"]
    found.update(trends(bought, as_of))
    found.update(
        {name: customer[name] for name in ("kind", "gender", "region", "industry", "size", "source")}
    )
    found.update({name: customer[name] for name in ("intent_stage", "tags")})
    for suffix, since in (
        ("", date.min), ("_w3m", months_back(as_of, 3)), ("_w30d", as_of - timedelta(days=30)),
    ):  # fmt: skip
        found.update(
            {f"{name}{suffix}": value for name, value in windowed(bought, spoken, real, since).items()}
        )
        found.update({f"{name}{suffix}": value for name, value in paid(bought, since, as_of).items()})
        found[f"complaints{suffix}"] = float(
            sum(c["received_on"] > since for c in complained(db, own, as_of))
        )
    year = windowed(bought, spoken, real, months_back(as_of, 12))
    found.update({f"{name}_12m": year[name] for name in ("revenue", "orders", "margin")})
    return found


def complained(db: Db, own: int, as_of: date) -> list[Row]:
    return [
        c
        for c in db["complaints"]
        if c["customer_id"] == own
        and c["received_on"] <= as_of
        and (c["archived_at"] is None or c["archived_at"][:10] > as_of.isoformat())
    ]


def asked(db: Db, own: int, as_of: date) -> dict[str, Any]:
    """What the customer complained of and answered."""
    complaints = complained(db, own, as_of)
    surveys = [s for s in db["surveys"] if s["customer_id"] == own and s["asked_on"] <= as_of]
    answers = [s for s in surveys if s["answered_on"] and s["answered_on"] <= as_of]

    def last(kind: str) -> float | None:
        scores = [(s["answered_on"], s["id"], s["score"]) for s in answers if s["kind"] == kind]
        return float(max(scores)[2]) if scores else None

    return {
        "open_complaints": float(sum(c["closed_on"] is None or c["closed_on"] > as_of for c in complaints)),
        "days_since_complaint": float((as_of - max(c["received_on"] for c in complaints)).days)
        if complaints
        else None,
        "csat": last("csat"),
        "nps": last("nps"),
        "unanswered_surveys": float(len(surveys) - len(answers)),
    }


def standing(db: Db, own: int, bought: list[Row], as_of: date) -> dict[str, Any]:
    """What is owed and may be owed."""
    due = [(t, owed_on(db, t, as_of)) for t in bought if t["currency"] == "CNY" and t["due_on"]]
    late = [t["due_on"] for t, left in due if t["kind"] == "sale" and left > 0 and t["due_on"] < as_of]
    limits = [
        c["limit_minor"]
        for c in db["credits"]
        if c["customer_id"] == own
        and c["currency"] == "CNY"
        and c["created_at"][:10] <= as_of.isoformat()
        and c["limit_minor"] is not None
    ]
    unpaid = max(sum(left for _sale, left in due), 0)
    return {
        "unpaid_amount": unpaid / 100,
        "overdue_days": float((as_of - min(late)).days) if late else None,
        "credit_limit": limits[0] / 100 if limits else None,
        "credit_used_percent": unpaid * 100 / limits[0] if limits and limits[0] else None,
    }


def owed_on(db: Db, sale: Row, as_of: date) -> int:
    parts = [p for p in db["payments"] if p["transaction_id"] == sale["id"]]
    if not parts and sale["paid_on"] and sale["paid_on"] <= as_of:
        return 0
    return int(sale["amount_minor"]) - sum(p["amount_minor"] for p in parts if p["paid_on"] <= as_of)


def paid(bought: list[Row], since: date, as_of: date) -> dict[str, Any]:
    """How sales on account were paid."""
    sales = [t for t in bought if t["kind"] == "sale" and t["due_on"]]
    whole = [t for t in sales if t["paid_on"] and since < t["paid_on"] <= as_of]
    days = [max((t["paid_on"] - t["due_on"]).days, 0) for t in whole]
    late = [t for t in sales if since < t["due_on"] < as_of and (t["paid_on"] or date.max) > t["due_on"]]
    return {
        "settled_sales": float(len(whole)),
        "on_time_share": sum(not n for n in days) / len(whole) if whole else None,
        "average_days_late": sum(days) / len(whole) if whole else None,
        "late_payments": float(len(late)),
    }


def trends(bought: list[Row], as_of: date) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for suffix, since, start in (
        ("", as_of - timedelta(days=90), as_of - timedelta(days=180)),
        ("_w3m", months_back(as_of, 3), months_back(as_of, 6)),
        ("_w30d", as_of - timedelta(days=30), as_of - timedelta(days=60)),
    ):
        local = [t for t in bought if t["currency"] == "CNY"]
        now = sum(t["amount_minor"] for t in local if t["occurred_on"] > since)
        before = sum(t["amount_minor"] for t in local if start < t["occurred_on"] <= since)
        found[f"revenue_trend{suffix}"] = now / before - 1 if before > 0 else None
    return found


def number_of_orders(sales: list[Row]) -> int:
    """Lines under one number are one order, a line without a number is one of its own."""
    numbers = [t["order_number"] or "" for t in sales]
    return len({number for number in numbers if number}) + sum(not number for number in numbers)


def category_of(sale: Row, products: dict[int, str]) -> str:
    return (sale["category"] or "").strip() or products.get(sale["product_id"], "").strip()


def windowed(bought: list[Row], spoken: list[Row], real: list[Row], since: date) -> dict[str, Any]:
    inside = [t for t in bought if t["occurred_on"] > since]
    local = [t for t in inside if t["currency"] == "CNY"]
    sales = [t for t in inside if t["kind"] == "sale"]
    costed = [t for t in local if t["cost_minor"] is not None]
    sold = [t for t in sales if t["currency"] == "CNY"]
    orders = number_of_orders(sales)
    first = min((t["occurred_on"] for t in bought if t["kind"] == "sale"), default=None)
    repeated = orders - (first is not None and first > since)
    categories = {category_of(t, PRODUCTS) for t in sales} - {""}
    return {
        "orders": float(orders),
        "revenue": sum(t["amount_minor"] for t in local) / 100,
        "margin": sum(t["amount_minor"] - t["cost_minor"] for t in costed) / 100 if costed else None,
        "average_order": sum(t["amount_minor"] for t in sold) / 100 / number_of_orders(sold)
        if sold
        else None,
        "repeat_rate": repeated / orders if orders else None,
        "touches": float(sum(i["occurred_on"] > since for i in real)),
        "unanswered": float(sum(i["occurred_on"] > since for i in spoken if i not in real)),
        "minutes": float(sum(i["minutes"] or 0 for i in spoken if i["occurred_on"] > since)),
        "service_cost": sum(
            i["cost_minor"] or 0 for i in spoken if i["occurred_on"] > since and i["currency"] == "CNY"
        )
        / 100,
        "categories": float(len(categories)),
    }


def population(db: Db, as_of: date) -> list[Row]:
    def exists(customer: Row) -> bool:
        dates = [date.fromisoformat(customer["created_at"][:10])]
        for table, columns in (
            ("transactions", ["occurred_on"]), ("interactions", ["occurred_on"]),
            ("opportunities", ["opened_on", "closed_on"]), ("tasks", ["done_on"]),
            ("complaints", ["received_on"]), ("surveys", ["asked_on"]),
        ):  # fmt: skip
            dates += [
                row[c] for row in db[table] if row["customer_id"] == customer["id"] for c in columns if row[c]
            ]
        filed = customer["archived_at"]
        return min(dates) <= as_of and (filed is None or filed[:10] > as_of.isoformat())

    return [customer for customer in db["customers"] if exists(customer)]


def hundredths(value: float) -> int:
    return math.floor(value * 10_000 + 0.5)


def score_of(own: Row, everybody: list[Row]) -> tuple[dict[str, int], int]:
    def rank(name: str) -> float | None:
        values = [row[name] for row in everybody if row[name] is not None]
        if own[name] is None:
            return None
        return sum(value < own[name] for value in values) / (len(values) - 1) if len(values) > 1 else 0.0

    def clamp(value: float) -> float:
        return max(0.0, min(1.0, value))

    orders = own["orders_12m"]
    margin = rank("margin_12m")
    marks = {
        "revenue_12m": (40.0, rank("revenue_12m")),
        "orders_12m": (
            20.0,
            0.0
            if orders <= 0
            else 0.3
            if orders <= 1
            else 0.6
            if orders <= 3
            else 0.8
            if orders <= 6
            else 1.0,
        ),
        "margin_12m": (15.0, margin),
        "recency_days": (
            15.0,
            clamp((own["recency_days"] - 365.0) / -365.0) if own["recency_days"] is not None else 0.0,
        ),
        "tenure_days": (10.0, clamp(own["tenure_days"] / 1095.0) if own["tenure_days"] is not None else 0.0),
    }
    total = sum(weight for name, (weight, mark) in marks.items() if mark is not None)
    points = {
        name: 0 if mark is None else hundredths(mark * (weight / total))
        for name, (weight, mark) in marks.items()
    }
    return points, sum(points.values())


def grade_of(own: Row) -> tuple[str, str]:
    months, ready = own["months_to_close"], own["months_to_ready_close"]
    if ready is not None and ready <= 1:
        return "A", "ready"
    if months is not None:
        if months > 6:
            return "D", "beyond_horizon"
        if months > 3:
            return "C", "later"
        if own["waiting"]:
            return "B", "waiting"
        if not own["introduced"]:
            return "B", "not_introduced"
        return ("B", "not_approved") if own["next_stage"] == "introduced" else ("B", "soon")
    if own["undated_opportunities"]:
        return "D", "no_date"
    if own["no_followup"]:
        return "D", "no_followup"
    return "D", "no_need" if own["needs"] is None else "no_date"


def stage_of(own: Row) -> str:
    if not own["orders"]:
        return "prospect"
    gap = own["purchase_gap_days"] or 0
    if own["recency_days"] > max(365, 4 * gap):
        return "lost"
    if own["recency_days"] > max(120, 2 * gap):
        return "at_risk"
    if own["tenure_days"] <= 90:
        return "new"
    return "loyal" if own["orders"] >= 5 and own["tenure_days"] >= 365 else "stable"


# --- random databases ------------------------------------------------------------------------------------------------

MIDDLE = date(2026, 1, 31)
days = st.one_of(
    st.integers(-500, 200).map(lambda n: MIDDLE + timedelta(days=n)),
    st.sampled_from([
        date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 1), date(2025, 10, 31), date(2025, 11, 1),
        date(2025, 1, 31), date(2025, 2, 1), date(2026, 1, 1), date(2026, 1, 2), date(2026, 4, 30), date(2026, 7, 31),
    ]),
)  # fmt: skip
maybe_day = st.one_of(st.none(), days)
instants = days.map(lambda day: f"{day.isoformat()}T08:00:00.000000Z")
who = st.integers(1, 4)
money = st.integers(-50_000, 900_000)
currency = st.sampled_from(["CNY", "CNY", "CNY", "USD"])
words = st.sampled_from([None, "East", "北京", "x, y"])
customers = st.fixed_dictionaries(
    {
        "created_at": instants,
        "archived_at": st.one_of(st.none(), st.none(), instants),
        "kind": st.sampled_from(["person", "organization"]),
        "gender": st.sampled_from([None, "female"]),
        "region": words, "industry": words, "source": words, "tags": words,
        "size": st.sampled_from([None, "large"]),
        "intent_stage": st.sampled_from([None, "target"]),
        "headcount": st.one_of(st.none(), st.integers(0, 900)),
        "next_contact_on": maybe_day,
        "birthday": maybe_day,
        "referred_by_id": st.one_of(st.none(), who),
        "company": words, "title": words, "phone": words, "email": words, "wechat": words, "address": words,
        "needs": st.sampled_from([None, "", " ", "x"]),
        "notes": words, "birthday_calendar": st.sampled_from(["solar", "lunar"]),
        "refused_channels": st.sampled_from([None, "phone", "email,sms"]), "do_not_contact": st.sampled_from([0, 1]),
    }
)  # fmt: skip
#: The products there are, by number, and their categories; the second has none, the third a blank one.
PRODUCTS = {1: "tea", 2: "", 3: " ", 4: "pot"}
transactions = st.fixed_dictionaries(
    {
        "customer_id": who, "occurred_on": days, "kind": st.sampled_from(["sale", "sale", "refund"]),
        "amount_minor": money, "cost_minor": st.one_of(st.none(), money), "currency": currency,
        "category": st.sampled_from([None, "", " tea ", "tea", "cup"]), "due_on": maybe_day, "paid_on": maybe_day,
        "product_id": st.sampled_from([None, *PRODUCTS]), "order_number": st.sampled_from([None, "", "A", "B", "1"]),
    }
)  # fmt: skip
interactions = st.fixed_dictionaries(
    {
        "customer_id": who, "occurred_on": days, "minutes": st.one_of(st.none(), st.integers(0, 90)),
        "outcome": st.sampled_from(["connected", "no_answer", "left_message", "postponed", "declined"]),
        "cost_minor": st.one_of(st.none(), st.integers(0, 9_000)), "currency": currency,
    }
)  # fmt: skip
opportunities = st.fixed_dictionaries(
    {
        "customer_id": st.one_of(st.none(), who), "opened_on": maybe_day, "expected_close_on": maybe_day,
        "closed_on": maybe_day, "amount_minor": st.one_of(st.none(), money), "currency": currency,
        "stage": st.sampled_from(["prospecting", "introduced", "approved", "negotiating", "won", "lost", "won", "lost"]),
        "waiting_for": st.sampled_from([None, "", "  ", "the boss"]), "product_id": st.sampled_from([None, 1, 4]),
    }
)  # fmt: skip
tasks = st.fixed_dictionaries(
    {"customer_id": st.one_of(st.none(), who), "done_on": maybe_day, "created_at": instants}
)
contacts = st.fixed_dictionaries(
    {
        "customer_id": who, "title": st.sampled_from([None, "", "buyer"]), "is_primary": st.sampled_from([0, 1]),
        "created_at": instants, "archived_at": st.one_of(st.none(), st.none(), instants),
    }
)  # fmt: skip
payments = st.fixed_dictionaries(
    {"transaction_id": st.integers(1, 14), "paid_on": days, "amount_minor": st.one_of(st.none(), money)}
)
credits_given = st.fixed_dictionaries(
    {
        "customer_id": who, "limit_minor": st.one_of(st.none(), st.integers(0, 900_000)), "currency": currency,
        "terms_days": st.one_of(st.none(), st.integers(0, 60)), "created_at": instants, "reviewed_on": days,
    }
)  # fmt: skip

complaints = st.fixed_dictionaries(
    {
        "customer_id": who, "severity": st.sampled_from(["low", "critical"]), "received_on": days, "closed_on": maybe_day,
        "archived_at": st.one_of(st.none(), st.none(), instants),
    }
).map(lambda row: {**row, "replied_on": row["closed_on"]})  # fmt: skip
surveys = st.tuples(who, days, maybe_day, st.sampled_from(["csat", "nps"]), st.integers(1, 5)).map(
    lambda parts: {
        "customer_id": parts[0], "asked_on": parts[1], "answered_on": parts[2], "kind": parts[3],
        "score": None if parts[2] is None else parts[4] * (2 if parts[3] == "nps" else 1),
    }
)  # fmt: skip


def settled(db: Db) -> Db:
    """The same with payments as the program takes them: of transactions there are, never too much, with a due day."""
    parts = []
    for part in db["payments"]:
        if part["transaction_id"] > len(db["transactions"]):
            continue
        sale = db["transactions"][part["transaction_id"] - 1]
        left = sale["amount_minor"] - sum(
            p["amount_minor"] for p in parts if p["transaction_id"] == part["transaction_id"]
        )
        amount = left if part["amount_minor"] is None else min(max(left, 0), part["amount_minor"])
        if amount == 0:
            continue
        parts.append({**part, "amount_minor": amount, "customer_id": sale["customer_id"]})
        own = [p for p in parts if p["transaction_id"] == part["transaction_id"]]
        sale["paid_on"] = max(p["paid_on"] for p in own) if amount == left else None
        sale["due_on"] = sale["due_on"] or sale["occurred_on"]
    first = {each["customer_id"]: each for each in reversed(db["credits"])}
    return {**db, "payments": parts, "credits": list(first.values())}


databases = st.fixed_dictionaries(
    {
        "surveys": st.lists(surveys, max_size=6),
        "complaints": st.lists(complaints, max_size=6),
        "payments": st.lists(payments, max_size=8),
        "credits": st.lists(credits_given, max_size=4),
        "contacts": st.lists(contacts, max_size=4),
        "customers": st.lists(customers, min_size=4, max_size=4),
        "transactions": st.lists(transactions, max_size=14),
        "interactions": st.lists(interactions, max_size=8),
        "opportunities": st.lists(opportunities, max_size=8),
        "tasks": st.lists(tasks, max_size=4),
    }
).map(settled)
FIXED: dict[str, Row] = {
    "surveys": {},
    "complaints": {"summary": "c", "root_cause": "r", "prevention": "p"},
    "customers": {"birthday_calendar": "solar"},
    "transactions": {},
    "payments": {},
    "credits": {},
    "interactions": {"channel": "phone", "direction": "outbound", "kind": "sales"},
    "opportunities": {},
    "tasks": {"title": "t"},
    "contacts": {"name": "c", "birthday_calendar": "solar"},
}


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    event.listen(engine, "connect", lambda raw, _record: add_functions(raw))
    with engine.connect() as opened:
        SQLModel.metadata.create_all(opened)
        opened.execute(text("PRAGMA foreign_keys=ON"))
        opened.execute(
            text(
                "INSERT INTO rulesets (fingerprint, files, agenda, created_at) VALUES ('f', '{}', '{}', 'x')"
            )
        )
        opened.execute(
            text(
                "INSERT INTO runs (id, uid, period, as_of, version, ruleset_fingerprint, journal_id, customers, counts,"
                " created_at) VALUES (1, 'u', 'p', '2026-01-31', 1, 'f', 1, 0, '{}', 'x')"
            )
        )
        opened.commit()
        yield opened
    engine.dispose()


def fill(connection: Connection, db: Db) -> None:
    connection.rollback()
    for at, category in PRODUCTS.items():
        connection.execute(
            text(
                "INSERT INTO products (id, uid, name, category, currency, created_at, updated_at)"
                " VALUES (:id, 'product' || :id, 'P' || :id, :category, 'CNY', 'x', 'x')"
            ),
            {"id": at, "category": category or None},
        )
    for table in reversed(TABLES):
        for at, row in enumerate(db[table], 1):
            row["id"] = at
            stamp = {"uid": f"{table}{at}", "created_at": "2020-01-01T00:00:00.000000Z", "updated_at": "x"}
            values = {**stamp, **FIXED[table], **row}
            if table == "customers":
                values["name"] = f"N{at}"
            plain = {k: v.isoformat() if isinstance(v, date) else v for k, v in values.items()}
            plain.pop("referred_by_id", None)  # set when everybody is there
            connection.execute(insert(sql_table(table, *(column(key) for key in plain))), plain)
    for row in db["customers"]:
        connection.execute(text("UPDATE customers SET referred_by_id = :referred_by_id WHERE id = :id"), row)


@functools.cache
def program_for(as_of: date) -> Program:
    return compile_ruleset(RULES, source_tables(), as_of, "CNY")


def run(connection: Connection, program: Program) -> tuple[list[Row], list[Row]]:
    run_program(connection, program, 1)
    found = []
    for model, keys in (
        (schema.Classification, ["customer_id"]),
        (schema.IndicatorValue, ["customer_id", "indicator"]),
        (schema.FeatureValues, ["customer_id"]),
    ):
        stored = SQLModel.metadata.tables[str(model.__tablename__)]
        rows = connection.execute(select(stored).order_by(*(stored.c[key] for key in keys))).mappings()
        found.append([dict(row) for row in rows])
        connection.execute(delete(stored))
    classes, marks, features = found
    for row, own in zip(classes, features, strict=True):
        assert row["customer_id"] == own["customer_id"]
        row["facts"] = own["features"]
    return classes, marks


def same(got: object, expected: object) -> bool:
    if isinstance(got, float) and isinstance(expected, float):
        return math.isclose(got, expected, rel_tol=1e-12, abs_tol=1e-9)
    return type(got) is type(expected) and got == expected


@settings(max_examples=4 * DATABASES, derandomize=True, deadline=None)
@given(
    db=databases, as_of=st.sampled_from([MIDDLE, date(2025, 12, 15), date(2026, 2, 28), date(2024, 2, 29)])
)
def test_a_run_is_what_plain_python_says(connection: Connection, db: Db, as_of: date) -> None:
    fill(connection, db)
    classes, marks = run(connection, program_for(as_of))
    everybody = population(db, as_of)
    rows = {customer["id"]: features_of(db, customer, as_of) for customer in everybody}
    assert [row["customer_id"] for row in classes] == list(rows)
    for row in classes:
        own = rows[row["customer_id"]]
        facts = json.loads(row["facts"])
        assert set(facts) == set(own) - {"revenue_12m", "orders_12m", "margin_12m"}
        wrong = {name: (value, own[name]) for name, value in facts.items() if not same(value, own[name])}
        assert not wrong
        points, total = score_of(own, list(rows.values()))
        got = {m["indicator"]: m["points"] for m in marks if m["customer_id"] == row["customer_id"]}
        assert got == {name: value / 100 for name, value in points.items()}
        assert row["score"] == total / 100
        assert row["tier"] == ("high" if total >= 7000 else "medium" if total >= 4000 else "low")
        assert (row["grade"], row["grade_reason"]) == grade_of(own)
        assert row["lifecycle_stage"] == stage_of(own)
        rhythm = RULES.cadence.find(row["grade"], row["tier"], row["lifecycle_stage"])
        assert rhythm is not None
        assert (row["cadence_days"], row["cadence_max_days"]) == (rhythm.days, rhythm.max_days)
        weights = {"high": 30, "medium": 15, "low": 0}[row["tier"]] + {"A": 40, "B": 25, "C": 10, "D": 0}[
            row["grade"]
        ]
        assert row["urgency"] == weights


@settings(max_examples=DATABASES, derandomize=True, deadline=None)
@given(db=databases)
def test_the_same_facts_and_rules_give_the_same_rows(connection: Connection, db: Db) -> None:
    fill(connection, db)
    assert run(connection, program_for(MIDDLE)) == run(connection, program_for(MIDDLE))


def as_it_was(db: Db, day: date) -> Db:
    """The facts that were there on a day: a deal that was won or lost later was an open one."""
    dated: dict[str, Callable[[Row], bool]] = {
        "transactions": lambda row: row["occurred_on"] <= day,
        "payments": lambda row: row["paid_on"] <= day,
        "credits": lambda row: row["created_at"][:10] <= day.isoformat(),
        "complaints": lambda row: row["received_on"] <= day,
        "surveys": lambda row: row["asked_on"] <= day,
        "interactions": lambda row: row["occurred_on"] <= day,
        "opportunities": lambda row: (
            row["opened_on"] is None
            or row["opened_on"] <= day
            or (row["closed_on"] is not None and row["closed_on"] <= day)
        ),
    }
    dated["contacts"] = lambda row: row["created_at"][:10] <= day.isoformat()
    past = {**db, **{table: [row for row in db[table] if keep(row)] for table, keep in dated.items()}}
    places = {row["id"]: at for at, row in enumerate(past["transactions"], 1) if "id" in row}
    past["payments"] = [
        {**row, "transaction_id": places[row["transaction_id"]]}
        for row in past["payments"]
        if row["transaction_id"] in places
    ]
    past["opportunities"] = [
        {**row, "closed_on": None, "stage": "introduced" if row["stage"] in {"won", "lost"} else row["stage"]}
        if row["closed_on"] is not None and row["closed_on"] > day
        else row
        for row in past["opportunities"]
    ]
    return past


@settings(max_examples=DATABASES, derandomize=True, deadline=None)
@given(db=databases)
def test_facts_after_the_day_change_nothing(connection: Connection, db: Db) -> None:
    fill(connection, db)
    before = run(connection, program_for(MIDDLE))
    fill(connection, as_it_was(db, MIDDLE))
    assert run(connection, program_for(MIDDLE)) == before


@functools.cache
def heavier(weight: int) -> Program:
    changed = SHIPPED["value.yaml"].replace("weight: 40", f"weight: {weight}").split("tests:")[0]
    return compile_ruleset(load({**SHIPPED, "value.yaml": changed}), source_tables(), MIDDLE, "CNY")


@settings(max_examples=DATABASES, derandomize=True, deadline=None)
@given(db=databases, low=st.sampled_from([1, 15, 40]), more=st.sampled_from([1, 25, 60]))
def test_a_heavier_weight_moves_the_score_towards_its_mark(
    connection: Connection, db: Db, low: int, more: int
) -> None:
    fill(connection, db)
    results = []
    for weight in (low, low + more):
        classes, marks = run(connection, heavier(weight))
        results.append((classes, marks))
    best = {m["customer_id"]: m["normalised"] for m in results[0][1] if m["indicator"] == "revenue_12m"}
    for light, heavy in zip(results[0][0], results[1][0], strict=True):
        target = best[light["customer_id"]] * 100
        assert abs(heavy["score"] - target) <= abs(light["score"] - target) + 0.05


def test_nothing_temporary_is_left_behind(connection: Connection) -> None:
    fill(connection, {table: [] for table in TABLES})
    classes, marks = run(connection, program_for(MIDDLE))
    assert classes == marks == []
    assert connection.execute(text("SELECT name FROM sqlite_temp_master")).all() == []


def test_every_feature_is_looked_at() -> None:
    assert {use.of for use in RULES.features} == set(CATALOGUE)
    program = compile_ruleset(RULES, source_tables(), MIDDLE, "CNY")
    tables = (
        "complaints", "credits", "interactions", "opportunities", "referrals", "surveys", "tasks", "transactions",
    )  # fmt: skip
    assert [stage.table.name for stage in program.stages][:9] == [
        *(f"crm_run_facts_{table}" for table in tables), "crm_run_features",
    ]  # fmt: skip
    assert str(select(program.features).compile()).count("crm_run_features") > 1
