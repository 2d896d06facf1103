"""The condition language against a slow evaluator written independently of it, and against half a lifetime of typos."""

import ast
import gc
import os
import random
import re
import sqlite3
import string
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import date
from multiprocessing import get_context

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Column,
    Connection,
    Float,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    insert,
    select,
)
from sqlalchemy.pool import StaticPool

from conftest import PROJECT
from crmcli.months import add_months
from crmcli.rules.catalogue import CATALOGUE
from crmcli.rules.checker import check
from crmcli.rules.compiler import compile_ruleset
from crmcli.rules.expression import Expression, Known, Scope, canonical, condition, parse
from crmcli.rules.folder import read_files, shipped_folder
from crmcli.rules.sql import to_sql
from crmcli.store.program import evaluate_cases
from crmcli.store.runs import source_tables

FIELDS = {
    "orders": "number", "revenue": "number", "months_to_close": "number", "region": "text", "kind": "text",
    "waiting": "bool", "introduced": "bool", "next_close_on": "date", "last_touch_on": "date",
}  # fmt: skip
KNOWN = {name: Known(name, kind, CATALOGUE[name].codes) for name, kind in FIELDS.items()}
SCOPE = Scope(
    {**KNOWN, **{CATALOGUE[name].zh: known for name, known in KNOWN.items()}}, {"months.A": 1.0, "limit": 7.5}
)
TYPES = {"number": Float, "text": Text, "bool": Integer, "date": Text}
TABLE = Table(
    "features",
    MetaData(),
    Column("customer_id", Integer, primary_key=True),
    *(Column(name, TYPES[kind]) for name, kind in FIELDS.items()),
)
Value = float | str | bool | None
#: How much is tried; `make fuzz` asks for a million texts.
INPUTS = int(os.environ.get("CRM_FUZZ", "10000"))
PARTS = 8  #: the texts are dealt out in so many parts, so that every core has some

# --- the slow evaluator ----------------------------------------------------------------------------------------------


def slow(text: str, row: Mapping[str, Value]) -> Value:
    return _slow(ast.parse(text.strip(), mode="eval").body, row)


def _number(value: float) -> float | None:
    return None if value != value else value  # NaN is unknown


def _slow(node: ast.expr, row: Mapping[str, Value]) -> Value:
    if isinstance(node, ast.Constant):
        return float(node.value) if type(node.value) is int else node.value
    if isinstance(node, ast.Attribute):
        return 1.0
    if isinstance(node, ast.Name):
        if node.id.lower() in {"true", "false"}:
            return node.id.lower() == "true"
        if node.id == "limit":
            return 7.5
        return row[next(name for name in FIELDS if node.id in {name, CATALOGUE[name].zh})]
    if isinstance(node, ast.BoolOp):
        values = [_slow(value, row) for value in node.values]
        decisive = isinstance(node.op, ast.Or)
        if decisive in [value for value in values if value is not None]:
            return decisive
        return None if None in values else not decisive
    if isinstance(node, ast.UnaryOp):
        value = _slow(node.operand, row)
        if value is None:
            return None
        return (
            not value
            if isinstance(node.op, ast.Not)
            else -float(value)
            if isinstance(node.op, ast.USub)
            else value
        )
    if isinstance(node, ast.BinOp):
        return _arithmetic(node.op, _slow(node.left, row), _slow(node.right, row))
    if isinstance(node, ast.IfExp):
        return _slow(node.body if _slow(node.test, row) is True else node.orelse, row)
    if isinstance(node, ast.Compare):
        return _chain(node, row)
    assert isinstance(node, ast.Call)
    return _function(node.func.id, [_slow(arg, row) for arg in node.args])


def _arithmetic(op: ast.operator, left: Value, right: Value) -> Value:
    if left is None or right is None or (isinstance(op, ast.Div) and right == 0):
        return None
    a, b = float(left), float(right)
    if isinstance(op, ast.Add):
        return _number(a + b)
    if isinstance(op, ast.Sub):
        return _number(a - b)
    return _number(a * b if isinstance(op, ast.Mult) else a / b)


def _chain(node: ast.Compare, row: Mapping[str, Value]) -> Value:
    results: list[Value] = []
    left = _slow(node.left, row)
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        if isinstance(op, ast.In | ast.NotIn):
            options = [_slow(element, row) for element in right_node.elts]
            results.append(None if left is None else (left in options) == isinstance(op, ast.In))
            continue
        right = _slow(right_node, row)
        results.append(None if left is None or right is None else _compare(op, left, right))
        left = right
    if False in results:
        return False
    return None if None in results else True


