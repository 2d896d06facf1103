"""The compiled SQL at the edges that matter: month ends, windows, missing values, marks that add up."""

import calendar
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, column, create_engine, event, insert, select, text
from sqlalchemy import table as sql_table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import StaticPool
from sqlmodel import SQLModel

from crmcli.rules import compile_ruleset, load
from crmcli.rules.folder import read_files, shipped_folder
from crmcli.store.functions import add_functions
from crmcli.store.program import evaluate_cases, evaluate_facts, run_program
from crmcli.store.runs import source_tables

SHIPPED = read_files(shipped_folder())
RULES = load(SHIPPED)
STAMPS = {"created_at": "2020-01-01T00:00:00.000000Z", "updated_at": "x"}


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    event.listen(engine, "connect", lambda raw, _record: add_functions(raw))
    with engine.connect() as opened:
        SQLModel.metadata.create_all(opened)
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
        yield opened
    engine.dispose()


def add(connection: Connection, table: str, at: int, **values: object) -> None:
    row = {"uid": f"{table}{at}", **STAMPS, **values}
    connection.execute(insert(sql_table(table, *(column(name) for name in row))), row)


def customer(connection: Connection, at: int, **values: object) -> None:
    add(connection, "customers", at, id=at, name=f"N{at}", kind="person", birthday_calendar="solar", **values)


def facts(
    connection: Connection, as_of: date, *names: str, currency: str = "CNY"
) -> list[tuple[object, ...]]:
    """Return features of everybody, by way of a lifecycle rule that looks at them."""
    looks = " or ".join(["waiting", *(f"missing({name})" for name in names)])
    rule = f"stages:\n  - {{stage: new, when: {looks}, text: {{en: a, zh: b}}}}\n"
    rules = load({**SHIPPED, "lifecycle.yaml": SHIPPED["lifecycle.yaml"].replace("stages:\n", rule, 1)})
    run_program(connection, compile_ruleset(rules, source_tables(), as_of, currency), 1)
    picked = [f"json_extract(features, '$.{name}')" for name in names]
    found = connection.execute(
        select(*(text(pick) for pick in picked))
        .select_from(sql_table("feature_values"))
        .order_by(text("customer_id"))
    )
    return [tuple(row) for row in found]


MONTHS = [
    # as of, expected close, months
    ("2026-01-31", "2026-01-30", 0),
    ("2026-01-31", "2026-01-31", 0),
    ("2026-01-31", "2026-02-01", 1),
    ("2026-01-31", "2026-02-28", 1),
    ("2026-01-31", "2026-03-01", 2),
    ("2026-01-31", "2026-03-31", 2),
    ("2026-01-31", "2026-04-01", 3),
    ("2026-01-31", "2026-04-30", 3),
    ("2026-01-31", "2026-05-01", 4),
    ("2024-01-31", "2024-02-29", 1),
    ("2024-01-31", "2024-03-01", 2),
    ("2026-02-28", "2026-03-28", 1),
    ("2026-02-28", "2026-03-29", 2),
    ("2026-02-28", "2026-03-31", 2),
    ("2026-11-15", "2027-05-15", 6),
    ("2026-11-15", "2027-05-16", 7),
    ("2026-12-31", "2027-01-01", 1),
    ("2026-01-01", "2031-01-01", 60),
    ("2026-01-01", "2025-01-01", 0),
]


def test_months_to_close_at_the_ends_of_months(connection: Connection) -> None:
    for at, (_as_of, close, _months) in enumerate(MONTHS, 1):
        customer(connection, at)
        add(
            connection,
            "opportunities",
            at,
            customer_id=at,
            stage="introduced",
            currency="CNY",
            expected_close_on=close,
        )
    for as_of in sorted({row[0] for row in MONTHS}):
        found = facts(connection, date.fromisoformat(as_of), "months_to_close")
        connection.execute(text("DELETE FROM classifications"))
        connection.execute(text("DELETE FROM feature_values"))
        connection.execute(text("DELETE FROM indicator_values"))
        for at, (own, _close, months) in enumerate(MONTHS):
            if own == as_of:
                assert found[at] == (months,), MONTHS[at]


def test_months_to_close_of_every_day_of_four_years(connection: Connection) -> None:
    as_of = date(2023, 10, 31)
    closes = [as_of + timedelta(days=n) for n in range(1461)]
    for at, close in enumerate(closes, 1):
        customer(connection, at)
        row = {
            "customer_id": at,
            "stage": "introduced",
            "currency": "CNY",
            "expected_close_on": close.isoformat(),
        }
        add(connection, "opportunities", at, **row)

    def later(count: int) -> date:
        year, month = divmod(as_of.month - 1 + count, 12)
        year += as_of.year
        return date(year, month + 1, min(as_of.day, calendar.monthrange(year, month + 1)[1]))

    expected = [(next(n for n in range(60) if close <= later(n)),) for close in closes]
    assert facts(connection, as_of, "months_to_close") == expected


