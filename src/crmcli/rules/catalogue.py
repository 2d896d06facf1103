"""The closed list of features: what can be known about a customer on a day, and how SQL works it out.

Each feature is declared once here; the checker, the compiler, the list that users read and the tests take
it from here. A feature takes aggregates over one source table (one GROUP BY per table, shared by all
features) and combines them. Only facts dated on or before the as-of day are seen. Money is in major units
of the base currency.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Float,
    Integer,
    Select,
    Table,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    type_coerce,
)

from crmcli import vocabulary
from crmcli.rules.expression import BOOL, DATE, NUMBER, TEXT
from crmcli.rules.medians import median_gap
from crmcli.rules.model import FeatureUse, Label

Sql = ColumnElement[Any]
CUSTOMERS, TRANSACTIONS, INTERACTIONS = "customers", "transactions", "interactions"
OPPORTUNITIES, TASKS = "opportunities", "tasks"
CONTACTS, PRODUCTS = "contacts", "products"
COMPLAINTS, SURVEYS = "complaints", "surveys"
PAYMENTS, CREDITS = "payments", "credits"
CLOSED_STAGES = ("won", "lost")
COMPLETE = ("phone", "email", "wechat", "region", "address", "industry", "source", "needs", "tags")
_TREND_DAYS = 90
_NO_DAY = "9999-99-99"
_SCORE_AT = len("YYYY-MM-DD") + 19 + 1  # where the score stands behind a day and an id of 19 digits
_JULIAN_EPOCH = 1721424.5  # the Julian day of midnight before date.min, less one


@dataclass(slots=True)
class Facts:
    """What a feature is worked out from: the tables, the day, and the aggregates taken so far.

    `take` asks for an aggregate over the facts of one source table and returns the column that will hold
    it, one row per customer; asking twice under one name gives the same column.
    """

    tables: dict[str, Table]
    as_of: date
    currency: str
    units: float
    ends: str  #: the instant, as UTC text, at which the day is over
    since: date | None = None  #: the day before the feature's window
    before: date | None = None  #: the day before the stretch of the same length that comes before the window
    window: str = ""
    holders: dict[str, Table] = field(default_factory=dict)
    aggregates: dict[str, dict[str, Sql]] = field(default_factory=dict)  #: those of one pass, by source
    holder: Callable[[str], Table] | None = None
    held: dict[str, Select[Any]] = field(default_factory=dict)

    def hold(self, name: str, rows: Select[Any], kind: type[Any]) -> Sql:
        """Return the column of a value that needs a pass of its own: `rows` are (customer_id, value)."""
        if name not in self.holders:
            assert self.holder is not None  # noqa: S101 - the compiler always gives one
            self.holders[name] = self.holder(name)
            self.holders[name].append_column(Column("value", kind))
            self.held[name] = rows
        return self.holders[name].c.value

    def take(
        self, source: str, name: str, aggregate: Sql, kind: type[Any] = Integer, *, windowed: bool = False
    ) -> Sql:
        """Return the column of an aggregate."""
        name = f"{name}_{self.window}" if windowed and self.window else name
        if source not in self.holders:
            assert self.holder is not None  # noqa: S101 - the compiler always gives one
            self.holders[source] = self.holder(source)
            self.aggregates[source] = {}
        if name not in self.aggregates[source]:
            self.holders[source].append_column(Column(name, kind))
            self.aggregates[source][name] = aggregate
        return self.holders[source].c[name]

    def within(self, day: Sql) -> Sql | None:
        """Return the condition that a day lies in the feature's window, or None without a window."""
        return None if self.since is None else day > self.since

    def days_since(self, day: Sql) -> Sql:
        """Return the number of days from a day to the as-of day."""
        return literal(_JULIAN_EPOCH + self.as_of.toordinal(), Float) - func.julianday(day, type_=Float)


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of the catalogue.

    Attributes:
        name: what rules call it.
        zh: the same in Chinese; rules may use either.
        type: number, text, bool or date.
        unit: "days", "money", "count", "months", "minutes", "share" or "".
        text: one sentence that says exactly what it is.
        source: the table it is taken from.
        windowable: whether `window:` may limit it.
        codes: every value a text feature can have, if the list is closed.
        define: builds the SQL.
    """

    name: str
    zh: str
    type: str
    unit: str
    text: Label
    source: str
    define: Callable[[Facts], Sql]
    windowable: bool = False
    codes: tuple[str, ...] = ()


def _number(value: Sql) -> Sql:
    return cast(value, Float)


def _money(facts: Facts, minor: Sql) -> Sql:
    return minor / literal(facts.units, Float)


def _total(whole: Sql) -> Sql:
    """Add up whole numbers as REAL: exact up to 2**53, rounded beyond, never an error.

    SQLite's integer sum() ends the whole statement with `integer overflow` once one customer passes 2**63.
    2**53 minor units are 90 trillion in a currency with two decimals, and a feature is a REAL in any case.
    """
    return func.sum(cast(whole, Float), type_=Float)


def _all_of(*conditions: Sql | None) -> Sql:
    return and_(*(condition for condition in conditions if condition is not None))


# --- transactions -------------------------------------------------------------------------------------------


def _sales(facts: Facts, *, in_currency: bool = False) -> Sql:
    table = facts.tables[TRANSACTIONS]
    return _all_of(
        table.c.kind == "sale",
        facts.within(table.c.occurred_on),
        table.c.currency == facts.currency if in_currency else None,
    )


def _in_currency(facts: Facts) -> Sql:
    table = facts.tables[TRANSACTIONS]
    return _all_of(table.c.currency == facts.currency, facts.within(table.c.occurred_on))


def _sale_day(facts: Facts, which: str) -> Sql:
    table = facts.tables[TRANSACTIONS]
    day = type_coerce(table.c.occurred_on, Text)
    aggregate = func.max(day) if which == "last" else func.min(day)
    return facts.take(TRANSACTIONS, f"{which}_sale_on", aggregate.filter(table.c.kind == "sale"), Text)


def _orders(facts: Facts, lines: Sql) -> Sql:
    """The number of orders in some lines: those under one number are one, a line without a number is one."""
    table = facts.tables[TRANSACTIONS]
    # An id is a whole number and so never the same as a number of an order, which is a text.
    order = func.coalesce(func.nullif(table.c.order_number, ""), table.c.id)
    return func.count(order.distinct()).filter(lines)


def _order_count(facts: Facts) -> Sql:
    count = _orders(facts, _sales(facts))
    return func.coalesce(facts.take(TRANSACTIONS, "orders", count, windowed=True), 0)


def _sale_days(facts: Facts) -> Sql:
    table = facts.tables[TRANSACTIONS]
    count = func.count(table.c.occurred_on.distinct()).filter(table.c.kind == "sale")
    return facts.take(TRANSACTIONS, "sale_days", count)


def _revenue(facts: Facts) -> Sql:
    total = _total(facts.tables[TRANSACTIONS].c.amount_minor).filter(_in_currency(facts))
    held = facts.take(TRANSACTIONS, "revenue", total, Float, windowed=True)
    return _money(facts, func.coalesce(held, 0.0, type_=Float))


def _margin(facts: Facts) -> Sql:
    table = facts.tables[TRANSACTIONS]
    total = _total(table.c.amount_minor - table.c.cost_minor).filter(_in_currency(facts))
    return _money(facts, facts.take(TRANSACTIONS, "margin", total, Float, windowed=True))


def _average_order(facts: Facts) -> Sql:
    own = _sales(facts, in_currency=True)
    total = _total(facts.tables[TRANSACTIONS].c.amount_minor).filter(own)
    held = facts.take(TRANSACTIONS, "sold", total, Float, windowed=True)
    number = facts.take(TRANSACTIONS, "sold_orders", _orders(facts, own), windowed=True)
    return _money(facts, held) / func.nullif(number, 0, type_=Integer)


def _repeat_rate(facts: Facts) -> Sql:
    """The first order may lie before the window: then all of the window's are repeated ones."""
    count = _number(_order_count(facts))
    first: Sql = literal(1.0, Float)
    if facts.since is not None:
        start = literal(facts.since.isoformat(), Text)
        first = case((_sale_day(facts, "first") > start, 1.0), else_=0.0)
    return (count - first) / func.nullif(count, 0.0, type_=Float)


