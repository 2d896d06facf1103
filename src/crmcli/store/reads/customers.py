"""Customers: who a word may mean, lists, one customer in full."""

import sqlite3
from collections.abc import Mapping
from typing import Any, NamedTuple

from crmcli.store.light import statement
from crmcli.store.reads.base import row, rows

#: Filters of `customers` that leave nobody out.
EVERYBODY: Mapping[str, Any] = {
    "today": "9999-12-31",
    "archived": True,
    "tier": None,
    "grade": None,
    "tag": None,
    "search": "",
    "custom": None,
    "segments": None,
    "sort": "id",
}


class Match(NamedTuple):
    """A customer that a word may mean."""

    id: int
    name: str
    company: str
    phone: str


class CustomerLine(NamedTuple):
    """One line of a list of customers; `pinned` names the judgements that were pinned by hand."""

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
    pinned: str | None


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
    id_number: str | None
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
    next_contact_time: str | None
    do_not_contact: int
    refused_channels: str | None
    notes: str | None
    created_at: str
    archived_at: str | None
    custom: str


def match_exactly(connection: sqlite3.Connection, *, number: int | None, word: str, e164: str) -> list[Match]:
    """Return the customers that an id, uid, external id, phone or e-mail names."""
    return rows(connection, "find_customer", Match, id=number, word=word, e164=e164)


def match_by_name(connection: sqlite3.Connection, part: str) -> list[Match]:
    """Return customers by a part of name or company: those with the whole name alone if any, else at most 21."""
    rows = connection.execute(statement("find_customer_by_name"), {"part": part}).fetchall()
    whole = [row for row in rows if row[4] >= 2]
    return [Match(*row[:4]) for row in whole or rows]


def customers(connection: sqlite3.Connection, **filters: Any) -> list[CustomerLine]:
    """Return customers as the filters say: today, archived, tier, grade, tag, search, custom, segments, sort, limit."""
    return rows(connection, "customers", CustomerLine, **filters)


def count_customers(connection: sqlite3.Connection) -> int:
    """Return how many customers are not archived."""
    return int(connection.execute(statement("count_customers")).fetchone()[0])


def customer(connection: sqlite3.Connection, number: int) -> CustomerRow | None:
    """Return one customer."""
    return row(connection, "customer", CustomerRow, id=number)
