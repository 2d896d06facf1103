"""The light reads: what agenda, list, show and why look at. SQL is in store/sql, rows come back as named tuples."""

import json
import sqlite3
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple, TypeVar

from crmcli.store.light import statement

Line = TypeVar("Line", bound=tuple[Any, ...])
ALL = -1  #: SQLite's "no limit"


class Match(NamedTuple):
    """A customer that a word may mean."""

    id: int
    name: str
    company: str
    phone: str


class CustomerLine(NamedTuple):
    """One line of a list of customers."""

    id: int
    name: str
    company: str | None
    score: float | None
    tier: str | None
    grade: str | None
    lifecycle_stage: str | None
    last_contacted_on: str | None
    next_contact_on: str | None
    phone: str | None


class CustomerRow(NamedTuple):
    """Every field of one customer."""

    id: int
    uid: str
    external_id: str | None
    kind: str
    name: str
    company: str | None
    title: str | None
    gender: str | None
    birthday: str | None
    birthday_calendar: str
    phone: str | None
    email: str | None
    wechat: str | None
    region: str | None
    address: str | None
    industry: str | None
    size: str | None
    headcount: int | None
    source: str | None
    referred_by: str | None
    tags: str | None
    needs: str | None
    intent_stage: str | None
    next_contact_on: str | None
    notes: str | None
    created_at: str
    archived_at: str | None


class ContactLine(NamedTuple):
    """One contact with the name of its customer."""

    id: int
    name: str
    title: str | None
    customer: str
    phone: str | None
    email: str | None
    wechat: str | None
    is_primary: int


class ProductLine(NamedTuple):
    """One product."""

    id: int
    external_id: str | None
    name: str
    category: str | None
    price_minor: int | None
    currency: str


class InteractionLine(NamedTuple):
    """One interaction with the name of its customer."""

    id: int
    occurred_on: str
    channel: str
    outcome: str
    direction: str
    summary: str | None
    minutes: int | None
    customer: str


class TransactionLine(NamedTuple):
    """One transaction with the names of its customer and product."""

    id: int
    occurred_on: str
    kind: str
    amount_minor: int
    currency: str
    product: str | None
    quantity: float | None
    order_number: str | None
    customer: str


class OpportunityLine(NamedTuple):
    """One opportunity with the name of its customer, if it has one."""

    id: int
    name: str | None
    customer: str | None
    stage: str
    amount_minor: int | None
    currency: str
    expected_close_on: str | None
    closed_on: str | None
    waiting_for: str | None


class TaskLine(NamedTuple):
    """One task with the name of its customer, if it has one."""

    id: int
    due_on: str | None
    title: str
    customer: str | None
    channel: str | None
    done_on: str | None


class JournalLine(NamedTuple):
    """One journal entry; `undone_by` is the entry that took it back."""

    id: int
    at: str
    command: str
    summary: str
    undone_by: int | None


class Judgement(NamedTuple):
    """What a run found about one customer."""

    run: int
    period: str
    as_of: str
    fingerprint: str
    version: int
    score: float
    tier: str
    grade: str
    grade_reason: str
    lifecycle_stage: str
    facts: str


class IndicatorLine(NamedTuple):
    """One term of a score."""

    indicator: str
    raw: float | None
    normalised: float | None
    weight: float
    points: float


class AgendaRow(NamedTuple):
    """One customer with something due, and everything its reasons are made of."""

    id: int
    name: str
    company: str | None
    phone: str | None
    tier: str | None
    grade: str | None
    score: float | None
    last_contacted_on: str | None
    days_since: float | None
    cadence_days: int
    cadence_max_days: int
    overdue: int
    never_contacted: int
    next_contact_on: str | None
    agreed: int
    task_on: str | None
    tasks: int
    close_on: str | None
    deals: int
    no_next_step: int
    urgency: float
    total: int


class AgendaTask(NamedTuple):
    """A task due on the agenda."""

    id: int
    customer_id: int | None
    title: str
    due_on: str
    channel: str | None


class AgendaDeal(NamedTuple):
    """An opportunity whose expected close is near or past."""

    id: int
    customer_id: int | None
    name: str
    stage: str
    amount_minor: int | None
    currency: str
    expected_close_on: str
    waiting_for: str | None


class StoredRuleset(NamedTuple):
    """What the last run before a day stood on."""

    source_hash: str
    agenda: str
    fingerprint: str
    as_of: str
    run: int


def _rows(connection: sqlite3.Connection, name: str, line: type[Line], **values: Any) -> list[Line]:
    return [line(*row) for row in connection.execute(statement(name), values)]


def _row(connection: sqlite3.Connection, name: str, line: type[Line], **values: Any) -> Line | None:
    row = connection.execute(statement(name), values).fetchone()
    return None if row is None else line(*row)


def match_exactly(connection: sqlite3.Connection, *, number: int | None, word: str, e164: str) -> list[Match]:
    """Return the customers that an id, uid, external id, phone or e-mail names."""
    return _rows(connection, "find_customer", Match, id=number, word=word, e164=e164)


def match_by_name(connection: sqlite3.Connection, part: str) -> list[Match]:
    """Return customers by a part of name or company: those with the whole name alone if any, else at most 21."""
    rows = connection.execute(statement("find_customer_by_name"), {"part": part}).fetchall()
    whole = [row for row in rows if row[4] >= 2]
    return [Match(*row[:4]) for row in whole or rows]


def customers(connection: sqlite3.Connection, **filters: Any) -> list[CustomerLine]:
    """Return customers as the filters say: today, archived, tier, grade, tag, search, sort, limit."""
    return _rows(connection, "customers", CustomerLine, **filters)