def _purchase_gap(facts: Facts) -> Sql:
    first, last, days = _sale_day(facts, "first"), _sale_day(facts, "last"), _sale_days(facts)
    return (facts.days_since(first) - facts.days_since(last)) / func.nullif(
        _number(days) - 1.0, 0.0, type_=Float
    )


def _purchase_gap_median(facts: Facts) -> Sql:
    table = facts.tables[TRANSACTIONS]
    gap = median_gap(type_coerce(table.c.occurred_on, Text)).filter(table.c.kind == "sale")
    return facts.take(TRANSACTIONS, "purchase_gap_median", gap, Float)


def _overdue_ratio(facts: Facts) -> Sql:
    gap = func.nullif(_purchase_gap_median(facts), 0.0, type_=Float)
    return facts.days_since(_sale_day(facts, "last")) / gap


def _revenue_trend(facts: Facts) -> Sql:
    """Revenue of the window against that of the stretch of the same length before it, as a share of the latter."""
    table = facts.tables[TRANSACTIONS]
    since = facts.since or facts.as_of - timedelta(days=_TREND_DAYS)
    start = facts.before or facts.as_of - timedelta(days=2 * _TREND_DAYS)
    own = table.c.currency == facts.currency
    now = _total(table.c.amount_minor).filter(and_(own, table.c.occurred_on > since))
    before = _total(table.c.amount_minor).filter(
        and_(own, table.c.occurred_on > start, table.c.occurred_on <= since)
    )
    held = facts.take(TRANSACTIONS, "trend_now", now, Float, windowed=True)
    held_before = facts.take(TRANSACTIONS, "trend_before", before, Float, windowed=True)
    return case((held_before > 0, func.coalesce(held, 0.0) / held_before - 1.0), else_=None)


def product_of(facts: Facts, source: str, column: str) -> Sql:
    """Return a text of the product that a fact is about, as it is now; nothing without a product."""
    products, table = facts.tables[PRODUCTS], facts.tables[source]
    own = select(products.c[column]).where(products.c.id == table.c.product_id).correlate(table)
    return func.nullif(func.trim(own.scalar_subquery()), "", type_=Text)


def category_of(facts: Facts, source: str) -> Sql:
    """Return the category of a sale: its own, or else that of its product."""
    own = func.nullif(func.trim(facts.tables[source].c.category), "")
    return func.coalesce(own, product_of(facts, source, "category"), type_=Text)


def _categories(facts: Facts) -> Sql:
    number = func.count(category_of(facts, TRANSACTIONS).distinct()).filter(_sales(facts))
    return _number(func.coalesce(facts.take(TRANSACTIONS, "categories", number, windowed=True), 0))


def paid_by(facts: Facts, day: Sql | date) -> Sql:
    """Return the sum of the payments of a transaction up to a day, in minor units; NULL without one."""
    table, payments = facts.tables[TRANSACTIONS], facts.tables[PAYMENTS]
    own = select(func.sum(payments.c.amount_minor)).where(
        payments.c.transaction_id == table.c.id, payments.c.paid_on <= day
    )
    return own.correlate(table).scalar_subquery()


def owed_on(facts: Facts) -> Sql:
    """Return what is owed on a transaction on account by the end of the day, in minor units; NULL if it is not on account.

    A transaction without payments is owed until the day on which it was paid.
    """
    table, payments = facts.tables[TRANSACTIONS], facts.tables[PAYMENTS]
    in_parts = exists().where(payments.c.transaction_id == table.c.id).correlate(table)
    at_once = and_(table.c.paid_on <= facts.as_of, not_(in_parts))
    left = table.c.amount_minor - func.coalesce(paid_by(facts, facts.as_of), 0)
    return case(
        (table.c.due_on.is_(None), None), (at_once, literal(0, Integer)), else_=type_coerce(left, Integer)
    )


