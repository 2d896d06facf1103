"""Satisfaction surveys: the list, one in full, and what they add up to."""

import sqlite3
from typing import NamedTuple

from crmcli.store.reads.base import ALL, row, rows


class SurveyLine(NamedTuple):
    """One survey; without a score it is not answered."""

    id: int
    asked_on: str
    kind: str
    customer: str
    score: int | None
    answered_on: str | None
    channel: str | None
    comment: str | None


class SurveyInFull(NamedTuple):
    """Everything about one survey."""

    id: int
    external_id: str | None
    customer_id: int
    customer: str
    kind: str
    score: int | None
    channel: str | None
    asked_on: str
    answered_on: str | None
    comment: str | None


class SurveySums(NamedTuple):
    """The surveys of a group: `by` is all, tier or channel, `which` the code, None where there is none.

    `csat` is the average of `csat_answers` scores.
    """

    by: str
    which: str | None
    asked: int
    answered: int
    csat_answers: int
    csat: float | None
    nps_answers: int
    promoters: int
    detractors: int


def surveys(
    connection: sqlite3.Connection,
    customer: int | None = None,
    *,
    kind: str | None = None,
    unanswered: bool = False,
    limit: int = ALL,
) -> list[SurveyLine]:
    """Return surveys, the newest first."""
    return rows(
        connection, "surveys", SurveyLine, customer=customer, kind=kind, unanswered=unanswered, limit=limit
    )


def survey(connection: sqlite3.Connection, number: int, word: str) -> SurveyInFull | None:
    """Return one survey by its id, or else by its external id."""
    return row(connection, "survey", SurveyInFull, number=number, word=word)


def sums(connection: sqlite3.Connection, today: str, since: str) -> list[SurveySums]:
    """Return what the surveys asked on or after a day add up to: all, by tier, by channel."""
    return rows(connection, "survey_report", SurveySums, today=today, since=since)
