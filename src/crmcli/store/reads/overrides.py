"""Classes pinned by hand: who, to what, until when and why, beside what was computed."""

import sqlite3
from typing import NamedTuple

from crmcli.store.reads.base import ALL, rows


class OverrideLine(NamedTuple):
    """One override; `computed` is what the rules say, None for somebody who was never classified."""

    customer_id: int
    name: str
    judgement: str
    value: str
    computed: str | None
    from_on: str
    until_on: str | None
    ended_on: str | None
    override_reason: str
    state: str


def overrides(
    connection: sqlite3.Connection,
    today: str,
    *,
    customer: int | None = None,
    everything: bool = False,
    limit: int = ALL,
) -> list[OverrideLine]:
    """Return the overrides in force on a day, with `everything` also those that are over, by customer."""
    return rows(
        connection,
        "overrides",
        OverrideLine,
        today=today,
        customer=customer,
        all=everything,
        limit=limit,
    )


def overrides_of_run(connection: sqlite3.Connection, run: int, customer: int) -> list[OverrideLine]:
    """Return the overrides of one customer that were in force on the day of a run, as the run kept them."""
    return rows(connection, "run_overrides", OverrideLine, run=run, customer=customer)
