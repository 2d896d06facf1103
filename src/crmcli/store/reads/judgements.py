"""What a run found about one customer, and the rules it ran by."""

import json
import sqlite3
from typing import NamedTuple

from crmcli.store.light import statement
from crmcli.store.reads.base import row, rows


class Judgement(NamedTuple):
    """What a run found about one customer.

    Attributes:
        leans_on: the period whose tiers the run started from, if any.
        earlier: the customer's tier there, None for somebody it did not know.
    """

    run: int
    period: str
    as_of: str
    fingerprint: str
    version: int
    score: float
    tier: str
    grade: str
    grade_reason: str
    lifecycle_stage: str
    facts: str
    leans_on: str | None
    earlier: str | None


class IndicatorLine(NamedTuple):
    """One term of a score."""

    score: str
    indicator: str
    raw: float | None
    normalised: float | None
    weight: float
    points: float


def judgement(
    connection: sqlite3.Connection,
    number: int,
    today: str,
    period: str | None = None,
    version: int | None = None,
) -> Judgement | None:
    """Return what the last run up to `today` (or the last of one period, or of its version) found about a customer."""
    values = {"id": number, "today": today, "period": period, "version": version}
    return row(connection, "customer_classification", Judgement, **values)


def indicators(connection: sqlite3.Connection, run: int, number: int) -> list[IndicatorLine]:
    """Return the terms of every score of one customer in one run, heaviest first."""
    return rows(connection, "indicator_values", IndicatorLine, run=run, customer=number)


def indicator_raws(connection: sqlite3.Connection, run: int, score: str, indicator: str) -> list[float]:
    """Return every known value of an indicator in one run, smallest first."""
    values = {"run": run, "score": score, "indicator": indicator}
    return [value for (value,) in connection.execute(statement("indicator_raws"), values)]


def place(connection: sqlite3.Connection, run: int, score: float) -> tuple[int, int]:
    """Return how many customers of a run have a better score than this one, and how many there are."""
    better, count = connection.execute(statement("place"), {"run": run, "score": score}).fetchone()
    return better, count


def run_scores(connection: sqlite3.Connection, run: int) -> list[float]:
    """Return the score of everybody in one run, smallest first."""
    return [score for (score,) in connection.execute(statement("run_scores"), {"run": run})]


def stored_facts(connection: sqlite3.Connection, run: int, feature: str) -> list[float]:
    """Return every known value of a number that conditions look at in one run, smallest first."""
    values = {"run": run, "feature": f'$."{feature}"'}
    return [value for (value,) in connection.execute(statement("stored_facts"), values)]


def segments(connection: sqlite3.Connection, run: int, number: int) -> list[tuple[str, str]]:
    """Return (judgement, segment) pairs of one customer in one run."""
    return list(connection.execute(statement("segments"), {"run": run, "customer": number}))


def segment_classes(connection: sqlite3.Connection, run: int) -> list[tuple[str, str]]:
    """Return the (judgement, segment) pairs of one run that somebody has."""
    return list(connection.execute(statement("segment_classes"), {"run": run}))


def scores(connection: sqlite3.Connection, run: int, number: int) -> dict[str, float]:
    """Return every score of one customer in one run by its name."""
    return dict(connection.execute(statement("scores"), {"run": run, "customer": number}))


def ruleset_files(connection: sqlite3.Connection, fingerprint: str) -> dict[str, str]:
    """Return the text of a stored ruleset's files by name."""
    row = connection.execute(statement("ruleset_files"), {"fingerprint": fingerprint}).fetchone()
    return {} if row is None else dict(json.loads(row[0]))


def rulesets(connection: sqlite3.Connection, prefix: str) -> dict[str, dict[str, str]]:
    """Return the stored rulesets whose fingerprint begins so: the text of their files by name, oldest first."""
    found = connection.execute(statement("rulesets"), {"prefix": prefix})
    return {fingerprint: dict(json.loads(files)) for fingerprint, files in found}