def _unpaid(facts: Facts) -> Sql:
    """What is owed by the customer in the base currency in minor units, less refunds that were not paid out."""
    table = facts.tables[TRANSACTIONS]
    total = _total(owed_on(facts)).filter(
        and_(table.c.due_on.is_not(None), table.c.currency == facts.currency)
    )
    held = func.coalesce(facts.take(TRANSACTIONS, "unpaid", total, Float), 0.0, type_=Float)
    return func.max(held, 0.0, type_=Float)


def _unpaid_amount(facts: Facts) -> Sql:
    return _money(facts, _unpaid(facts))


def _overdue_days(facts: Facts) -> Sql:
    table = facts.tables[TRANSACTIONS]
    late = and_(table.c.kind == "sale", table.c.due_on < facts.as_of, table.c.currency == facts.currency)
    first = func.min(type_coerce(table.c.due_on, Text)).filter(and_(late, owed_on(facts) > 0))
    return facts.days_since(facts.take(TRANSACTIONS, "overdue_on", first, Text))


def _settled(facts: Facts) -> Sql:
    """Sales on account that were paid in full by the day, in the window."""
    table = facts.tables[TRANSACTIONS]
    return _all_of(
        table.c.kind == "sale",
        table.c.due_on.is_not(None),
        table.c.paid_on <= facts.as_of,
        facts.within(table.c.paid_on),
    )


def _settled_sales(facts: Facts) -> Sql:
    count = func.count().filter(_settled(facts))
    return _number(func.coalesce(facts.take(TRANSACTIONS, "settled", count, windowed=True), 0))


def _late_payments(facts: Facts) -> Sql:
    """Sales that were not paid in full on their due day, which lies before the day and in the window."""
    table = facts.tables[TRANSACTIONS]
    late = _all_of(
        table.c.kind == "sale",
        table.c.due_on < facts.as_of,
        facts.within(table.c.due_on),
        or_(table.c.paid_on.is_(None), table.c.paid_on > table.c.due_on),
    )
    taken = facts.take(TRANSACTIONS, "late", func.count().filter(late), windowed=True)
    return _number(func.coalesce(taken, 0))


def _average_days_late(facts: Facts) -> Sql:
    table = facts.tables[TRANSACTIONS]
    paid, due = (
        func.julianday(type_coerce(day, Text), type_=Float) for day in (table.c.paid_on, table.c.due_on)
    )
    mean = func.avg(func.max(paid - due, 0.0, type_=Float), type_=Float).filter(_settled(facts))
    return facts.take(TRANSACTIONS, "days_late", mean, Float, windowed=True)


def _on_time_share(facts: Facts) -> Sql:
    table = facts.tables[TRANSACTIONS]
    in_time = func.count().filter(and_(_settled(facts), table.c.paid_on <= table.c.due_on))
    held = _number(func.coalesce(facts.take(TRANSACTIONS, "in_time", in_time, windowed=True), 0))
    return held / func.nullif(_settled_sales(facts), 0.0, type_=Float)


def _limit(facts: Facts) -> Sql:
    """The credit limit in minor units; missing without one, and in another currency."""
    table = facts.tables[CREDITS]
    own = func.max(table.c.limit_minor).filter(table.c.currency == facts.currency)
    return facts.take(CREDITS, "limit", cast(own, Float), Float)


def _credit_limit(facts: Facts) -> Sql:
    return _money(facts, _limit(facts))


def _credit_used(facts: Facts) -> Sql:
    return _unpaid(facts) * 100.0 / func.nullif(_limit(facts), 0.0, type_=Float)


# --- interactions -------------------------------------------------------------------------------------------


def _reached(facts: Facts) -> Sql:
    return facts.tables[INTERACTIONS].c.outcome.in_(vocabulary.REAL_TOUCH)


def _touch_day(facts: Facts) -> Sql:
    day = type_coerce(facts.tables[INTERACTIONS].c.occurred_on, Text)
    return facts.take(INTERACTIONS, "last_touch_on", func.max(day).filter(_reached(facts)), Text)


def _interaction_sum(
    facts: Facts, name: str, aggregate: Any, *conditions: Sql, kind: type[Any] = Integer
) -> Sql:
    chosen = [*conditions]
    within = facts.within(facts.tables[INTERACTIONS].c.occurred_on)
    if within is not None:
        chosen.append(within)
    taken = facts.take(
        INTERACTIONS, name, aggregate.filter(and_(*chosen)) if chosen else aggregate, kind, windowed=True
    )
    return _number(func.coalesce(taken, 0))


def _touches(facts: Facts) -> Sql:
    return _interaction_sum(facts, "touches", func.count(), _reached(facts))


def _unanswered(facts: Facts) -> Sql:
    return _interaction_sum(
        facts, "unanswered", func.count(), facts.tables[INTERACTIONS].c.outcome.not_in(vocabulary.REAL_TOUCH)
    )


def _minutes(facts: Facts) -> Sql:
    return _interaction_sum(facts, "minutes", _total(facts.tables[INTERACTIONS].c.minutes), kind=Float)


def _no_followup(facts: Facts) -> Sql:
    touches = facts.take(INTERACTIONS, "records", func.count())
    purchases = facts.take(TRANSACTIONS, "records", func.count())
    return func.coalesce(touches, 0) + func.coalesce(purchases, 0) <= 1


def _service_cost(facts: Facts) -> Sql:
    table = facts.tables[INTERACTIONS]
    own = table.c.currency == facts.currency
    taken = _interaction_sum(facts, "service_cost", _total(table.c.cost_minor), own, kind=Float)
    return _money(facts, taken)


# --- opportunities ------------------------------------------------------------------------------------------


def deal_open(facts: Facts) -> Sql:
    """Whether a deal is open on the day: it has begun, and it is not won or lost, or only later."""
    table, day = facts.tables[OPPORTUNITIES], facts.as_of
    begun = or_(table.c.opened_on.is_(None), table.c.opened_on <= day)
    running = or_(
        table.c.closed_on > day, and_(table.c.closed_on.is_(None), table.c.stage.not_in(CLOSED_STAGES))
    )
    return and_(begun, running)