def test_a_window_leaves_out_its_first_day_and_takes_the_last(connection: Connection) -> None:
    days = ["2025-01-30", "2025-01-31", "2025-02-01", "2026-01-31", "2026-02-01"]
    customer(connection, 1)
    for at, day in enumerate(days):
        sale = {
            "customer_id": 1,
            "occurred_on": day,
            "kind": "sale",
            "amount_minor": 10**at * 100,
            "currency": "CNY",
        }
        add(connection, "transactions", at, **sale)
    found = facts(connection, date(2026, 1, 31), "orders_12m", "revenue_12m", "orders", "revenue")
    assert found == [(2, 1100, 4, 1111)]


def test_money_is_summed_in_minor_units_of_the_base_currency_only(connection: Connection) -> None:
    customer(connection, 1)
    customer(connection, 2)
    for at in range(1000):
        sale = {
            "customer_id": 1,
            "occurred_on": "2026-01-01",
            "kind": "sale",
            "amount_minor": 10,
            "currency": "CNY",
        }
        add(connection, "transactions", at, **sale)
    yen = {
        "customer_id": 1,
        "occurred_on": "2026-01-01",
        "kind": "sale",
        "amount_minor": 777,
        "currency": "JPY",
    }
    add(connection, "transactions", 1001, **yen)
    assert facts(connection, date(2026, 1, 31), "revenue", "orders", "average_order", "margin") == [
        (100.0, 1001, 0.1, None), (0.0, 0, None, None),
    ]  # fmt: skip
    connection.execute(text("DELETE FROM classifications"))
    connection.execute(text("DELETE FROM feature_values"))
    connection.execute(text("DELETE FROM indicator_values"))
    assert facts(connection, date(2026, 1, 31), "revenue", currency="JPY") == [(777.0,), (0.0,)]


HUGE = 2**62
NAMES = ("revenue", "revenue_12m", "margin", "average_order", "open_pipeline", "minutes")


def sums(amounts: list[int], currency: str = "CNY") -> tuple[object, ...]:
    """Return the features that are sums, as the program holds them (as JSON they have 15 digits)."""
    looks = " or ".join(f"missing({name})" for name in NAMES)
    rule = f"stages:\n  - {{stage: new, when: {looks}, text: {{en: a, zh: b}}}}\n"
    rules = load({**SHIPPED, "lifecycle.yaml": SHIPPED["lifecycle.yaml"].replace("stages:\n", rule, 1)})
    sale = {"occurred_on": "2026-01-01", "kind": "sale", "currency": currency}
    talk = {"channel": "phone", "direction": "outbound", "outcome": "connected", "kind": "sales"}
    rows = {
        "customers": [{"name": "N", "kind": "person", "birthday_calendar": "solar", "created_at": "2026-01-01"}],
        "transactions": [{**sale, "amount_minor": n, "cost_minor": -n} for n in amounts],
        "opportunities": [{"stage": "introduced", "amount_minor": n, "currency": currency} for n in amounts],
        "interactions": [{**talk, "occurred_on": "2026-01-01", "minutes": abs(n), "currency": currency} for n in amounts],
    }  # fmt: skip
    (found,) = evaluate_facts([(compile_ruleset(rules, source_tables(), date(2026, 1, 31), currency), rows)])
    assert found is not None
    return tuple(found[name] for name in NAMES)


def test_sums_too_large_for_an_integer_do_not_end_the_run() -> None:
    assert sums([1234]) == (12.34, 12.34, 24.68, 12.34, 12.34, 1234)
    total = 3 * HUGE
    expected = (total / 100, total / 100, 2 * total / 100, HUGE / 100, total / 100, total)
    assert sums([HUGE] * 3) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("amounts", [[2**53 - 1], [2**52, 2**52 - 1, -3, 1], [10**15] * 9 + [1], [1] * 99])
def test_sums_are_exact_as_far_as_a_number_can_be(amounts: list[int]) -> None:
    revenue, *_rest = sums(amounts, "JPY")
    assert revenue == sum(amounts)


def test_who_existed_on_the_day(connection: Connection) -> None:
    late = {"created_at": "2026-02-01T00:00:00.000000Z"}
    customer(connection, 1)
    customer(connection, 2, **late)
    customer(connection, 3, **late)
    customer(connection, 4, archived_at="2026-01-31T10:00:00.000000Z")
    customer(connection, 5, archived_at="2026-02-01T10:00:00.000000Z")
    sale = {
        "customer_id": 3,
        "occurred_on": "2026-01-31",
        "kind": "sale",
        "amount_minor": 10,
        "currency": "CNY",
    }
    add(connection, "transactions", 1, **sale)
    run_program(connection, compile_ruleset(RULES, source_tables(), date(2026, 1, 31), "CNY"), 1)
    assert connection.execute(text("SELECT customer_id FROM classifications")).scalars().all() == [1, 3, 5]