def count_customers(connection: sqlite3.Connection) -> int:
    """Return how many customers are not archived."""
    return int(connection.execute(statement("count_customers")).fetchone()[0])


def customer(connection: sqlite3.Connection, number: int) -> CustomerRow | None:
    """Return one customer."""
    return _row(connection, "customer", CustomerRow, id=number)


def judgement(
    connection: sqlite3.Connection, number: int, today: str, period: str | None = None
) -> Judgement | None:
    """Return what the last run up to `today` (or the last of one period) found about a customer."""
    return _row(connection, "customer_classification", Judgement, id=number, today=today, period=period)


def indicators(connection: sqlite3.Connection, run: int, number: int, score: str) -> list[IndicatorLine]:
    """Return the terms of one score of one customer in one run, heaviest first."""
    return _rows(connection, "indicator_values", IndicatorLine, run=run, customer=number, score=score)


def contacts(
    connection: sqlite3.Connection, customer: int | None = None, limit: int = ALL
) -> list[ContactLine]:
    """Return contacts, of one customer or of all."""
    return _rows(connection, "contacts", ContactLine, customer=customer, limit=limit)


def products(connection: sqlite3.Connection, limit: int = ALL) -> list[ProductLine]:
    """Return products by name."""
    return _rows(connection, "products", ProductLine, limit=limit)


def interactions(
    connection: sqlite3.Connection, customer: int | None = None, limit: int = ALL
) -> list[InteractionLine]:
    """Return interactions, newest first."""
    return _rows(connection, "interactions", InteractionLine, customer=customer, limit=limit)


def transactions(
    connection: sqlite3.Connection, customer: int | None = None, limit: int = ALL
) -> list[TransactionLine]:
    """Return transactions, newest first."""
    return _rows(connection, "transactions", TransactionLine, customer=customer, limit=limit)


def opportunities(
    connection: sqlite3.Connection,
    customer: int | None = None,
    *,
    everything: bool = False,
    stage: str | None = None,
    limit: int = ALL,
) -> list[OpportunityLine]:
    """Return opportunities, nearest expected close first; open ones unless `everything` or a stage is asked for."""
    show_all = everything or stage is not None
    return _rows(
        connection,
        "opportunities",
        OpportunityLine,
        customer=customer,
        all=show_all,
        stage=stage,
        limit=limit,
    )


def tasks(
    connection: sqlite3.Connection, customer: int | None = None, *, everything: bool = False, limit: int = ALL
) -> list[TaskLine]:
    """Return tasks, soonest first; open ones unless `everything`."""
    return _rows(connection, "tasks", TaskLine, customer=customer, all=everything, limit=limit)


def journal(connection: sqlite3.Connection, limit: int = ALL) -> list[JournalLine]:
    """Return journal entries, newest first."""
    return _rows(connection, "journal", JournalLine, limit=limit)


def stored_ruleset(connection: sqlite3.Connection, today: str) -> StoredRuleset | None:
    """Return the ruleset of the last run up to a day."""
    return _row(connection, "latest_ruleset", StoredRuleset, today=today)


def agenda(
    connection: sqlite3.Connection, program: Mapping[str, Any], *, today: date, until: date, limit: int
) -> list[AgendaRow]:
    """Return who is due by `until`, most urgent first. `program` is the agenda part of a compiled ruleset."""
    urgency = program["urgency"]
    values = {
        "cadence": json.dumps(program["cadence"]),
        "today": today.isoformat(),
        "until": until.isoformat(),
        "task_until": _later(until, program["task_lead_days"]),
        "deal_until": _later(until, program["opportunity_lead_days"]),
        "default_days": program["unclassified"][0],
        "default_max_days": program["unclassified"][1],
        "u_overdue": urgency["overdue"],
        "u_never": urgency["never_contacted"],
        "u_task": urgency["task_due"],
        "u_task_late": urgency["task_overdue_per_day"],
        "u_deal_near": urgency["opportunity_near"],
        "u_deal_past": urgency["opportunity_past"],
        "u_agreed": urgency["next_contact_due"],
        "u_no_next_step": urgency["no_next_step"],
        "u_tier": json.dumps(urgency["tier"]),
        "u_grade": json.dumps(urgency["grade"]),
        "limit": limit,
    }
    return _rows(connection, "agenda", AgendaRow, **values)


def agenda_tasks(
    connection: sqlite3.Connection, program: Mapping[str, Any], today: date, until: date
) -> list[AgendaTask]:
    """Return the open tasks that are due by `until` or within the rules' lead time after it."""
    later = _later(until, program["task_lead_days"])
    return _rows(connection, "agenda_tasks", AgendaTask, today=today.isoformat(), until=later)


def agenda_deals(
    connection: sqlite3.Connection, program: Mapping[str, Any], today: date, until: date
) -> list[AgendaDeal]:
    """Return the open opportunities whose expected close is past, or near by the rules' lead time."""
    later = _later(until, program["opportunity_lead_days"])
    return _rows(connection, "agenda_deals", AgendaDeal, today=today.isoformat(), until=later)


def _later(day: date, days: int) -> str:
    return (day + timedelta(days=days)).isoformat()


#: Filters of `customers` that leave nobody out.
EVERYBODY: Mapping[str, Any] = {
    "today": "9999-12-31",
    "archived": True,
    "tier": None,
    "grade": None,
    "tag": None,
    "search": "",
    "sort": "id",
}


def ruleset_files(connection: sqlite3.Connection, fingerprint: str) -> dict[str, str]:
    """Return the text of a stored ruleset's files by name."""
    row = connection.execute(statement("ruleset_files"), {"fingerprint": fingerprint}).fetchone()
    return {} if row is None else dict(json.loads(row[0]))
