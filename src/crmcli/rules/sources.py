"""What rules may look at in the facts themselves: the tables, their fields, and how a field is read in SQL.

A declared feature takes one aggregate over one of these tables. Amounts are those in the base currency, in major
units; in another currency they count as unknown.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Text, case, cast, literal, type_coerce
from sqlalchemy.types import Float

from crmcli import vocabulary
from crmcli.rules.catalogue import (
    INTERACTIONS,
    OPPORTUNITIES,
    TASKS,
    TRANSACTIONS,
    Facts,
    Sql,
    category_of,
    product_of,
)
from crmcli.rules.expression import BOOL, DATE, NUMBER, TEXT, Known


@dataclass(frozen=True, slots=True)
class SourceField:
    """One field of a table: its Chinese name, its type and unit, its closed list if it has one, and its SQL.

    `whole` reads an amount in minor units: they add up exactly, where major units are fractions.
    """

    zh: str
    type: str
    read: Callable[[Facts, str], Sql]
    unit: str = ""
    codes: tuple[str, ...] = ()
    whole: Callable[[Facts, str], Sql] | None = None


def _number(column: str) -> Callable[[Facts, str], Sql]:
    return lambda facts, source: type_coerce(facts.tables[source].c[column], Float)


def _text(column: str) -> Callable[[Facts, str], Sql]:
    return lambda facts, source: type_coerce(facts.tables[source].c[column], Text)


def _money(zh: str, column: str, less: str = "") -> SourceField:
    def whole(facts: Facts, source: str) -> Sql:
        table = facts.tables[source]
        amount = table.c[column] - table.c[less] if less else table.c[column]
        return case((table.c.currency == facts.currency, cast(amount, Float)), else_=None)

    def read(facts: Facts, source: str) -> Sql:
        return whole(facts, source) / literal(facts.units, Float)

    return SourceField(zh, NUMBER, read, "money", whole=whole)


def _reached(facts: Facts, source: str) -> Sql:
    return case((facts.tables[source].c.outcome.in_(vocabulary.REAL_TOUCH), 1), else_=0)


def _words(zh: str, column: str, known: vocabulary.Vocabulary) -> SourceField:
    return SourceField(zh, TEXT, _text(column), codes=known.codes)


SOURCES: dict[str, dict[str, SourceField]] = {
    TRANSACTIONS: {
        "occurred_on": SourceField("日期", DATE, _text("occurred_on")),
        "kind": _words("类型", "kind", vocabulary.TRANSACTION_KIND),
        "amount": _money("金额", "amount_minor"),
        "cost": _money("成本", "cost_minor"),
        "margin": _money("毛利", "amount_minor", "cost_minor"),
        "quantity": SourceField("数量", NUMBER, _number("quantity"), "count"),
        "product": SourceField("产品", TEXT, lambda facts, source: product_of(facts, source, "name")),
        "category": SourceField("品类", TEXT, category_of),
        "order_number": SourceField("订单号", TEXT, _text("order_number")),
        "due_on": SourceField("应付日", DATE, _text("due_on")),
        "paid_on": SourceField("付款日", DATE, _text("paid_on")),
    },
    INTERACTIONS: {
        "occurred_on": SourceField("日期", DATE, _text("occurred_on")),
        "channel": _words("渠道", "channel", vocabulary.CHANNEL),
        "direction": _words("方向", "direction", vocabulary.DIRECTION),
        "outcome": _words("结果", "outcome", vocabulary.OUTCOME),
        "kind": _words("类型", "kind", vocabulary.INTERACTION_KIND),
        "minutes": SourceField("分钟", NUMBER, _number("minutes"), "minutes"),
        "cost": _money("费用", "cost_minor"),
        "reached": SourceField("有效联系", BOOL, _reached),
    },
    OPPORTUNITIES: {
        "stage": _words("阶段", "stage", vocabulary.OPPORTUNITY_STAGE),
        "amount": _money("金额", "amount_minor"),
        "probability": SourceField("赢率", NUMBER, _number("probability"), "percent"),
        "expected_close_on": SourceField("预计成交日", DATE, _text("expected_close_on")),
        "waiting_for": SourceField("等待", TEXT, _text("waiting_for")),
    },
    TASKS: {
        "due_on": SourceField("到期日", DATE, _text("due_on")),
        "channel": SourceField("渠道", TEXT, _text("channel"), codes=vocabulary.CHANNEL.codes),
    },
}
DATED = (TRANSACTIONS, INTERACTIONS)  #: their facts have a day of their own


def known_fields(source: str) -> dict[str, Known]:
    """Return the names a condition on the facts of a table may use, in English and in Chinese."""
    found: dict[str, Known] = {}
    for name, own in SOURCES[source].items():
        found[name] = found[own.zh] = Known(name, own.type, own.codes)
    return found


def columns(facts: Facts, source: str) -> dict[str, Sql]:
    """Return the SQL of every field of a table by name."""
    return {name: own.read(facts, source) for name, own in SOURCES[source].items()}
