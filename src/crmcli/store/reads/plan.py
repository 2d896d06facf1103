"""What a plan needs beside the agenda: where customers are, how long contacts take."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from crmcli.store.reads.base import rows


class PlanCustomer(NamedTuple):
    """Where a customer is, and the day agreed for the next contact."""

    id: int
    place: str | None
    next_contact_on: str | None


class Duration(NamedTuple):
    """How often a contact on a channel took so many minutes; of everybody together without a customer."""

    customer_id: int | None
    channel: str
    minutes: int
    times: int


def customers(
    connection: sqlite3.Connection, wanted: Sequence[int], place: str | None
) -> dict[int, PlanCustomer]:
    """Return customers by id; `place` is the path of the custom field that says where they are, None for the region."""
    found = rows(connection, "plan_customers", PlanCustomer, customers=json.dumps(wanted), place=place)
    return {each.id: each for each in found}


def durations(
    connection: sqlite3.Connection, wanted: Sequence[int], *, since: date, today: date
) -> list[Duration]:
    """Return how long contacts took after `since` up to today: those of everybody, and those of some customers."""
    values = {"customers": json.dumps(wanted), "since": since.isoformat(), "today": today.isoformat()}
    return rows(connection, "plan_minutes", Duration, **values)