def _compare(op: ast.cmpop, a: Value, b: Value) -> bool:
    match op:
        case ast.Eq():
            return a == b
        case ast.NotEq():
            return a != b
        case ast.Lt():
            return a < b
        case ast.LtE():
            return a <= b
        case ast.Gt():
            return a > b
        case _:
            return a >= b


def _function(name: str, args: list[Value]) -> Value:
    if name == "missing":
        return args[0] is None
    if name == "coalesce":
        return next((arg for arg in args if arg is not None), None)
    if None in args:
        return None
    if name == "has":
        return args[1].strip() in [word.strip(" ") for word in re.split("[,，、]", args[0])]
    if name == "days_between":
        first, second = (date.fromisoformat(day) for day in args)
        return float((second - first).days)
    if name == "months_between":
        first, second = (date.fromisoformat(day) for day in args)
        return float(_months(first, second))
    if name == "round":
        scale = 10.0 ** int(args[1]) if len(args) > 1 else 1.0
        value = args[0] * scale
        whole = value if abs(value) > 2**52 else float(int(value + (0.5 if value >= 0 else -0.5)))
        return _number(whole / scale)
    return abs(args[0]) if name == "abs" else min(args) if name == "min" else max(args)


def _months(first: date, second: date) -> int:
    """By trying: the most months that can be added to the earlier day without passing the later one."""
    if second < first:
        return -_months(second, first)
    found = 0
    while add_months(first, found + 1) <= second:
        found += 1
    return found


# --- random conditions and rows --------------------------------------------------------------------------------------

DAYS = ["2025-12-31", "2026-01-01", "2026-02-28", "2027-05-17"]
MONTH_ENDS = ["2025-01-31", "2026-01-31", "2026-02-27", "2024-02-29", "2027-06-30"]
REGIONS = ["East", "west", "北京", "", "O'Neil", "East, 北京", "北京，East"]
numbers = st.one_of(
    st.sampled_from(
        [
            "0",
            "1",
            "2.5",
            "100",
            "1e9",
            "orders",
            "revenue",
            "months_to_close",
            "months.A",
            "limit",
            "成交次数",
        ]
    ),
    st.integers(-50, 50).map(str),
)


def _bigger(inner: st.SearchStrategy[str], truth: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(st.sampled_from(["min", "max", "coalesce"]), inner, inner).map(
            lambda t: f"{t[0]}({t[1]}, {t[2]})"
        ),
        inner.map(lambda t: f"abs({t})"),
        inner.map(lambda t: f"round({t})"),
        st.tuples(inner, st.integers(0, 3)).map(lambda t: f"round({t[0]}, {t[1]})"),
        inner.map(lambda t: f"-{t}"),
        st.tuples(inner, truth, inner).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
    )


OPS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
simple = st.one_of(
    st.sampled_from(["waiting", "introduced", "true", "False", "等待中"]),
    st.tuples(numbers, OPS, numbers).map(" ".join),
    st.tuples(
        numbers, OPS, st.sampled_from(["orders", "3", "revenue / orders", "max(orders, 2)"]), OPS, numbers
    ).map(" ".join),
    st.tuples(
        st.sampled_from(["min", "max", "coalesce"]),
        st.sampled_from(["next_close_on", "'2026-01-01'"]),
        OPS,
        st.sampled_from(DAYS).map(repr),
    ).map(lambda t: f"{t[0]}({t[1]}, last_touch_on) {t[2]} {t[3]}"),
    st.tuples(st.integers(28, 45), st.sampled_from(["+", "*", "- 1 +"]), OPS, numbers).map(
        lambda t: f"{f' {t[1]} '.join(['orders'] * t[0])} {t[2]} {t[3]}"
    ),
    st.tuples(
        st.sampled_from(["region"]), st.sampled_from(["==", "!="]), st.sampled_from(REGIONS).map(repr)
    ).map(" ".join),
    st.tuples(
        st.sampled_from(["kind"]), st.sampled_from(["in", "not in"]), st.just("('person', 'organization')")
    ).map(" ".join),
    st.tuples(st.sampled_from(["orders"]), st.sampled_from(["in", "not in"]), st.just("(1, 2, -3)")).map(
        " ".join
    ),
    st.tuples(st.sampled_from(["next_close_on", "last_touch_on"]), OPS, st.sampled_from(DAYS).map(repr)).map(
        " ".join
    ),
    st.tuples(st.just("next_close_on"), OPS, st.just("last_touch_on")).map(" ".join),
    st.sampled_from(["has(region, 'East')", "has(region, '北京')", "has(region, 'Ea')"]),
    st.tuples(st.just("days_between(next_close_on, last_touch_on)"), OPS, numbers).map(" ".join),
    st.sampled_from(["days_between('2026-01-01', next_close_on) > 30"]),
    st.tuples(st.just("months_between(next_close_on, last_touch_on)"), OPS, numbers).map(" ".join),
    st.tuples(
        st.sampled_from(MONTH_ENDS).map("months_between('{}', next_close_on)".format),
        OPS,
        st.sampled_from(["0", "1", "-1", "13"]),
    ).map(" ".join),
    st.sampled_from([*FIELDS]).map(lambda name: f"missing({name})"),
)


