"""What customers took and what they brought, in one statement."""

import sqlite3
from datetime import date
from typing import NamedTuple

from crmcli.store.light import statement
from crmcli.store.reads.agenda import PinnedClasses
from crmcli.store.reads.base import rows


class EffortLine(NamedTuple):
    """One customer in a stretch of time; money is in minor units of one currency.

    Attributes:
        tier: as the run computed it, None where it does not know the customer.
        cadence_max_days: the longest that the run lets pass between two touches.
        timed: interactions whose minutes are known.
        sales: in that currency; `uncosted` of them have no cost and so no margin.
        elsewhere: records with money in another currency, which is not in the sums.
    """

    id: int
    name: str
    tier: str | None
    cadence_max_days: int | None
    touches: int
    timed: int
    minutes: int
    cost: int
    sales: int
    uncosted: int
    revenue: int
    margin: int
    elsewhere: int


def effort(
    connection: sqlite3.Connection, first: date, last: date, *, currency: str, run: int | None
) -> list[EffortLine]:
    """Return every customer from one day to another, both included, by id."""
    values = {"first": first.isoformat(), "last": last.isoformat(), "currency": currency, "run": run}
    return rows(connection, "effort", EffortLine, **values)


def pinned_tiers(connection: sqlite3.Connection, day: date) -> dict[int, str]:
    """Return customer → tier of those who have a class pinned on a day: the pinned tier, else the computed one."""
    lines = rows(connection, "pinned_classes", PinnedClasses, today=day.isoformat())
    return {line.customer_id: line.tier for line in lines if line.tier is not None}


def in_segment(connection: sqlite3.Connection, run: int, segment: str) -> set[int]:
    """Return who is in a class of any further judgement of a run."""
    return {
        found for (found,) in connection.execute(statement("in_segment"), {"run": run, "segment": segment})
    }
