"""What customers owe, what they may owe, and how they have paid. Light; both lanes use it.

A sale is on account when it has a due day; a refund with one is money that we owe. What is owed on a transaction is its
amount less its payments, up to a day; one without payments is owed until its day of payment.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from crmcli.store.reads.base import ALL, row, rows

AGES = (30, 60, 90)  #: days overdue at which the ageing takes the next column


class OpenItem(NamedTuple):
    """A transaction on account that is not settled on a day; `owed_minor` is negative for a refund."""

    id: int
    customer_id: int
    customer: str
    occurred_on: str
    due_on: str
    currency: str
    amount_minor: int
    owed_minor: int


class CreditLine(NamedTuple):
    """The credit of a customer: the most that may be owed, and in how many days a sale is to be paid."""

    customer_id: int
    limit_minor: int | None
    currency: str
    terms_days: int | None
    reviewed_on: str
    notes: str | None
    customer: str


class PaymentLine(NamedTuple):
    """One payment, with the transaction it is for."""

    id: int
    paid_on: str
    amount_minor: int
    currency: str
    transaction_id: int
    occurred_on: str
    order_number: str | None
    customer: str
    notes: str | None


class OnTime(NamedTuple):
    """How many sales on account were paid by a day, and how many of them by their due day."""

    paid: int
    on_time: int


@dataclass(frozen=True, slots=True)
class Owed:
    """What a customer owes in one currency on a day, in minor units.

    Attributes:
        customer_id: who.
        customer: the name.
        currency: of every amount.
        outstanding: all that is owed, less refunds that were not paid out.
        buckets: the same by age: not due yet, then overdue by 1–30, 31–60, 61–90 and more than 90 days.
        overdue_days: days since the earliest due day that has passed; 0 if none has.
        oldest: the sale with the earliest due day, None if only refunds are open.
    """

    customer_id: int
    customer: str
    currency: str
    outstanding: int
    buckets: tuple[int, ...]
    overdue_days: int
    oldest: OpenItem | None

    @property
    def overdue(self) -> int:
        """What should have been paid before the day."""
        return sum(self.buckets[1:])


def open_items(connection: sqlite3.Connection, customer: int | None, today: date) -> list[OpenItem]:
    """Return what is not settled on a day, of one customer or of all, the earliest due day first."""
    return rows(connection, "open_items", OpenItem, customer=customer, today=today.isoformat())


def owed(connection: sqlite3.Connection, customer: int | None, today: date) -> list[Owed]:
    """Return what is owed on a day by customer and currency, of one customer or of all who owe something."""
    grouped: dict[tuple[int, str], list[OpenItem]] = {}
    for item in open_items(connection, customer, today):
        grouped.setdefault((item.customer_id, item.currency), []).append(item)
    return [_owed(items, today) for items in grouped.values()]


def payments(
    connection: sqlite3.Connection, customer: int | None = None, sale: int | None = None, limit: int = ALL
) -> list[PaymentLine]:
    """Return payments, newest first: of a customer, of a transaction, or all."""
    return rows(connection, "payments", PaymentLine, customer=customer, sale=sale, limit=limit)


def credits_given(connection: sqlite3.Connection) -> list[CreditLine]:
    """Return the credit of everybody who has one."""
    return rows(connection, "credits", CreditLine, customer=None)


def credit_of(connection: sqlite3.Connection, customer: int) -> CreditLine | None:
    """Return the credit of a customer, or None."""
    return row(connection, "credits", CreditLine, customer=customer)


def on_time(connection: sqlite3.Connection, customer: int, today: date) -> OnTime:
    """Return how a customer has paid what was sold on account."""
    found = row(connection, "paid_on_time", OnTime, customer=customer, today=today.isoformat())
    return found or OnTime(0, 0)


def nothing(credit: CreditLine) -> Owed:
    """Return what somebody with credit owes who owes nothing in its currency."""
    return Owed(credit.customer_id, credit.customer, credit.currency, 0, (0,) * (len(AGES) + 2), 0, None)


def age_of(due_on: str, today: date) -> int:
    """Return which bucket of `Owed.buckets` a due day falls into."""
    late = (today - date.fromisoformat(due_on)).days
    return 0 if late <= 0 else 1 + sum(late > most for most in AGES)


def _owed(items: Iterable[OpenItem], today: date) -> Owed:
    found = list(items)
    buckets = [0] * (len(AGES) + 2)
    for item in found:
        buckets[age_of(item.due_on, today) if item.owed_minor > 0 else 0] += item.owed_minor
    sales = [item for item in found if item.owed_minor > 0]
    oldest = sales[0] if sales else None
    late = (today - date.fromisoformat(oldest.due_on)).days if oldest else 0
    first = found[0]
    return Owed(
        first.customer_id, first.customer, first.currency, sum(buckets), tuple(buckets), max(late, 0), oldest
    )