def deal_stage(facts: Facts) -> Sql:
    """The stage of a deal on the day. Of one that was closed later it is no longer known: introduced."""
    table = facts.tables[OPPORTUNITIES]
    later = and_(table.c.closed_on > facts.as_of, table.c.stage.in_(CLOSED_STAGES))
    return case((later, literal("introduced", Text)), else_=type_coerce(table.c.stage, Text))


def _stage_rank(facts: Facts) -> Sql:
    """1 to 4, of an open deal."""
    stage = facts.tables[OPPORTUNITIES].c.stage
    ranks = {name: at for at, name in enumerate(vocabulary.OPEN_STAGES, 1)}
    return case(ranks, value=stage, else_=ranks["introduced"])


def _next_deal(facts: Facts) -> Sql:
    """The open deal that closes next, as one sortable text: day, 9 less the stage's rank, 1 if it waits, and for what.

    Of several on one day it is the furthest, and of those one that waits for nothing. Undated deals come
    last.
    """
    table = facts.tables[OPPORTUNITIES]
    waits = case((func.trim(func.coalesce(table.c.waiting_for, "")) != "", "1"), else_="0")
    key = (
        func.coalesce(type_coerce(table.c.expected_close_on, Text), _NO_DAY, type_=Text)
        .concat(cast(9 - _stage_rank(facts), Text))
        .concat(waits)
        .concat(func.coalesce(table.c.waiting_for, "", type_=Text))
    )
    return facts.take(OPPORTUNITIES, "next_deal", func.min(key).filter(deal_open(facts)), Text)


def _close_day(facts: Facts) -> Sql:
    return func.nullif(func.substr(_next_deal(facts), 1, 10, type_=Text), _NO_DAY, type_=Text)


def _next_rank(facts: Facts) -> Sql:
    return 9 - cast(func.substr(_next_deal(facts), 11, 1), Integer)


def _waiting(facts: Facts) -> Sql:
    return func.substr(_next_deal(facts), 12, 1, type_=Text) == "1"


def _ready_day(facts: Facts) -> Sql:
    """The nearest expected close of an open deal that is approved and waits for nothing."""
    table = facts.tables[OPPORTUNITIES]
    waits = func.trim(func.coalesce(table.c.waiting_for, "")) != ""
    approved = _stage_rank(facts) >= vocabulary.OPEN_STAGES.index("approved") + 1
    close = type_coerce(table.c.expected_close_on, Text)
    return facts.take(
        OPPORTUNITIES, "ready_day", func.min(close).filter(deal_open(facts), approved, ~waits), Text
    )


def _months_until(facts: Facts, close: Sql) -> Sql:
    """The smallest n ≥ 0 with the close on or before as-of + n months (clamped to the month's last day).

    Where the later month is shorter than the anchor day, no day of it lies after the anchor: so comparing
    the days of the month is enough, and no date arithmetic is needed.
    """
    year, month, day = (
        cast(func.substr(close, start, length), Integer) for start, length in ((1, 4), (6, 2), (9, 2))
    )
    anchor = facts.as_of.year * 12 + facts.as_of.month
    whole = year * 12 + month - anchor + case((day > facts.as_of.day, 1), else_=0)
    return _number(func.max(whole, 0, type_=Integer))


def _stage_name(rank: Sql) -> Sql:
    return case(dict(enumerate(vocabulary.OPEN_STAGES, 1)), value=rank, else_=None)


def _best_stage(facts: Facts) -> Sql:
    best = func.max(_stage_rank(facts)).filter(deal_open(facts))
    return _stage_name(facts.take(OPPORTUNITIES, "best_rank", best))


def _open_count(facts: Facts) -> Sql:
    number = func.count().filter(deal_open(facts))
    return _number(func.coalesce(facts.take(OPPORTUNITIES, "deals", number), 0))


def _undated(facts: Facts) -> Sql:
    day = facts.tables[OPPORTUNITIES].c.expected_close_on
    undated = func.count().filter(and_(deal_open(facts), day.is_(None)))
    return _number(func.coalesce(facts.take(OPPORTUNITIES, "undated", undated), 0))


def _pipeline(facts: Facts) -> Sql:
    table = facts.tables[OPPORTUNITIES]
    own = and_(deal_open(facts), table.c.currency == facts.currency)
    total = _total(table.c.amount_minor).filter(own)
    held = facts.take(OPPORTUNITIES, "pipeline", total, Float)
    return _money(facts, func.coalesce(held, 0.0, type_=Float))


def _waiting_for(facts: Facts) -> Sql:
    words = func.trim(func.substr(_next_deal(facts), 13, type_=Text), type_=Text)
    return func.nullif(words, "", type_=Text)


# --- customers and tasks ------------------------------------------------------------------------------------


def _has_next_step(facts: Facts) -> Sql:
    """A next contact whose day has passed is none; a task that is late is still to be done."""
    tasks = facts.take(TASKS, "tasks", func.count())
    contact = func.coalesce(facts.tables[CUSTOMERS].c.next_contact_on >= facts.as_of, 0, type_=Integer)
    return or_(contact == 1, func.coalesce(tasks, 0) > 0)


def _created_day(facts: Facts) -> Sql:
    """The day of the business time zone on which the record was made, by the zone's offset on the as-of day."""
    over = datetime.combine(facts.as_of, time(), UTC) + timedelta(days=1)
    ahead = (over - datetime.fromisoformat(facts.ends)).total_seconds()
    made = type_coerce(facts.tables[CUSTOMERS].c.created_at, Text)
    return func.date(made, literal(f"{ahead:+.0f} seconds", Text), type_=Text)


def _referrer(facts: Facts) -> Sql:
    customers = facts.tables[CUSTOMERS]
    other = customers.alias("referrer")
    own = select(other.c.name).where(other.c.id == customers.c.referred_by_id).correlate(customers)
    return own.scalar_subquery()


