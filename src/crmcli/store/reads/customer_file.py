"""What stands in the file of one customer beside its lists: open complaints, latest surveys, money."""

import sqlite3
from typing import NamedTuple

from crmcli.store.reads.base import rows


class FileComplaint(NamedTuple):
    """A complaint that is not closed, and how far it has come."""

    id: int
    received_on: str
    severity: str
    stage: str
    summary: str
    reply_due_on: str | None


class FileSurvey(NamedTuple):
    """A survey; without a score it is not answered."""

    id: int
    kind: str
    asked_on: str
    answered_on: str | None
    score: int | None
    comment: str | None


class FileMoney(NamedTuple):
    """The money of a customer in one currency, in minor units; `limit_minor` is None where none was agreed."""

    currency: str
    revenue_minor: int
    orders: int
    unpaid_minor: int
    overdue_minor: int
    overdue_since: str | None
    limit_minor: int | None


def complaints(connection: sqlite3.Connection, customer: int, today: str) -> list[FileComplaint]:
    """Return the complaints that are not closed on a day."""
    return rows(connection, "file_complaints", FileComplaint, customer=customer, today=today)


def surveys(connection: sqlite3.Connection, customer: int, limit: int) -> list[FileSurvey]:
    """Return the latest surveys."""
    return rows(connection, "file_surveys", FileSurvey, customer=customer, limit=limit)


def money(connection: sqlite3.Connection, customer: int, *, since: str, today: str) -> list[FileMoney]:
    """Return the money by currency; revenue and orders are those after `since` up to `today`."""
    return rows(connection, "file_money", FileMoney, customer=customer, since=since, today=today)