def _wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    arithmetic = _bigger(numbers, inner)
    return st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or", "==", "!="]), inner).map(
            lambda t: f"(({t[0]}) {t[1]} ({t[2]}))"
        ),
        inner.map(lambda t: f"not ({t})"),
        st.tuples(arithmetic, OPS, arithmetic).map(" ".join),
        st.tuples(_bigger(arithmetic, inner), OPS, numbers).map(" ".join),
        st.tuples(inner, inner, inner).map(lambda t: f"(({t[0]}) if ({t[1]}) else ({t[2]}))"),
        st.tuples(inner, inner).map(lambda t: f"coalesce({t[0]}, {t[1]})"),
    )


conditions = st.recursive(simple, _wider, max_leaves=6).filter(lambda text: len(text) < 2000)
rows = st.fixed_dictionaries(
    {
        "orders": st.one_of(st.none(), st.integers(-3, 10).map(float)),
        "revenue": st.one_of(st.none(), st.floats(-1e12, 1e12), st.sampled_from([0.0, 0.5, 1e300, -1e300])),
        "months_to_close": st.one_of(st.none(), st.integers(0, 8).map(float)),
        "region": st.one_of(st.none(), st.sampled_from(REGIONS)),
        "kind": st.one_of(st.none(), st.sampled_from(["person", "organization"])),
        "waiting": st.one_of(st.none(), st.booleans()),
        "introduced": st.one_of(st.none(), st.booleans()),
        "next_close_on": st.one_of(st.none(), st.sampled_from(DAYS)),
        "last_touch_on": st.one_of(st.none(), st.sampled_from(DAYS)),
    }
)


