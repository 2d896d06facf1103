"""Lists of contacts, products, interactions, transactions, opportunities and tasks. Reads only, light."""

import sqlite3
from pathlib import Path

from crmcli.store.light import reading
from crmcli.store.reads import records as reads
from crmcli.store.reads.records import (
    ContactLine,
    InteractionLine,
    OpportunityLine,
    ProductLine,
    TaskLine,
    TransactionLine,
)
from crmcli.store.settings import read_settings
from crmcli.workflows.find import find_customer


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


def tasks(
    database: Path, which: str | None, *, everything: bool, kind: str | None = None, limit: int
) -> tuple[TaskLine, ...]:
    """Return tasks: the open ones, or all; of one kind, or of all."""
    with reading(database) as connection:
        number = _number(connection, which)
        return tuple(reads.tasks(connection, number, everything=everything, kind=kind, limit=limit))


def _number(connection: sqlite3.Connection, which: str | None) -> int | None:
    return None if which is None else find_customer(connection, which, read_settings(connection).country).id
