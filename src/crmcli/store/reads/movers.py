"""Two runs side by side: who moved, and how many went from which tier to which."""

import json
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from crmcli.store.light import statement
from crmcli.store.reads.base import SCORE, rows


class MoverLine(NamedTuple):
    """One customer in both runs, and the indicator whose points changed most (None when none did)."""

    customer: int
    name: str
    tier_before: str
    tier: str
    grade_before: str
    grade: str
    grade_reason_before: str
    grade_reason: str
    score_before: float
    score: float
    indicator: str | None
    raw_before: float | None
    raw: float | None
    points_before: float | None
    points: float | None


def movers(
    connection: sqlite3.Connection,
    old: int,
    new: int,
    *,
    old_tiers: Sequence[str],
    new_tiers: Sequence[str],
    direction: int,
    limit: int,
) -> list[MoverLine]:
    """Return who has another tier or grade in run `new` than in run `old`, the biggest change of score first.

    Args:
        connection: an open database.
        old: the run to start from.
        new: the run to arrive at.
        old_tiers: the tiers of the old run's rules, highest first.
        new_tiers: those of the new run's.
        direction: 1 for those who rose, -1 for those who fell, 0 for both.
        limit: at most so many, -1 for all.
    """
    values = {
        "old": old,
        "new": new,
        "old_tiers": json.dumps(old_tiers),
        "new_tiers": json.dumps(new_tiers),
        "direction": direction,
        "score": SCORE,
        "limit": limit,
    }
    return rows(connection, "movers", MoverLine, **values)


def migration_matrix(
    connection: sqlite3.Connection, old: int, new: int
) -> dict[tuple[str | None, str | None], int]:
    """Return the number of customers by (tier in `old`, tier in `new`); None where a run does not know them."""
    found = connection.execute(statement("migration_matrix"), {"old": old, "new": new})
    return {(before, after): count for before, after, count in found}
