"""What stands in the file of one customer beside its lists: open complaints, latest surveys, sales."""

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


class FileSales(NamedTuple):
    """What a customer bought in one currency: sales less refunds in minor units, and the number of orders."""

    currency: str
    revenue_minor: int
    orders: int


def complaints(connection: sqlite3.Connection, customer: int, today: str) -> list[FileComplaint]:
    """Return the complaints that are not closed on a day."""
    return rows(connection, "file_complaints", FileComplaint, customer=customer, today=today)


def surveys(connection: sqlite3.Connection, customer: int, limit: int) -> list[FileSurvey]:
    """Return the latest surveys."""
    return rows(connection, "file_surveys", FileSurvey, customer=customer, limit=limit)


def sales(connection: sqlite3.Connection, customer: int, *, since: str, today: str) -> list[FileSales]:
    """Return what was bought after `since` up to `today`, by currency; those bought in before that are there with 0."""
    return rows(connection, "file_sales", FileSales, customer=customer, since=since, today=today)
