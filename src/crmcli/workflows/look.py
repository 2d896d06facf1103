"""Looking things up: lists, and everything known about one customer. Reads only, light."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crmcli import clock
from crmcli.errors import NotFoundError
from crmcli.i18n import _
from crmcli.store import reads
from crmcli.store.light import reading
from crmcli.store.reads import (
    ContactLine,
    CustomerLine,
    CustomerRow,
    InteractionLine,
    Judgement,
    OpportunityLine,
    ProductLine,
    TaskLine,
    TransactionLine,
)
from crmcli.store.settings import read_settings
from crmcli.workflows.find import find_customer

_LAST = 5  #: touches and trades shown with a customer


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """客户档案: one customer in one view."""

    customer: CustomerRow
    judgement: Judgement | None
    contacts: tuple[ContactLine, ...]
    interactions: tuple[InteractionLine, ...]
    transactions: tuple[TransactionLine, ...]
    opportunities: tuple[OpportunityLine, ...]
    tasks: tuple[TaskLine, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines of a list and how many there are in all (None when nothing was left out)."""

    lines: tuple[Any, ...]
    total: int | None


def customers(database: Path, *, limit: int, **filters: Any) -> Page:
    """Return customers; filters: archived, tier, grade, tag, search, sort."""
    with reading(database) as connection:
        today = clock.today(read_settings(connection).time_zone).isoformat()
        asked = limit + 1 if limit >= 0 else limit
        lines: list[CustomerLine] = reads.customers(
            connection, **{**reads.EVERYBODY, **filters, "today": today, "limit": asked}
        )
        more = 0 <= limit < len(lines)
        total = reads.count_customers(connection) if more else None
        return Page(tuple(lines[:limit] if more else lines), total)


def customer(database: Path, which: str) -> CustomerFile:
    """Return everything known about one customer.

    Raises:
        NotFoundError, AmbiguousError: who is meant.
    """
    with reading(database) as connection:
        settings = read_settings(connection)
        today = clock.today(settings.time_zone).isoformat()
        number = find_customer(connection, which, settings.country).id
        row = reads.customer(connection, number)
        if row is None:
            raise NotFoundError(_("no customer fits {text}").format(text=repr(which)))
        return CustomerFile(
            row,
            reads.judgement(connection, number, today),
            tuple(reads.contacts(connection, number)),
            tuple(reads.interactions(connection, number, _LAST)),
            tuple(reads.transactions(connection, number, _LAST)),
            tuple(reads.opportunities(connection, number)),
            tuple(reads.tasks(connection, number)),
        )


def contacts(database: Path, which: str | None, limit: int) -> tuple[ContactLine, ...]:
    """Return contacts, of one customer or of all."""
    with reading(database) as connection:
        return tuple(reads.contacts(connection, _number(connection, which), limit))


def products(database: Path, limit: int) -> tuple[ProductLine, ...]:
    """Return products."""
    with reading(database) as connection:
        return tuple(reads.products(connection, limit))


def interactions(database: Path, which: str | None, limit: int) -> tuple[InteractionLine, ...]:
    """Return interactions, newest first."""
    with reading(database) as connection:
        return tuple(reads.interactions(connection, _number(connection, which), limit))


def transactions(database: Path, which: str | None, limit: int) -> tuple[TransactionLine, ...]:
    """Return transactions, newest first."""
    with reading(database) as connection:
        return tuple(reads.transactions(connection, _number(connection, which), limit))


def opportunities(
    database: Path, which: str | None, *, everything: bool, stage: str | None, limit: int
) -> tuple[OpportunityLine, ...]:
    """Return opportunities: the open ones, or all, or those in a stage."""
    with reading(database) as connection:
        number = _number(connection, which)
        return tuple(reads.opportunities(connection, number, everything=everything, stage=stage, limit=limit))


def tasks(database: Path, which: str | None, *, everything: bool, limit: int) -> tuple[TaskLine, ...]:
    """Return tasks: the open ones, or all."""
    with reading(database) as connection:
        return tuple(reads.tasks(connection, _number(connection, which), everything=everything, limit=limit))


def _number(connection: Any, which: str | None) -> int | None:
    return None if which is None else find_customer(connection, which, read_settings(connection).country).id
