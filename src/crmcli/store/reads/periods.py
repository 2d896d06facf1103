"""The runs that periods stand for, and what the rules of a run call things."""

import sqlite3
from typing import NamedTuple

from crmcli.store.light import statement
from crmcli.store.reads.base import row


class RunLine(NamedTuple):
    """One run and the compiled part of its ruleset that light reads need."""

    id: int
    period: str
    as_of: str
    fingerprint: str
    agenda: str
    version: int


def run_of_period(
    connection: sqlite3.Connection, period: str | None, today: str, version: int | None = None
) -> RunLine | None:
    """Return the newest run of a period, or of one version of it; without a period the last run up to `today`."""
    return row(connection, "run_of_period", RunLine, period=period, today=today, version=version)


def run_before(connection: sqlite3.Connection, run: int) -> RunLine | None:
    """Return the newest run of the period before that of a run."""
    return row(connection, "run_before", RunLine, run=run)


def periods_near(connection: sqlite3.Connection, period: str, today: str, limit: int) -> list[str]:
    """Return the classified periods that are nearest to one that is not, nearest first."""
    values = {"period": period, "today": today, "limit": limit}
    return [found for (found,) in connection.execute(statement("periods_near"), values)]


def ruleset_agenda(connection: sqlite3.Connection, fingerprint: str) -> str:
    """Return the compiled part of a stored ruleset, a JSON object."""
    found = connection.execute(statement("ruleset_agenda"), {"fingerprint": fingerprint}).fetchone()
    return str(found[0])


def last_month_run(connection: sqlite3.Connection) -> str | None:
    """Return the last month, `YYYY-MM`, that was classified."""
    found: str | None = connection.execute(statement("last_month_run")).fetchone()[0]
    return found


def customers_known_by(connection: sqlite3.Connection, day: str, ends: str) -> bool:
    """Tell whether there was any customer at the end of a day; `ends` is that instant in UTC."""
    return bool(connection.execute(statement("customers_known_by"), {"day": day, "ends": ends}).fetchone()[0])
