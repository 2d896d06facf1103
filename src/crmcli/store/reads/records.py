"""Contacts, products, interactions, transactions, opportunities, tasks: their lists."""

import sqlite3
from typing import NamedTuple

from crmcli.store.reads.base import ALL, rows


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
    gender: str | None
    birthday: str | None
    birthday_calendar: str


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
    waiting_until: str | None


class TaskLine(NamedTuple):
    """One task with the name of its customer, if it has one."""

    id: int
    due_on: str | None
    title: str
    customer: str | None
    channel: str | None
    done_on: str | None
    due_time: str | None
    kind: str
    minutes: int | None
    owner: str | None
    repeat_every: int | None
    repeat_unit: str | None
    repeat_day: int | None
    repeat_from: str | None


def contacts(
    connection: sqlite3.Connection, customer: int | None = None, limit: int = ALL
) -> list[ContactLine]:
    """Return contacts, of one customer or of all."""
    return rows(connection, "contacts", ContactLine, customer=customer, limit=limit)


def products(connection: sqlite3.Connection, limit: int = ALL) -> list[ProductLine]:
    """Return products by name."""
    return rows(connection, "products", ProductLine, limit=limit)


def interactions(
    connection: sqlite3.Connection, customer: int | None = None, limit: int = ALL
) -> list[InteractionLine]:
    """Return interactions, newest first."""
    return rows(connection, "interactions", InteractionLine, customer=customer, limit=limit)


def transactions(
    connection: sqlite3.Connection, customer: int | None = None, limit: int = ALL
) -> list[TransactionLine]:
    """Return transactions, newest first."""
    return rows(connection, "transactions", TransactionLine, customer=customer, limit=limit)


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
    return rows(
        connection,
        "opportunities",
        OpportunityLine,
        customer=customer,
        all=show_all,
        stage=stage,
        limit=limit,
    )


def tasks(
    connection: sqlite3.Connection,
    customer: int | None = None,
    *,
    everything: bool = False,
    kind: str | None = None,
    limit: int = ALL,
) -> list[TaskLine]:
    """Return tasks, soonest first; open ones unless `everything`; of one kind if it is named."""
    return rows(connection, "tasks", TaskLine, customer=customer, all=everything, kind=kind, limit=limit)