@contextmanager
def _guarded() -> Iterator[Connection]:
    """A database in memory that refuses everything but reading the features table."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    allowed = {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_TRANSACTION,
    }

    def judge(action: int, first: str | None, *rest: str | None) -> int:
        if action == sqlite3.SQLITE_READ and first != "features":
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY

    with engine.connect() as connection:
        TABLE.create(connection)
        connection.execute(
            insert(TABLE),
            [
                {"customer_id": 1, "orders": 3.0, "region": "East"},
                {"customer_id": 2, "orders": None, "region": None},
            ],
        )
        raw = connection.connection.dbapi_connection
        raw.set_authorizer(judge)
        yield connection
        raw.set_authorizer(None)
    engine.dispose()


@pytest.fixture(scope="module")
def writable() -> Iterator[Connection]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.connect() as connection:
        TABLE.create(connection)
        yield connection
    engine.dispose()


@settings(max_examples=max(10, INPUTS // 100), derandomize=True, deadline=None)
@given(text=conditions, chosen=st.lists(rows, min_size=1, max_size=4))
def test_sql_and_the_slow_evaluator_agree(
    writable: Connection, text: str, chosen: list[dict[str, Value]]
) -> None:
    expression, faults = condition(text, SCOPE)
    assert expression is not None, (text, faults)
    writable.execute(TABLE.delete())
    writable.execute(insert(TABLE), [{"customer_id": at, **row} for at, row in enumerate(chosen)])
    chosen_sql = (
        select(to_sql(expression, TABLE.c).label("answer")).select_from(TABLE).order_by(TABLE.c.customer_id)
    )
    answers = [row.answer for row in writable.execute(chosen_sql)]
    expected = [slow(text, row) for row in chosen]
    assert [None if answer is None else bool(answer) for answer in answers] == expected


@pytest.mark.parametrize(
    ("day", "other", "months"),
    [
        ("1998-03-31", "1998-01-06", -2),
        ("2026-03-31", "2026-03-30", 0),
        ("2026-03-31", "2026-03-31", 0),
        ("2026-03-30", "2026-03-31", 0),
        ("2026-03-31", "2026-02-28", -1),
        ("2026-02-28", "2026-03-28", 1),
        ("2026-01-31", "2026-02-28", 1),
        ("2026-02-28", "2026-01-31", -1),
        ("2024-02-29", "2023-02-28", -12),
        ("2024-02-29", "2025-02-28", 12),
        ("2026-01-15", "2025-12-16", 0),
        ("2026-01-15", "2025-12-15", -1),
    ],
)
def test_whole_months_between(writable: Connection, day: str, other: str, months: int) -> None:
    expression, faults = parse(f"months_between('{day}', '{other}')", SCOPE)
    assert expression is not None, faults
    assert writable.execute(select(to_sql(expression, {}))).scalar_one() == months
    assert _months(date.fromisoformat(day), date.fromisoformat(other)) == months


@settings(max_examples=max(10, INPUTS // 200), derandomize=True, deadline=None)
@given(text=conditions)
def test_spacing_changes_nothing(text: str) -> None:
    first, _faults = condition(text, SCOPE)
    second, _faults = condition("  " + text.replace(" ", "  \n ") + " ", SCOPE)
    assert first is not None
    assert second is not None
    assert canonical(first) == canonical(second)


# --- fuzzing ---------------------------------------------------------------------------------------------------------

TOKENS = [
    *FIELDS, "成交次数", "等待中", "months.A", "limit", "and", "or", "not", "in", "is", "if", "else", "(", ")",
    "[", "]", "{", "}",
    ",", ".", ":", ";", "==", "!=", "<", "<=", ">", ">=", "=", ":=", "+", "-", "*", "/", "**", "//", "%", "~", "&", "|", "^", "@",
    "0", "1", "9.5", "1e308", "9223372036854775807", "-9223372036854775808", "0x10", "1_000", "007", "1j", "'person'", "'East'",
    "''", "'2026-01-01'", '"', "'", "b'x'", "f'{orders}'", "true", "None", "lambda", "x",
    "__import__", "__class__", "min", "max",
    "abs", "round", "coalesce", "missing", "for", "await", "yield", "\n", "\t", "\\",
    "#", "\0", "\ud800", "（", "＝", "ａｂｓ", "²", "…",
    "--", "/*", "*/", "sqlite_version", "load_extension",
    "select 1", "features", "customer_id", "rowid", "randomblob(1000000000)",
]  # fmt: skip


def _inputs(count: int, part: int) -> Iterator[str]:
    """Yield chains of tokens, and conditions with a few places changed; as quick as may be, for there are a million."""
    rnd = random.Random(20261122 + part)
    chance, choices = rnd.random, rnd.choices
    chain = choices(TOKENS, k=200_000)
    seeds = [
        "orders > 3 and not waiting",
        "kind in ('person', 'organization') or revenue / orders >= 2.5",
        "coalesce(revenue, 0) * 2 - 1 < max(orders, 3)",
        "(1 if waiting else 2) == 1 and next_close_on > '2026-01-01'",
        "0 < orders <= months.A or missing(region)",
    ]
    for _at in range(count):
        way = chance()
        if way < 0.7:
            start = int(
                len(chain) * chance()
            )  # a window of a long chain: dealing each token anew takes longer
            yield ("" if way < 0.35 else " ").join(chain[start : start + 1 + int(9 * chance())])
            continue
        text = seeds[int(len(seeds) * chance())]
        for part in choices(TOKENS if way < 0.9 else string.printable, k=1 + int(4 * chance())):
            place = int((len(text) + 1) * chance())
            text = f"{text[:place]}{part}{text[place + int(4 * chance()) :]}"
        yield text


def _tried(part: int) -> int:
    """Put the texts of a part to the reader, and what it accepts to SQLite; return how many conditions that were."""
    accepted: dict[Expression, str] = {}  # one tree is one statement, however often it was written
    for at, text in enumerate(_inputs(INPUTS // PARTS, part)):
        expression, faults = parse(text, SCOPE)
        if expression is None:
            assert faults, f"refused without a fault: {text!r}"
            assert all(0 <= fault.offset <= len(text) for fault in faults), f"refused elsewhere: {text!r}"
            assert at % 100 or all(isinstance(fault.hint, str) for fault in faults)
        else:
            assert not faults, f"accepted with faults: {text!r}"
            accepted[expression] = text
    some = list(accepted)
    with _guarded() as connection:
        for start in range(0, len(some), 50):  # fifty in one statement: most of the time is SQLAlchemy's own
            columns = [
                to_sql(each, TABLE.c).label(f"a{at}") for at, each in enumerate(some[start : start + 50])
            ]
            assert connection.execute(select(*columns).select_from(TABLE)).all()
    return len(accepted)


def test_no_input_escapes_or_breaks_sql() -> None:
    if INPUTS <= PARTS * 10_000:
        counts = [_tried(part) for part in range(PARTS)]
    else:  # by every core, from one start
        gc.freeze()  # what is there by now needs no looking through, a million times over
        with ProcessPoolExecutor(mp_context=get_context("fork")) as cores:
            counts = list(cores.map(_tried, range(PARTS)))
    assert all(count > INPUTS // PARTS // 1000 for count in counts)


DEEPER = [
    "(1 if waiting else coalesce({}, 1))",
    "(1 if {} > 0 else 2)",
    "max(1, {})",
    "(1 / {})",
    "(1 - {})",
    "round({}, 2)",
    "-{}",
    "(1 if not ({} == 1 or waiting) else 2)",
    "(1 if ({} in (1, 2)) == waiting else 2)",
    "abs({} + 1)",
]


@pytest.mark.parametrize("form", DEEPER)
def test_the_deepest_condition_that_is_accepted_runs_in_a_whole_program(form: str) -> None:
    text = "orders"
    scope = Scope({**SCOPE.fields, "average_order": Known("average_order", "number")}, SCOPE.parameters)
    while condition(f"{form.format(text)} > average_order", scope)[0] is not None:
        text = form.format(text)
    assert text.count("orders") == 1
    assert len(text) > 20
    shipped = read_files(shipped_folder())
    lifecycle = shipped["lifecycle.yaml"].replace("when: orders == 0", f'when: "{text} > average_order"')
    grades = shipped["grades.yaml"].replace("when: no_followup", f'when: "{text} > average_order"')
    ruleset, faults = check({**shipped, "lifecycle.yaml": lifecycle, "grades.yaml": grades})
    assert ruleset is not None, faults
    program = compile_ruleset(ruleset, source_tables(), date(2026, 1, 31), "CNY")
    assert len(evaluate_cases(program, [{"orders": 3.0}])) == 1


def test_values_are_bound_never_written() -> None:
    expression, _faults = condition('region == "x\'); drop table customers --" or orders > 12345.5', SCOPE)
    assert expression is not None
    sql = str(select(to_sql(expression, TABLE.c)))
    assert "drop" not in sql
    assert "12345" not in sql


def test_mutilated_rule_files_give_faults_and_nothing_else() -> None:
    rnd = random.Random(7)
    shipped = read_files(shipped_folder())
    tables = source_tables()
    good = 0
    for _at in range(max(50, INPUTS // 500)):
        name = rnd.choice(sorted(shipped))
        text = shipped[name]
        for _change in range(rnd.randint(1, 3)):
            place = rnd.randrange(len(text))
            part = rnd.choice(
                [*TOKENS, "- ", ": ", "\n  ", "{", "null", "true", "&a ", "*a", "!!x ", "12", "", "? ", "| "]
            )
            text = text[:place] + part + text[place + rnd.randint(0, 5) :]
        ruleset, faults = check({**shipped, name: text})
        assert (ruleset is None) == bool(faults)
        if ruleset is not None and rnd.random() < 0.1:
            good += 1
            program = compile_ruleset(ruleset, tables, date(2026, 1, 31), "CNY")
            assert len(evaluate_cases(program, [{}, {"orders": 3.0}])) == 2
    assert good


def test_the_tables_of_the_page_on_rules_are_what_sql_answers(writable: Connection) -> None:
    page = (PROJECT / "docs" / "rules.md").read_text(encoding="utf-8")
    words = {"true": 1, "false": 0, "unknown": None}
    lines = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line] for line in lines]
    table = [line for line in cells if len(line) == 5 and set(line) <= set(words)]
    assert len(table) == 9
    for a, b, *answers in table:
        writable.execute(TABLE.delete())
        row = {"customer_id": 1, "waiting": words[a], "introduced": words[b]}
        writable.execute(insert(TABLE), row)
        for text, answer in zip(
            ("waiting and introduced", "waiting or introduced", "not waiting"), answers, strict=True
        ):
            assert _answer(writable, text) == words[answer], (text, a, b)
    for text, expected in (
        ("orders == 1", None),
        ("orders == orders", None),
        ("orders not in (1, 2)", None),
        ("has(region, 'vip')", None),
        ("min(orders, 3)", None),
        ("max(3, orders)", None),
        ("coalesce(orders, 0)", 0),
        ("missing(orders)", 1),
        ("1 if orders > 5 else 2", 2),
        ("1 / 0", None),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("days_between(next_close_on, '2026-01-01')", None),
    ):
        assert _answer(writable, text) == expected, text


def _answer(connection: Connection, text: str) -> object:
    expression, faults = parse(text, SCOPE)
    assert expression is not None, faults
    return connection.execute(select(to_sql(expression, TABLE.c)).select_from(TABLE)).scalar_one()
