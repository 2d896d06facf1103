"""Complaints: the list, one in full, the statistics by cause, and what was done so that it does not happen again."""

import sqlite3
from typing import NamedTuple

from crmcli.store.reads.base import ALL, row, rows


class ComplaintLine(NamedTuple):
    """One complaint as it stands on a day.

    Attributes:
        age: days from the day it was received to the day it was closed, or else to the day.
        days_late: how long the reply has been due, None where it is not overdue.
    """

    id: int
    received_on: str
    stage: str
    severity: str
    customer: str
    summary: str
    reply_due_on: str | None
    age: int
    days_late: int | None
    closed_on: str | None


class ComplaintInFull(NamedTuple):
    """Everything about one complaint."""

    id: int
    external_id: str | None
    customer_id: int
    customer: str
    summary: str
    stage: str
    severity: str
    channel: str | None
    received_on: str
    reply_due_on: str | None
    age: int
    days_late: int | None
    investigating_on: str | None
    replied_on: str | None
    reply: str | None
    closed_on: str | None
    cause: str | None
    root_cause: str | None
    prevention: str | None
    notes: str | None
    archived_at: str | None


class CauseLine(NamedTuple):
    """The complaints of one cause; averages are in days, over the number that stands before them."""

    cause: str | None
    complaints: int
    open: int
    replied: int
    days_to_reply: float | None
    closed: int
    days_to_close: float | None


class MeasureLine(NamedTuple):
    """A task of kind improvement that a complaint or a survey gave the reason for."""

    id: int
    due_on: str | None
    title: str
    owner: str | None
    done_on: str | None


class _Tier(NamedTuple):
    tier: str | None


def complaints(
    connection: sqlite3.Connection,
    today: str,
    customer: int | None = None,
    *,
    everything: bool = False,
    overdue: bool = False,
    limit: int = ALL,
) -> list[ComplaintLine]:
    """Return complaints, those first whose reply is due soonest; open ones unless `everything`."""
    return rows(
        connection,
        "complaints",
        ComplaintLine,
        today=today,
        customer=customer,
        all=everything,
        overdue=overdue,
        limit=limit,
    )


def complaint(connection: sqlite3.Connection, today: str, number: int, word: str) -> ComplaintInFull | None:
    """Return one complaint by its id, or else by its external id."""
    return row(connection, "complaint", ComplaintInFull, today=today, number=number, word=word)


def causes(connection: sqlite3.Connection, today: str, since: str) -> list[CauseLine]:
    """Return the statistics by cause of the complaints received on or after a day, the most frequent cause first."""
    return rows(connection, "complaint_causes", CauseLine, today=today, since=since)


def measures(
    connection: sqlite3.Connection, *, complaint: int | None = None, survey: int | None = None
) -> list[MeasureLine]:
    """Return the improvement tasks of a complaint or of a survey."""
    return rows(connection, "measures", MeasureLine, complaint=complaint, survey=survey)


def tier_of(connection: sqlite3.Connection, customer: int, today: str) -> str | None:
    """Return the tier of a customer on a day: the one pinned by hand, else the computed one, None without either."""
    found = row(connection, "tier_of", _Tier, customer=customer, today=today)
    return found.tier if found is not None else None
