"""History and movers say what the stored runs say: compared with a plain reading of the tables, customer by customer."""

import json
import os
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conftest import Run

MONTHS = ("2026-04", "2026-05", "2026-06")
SETTINGS = settings(
    derandomize=True, deadline=None, max_examples=8, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)  # fmt: skip
WHO = st.integers(1, 5)
DAYS = st.dates(min_value=date(2025, 3, 1), max_value=date(2026, 6, 30)).map(str)
SALES = st.lists(st.tuples(WHO, DAYS, st.integers(1, 10**5)), max_size=14)
DEALS = st.lists(st.tuples(WHO, DAYS, st.integers(1, 300)), max_size=4)
Runs = dict[str, dict[int, dict[str, Any]]]


@pytest.fixture
def five(crm: Run, home: Path) -> Path:
    """Five customers; the last is known only since May."""
    assert crm("init", "--time-zone", "Asia/Shanghai").status == 0
    for number in range(1, 6):
        day = "2026-05-05" if number == 5 else "2025-03-01"
        assert crm("--today", day, "add", f"customer {number}").status == 0
    os.environ["CRM_TODAY"] = "2026-11-20"
    return Path(shutil.copy(home / "crm.db", home / "five.db"))


def classified(
    crm: Run, five: Path, sales: list[tuple[int, str, int]], deals: list[tuple[int, str, int]]
) -> Runs:
    """Record the facts in a fresh file, classify three months, and read back what was stored."""
    path = shutil.copy(five, five.parent / "now.db")
    os.environ["CRM_DB"] = str(path)
    for who, day, amount in sales:
        assert crm("sell", f"#{who}", str(amount), "--on", day).status == 0
    for who, day, away in deals:
        assert crm("--today", day, "opportunity", "add", f"#{who}", "--close", f"+{away}d").status == 0
    os.environ["CRM_TODAY"] = "2026-11-20"
    for month in MONTHS:
        assert crm("classify", "--month", month).status == 0
        os.environ["CRM_TODAY"] = "2026-11-20"
    return stored(path)


def stored(path: Path) -> Runs:
    runs: Runs = {}
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        for run in connection.execute("SELECT id, period FROM runs ORDER BY as_of").fetchall():
            runs[run["period"]] = {
                row["customer_id"]: {**dict(row), "points": {}}
                for row in connection.execute("SELECT * FROM classifications WHERE run_id = ?", (run["id"],))
            }
            for row in connection.execute("SELECT * FROM indicator_values WHERE run_id = ?", (run["id"],)):
                runs[run["period"]][row["customer_id"]]["points"][row["indicator"]] = row["points"]
    return runs


def biggest(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The indicators whose points changed, the biggest change first."""
    changes = {
        name: round((after["points"][name] - before["points"][name]) * 100) for name in after["points"]
    }
    return sorted((name for name in changes if changes[name]), key=lambda name: (-abs(changes[name]), name))


@SETTINGS
@given(sales=SALES, deals=DEALS)
def test_history(
    sales: list[tuple[int, str, int]], deals: list[tuple[int, str, int]], crm: Run, five: Path
) -> None:
    runs = classified(crm, five, sales, deals)
    for customer in range(1, 6):
        told = json.loads(crm("history", f"#{customer}", "--format", "json").out)
        known = [period for period in MONTHS if customer in runs[period]]
        assert [each["period"] for each in told] == known
        before: dict[str, Any] | None = None
        for each in told:
            now = runs[each["period"]][customer]
            for key in ("score", "tier", "grade", "grade_reason", "lifecycle_stage"):
                assert each[key] == now[key]
            named = [part.split()[0] for part in (each["because"] or "").split("; ") if part]
            if before is None:
                assert (each["change"], named) == (None, ["first"])
            else:
                assert each["change"] == round(now["score"] - before["score"], 2)
                regraded = ["grade"] if now["grade"] != before["grade"] else []
                assert named == biggest(before, now)[:2] + regraded
            before = now


@SETTINGS
@given(sales=SALES, deals=DEALS, ends=st.permutations(MONTHS).map(lambda months: months[:2]))
def test_movers(
    sales: list[tuple[int, str, int]],
    deals: list[tuple[int, str, int]],
    ends: list[str],
    crm: Run,
    five: Path,
) -> None:
    runs = classified(crm, five, sales, deals)
    old, new = runs[ends[0]], runs[ends[1]]
    told = json.loads(crm("movers", "--from", ends[0], "--to", ends[1], "--format", "json").out)
    moved = [
        customer
        for customer in old.keys() & new.keys()
        if (old[customer]["tier"], old[customer]["grade"]) != (new[customer]["tier"], new[customer]["grade"])
    ]
    change = {customer: round((new[customer]["score"] - old[customer]["score"]) * 100) for customer in moved}
    assert [each["id"] for each in told] == sorted(
        moved, key=lambda customer: (-abs(change[customer]), customer)
    )
    for each in told:
        before, after = old[each["id"]], new[each["id"]]
        assert each["change"] == change[each["id"]] / 100
        first = next(iter(biggest(before, after)), None)
        points = (before["points"][first], after["points"][first]) if first else (None, None)
        assert (each["indicator"], each["from_points"], each["to_points"]) == (first, *points)
    halves = [
        [
            each["id"]
            for each in json.loads(
                crm("movers", "--from", ends[0], "--to", ends[1], way, "--format", "json").out
            )
        ]
        for way in ("--up", "--down")
    ]
    assert sorted(halves[0] + halves[1]) == sorted(moved)
    for row in json.loads(
        crm("movers", "--from", ends[0], "--to", ends[1], "--matrix", "--format", "json").out
    ):
        tiers = Counter(
            new[customer]["tier"] if customer in new else "gone"
            for customer in old.keys() | new.keys()
            if (old[customer]["tier"] if customer in old else "new") == row["from"]
        )
        assert {key: count for key, count in row.items() if key != "from" and count} == tiers