def _days_known(facts: Facts) -> Sql:
    """Since the record was made or since the first fact, whichever is earlier."""
    far = "9999-12-31"
    created = func.coalesce(_created_day(facts), far, type_=Text)
    firsts = [
        func.coalesce(
            facts.take(
                source, "first_on", func.min(type_coerce(facts.tables[source].c.occurred_on, Text)), Text
            ),
            far,
        )
        for source in (TRANSACTIONS, INTERACTIONS)
    ]
    return func.max(facts.days_since(func.min(created, *firsts)), 0.0, type_=Float)


def _days_without_next_step(facts: Facts) -> Sql:
    """0 with a next step; else since the last record of any kind, or since the customer is known."""
    lasts = [
        facts.take(source, "last_on", func.max(type_coerce(facts.tables[source].c.occurred_on, Text)), Text)
        for source in (TRANSACTIONS, INTERACTIONS)
    ]
    last = func.max(*(func.coalesce(day, "") for day in lasts), type_=Text)
    since = func.coalesce(
        facts.days_since(func.nullif(last, "", type_=Text)), _days_known(facts), type_=Float
    )
    return case((_has_next_step(facts), 0.0), else_=func.min(since, _days_known(facts), type_=Float))


def _referrals(facts: Facts) -> Sql:
    table = facts.tables[CUSTOMERS].alias("referred")
    made = type_coerce(table.c.created_at, Text)
    rows = (
        select(table.c.referred_by_id.label("customer_id"), func.count().label("value"))
        .where(table.c.referred_by_id.is_not(None), made < facts.ends)
        .group_by(table.c.referred_by_id)
        .order_by(table.c.referred_by_id)
    )
    return _number(func.coalesce(facts.hold("referrals", rows, Integer), 0))


def _completeness(facts: Facts) -> Sql:
    table = facts.tables[CUSTOMERS]
    own: list[Sql] = [
        case((func.trim(func.coalesce(table.c[name], "")) != "", 1.0), else_=0.0) for name in COMPLETE
    ]
    known = or_(
        and_(table.c.kind == "person", table.c.birthday.is_not(None)),
        and_(table.c.kind == "organization", table.c.headcount.is_not(None)),
    )
    total: Sql = case((known, 1.0), else_=0.0)
    for part in own:
        total = total + part
    return total * 100.0 / float(len(COMPLETE) + 1)


# --- complaints and surveys ----------------------------------------------------------------------------------


def complaint_open(facts: Facts) -> Sql:
    """Whether a complaint that was received by the day is not closed, or only later."""
    closed = facts.tables[COMPLAINTS].c.closed_on
    return or_(closed.is_(None), closed > facts.as_of)


def complaint_stage(facts: Facts) -> Sql:
    """How far a complaint had come on the day: what was done last by then, whatever was done later."""
    table, day = facts.tables[COMPLAINTS], facts.as_of
    return case(
        (table.c.closed_on <= day, literal("closed", Text)),
        (table.c.replied_on <= day, literal("replied", Text)),
        (table.c.investigating_on <= day, literal("investigating", Text)),
        else_=literal("received", Text),
    )


def _open_complaints(facts: Facts) -> Sql:
    number = func.count().filter(complaint_open(facts))
    return _number(func.coalesce(facts.take(COMPLAINTS, "open", number), 0))


def _complaints(facts: Facts) -> Sql:
    within = facts.within(facts.tables[COMPLAINTS].c.received_on)
    number = func.count() if within is None else func.count().filter(within)
    return _number(func.coalesce(facts.take(COMPLAINTS, "number", number, windowed=True), 0))


def _complaint_day(facts: Facts) -> Sql:
    day = type_coerce(facts.tables[COMPLAINTS].c.received_on, Text)
    return facts.take(COMPLAINTS, "last_on", func.max(day), Text)


def survey_answered(facts: Facts) -> Sql:
    """Whether a survey was answered by the day."""
    return func.coalesce(facts.tables[SURVEYS].c.answered_on <= facts.as_of, False)


def _latest_score(kind: str) -> Callable[[Facts], Sql]:
    """The score of the last answer; of several on one day that of the survey recorded last."""

    def define(facts: Facts) -> Sql:
        table = facts.tables[SURVEYS]
        key = (
            type_coerce(table.c.answered_on, Text)
            .concat(func.printf("%019d", table.c.id, type_=Text))
            .concat(cast(table.c.score, Text))
        )
        last = func.max(key).filter(and_(table.c.kind == kind, survey_answered(facts)))
        held = facts.take(SURVEYS, f"last_{kind}", last, Text)
        return cast(func.substr(held, _SCORE_AT), Float)

    return define


def _unanswered_surveys(facts: Facts) -> Sql:
    number = func.count().filter(~survey_answered(facts))
    return _number(func.coalesce(facts.take(SURVEYS, "unanswered", number), 0))


def _column(name: str) -> Callable[[Facts], Sql]:
    return lambda facts: facts.tables[CUSTOMERS].c[name]


def _day_column(name: str) -> Callable[[Facts], Sql]:
    return lambda facts: type_coerce(facts.tables[CUSTOMERS].c[name], Text)


def _customer_field(name: str, zh: str, en_text: str, zh_text: str, codes: tuple[str, ...] = ()) -> Feature:
    return Feature(name, zh, TEXT, "", Label(en_text, zh_text), CUSTOMERS, _column(name), codes=codes)


