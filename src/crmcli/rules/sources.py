"""What rules may look at in the facts themselves: the tables, their fields, and how a field is read in SQL.

A declared feature takes one aggregate over one of these tables. Amounts are those in the base currency, in major
units; in another currency they count as unknown. Of an opportunity, its state is that of the day that is classified.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, and_, case, cast, func, literal, or_, select, type_coerce
from sqlalchemy.types import Float

from crmcli import vocabulary
from crmcli.rules.catalogue import (
    COMPLAINTS,
    CONTACTS,
    CREDITS,
    INTERACTIONS,
    OPPORTUNITIES,
    PAYMENTS,
    SURVEYS,
    TASKS,
    TRANSACTIONS,
    Facts,
    Sql,
    category_of,
    complaint_open,
    complaint_stage,
    deal_open,
    deal_stage,
    owed_on,
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


def _filled(column: str) -> Callable[[Facts, str], Sql]:
    """Read a text of which nothing is as good as none."""
    return lambda facts, source: func.nullif(func.trim(facts.tables[source].c[column]), "", type_=Text)


def _of_closed(column: str) -> Callable[[Facts, str], Sql]:
    """Read what is known only of a deal that was closed by the day."""

    def read(facts: Facts, source: str) -> Sql:
        table = facts.tables[source]
        return case((table.c.closed_on <= facts.as_of, type_coerce(table.c[column], Text)), else_=None)

    return read


def _by_the_day(column: str, day: str, kind: type[Any] = Text) -> Callable[[Facts, str], Sql]:
    """Read what is known from a day on that stands in another column, or that is such a day."""

    def read(facts: Facts, source: str) -> Sql:
        table = facts.tables[source]
        return case((table.c[day] <= facts.as_of, type_coerce(table.c[column], kind)), else_=None)

    return read


def _late(facts: Facts, source: str) -> Sql:
    """Whether the reply to a complaint was due before the day and had not been given."""
    table = facts.tables[source]
    waiting = or_(table.c.replied_on.is_(None), table.c.replied_on > facts.as_of)
    late = and_(waiting, complaint_open(facts), func.coalesce(table.c.reply_due_on < facts.as_of, False))
    return case((late, 1), else_=0)


def _product(facts: Facts, source: str) -> Sql:
    return product_of(facts, source, "name")


def _of_sale(column: str) -> Callable[[Facts, str], Sql]:
    """Read a text of the transaction that a payment is for."""

    def read(facts: Facts, source: str) -> Sql:
        sales, table = facts.tables[TRANSACTIONS], facts.tables[source]
        own = select(type_coerce(sales.c[column], Text)).where(sales.c.id == table.c.transaction_id)
        return own.correlate(table).scalar_subquery()

    return read


def _days_late(facts: Facts, source: str) -> Sql:
    """Read how many days after the due day a payment came; before it is less than 0."""
    due = _of_sale("due_on")(facts, source)
    paid = type_coerce(facts.tables[source].c.paid_on, Text)
    return func.julianday(paid, type_=Float) - func.julianday(due, type_=Float)


def _paid_amount() -> SourceField:
    """Describe the amount of a payment, which is in the currency of its transaction."""

    def whole(facts: Facts, source: str) -> Sql:
        amount = facts.tables[source].c.amount_minor
        own = _of_sale("currency")(facts, source) == facts.currency
        return case((own, cast(amount, Float)), else_=None)

    def read(facts: Facts, source: str) -> Sql:
        return whole(facts, source) / literal(facts.units, Float)

    return SourceField("金额", NUMBER, read, "money", whole=whole)


def _overdue_days(facts: Facts, source: str) -> Sql:
    """Read how many days a sale that is not paid in full is overdue; nothing if it is not."""
    due = facts.tables[source].c.due_on
    late = and_(due < facts.as_of, owed_on(facts) > 0)
    return case((late, facts.days_since(type_coerce(due, Text))), else_=None)


def _owed() -> SourceField:
    """Describe what is owed on a transaction on the day."""

    def whole(facts: Facts, source: str) -> Sql:
        own = facts.tables[source].c.currency == facts.currency
        return case((own, cast(owed_on(facts), Float)), else_=None)

    def read(facts: Facts, source: str) -> Sql:
        return whole(facts, source) / literal(facts.units, Float)

    return SourceField("欠款", NUMBER, read, "money", whole=whole)


SOURCES: dict[str, dict[str, SourceField]] = {
    TRANSACTIONS: {
        "occurred_on": SourceField("日期", DATE, _text("occurred_on")),
        "kind": _words("类型", "kind", vocabulary.TRANSACTION_KIND),
        "amount": _money("金额", "amount_minor"),
        "cost": _money("成本", "cost_minor"),
        "margin": _money("毛利", "amount_minor", "cost_minor"),
        "quantity": SourceField("数量", NUMBER, _number("quantity"), "count"),
        "product": SourceField("产品", TEXT, _product),
        "category": SourceField("品类", TEXT, category_of),
        "order_number": SourceField("订单号", TEXT, _text("order_number")),
        "due_on": SourceField("应付日", DATE, _text("due_on")),
        "paid_on": SourceField("付款日", DATE, _text("paid_on")),
        "owed": _owed(),
        "overdue_days": SourceField("逾期天数", NUMBER, _overdue_days, "days"),
    },
    PAYMENTS: {
        "paid_on": SourceField("回款日", DATE, _text("paid_on")),
        "amount": _paid_amount(),
        "days_late": SourceField("逾期天数", NUMBER, _days_late, "days"),
        "due_on": SourceField("应付日", DATE, _of_sale("due_on")),
        "kind": SourceField("类型", TEXT, _of_sale("kind"), codes=vocabulary.TRANSACTION_KIND.codes),
        "order_number": SourceField("订单号", TEXT, _of_sale("order_number")),
    },
    CREDITS: {
        "limit": _money("额度", "limit_minor"),
        "terms_days": SourceField("账期天数", NUMBER, _number("terms_days"), "days"),
        "reviewed_on": SourceField("复核日", DATE, _text("reviewed_on")),
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
        "summary": SourceField("跟进内容", TEXT, _text("summary")),
    },
    OPPORTUNITIES: {
        "stage": SourceField(
            "阶段", TEXT, lambda facts, _source: deal_stage(facts), codes=vocabulary.OPPORTUNITY_STAGE.codes
        ),
        "open": SourceField("进行中", BOOL, lambda facts, _source: case((deal_open(facts), 1), else_=0)),
        "amount": _money("金额", "amount_minor"),
        "probability": SourceField("赢率", NUMBER, _number("probability"), "percent"),
        "opened_on": SourceField("开始日", DATE, _text("opened_on")),
        "expected_close_on": SourceField("预计成交日", DATE, _text("expected_close_on")),
        "closed_on": SourceField("结束日", DATE, _of_closed("closed_on")),
        "waiting_for": SourceField("等待", TEXT, _text("waiting_for")),
        "waiting_until": SourceField("等待至", DATE, _text("waiting_until")),
        "lost_reason": SourceField("丢单原因", TEXT, _of_closed("lost_reason")),
        "product": SourceField("产品", TEXT, _product),
    },
    TASKS: {
        "due_on": SourceField("到期日", DATE, _text("due_on")),
        "channel": SourceField("渠道", TEXT, _text("channel"), codes=vocabulary.CHANNEL.codes),
        "title": SourceField("事项", TEXT, _text("title")),
    },
    COMPLAINTS: {
        "received_on": SourceField("受理日", DATE, _text("received_on")),
        "severity": _words("严重程度", "severity", vocabulary.SEVERITY),
        "channel": _words("渠道", "channel", vocabulary.CHANNEL),
        "stage": SourceField(
            "阶段",
            TEXT,
            lambda facts, _source: complaint_stage(facts),
            codes=vocabulary.COMPLAINT_STAGE.codes,
        ),
        "open": SourceField("未关闭", BOOL, lambda facts, _source: case((complaint_open(facts), 1), else_=0)),
        "late": SourceField("回复逾期", BOOL, _late),
        "reply_due_on": SourceField("应回复日", DATE, _text("reply_due_on")),
        "replied_on": SourceField("回复日", DATE, _by_the_day("replied_on", "replied_on")),
        "closed_on": SourceField("关闭日", DATE, _by_the_day("closed_on", "closed_on")),
        "cause": SourceField("原因类别", TEXT, _by_the_day("cause", "closed_on")),
        "summary": SourceField("投诉内容", TEXT, _text("summary")),
    },
    SURVEYS: {
        "asked_on": SourceField("调查日", DATE, _text("asked_on")),
        "answered_on": SourceField("答复日", DATE, _by_the_day("answered_on", "answered_on")),
        "kind": _words("调查类型", "kind", vocabulary.SURVEY_KIND),
        "channel": _words("渠道", "channel", vocabulary.CHANNEL),
        "score": SourceField("评分", NUMBER, _by_the_day("score", "answered_on", Float)),
        "comment": SourceField("意见", TEXT, _by_the_day("comment", "answered_on")),
    },
    CONTACTS: {
        "title": SourceField("职务", TEXT, _filled("title")),
        "primary": SourceField("主要联系人", BOOL, lambda facts, source: facts.tables[source].c.is_primary),
        "gender": _words("性别", "gender", vocabulary.GENDER),
        "birthday": SourceField("生日", DATE, _text("birthday")),
        "phone": SourceField("电话", TEXT, _filled("phone")),
        "email": SourceField("邮箱", TEXT, _filled("email")),
        "wechat": SourceField("微信", TEXT, _filled("wechat")),
    },
}
#: The field that is the day of a fact, by table: windows and the order of facts go by it. A deal that is still open has
#: no such day, so it is in no window; nor is a survey that is not answered.
DATED = {
    TRANSACTIONS: "occurred_on", PAYMENTS: "paid_on", INTERACTIONS: "occurred_on", OPPORTUNITIES: "closed_on",
    COMPLAINTS: "received_on", SURVEYS: "answered_on",
}  # fmt: skip


def known_fields(source: str) -> dict[str, Known]:
    """Return the names a condition on the facts of a table may use, in English and in Chinese."""
    found: dict[str, Known] = {}
    for name, own in SOURCES[source].items():
        found[name] = found[own.zh] = Known(name, own.type, own.codes)
    return found


class Columns(Mapping[str, Sql]):
    """The SQL of every field of a table by name, made when it is asked for: a narrow copy has not all columns."""

    def __init__(self, facts: Facts, source: str) -> None:
        self.facts, self.source = facts, source

    def __getitem__(self, name: str) -> Sql:
        return SOURCES[self.source][name].read(self.facts, self.source)

    def __iter__(self) -> Iterator[str]:
        return iter(SOURCES[self.source])

    def __len__(self) -> int:
        return len(SOURCES[self.source])
