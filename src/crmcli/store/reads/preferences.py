"""Preferences: those that are noted, and those that purchases suggest."""

import sqlite3
from typing import NamedTuple

from crmcli.store.reads.base import ALL, rows


class PreferenceLine(NamedTuple):
    """One preference with the name of its customer."""

    id: int
    customer_id: int
    customer: str
    topic: str
    value: str
    origin: str
    noted_on: str
    notes: str | None


class BoughtLine(NamedTuple):
    """What a customer buys again and again: in `times` of its `orders`."""

    customer_id: int
    customer: str
    topic: str
    value: str
    times: int
    orders: int


def preferences(
    connection: sqlite3.Connection, customer: int | None = None, limit: int = ALL
) -> list[PreferenceLine]:
    """Return preferences, of one customer or of all."""
    return rows(connection, "preferences", PreferenceLine, customer=customer, limit=limit)


def bought(
    connection: sqlite3.Connection, customer: int | None, *, since: str, today: str, orders: int, share: int
) -> list[BoughtLine]:
    """Return what is in at least `share` percent of the orders of a customer, or of everybody, after `since`.

    Args:
        connection: an open database.
        customer: None for all.
        since: the day before the first that counts.
        today: the last day that counts.
        orders: customers with fewer are left out.
        share: percent of the orders.
    """
    values = {"customer": customer, "since": since, "today": today, "orders": orders, "share": share}
    return rows(connection, "preferences_bought", BoughtLine, **values)
