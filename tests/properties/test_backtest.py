"""Backtests against plain Python that shares nothing with them: the figures, then whole backtests of random databases."""

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise, permutations, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conftest import PROJECT, Run
from crmcli.workflows import measures, weights
from crmcli.workflows.weights import Cap, lesson

CUSTOMERS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 50)), min_size=1, max_size=12)
FEW = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 50)), min_size=1, max_size=6)
SHARE = st.fractions(min_value=0, max_value=1, max_denominator=20)
QUICK = settings(derandomize=True, deadline=None, max_examples=60)
MINIMUM = 3


def curve(order: list[tuple[int, int]], share: Fraction) -> Fraction:
    """The height of the concentration curve of customers that stand in a line, straight between them."""
    places = share * len(order)
    whole = int(places)
    held = Fraction(sum(value for _score, value in order[:whole]))
    if whole < len(order):
        held += (places - whole) * order[whole][1]
    return held / sum(value for _score, value in order)


def area(order: list[tuple[int, int]]) -> Fraction:
    number = len(order)
    heights = [curve(order, Fraction(at, number)) for at in range(number + 1)]
    return sum(((a + b) / 2 / number for a, b in pairwise(heights)), Fraction(0))


def lines(customers: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Every way to put customers in a line by score, when equal ones may stand in any order."""
    groups = [
        [c for c in customers if c[0] == score] for score in sorted({c[0] for c in customers}, reverse=True)
    ]
    return [
        [customer for group in chosen for customer in group]
        for chosen in product(*(list(permutations(group)) for group in groups))
    ]


@QUICK
@given(FEW, SHARE)
def test_ties_are_the_mean_of_all_orders(customers: list[tuple[int, int]], share: Fraction) -> None:
    scores, values = [c[0] for c in customers], [c[1] for c in customers]
    if not sum(values):
        assert measures.gini(scores, values) is None
        return
    orders = lines(customers)
    areas = sum((area(order) for order in orders), Fraction(0)) / len(orders)
    heights = sum((curve(order, share) for order in orders), Fraction(0)) / len(orders)
    assert measures.gini(scores, values) == pytest.approx(float(2 * areas - 1), abs=1e-12)
    assert measures.caught(scores, values, share) == pytest.approx(float(heights), abs=1e-12)


@QUICK
@given(CUSTOMERS)
def test_no_order_beats_the_perfect_one(customers: list[tuple[int, int]]) -> None:
    scores, values = [c[0] for c in customers], [c[1] for c in customers]
    found, best = measures.gini(scores, values), measures.gini_best(values)
    if found is not None and best is not None:
        assert -best <= found <= best
        assert measures.gini([-score for score in scores], values) == pytest.approx(-found)


@QUICK
@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=12))
def test_with_yes_and_no_it_is_twice_the_auc_less_one(customers: list[tuple[int, bool]]) -> None:
    yes = [score for score, bought in customers if bought]
    no = [score for score, bought in customers if not bought]
    if not yes or not no:
        return
    auc = Fraction(sum(2 * (a > b) + (a == b) for a in yes for b in no), 2 * len(yes) * len(no))
    values = [int(bought) for _score, bought in customers]
    found, best = measures.gini([score for score, _bought in customers], values), measures.gini_best(values)
    assert found is not None
    assert best is not None
    assert found / best == pytest.approx(float(2 * auc - 1))


# --- the search for weights ----------------------------------------------------------------------------------

MARK = st.one_of(st.none(), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
ROWS = st.lists(st.tuples(st.tuples(MARK, MARK, MARK), st.integers(0, 50)), min_size=2, max_size=8)


def weighted(marks: tuple[float | None, ...], chosen: tuple[int, ...]) -> Fraction:
    """Points: the weighted mean of what is known, of 100; the first and the last together give at most 30."""
    counted = [
        (Fraction(mark), weight) for mark, weight in zip(marks, chosen, strict=True) if mark is not None
    ]
    whole = sum(weight for _mark, weight in counted)
    if not whole:
        return Fraction(0)
    given = [Fraction(mark or 0) * weight * 100 / whole for mark, weight in zip(marks, chosen, strict=True)]
    return given[1] + min(given[0] + given[2], Fraction(30))


@settings(derandomize=True, deadline=None, max_examples=25)
@given(ROWS, st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any), st.integers(0, 3))
def test_the_search_never_ends_below_its_beginning(
    rows: list[tuple[tuple[float | None, ...], int]], shares: list[int], seed: int
) -> None:
    now = weights.to_whole([float(share) for share in shares])
    marks, values = [row[0] for row in rows], [row[1] for row in rows]
    each = lesson(marks, values, (Cap((0, 2), 30.0),))
    points = [float(weighted(mark, now)) for mark in marks]
    assert [score / 10_000 for score in weights.scores(each, now)] == pytest.approx(points)
    found = weights.search([each], now, frozenset(), seed)
    assert sum(found) == sum(now) == 100
    assert min(found) >= 0
    assert found == weights.search([each], now, frozenset(), seed)

    def worth(chosen: tuple[int, ...]) -> float:
        return measures.gini([float(weighted(mark, chosen)) for mark in marks], values) or 0.0

    assert worth(found) >= worth(now) - 1e-9
    assert weights.search([each], now, frozenset({0}), seed)[0] == now[0]


# --- whole backtests -----------------------------------------------------------------------------------------

MONTHS = {"2026-01": date(2026, 1, 31), "2026-02": date(2026, 2, 28), "2026-03": date(2026, 3, 31)}
DAY = st.dates(date(2025, 9, 1), date(2026, 11, 20))
WHO = st.integers(1, 12)
SALES = st.lists(
    st.tuples(WHO, DAY, st.integers(1, 9000), st.sampled_from(["CNY", "CNY", "USD"])), max_size=50
)
REFUNDS = st.lists(st.tuples(WHO, DAY, st.integers(-9000, -1), st.just("CNY")), max_size=6)
DEALS = st.lists(
    st.tuples(
        WHO, DAY, st.integers(0, 200), st.integers(0, 200), st.sampled_from(["won", "lost", "introduced"])
    ),
    max_size=20,
)


@pytest.fixture
def empty(crm: Run, home: Path) -> Path:
    assert crm("init", "--time-zone", "Asia/Shanghai", "--currency", "CNY").status == 0
    return Path(shutil.copy(home / "crm.db", home / "empty.db"))


def own_rules(home: Path) -> None:
    folder = Path(shutil.copytree(PROJECT / "rules", home / "crm" / "rules", dirs_exist_ok=True))
    value = (PROJECT / "rules" / "value.yaml").read_text(encoding="utf-8")
    (folder / "value.yaml").write_text(
        value.replace("policy: first", "policy: first\nsticky: 30"), encoding="utf-8"
    )


def fill(database: Path, sales: list[Any], deals: list[Any]) -> None:
    stamps = ("2025-10-01T00:00:00.000000Z",) * 2
    with closing(sqlite3.connect(database)) as connection, connection:
        for at in range(1, 13):
            made = f"2026-0{at % 3 + 1}-15T00:00:00.000000Z"
            connection.execute(
                "INSERT INTO customers (id, uid, created_at, updated_at, kind, name, birthday_calendar)"
                " VALUES (?, ?, ?, ?, 'person', ?, 'solar')",
                (at, f"c{at}", made, made, f"N{at}"),
            )
        for at, (who, day, amount, currency) in enumerate(sales):
            connection.execute(
                "INSERT INTO transactions (uid, created_at, updated_at, customer_id, occurred_on, kind, amount_minor, currency)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (f"t{at}", *stamps, who, str(day), "sale" if amount > 0 else "refund", amount, currency),
            )
        for at, (who, opened, expected, closed, stage) in enumerate(deals):
            closed_on = None if stage == "introduced" else str(opened + timedelta(days=closed))
            connection.execute(
                "INSERT INTO opportunities (uid, created_at, updated_at, customer_id, stage, currency, opened_on,"
                " expected_close_on, closed_on) VALUES (?, ?, ?, ?, ?, 'CNY', ?, ?, ?)",
                (
                    f"o{at}",
                    *stamps,
                    who,
                    stage,
                    str(opened),
                    str(opened + timedelta(days=expected)),
                    closed_on,
                ),
            )


def classes(crm: Run, database: Path, month: str) -> list[tuple[int, float, str, str]]:
    """What a real run of a month stored; nothing when nobody was known."""
    assert crm("classify", "--month", month).status == 0
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(
            "SELECT customer_id, score, tier, grade FROM classifications JOIN runs ON runs.id = run_id WHERE period = ?"
            " ORDER BY customer_id",
            (month,),
        ).fetchall()


def share_of(part: float, whole: float, *, enough: bool) -> Any:
    return pytest.approx(part / whole) if enough and whole > 0 else None


def expected(ran: dict[str, list[Any]], sales: list[Any], deals: list[Any]) -> dict[str, Any]:
    """The figures of a backtest over 60 days, as docs/backtest.md words them, the slow way."""
    months, tiers, grades = (
        [],
        {t: [0, set(), 0, 0, 0] for t in ("high", "medium", "low")},
        {g: [0, set(), 0] for g in "ABCD"},
    )
    everybody, buying = 0, set()
    for month, rows in ran.items():
        day = MONTHS[month]
        if not rows:
            continue
        after = [s for s in sales if day < s[1] <= day + timedelta(days=60)]
        net = {who: sum(s[2] for s in after if s[0] == who and s[3] == "CNY") for who, *_ in rows}
        orders = {who: sum(s[0] == who and s[2] > 0 for s in after) for who, *_ in rows}
        buyers = [who for who in net if net[who] > 0]
        everybody += len(rows)
        buying |= set(buyers)
        for who, _score, tier, grade in rows:
            heap = tiers[tier]
            heap[0] += 1
            heap[1].add(who)
            heap[2] += orders[who]
            heap[3] += net[who]
            heap[4] += max(net[who], 0)
            limit = {  # one, three and six calendar months after the ends of January, February and March
                "2026-01": ("2026-02-28", "2026-04-30", "2026-07-31"),
                "2026-02": ("2026-03-28", "2026-05-28", "2026-08-28"),
                "2026-03": ("2026-04-30", "2026-06-30", "2026-09-30"),
            }[month]["ABCD".index(grade) if grade != "D" else 2]
            grades[grade][0] += 1
            grades[grade][1].add(who)
            grades[grade][2] += any(
                d[0] == who and d[4] == "won" and str(day) < str(d[1] + timedelta(days=d[3])) <= limit
                for d in deals
            )
        scores, values = [row[1] for row in rows], [max(net[row[0]], 0) for row in rows]
        gini = None
        if len(buyers) >= MINIMUM:
            pairs = sum(
                value * ((score > other) - (score < other))
                for score, value in zip(scores, values, strict=True)
                for other in scores
            )
            gini = pytest.approx(pairs / len(rows) / sum(values))
        months.append(
            {
                "period": month, "customers": len(rows), "buyers": len(buyers), "orders": sum(orders.values()),
                "revenue": f"{sum(net.values()) / 100:.2f}", "gini": gini,
                "top_tier_share": share_of(
                    sum(max(net[r[0]], 0) for r in rows if r[2] == "high"), sum(values), enough=len(buyers) >= MINIMUM
                ),
            }
        )  # fmt: skip
    revenue, enough = sum(heap[4] for heap in tiers.values()), len(buying) >= MINIMUM
    return {
        "by_month": months,
        "tiers": [
            {
                "tier": tier, "customers": number, "people": len(people), "orders": orders, "revenue": f"{net / 100:.2f}",
                "customer_share": pytest.approx(number / everybody), "revenue_share": share_of(brought, revenue, enough=enough),
            }
            for tier, (number, people, orders, net, brought) in tiers.items()
        ],
        "grades": [
            {
                "grade": grade, "customers": number, "people": len(people), "won": won,
                "rate": pytest.approx(won / number) if len(people) >= MINIMUM else None,
            }
            for grade, (number, people, won) in grades.items()
        ],
    }  # fmt: skip


@settings(
    derandomize=True,
    deadline=None,
    max_examples=4,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(sales=SALES, refunds=REFUNDS, deals=DEALS)
@pytest.mark.parametrize("sticky", [False, True])
def test_a_backtest_is_what_its_page_says(
    sticky: bool, sales: list[Any], refunds: list[Any], deals: list[Any], crm: Run, home: Path, empty: Path
) -> None:
    database = Path(shutil.copy(empty, home / "crm.db"))
    if sticky:  # tiers that lean on those of the month before; a user's own rules are in force by themselves
        own_rules(home)
    sales = sales + refunds
    fill(database, sales, deals)
    before = database.read_bytes()
    result = crm(
        "rules", "backtest", "--from", "2026-01", "--to", "2026-03", "--horizon", "60d", "--format", "json",
        "--minimum", str(MINIMUM),
    )  # fmt: skip
    assert database.read_bytes() == before
    assert result.status == 0, result.err
    found = json.loads(result.out)
    wanted = expected({month: classes(crm, database, month) for month in MONTHS}, sales, deals)
    for section, rows in wanted.items():
        assert len(found[section]) == len(rows)
        for got, row in zip(found[section], rows, strict=True):
            assert {key: got[key] for key in row} == row
