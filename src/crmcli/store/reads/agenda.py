"""The agenda: everybody with something due, in one statement, and the tasks and deals behind it."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from crmcli.store.reads.base import row, rows

_NOTHING = -1e12  #: the urgency of somebody with nothing due: below all that rules can give


class AgendaRow(NamedTuple):
    """One customer with something due, and everything its reasons are made of."""

    id: int
    name: str
    company: str | None
    phone: str | None
    tier: str | None
    grade: str | None
    score: float | None
    last_contacted_on: str | None
    days_since: int | None
    cadence_days: int
    cadence_max_days: int
    overdue: int
    never_contacted: int
    next_contact_on: str | None
    agreed: int
    task_on: str | None
    tasks: int
    close_on: str | None
    deals: int
    no_next_step: int
    urgency: float
    next_contact_time: str | None


class PinnedClasses(NamedTuple):
    """Where somebody stands who has a class pinned by hand: that one, else the computed one, None if there is neither."""

    customer_id: int
    tier: str | None
    grade: str | None
    lifecycle_stage: str | None


class AgendaTask(NamedTuple):
    """A task due on the agenda."""

    id: int
    customer_id: int | None
    title: str
    due_on: str
    channel: str | None
    due_time: str | None
    kind: str


class AgendaDeal(NamedTuple):
    """An opportunity whose expected close is near or past."""

    id: int
    customer_id: int | None
    name: str
    stage: str
    amount_minor: int | None
    currency: str
    expected_close_on: str
    waiting_for: str | None


class StoredRuleset(NamedTuple):
    """What the last run before a day stood on."""

    files: str
    agenda: str
    fingerprint: str
    as_of: str
    run: int


def stored_ruleset(connection: sqlite3.Connection, today: str) -> StoredRuleset | None:
    """Return the ruleset of the last run up to a day."""
    return row(connection, "latest_ruleset", StoredRuleset, today=today)


def agenda(
    connection: sqlite3.Connection, program: Mapping[str, Any], *, today: date, until: date, limit: int
) -> list[AgendaRow]:
    """Return who is due by `until`, most urgent first. `program` is the agenda part of a compiled ruleset."""
    urgency = program["urgency"]
    values = {
        "today": today.isoformat(),
        "until": until.isoformat(),
        "task_until": _later(until, program["task_lead_days"]),
        "deal_until": _later(until, program["opportunity_lead_days"]),
        "default_days": program["unclassified"][0],
        "default_max_days": program["unclassified"][1],
        "u_overdue": urgency["overdue"],
        "u_never": urgency["never_contacted"],
        "u_task": urgency["task_due"],
        "u_task_late": urgency["task_overdue_per_day"],
        "u_deal_near": urgency["opportunity_near"],
        "u_deal_past": urgency["opportunity_past"],
        "u_agreed": urgency["next_contact_due"],
        "u_no_next_step": urgency["no_next_step"],
        "pinned": _pinned(connection, program, today.isoformat()),
        "nothing": _NOTHING,
        "limit": limit,
    }
    return rows(connection, "agenda", AgendaRow, **values)


def _pinned(connection: sqlite3.Connection, program: Mapping[str, Any], today: str) -> str:
    """Return, as JSON, [id, tier, grade, days, max_days, urgency] of everybody who is pinned on a day.

    They are few, so their rhythm is looked up here, by the rules that the agenda stands on, and handed to its statement.
    """
    lines = rows(connection, "pinned_classes", PinnedClasses, today=today)
    rhythms = {each: _rhythm(program["cadence"], *each) for each in {line[1:] for line in lines}}
    weights = program["urgency"]
    found = [
        [
            line.customer_id, line.tier, line.grade, *rhythms[line[1:]],
            weights["tier"].get(line.tier, 0) + weights["grade"].get(line.grade, 0),
        ]
        for line in lines
    ]  # fmt: skip
    return json.dumps(found)


def _rhythm(
    cadence: Sequence[Sequence[Any]], tier: str | None, grade: str | None, stage: str | None
) -> tuple[int | None, int | None]:
    """Return the cadence of a class and its maximum in days; (None, None) leaves them as they were computed.

    That is so for a tier that the rules do not know, and without a grade. Of somebody never classified tier or stage may
    be unknown: then it is the longest cadence of the grade that fits, which is the line that names neither.
    """
    wanted = (grade, tier, stage)
    fits = [
        (days, most)
        for *classes, days, most in cadence
        if grade and all(own in {None, other} for own, other in zip(wanted, classes, strict=True))
    ]
    return max(fits, default=(None, None))


def agenda_tasks(
    connection: sqlite3.Connection, program: Mapping[str, Any], today: date, until: date
) -> list[AgendaTask]:
    """Return the open tasks that are due by `until` or within the rules' lead time after it."""
    later = _later(until, program["task_lead_days"])
    return rows(connection, "agenda_tasks", AgendaTask, today=today.isoformat(), until=later)


def agenda_deals(
    connection: sqlite3.Connection, program: Mapping[str, Any], today: date, until: date
) -> list[AgendaDeal]:
    """Return the open opportunities whose expected close is past, or near by the rules' lead time."""
    later = _later(until, program["opportunity_lead_days"])
    return rows(connection, "agenda_deals", AgendaDeal, today=today.isoformat(), until=later)


def _later(day: date, days: int) -> str:
    return (day + timedelta(days=days)).isoformat()