_FEATURES = (
    Feature(
        "recency_days", "最近成交天数", NUMBER, "days",
        Label("Days since the last purchase; missing before the first.",
              "距最近一次成交的天数；尚未成交则缺失。"),
        TRANSACTIONS, lambda facts: facts.days_since(_sale_day(facts, "last")),
    ),
    Feature(
        "last_purchase_on", "最近成交日", DATE, "",
        Label("The day of the last purchase.", "最近一次成交的日期。"),
        TRANSACTIONS, lambda facts: _sale_day(facts, "last"),
    ),
    Feature(
        "orders", "成交次数", NUMBER, "count",
        Label("Number of orders: lines under one order number are one, a line without a number is one; refunds do not count.",
              "成交次数：同一订单号的各行合为一次，没有订单号的每行为一次；退款不计。"),
        TRANSACTIONS, lambda facts: _number(_order_count(facts)), windowable=True,
    ),
    Feature(
        "revenue", "成交额", NUMBER, "money",
        Label("Sum of all sales less refunds, in the base currency.",
              "成交金额合计（扣除退款），以本位币计。"),
        TRANSACTIONS, _revenue, windowable=True,
    ),
    Feature(
        "margin", "毛利", NUMBER, "money",
        Label("Amount less cost of the transactions whose cost is known; missing when none is.",
              "已知成本的交易的金额减成本；成本全部未知则缺失。"),
        TRANSACTIONS, _margin, windowable=True,
    ),
    Feature(
        "average_order", "客单价", NUMBER, "money",
        Label("Average amount of an order, with all its lines, in the base currency; missing without sales.",
              "每次成交（订单各行合计）的平均金额，以本位币计；尚未成交则缺失。"),
        TRANSACTIONS, _average_order, windowable=True,
    ),
    Feature(
        "tenure_days", "合作天数", NUMBER, "days",
        Label("Days since the first purchase; missing before it.", "距首次成交的天数；尚未成交则缺失。"),
        TRANSACTIONS, lambda facts: facts.days_since(_sale_day(facts, "first")),
    ),
    Feature(
        "repeat_rate", "复购率", NUMBER, "share",
        Label("Share of the orders that were not the customer's first one ever (which may lie before the window), 0 to 1; "
              "missing without sales.",
              "不是该客户首次成交的订单所占比例（0 到 1；首次成交可以早于窗口期）；没有成交则缺失。"),
        TRANSACTIONS, _repeat_rate, windowable=True,
    ),
    Feature(
        "purchase_gap_days", "平均成交间隔天数", NUMBER, "days",
        Label("Average number of days between the days of purchase; missing below two such days.",
              "成交日之间的平均间隔天数；不足两个成交日则缺失。"),
        TRANSACTIONS, _purchase_gap,
    ),
    Feature(
        "purchase_gap_median_days", "成交间隔中位天数", NUMBER, "days",
        Label("Median number of days between one day of purchase and the next; missing below two such days.",
              "相邻成交日之间间隔天数的中位数；不足两个成交日则缺失。"),
        TRANSACTIONS, _purchase_gap_median,
    ),
    Feature(
        "overdue_ratio", "逾期倍数", NUMBER, "share",
        Label("Days since the last purchase as a multiple of the customer's own median gap; above 1 the next one is overdue.",
              "距最近成交的天数与该客户成交间隔中位数之比；大于 1 表示下一次成交已逾期。"),
        TRANSACTIONS, _overdue_ratio,
    ),
    Feature(
        "revenue_trend", "成交额趋势", NUMBER, "share",
        Label("Revenue of the window (90 days without one) against as many days, or calendar months, before it: 0.5 is half "
              "more, -1 is nothing left; missing when there was none before, or only refunds.",
              "窗口期（未设则为90天）成交额相对此前同样天数或同样日历月数的变化："
              "0.5 为增长一半，-1 为归零；前期没有成交或只有退款则缺失。"),
        TRANSACTIONS, _revenue_trend, windowable=True,
    ),
    Feature(
        "categories", "购买品类数", NUMBER, "count",
        Label("Number of different product categories bought: the category of the sale, or else that of its product.",
              "购买过的不同产品品类数量：以交易上的品类为准，没有则取其产品的品类。"),
        TRANSACTIONS, _categories, windowable=True,
    ),
    Feature(
        "unpaid_amount", "未付款金额", NUMBER, "money",
        Label("What is owed on the sales with a due day, less what was paid by the day and refunds on account, in the base "
              "currency.",
              "有应付日的成交尚欠的金额合计（扣除已回款和待抵扣的退款），以本位币计。"),
        TRANSACTIONS, _unpaid_amount,
    ),
    Feature(
        "overdue_days", "逾期天数", NUMBER, "days",
        Label("Days since the earliest due day that has passed without full payment; missing when none has.",
              "距最早逾期未付清的应付日的天数；没有逾期则缺失。"),
        TRANSACTIONS, _overdue_days,
    ),
    Feature(
        "settled_sales", "已付清笔数", NUMBER, "count",
        Label("Number of sales with a due day that were paid in full by the day; a window goes by the day of payment.",
              "有应付日且已付清的成交笔数；窗口期按付清日计。"),
        TRANSACTIONS, _settled_sales, windowable=True,
    ),
    Feature(
        "on_time_share", "按时付款率", NUMBER, "share",
        Label("Share of the sales paid in full that were so by their due day, 0 to 1; missing before the first.",
              "已付清的成交中在应付日或之前付清的比例（0 到 1）；尚无则缺失。"),
        TRANSACTIONS, _on_time_share, windowable=True,
    ),
    Feature(
        "average_days_late", "平均逾期付款天数", NUMBER, "days",
        Label("Average number of days after the due day on which sales were paid in full, 0 for those in time; missing before "
              "the first.",
              "已付清的成交平均晚于应付日的天数，按时的计 0；尚无则缺失。"),
        TRANSACTIONS, _average_days_late, windowable=True,
    ),
    Feature(
        "late_payments", "逾期付款次数", NUMBER, "count",
        Label("Number of sales that were not paid in full on their due day, paid since or not; a window goes by the due day.",
              "到应付日仍未付清的成交笔数（不论后来是否付清）；窗口期按应付日计。"),
        TRANSACTIONS, _late_payments, windowable=True,
    ),
    Feature(
        "credit_limit", "信用额度", NUMBER, "money",
        Label("The most the customer may owe, in the base currency; missing without a limit.",
              "客户最多可欠的金额，以本位币计；没有额度则缺失。"),
        CREDITS, _credit_limit,
    ),
    Feature(
        "credit_used_percent", "额度使用率", NUMBER, "percent",
        Label("What is owed in percent of the credit limit; missing without a limit, and with one of 0.",
              "未付款金额占信用额度的百分比；没有额度或额度为 0 则缺失。"),
        CREDITS, _credit_used,
    ),
    Feature(
        "days_since_touch", "未联系天数", NUMBER, "days",
        Label("Days since the last touch that reached the customer; missing when there was none.",
              "距最近一次有效联系的天数；从未有效联系则缺失。"),
        INTERACTIONS, lambda facts: facts.days_since(_touch_day(facts)),
    ),
    Feature(
        "last_touch_on", "最近联系日", DATE, "",
        Label("The day of the last touch that reached the customer.", "最近一次有效联系的日期。"),
        INTERACTIONS, _touch_day,
    ),
    Feature(
        "touches", "联系次数", NUMBER, "count",
        Label("Number of touches that reached the customer.", "有效联系的次数。"),
        INTERACTIONS, _touches, windowable=True,
    ),
    Feature(
        "unanswered", "未接通次数", NUMBER, "count",
        Label("Number of attempts that did not reach the customer.", "未接通（未接、留言）的次数。"),
        INTERACTIONS, _unanswered, windowable=True,
    ),
    Feature(
        "minutes", "服务分钟数", NUMBER, "minutes",
        Label("Minutes spent with the customer.", "为客户花费的分钟数。"),
        INTERACTIONS, _minutes, windowable=True,
    ),
    Feature(
        "service_cost", "服务费用", NUMBER, "money",
        Label("What touches with the customer have cost, in the base currency.",
              "与客户联系所花的费用合计，以本位币计。"),
        INTERACTIONS, _service_cost, windowable=True,
    ),
    Feature(
        "no_followup", "未跟进", BOOL, "",
        Label("True when nothing (touch, attempt or transaction) was recorded after the first contact.",
              "初次接触之后没有任何记录（联系、尝试或交易）。"),
        INTERACTIONS, _no_followup,
    ),
    Feature(
        "open_opportunities", "进行中商机数", NUMBER, "count",
        Label("Number of open opportunities.", "进行中的商机数量。"),
        OPPORTUNITIES, _open_count,
    ),
    Feature(
        "open_pipeline", "进行中商机金额", NUMBER, "money",
        Label("Sum of the amounts of the open opportunities, in the base currency.",
              "进行中商机的金额合计，以本位币计。"),
        OPPORTUNITIES, _pipeline,
    ),
    Feature(
        "months_to_close", "距成交月数", NUMBER, "months",
        Label("Calendar months until the next expected close of an open opportunity; 0 when it has come; "
              "missing without a day.",
              "距最近一个预计成交日的日历月数；已到期为 0；没有日期则缺失。"),
        OPPORTUNITIES, lambda facts: _months_until(facts, _close_day(facts)),
    ),
    Feature(
        "months_to_ready_close", "距可成交月数", NUMBER, "months",
        Label("Calendar months until the next expected close of an open opportunity that is approved (or further) and waits "
              "for nothing; 0 when it has come; missing without one.",
              "距最近一个已认可（或更后）且无需等待的进行中商机预计成交日的日历月数；已到期为 0；没有则缺失。"),
        OPPORTUNITIES, lambda facts: _months_until(facts, _ready_day(facts)),
    ),
    Feature(
        "next_close_on", "最近预计成交日", DATE, "",
        Label("The nearest expected close of an open opportunity.", "进行中商机里最近的预计成交日。"),
        OPPORTUNITIES, _close_day,
    ),
    Feature(
        "undated_opportunities", "无日期商机数", NUMBER, "count",
        Label("Number of open opportunities without an expected close.", "没有预计成交日的进行中商机数量。"),
        OPPORTUNITIES, _undated,
    ),
    Feature(
        "waiting", "等待中", BOOL, "",
        Label("True when the open opportunity that closes next waits for something.",
              "最近要成交的商机正在等待某事。"),
        OPPORTUNITIES, _waiting,
    ),
    Feature(
        "waiting_for", "等待事项", TEXT, "",
        Label("What the open opportunity that closes next waits for.", "最近要成交的商机在等待什么。"),
        OPPORTUNITIES, _waiting_for,
    ),
    Feature(
        "introduced", "已介绍产品", BOOL, "",
        Label("True when the open opportunity that closes next is at introduced or further.",
              "最近要成交的商机已到“已介绍”或更后的阶段。"),
        OPPORTUNITIES, lambda facts: _next_rank(facts) >= 2,
    ),
    Feature(
        "next_stage", "最近商机阶段", TEXT, "",
        Label("The stage of the open opportunity that closes next.", "最近要成交的商机所处的阶段。"),
        OPPORTUNITIES, lambda facts: _stage_name(_next_rank(facts)), codes=vocabulary.OPEN_STAGES,
    ),
    Feature(
        "best_stage", "最高商机阶段", TEXT, "",
        Label("The furthest stage of the open opportunities.", "进行中商机里走得最远的阶段。"),
        OPPORTUNITIES, _best_stage, codes=vocabulary.OPEN_STAGES,
    ),
    Feature(
        "has_next_step", "有下一步", BOOL, "",
        Label("True when a next contact is set for the day or later, or a task is open, "
              "late or not.",
              "已定当天或以后的下次联系日，或有未完成的待办（包括已过期的）。"),
        TASKS, _has_next_step,
    ),
    Feature(
        "days_without_next_step", "无下一步天数", NUMBER, "days",
        Label("Days since the last record (touch, attempt or transaction) of somebody without a next step; 0 with one.",
              "没有下一步的客户距最近一次记录（联系、尝试或交易）的天数；有下一步则为 0。"),
        TASKS, _days_without_next_step,
    ),
    Feature(
        "open_complaints", "未关闭投诉数", NUMBER, "count",
        Label("Number of complaints that were received and not closed by the day.", "当天已受理而尚未关闭的投诉数量。"),
        COMPLAINTS, _open_complaints,
    ),
    Feature(
        "complaints", "投诉数", NUMBER, "count",
        Label("Number of complaints received, closed ones too.", "受理的投诉数量，包括已关闭的。"),
        COMPLAINTS, _complaints, windowable=True,
    ),
    Feature(
        "days_since_complaint", "距最近投诉天数", NUMBER, "days",
        Label("Days since the last complaint was received; missing when there was none.",
              "距最近一次受理投诉的天数；从未投诉则缺失。"),
        COMPLAINTS, lambda facts: facts.days_since(_complaint_day(facts)),
    ),
    Feature(
        "csat", "满意度评分", NUMBER, "",
        Label("The score of the last CSAT survey that was answered, 1 to 5; missing when none was.",
              "最近一次已答复的满意度（CSAT）评分，1 到 5；从未答复则缺失。"),
        SURVEYS, _latest_score("csat"),
    ),
    Feature(
        "nps", "推荐评分", NUMBER, "",
        Label("The score of the last NPS survey that was answered, 0 to 10; missing when none was.",
              "最近一次已答复的推荐意愿（NPS）评分，0 到 10；从未答复则缺失。"),
        SURVEYS, _latest_score("nps"),
    ),
    Feature(
        "unanswered_surveys", "未答复调查数", NUMBER, "count",
        Label("Number of surveys that were asked and not answered by the day.", "当天已发出而尚未答复的满意度调查数量。"),
        SURVEYS, _unanswered_surveys,
    ),
    Feature(
        "referrals", "转介绍数", NUMBER, "count",
        Label("Number of customers whom this one has referred.", "由该客户转介绍来的客户数量。"),
        CUSTOMERS, _referrals,
    ),
    Feature(
        "completeness", "档案完整度", NUMBER, "percent",
        Label("How many percent are filled of: phone, e-mail, WeChat, region, address, industry, source, needs, tags, and "
              "birthday (person) or headcount (organization).",
              "以下各项已填的百分比：电话、邮箱、微信、地区、地址、行业、来源、需求、标签，以及生日（个人）或员工人数（企业）。"),
        CUSTOMERS, _completeness,
    ),
    Feature(
        "days_known", "建档天数", NUMBER, "days",
        Label("Days since the record was made or since its first touch or transaction, whichever is earlier.",
              "距建档或首次记录（联系、交易，取较早者）的天数。"),
        CUSTOMERS, _days_known,
    ),
    Feature(
        "today", "今天", DATE, "",
        Label("The day that is classified: months_between(today, next_close_on) < 2.",
              "分级所看的那一天：months_between(今天, next_close_on) < 2。"),
        CUSTOMERS, lambda facts: literal(facts.as_of.isoformat(), Text),
    ),
    # The time of day set beside it (next_contact_time) is no feature: who is classified is judged by the day.
    Feature(
        "next_contact_on", "下次联系日", DATE, "",
        Label("The next contact as set by hand.",
              "手工设定的下次联系日。"),
        CUSTOMERS, _day_column("next_contact_on"),
    ),
    Feature(
        "headcount", "员工人数", NUMBER, "count",
        Label("Number of people in the organization.", "企业的员工人数。"),
        CUSTOMERS, lambda facts: _number(facts.tables[CUSTOMERS].c.headcount),
    ),
    Feature(
        "created_on", "建档日", DATE, "",
        Label("The day on which the record was made.", "建立档案的日期。"),
        CUSTOMERS, _created_day,
    ),
    Feature(
        "referred_by", "推荐人", TEXT, "",
        Label("The name of the customer who referred this one.", "推荐该客户的客户名称。"),
        CUSTOMERS, _referrer,
    ),
    _customer_field("name", "客户名称", "Name.", "名称。"),
    _customer_field("external_id", "外部编号", "The id it has in another system.", "在其他系统中的编号。"),
    _customer_field("notes", "备注", "Notes as written in the record.", "档案中的备注。"),
    _customer_field(
        "birthday_calendar", "生日历法", "The calendar of the birthday: solar or lunar.", "生日所用的历法：公历或农历。",
        vocabulary.CALENDAR.codes,
    ),
    _customer_field("kind", "客户类型", "Person or organization.", "个人或企业。", vocabulary.KIND.codes),
    _customer_field("gender", "性别", "Gender.", "性别。", vocabulary.GENDER.codes),
    _customer_field("region", "地区", "Region as written in the record.", "档案中的地区。"),
    _customer_field("industry", "行业", "Industry as written in the record.", "档案中的行业。"),
    _customer_field("size", "规模", "Size of the organization.", "企业规模。", vocabulary.SIZE.codes),
    _customer_field("source", "来源", "Where the customer came from.", "客户来源。"),
    _customer_field(
        "intent_stage", "意向阶段", "What the salesperson judged.",
        "销售人员判断的意向阶段。", vocabulary.INTENT_STAGE.codes,
    ),
    _customer_field("company", "公司", "The company a person works for.", "所在公司。"),
    _customer_field("title", "职务", "Job title.", "职务。"),
    _customer_field("phone", "电话", "Telephone number.", "电话。"),
    _customer_field("email", "邮箱", "E-mail address.", "邮箱。"),
    _customer_field("wechat", "微信", "WeChat id.", "微信号。"),
    _customer_field("address", "地址", "Address.", "地址。"),
    _customer_field("needs", "需求", "What the customer needs.", "客户需求。"),
    Feature(
        "birthday", "生日", DATE, "",
        Label("Date of birth as written in the record.", "档案中的出生日期。"),
        CUSTOMERS, _day_column("birthday"),
    ),
    _customer_field("tags", "标签", "Tags, separated by commas.", "标签，以逗号分隔。"),
    _customer_field(
        "refused_channels", "拒绝的渠道", "The channels by which the customer does not want to be reached, separated by commas.",
        "客户不愿被联系的渠道，以逗号分隔。",
    ),
    Feature(
        "do_not_contact", "勿联系", BOOL, "",
        Label("True when the customer does not want to be contacted at all.", "客户完全不愿被联系时为真。"),
        CUSTOMERS, lambda facts: facts.tables[CUSTOMERS].c.do_not_contact == 1,
    ),
)  # fmt: skip

CATALOGUE: dict[str, Feature] = {feature.name: feature for feature in _FEATURES}


def unit_of(use: FeatureUse) -> str:
    """Return the unit of a feature as rules name it: that of the catalogue's feature it is, or limits."""
    known = CATALOGUE.get(use.of)
    return known.unit if known is not None else ""
