"""The periods of one customer, each beside the period before it."""

import sqlite3
from typing import NamedTuple

from crmcli.store.reads.base import SCORE, rows


class HistoryLine(NamedTuple):
    """One period with one indicator whose points changed (None when none did); None before the first period."""

    run: int
    period: str
    as_of: str
    version: int
    rules: str
    score: float
    tier: str
    grade: str
    grade_reason: str
    lifecycle_stage: str
    score_before: float | None
    rules_before: str | None
    tier_before: str | None
    grade_before: str | None
    grade_reason_before: str | None
    indicator: str | None
    raw_before: float | None
    raw: float | None
    points_before: float | None
    points: float | None


class PinnedThen(NamedTuple):
    """A class that was pinned by hand on the day of a run."""

    run: int
    judgement: str
    value: str


def pinned_then(connection: sqlite3.Connection, number: int) -> list[PinnedThen]:
    """Return what was pinned for a customer on the days of its runs."""
    return rows(connection, "run_overrides_of", PinnedThen, customer=number)


def history(
    connection: sqlite3.Connection, number: int, today: str, *, named: int, limit: int
) -> list[HistoryLine]:
    """Return the last `limit` periods of a customer, oldest first, with up to `named` indicators each, biggest first."""
    values = {"id": number, "today": today, "score": SCORE, "named": named, "limit": limit}
    return rows(connection, "history", HistoryLine, **values)
