"""What conditions come to for everybody: always true, never true, never reached."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Float, Integer, MetaData, Table, Text, create_engine, insert, select

from crmcli.rules.catalogue import CATALOGUE
from crmcli.rules.checker import check
from crmcli.rules.compiler import compile_ruleset
from crmcli.rules.expression import Expression, Known, Scope, condition
from crmcli.rules.folder import read_files, shipped_folder
from crmcli.rules.sql import to_sql
from crmcli.rules.truth import ALWAYS_KNOWN, COUNTS, always_true, hidden, never_true
from crmcli.store.program import evaluate_facts
from crmcli.store.runs import source_tables

SCOPE = Scope(
    {name: Known(name, each.type, each.codes) for name, each in CATALOGUE.items()}, {"months.B": 3.0}
)


def read(text: str) -> Expression:
    found, faults = condition(text, SCOPE)
    assert found is not None, (text, faults)
    return found


ALWAYS = [
    "true",
    "1 + 1 == 2",
    "1 in (1, 2)",
    "max(1, 2) > 0",
    "coalesce(1, orders) == 1",
    "true if orders > 0 else true",
    "orders >= 0",
    "orders > -1",
    "abs(orders) >= 0",
    "abs(revenue - 5) + 1 > 0",
    "missing(orders) or not missing(orders)",
    "missing(region) or not missing(region)",
    "orders > 5 or orders <= 5",
    "kind in ('person', 'organization')",
    "months_between(today, today) == 0",
    "orders > 0 or orders < 1",
    "not (orders > 5 and orders < 3)",
    "coalesce(recency_days, 0) > 0 or coalesce(recency_days, 0) <= 0",
    "recency_days > 5 or recency_days <= 5 or missing(recency_days)",
    "region == 'East' or region != 'East' or missing(region)",
    "has_next_step or not has_next_step",
    "next_close_on > '2026-01-01' or next_close_on <= '2026-01-01' or missing(next_close_on)",
    "not waiting or waiting or missing(waiting)",
    "1 / 4 == 0.25",
]
NEVER = [
    "false",
    "1 == 2",
    "orders < 0",
    "orders > 5 and orders < 3",
    "orders > 2 and orders < 3",
    "missing(1)",
    "missing(orders)",
    "recency_days > 5 and recency_days <= 5",
    "kind not in ('person', 'organization')",
    "orders == 1.5",
    "region == 'East' and region == 'West'",
    "waiting and not waiting",
    "missing(waiting) and waiting",
    "1 / 0 > 0",
    "next_close_on > '2026-01-01' and next_close_on < '2026-01-02'",
    "min(orders, 3) > 3",
]
OPEN = [
    "orders > 0",
    "recency_days >= 0",
    "recency_days > 5 or recency_days <= 5",  # not known of somebody who never bought
    "revenue >= 0",
    "revenue > 2 and revenue < 3",
    "abs(revenue) > 0",
    "kind == 'person'",
    "region != 'East'",
    "region == 'East' or region == 'West'",
    "waiting or not waiting",
    "orders / orders == 1",
    "months_between(today, next_close_on) >= 0",
    "round(orders / 3) > 0.4",
    "has(tags, 'vip')",
    "next_close_on > '2026-01-01'",
    "revenue > orders",
    "true if recency_days > 5 else false",
]


@pytest.mark.parametrize("text", ALWAYS)
def test_what_holds_for_everybody(text: str) -> None:
    assert always_true(read(text))
    assert never_true(read(f"not ({text})"))


def test_a_column_of_a_table_is_not_the_feature_of_that_name() -> None:
    text = "kind != 'refund'"
    features = read_files(shipped_folder())["features.yaml"].replace(
        "features:\n",
        f"features:\n  sold:\n    from: transactions\n    take: count\n    where: {text}\n"
        "    text: {en: sold, zh: 售出}\n",
        1,
    )
    assert check({**read_files(shipped_folder()), "features.yaml": features})[1] == ()


@pytest.mark.parametrize("text", NEVER)
def test_what_holds_for_nobody(text: str) -> None:
    assert never_true(read(text))
    assert not always_true(read(text))


@pytest.mark.parametrize("text", OPEN)
def test_what_may_hold(text: str) -> None:
    assert not always_true(read(text))
    assert not never_true(read(text))


@pytest.mark.parametrize(
    ("above", "rule", "never"),
    [
        (["months_to_close <= 6"], "months_to_close <= months.B", True),
        (["months_to_close <= 6"], "months_to_close <= months.B and waiting", True),
        (["months_to_close <= 3"], "months_to_close <= 6", False),
        (["orders > 3", "orders <= 3"], "waiting", True),
        (["recency_days > 3", "recency_days <= 3"], "waiting", False),
        (["revenue > 2 * orders"], "orders * 2 < revenue", False),  # true, and more than is looked for
        (["revenue > 2 * orders"], "revenue > 2 * orders", True),
        (["revenue > 2 * orders"], "revenue > 2 * orders and waiting", True),
        (["waiting", "introduced"], "waiting or introduced", True),
        (["waiting and introduced"], "waiting", False),
        (["kind == 'person'"], "kind != 'organization'", True),
        (["orders >= 1"], "orders > 0", True),
        (["revenue >= 1"], "revenue > 0", False),
    ],
)
def test_what_the_rules_above_take(above: list[str], rule: str, never: bool) -> None:
    assert hidden(read(rule), tuple(read(each) for each in above)) is never


def test_the_features_that_are_known_of_somebody_without_a_record() -> None:
    files = read_files(shipped_folder())
    names = " or ".join(f"missing({name})" for name in sorted(ALWAYS_KNOWN))
    files["lifecycle.yaml"] = files["lifecycle.yaml"].replace(
        "when: orders == 0", f"when: waiting or {names}"
    )
    ruleset, faults = check(files)
    assert ruleset is not None, faults
    program = compile_ruleset(ruleset, source_tables(), date(2026, 1, 31), "CNY")
    bare = {"customers": [{"name": "x", "kind": "person", "created_at": "2026-01-01T00:00:00Z"}]}
    (found,) = evaluate_facts([(program, bare)])
    assert found is not None
    assert {name for name in ALWAYS_KNOWN if found[name] is None} == set()
    assert {found[name] for name in COUNTS} == {0.0}
    assert {CATALOGUE[name].unit for name in COUNTS} == {"count"}


# --- never too much is claimed ----------------------------------------------------------------------------------------

TABLE = Table(
    "rows",
    MetaData(),
    Column("customer_id", Integer, primary_key=True),
    Column("orders", Float),
    Column("recency_days", Float),
    Column("waiting", Integer),
    Column("size", Text),
    Column("next_close_on", Text),
)
DAYS = ("2026-01-01", "2026-01-02", "2026-02-01")
numbers = st.recursive(
    st.sampled_from(["orders", "recency_days", "0", "1", "2.5", "-1"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(st.sampled_from(["min", "max", "coalesce"]), inner, inner).map(
            lambda t: f"{t[0]}({t[1]}, {t[2]})"
        ),
        st.tuples(st.sampled_from(["abs", "round"]), inner).map(lambda t: f"{t[0]}({t[1]})"),
    ),
    max_leaves=3,
)
OPS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
conditions = st.recursive(
    st.one_of(
        st.tuples(numbers, OPS, numbers).map(" ".join),
        st.tuples(st.just("next_close_on"), OPS, st.sampled_from(DAYS).map(repr)).map(" ".join),
        st.sampled_from(
            ["waiting", "missing(waiting)", "missing(recency_days)", "size == 'medium'", "size != 'large'"]
        ),
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda each: f"(not {each})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
        st.tuples(inner, inner).map(lambda t: f"coalesce({t[0]}, {t[1]})"),
    ),
    max_leaves=4,
)
ROWS = [
    {"orders": orders, "recency_days": days, "waiting": waiting, "size": size, "next_close_on": day}
    for orders in (0.0, 1.0, 2.0, 3.0)
    for days in (None, -1.0, 0.5, 1.0, 2.5, 40.0)
    for waiting, size, day in (
        (None, None, None),
        (0, "medium", DAYS[0]),
        (1, "large", DAYS[1]),
        (1, "micro_small", "2026-03-01"),
        (0, "medium", None),
    )
]


@settings(max_examples=150, deadline=None)
@given(text=conditions, above=conditions)
def test_what_is_claimed_is_so_for_every_row(text: str, above: str) -> None:
    rule, before = read(text), read(above)
    with create_engine("sqlite://").connect() as connection:
        TABLE.create(connection)
        connection.execute(insert(TABLE), ROWS)
        both = select(to_sql(rule, TABLE.c).label("a"), to_sql(before, TABLE.c).label("b"))
        found = connection.execute(both).all()
    answers = {row.a for row in found}
    assert not always_true(rule) or answers == {1}
    assert not never_true(rule) or 1 not in answers
    assert not hidden(rule, (before,)) or all(row.a != 1 or row.b == 1 for row in found)