def test_a_deal_closed_after_the_day_was_open_then(connection: Connection) -> None:
    customer(connection, 1)
    deal = {
        "customer_id": 1,
        "stage": "won",
        "currency": "CNY",
        "amount_minor": 500,
        "expected_close_on": "2026-03-01",
    }
    add(connection, "opportunities", 1, opened_on="2026-01-10", closed_on="2026-02-10", **deal)
    for as_of, count in (("2026-01-09", 0), ("2026-01-10", 1), ("2026-02-09", 1), ("2026-02-10", 0)):
        assert facts(connection, date.fromisoformat(as_of), "open_opportunities") == [(count,)]
        connection.execute(text("DELETE FROM classifications"))
        connection.execute(text("DELETE FROM feature_values"))
        connection.execute(text("DELETE FROM indicator_values"))


def test_points_add_up_and_a_missing_value_is_shared_out() -> None:
    program = compile_ruleset(RULES, source_tables(), date(2026, 1, 31), "CNY")
    full = {
        "revenue_12m": 5.0,
        "orders_12m": 2.0,
        "margin_12m": 1.0,
        "recency_days": 100.0,
        "tenure_days": 100.0,
    }
    results = evaluate_cases(program, [full, {**full, "margin_12m": None}, {}])
    for result in results:
        terms = result["indicators"]
        assert result["score"] == round(sum(points for *_rest, points in terms.values()), 2)
    raw, mark, weight, points = results[1]["indicators"]["margin_12m"]
    assert (raw, mark, weight, points) == (None, None, 0, 0)
    assert sum(weight for _raw, _mark, weight, _points in results[1]["indicators"].values()) == pytest.approx(
        1
    )
    assert results[1]["indicators"]["orders_12m"][2] == pytest.approx(20 / 85)
    assert results[2]["score"] == 0


@pytest.mark.parametrize(("missing", "score"), [("zero", 0), ("neutral", 50), ("leave_out", 0)])
def test_what_a_missing_value_counts(missing: str, score: float) -> None:
    indicators = f"indicators:\n  - {{feature: margin, weight: 3, scale: {{linear: {{from: 0, to: 9}}}}, missing: {missing}}}\n\n"
    start, end = SHIPPED["value.yaml"].index("indicators:"), SHIPPED["value.yaml"].index("# From the top")
    value = SHIPPED["value.yaml"][:start] + indicators + SHIPPED["value.yaml"][end:].split("tests:")[0]
    program = compile_ruleset(
        load({**SHIPPED, "value.yaml": value}), source_tables(), date(2026, 1, 31), "CNY"
    )
    assert [row["score"] for row in evaluate_cases(program, [{}, {"margin": 9.0}, {"margin": 4.5}])] == [
        score,
        100,
        50,
    ]


@pytest.mark.parametrize(
    ("scale", "marks"),
    [
        ("{percentile: higher}", [0, 0.5, 0.5, 1, None]),
        ("{percentile: lower}", [1, 1 / 3, 1 / 3, 0, None]),
        ("{linear: {from: 0, to: 20}}", [0, 0.5, 0.5, 1, None]),
        ("{linear: {from: 20, to: 0}}", [1, 0.5, 0.5, 0, None]),
        (
            "{bands: [{below: 10, points: 0}, {up_to: 10, points: 25}, {points: 100}]}",
            [0, 0.25, 0.25, 1, None],
        ),
    ],
)
def test_scales(scale: str, marks: list[float | None]) -> None:
    indicators = f"indicators:\n  - {{feature: margin, weight: 3, scale: {scale}, missing: leave_out}}\n\n"
    start, end = SHIPPED["value.yaml"].index("indicators:"), SHIPPED["value.yaml"].index("# From the top")
    value = SHIPPED["value.yaml"][:start] + indicators + SHIPPED["value.yaml"][end:].split("tests:")[0]
    program = compile_ruleset(
        load({**SHIPPED, "value.yaml": value}), source_tables(), date(2026, 1, 31), "CNY"
    )
    rows = [{"margin": -5.0}, {"margin": 10.0}, {"margin": 10.0}, {"margin": 25.0}, {}]
    found = [row["indicators"]["margin"][1] for row in evaluate_cases(program, rows)]
    expected = [1 / 3 if m == 0.5 and scale == "{percentile: higher}" else m for m in marks]
    assert found == [None if mark is None else pytest.approx(mark) for mark in expected]


def test_only_what_the_rules_use_is_computed() -> None:
    program = compile_ruleset(RULES, source_tables(), date(2026, 1, 31), "CNY")
    names = [stage.table.name for stage in program.stages]
    assert "crm_run_facts_tasks" not in names
    assert "touches_90d" not in program.features.c
    assert {column.name for column in program.features.c} == {
        "customer_id",
        *(use.name for use in RULES.features),
    }


def test_no_value_stands_in_the_sql_and_it_compiles_for_postgresql_too() -> None:
    program = compile_ruleset(RULES, source_tables(), date(2026, 1, 31), "CNY")
    for statement in (
        *(stage.select for stage in program.stages),
        *program.indicator_values,
        program.classifications,
        program.judged,
    ):
        for dialect in (sqlite.dialect(), postgresql.dialect()):
            written = str(statement.compile(dialect=dialect))
            for value in ("2026-01-31", "CNY", "no_need", "prospect", "'"):
                assert value not in written
