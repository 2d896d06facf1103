"""The agenda: everybody with something due, in one statement, with the matters behind it."""

import json
import math
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from crmcli.store.light import statement
from crmcli.store.reads.base import ALL, row, rows

_MAX_AHEAD = 366  #: days that birthdays are looked for ahead
_JULIAN = 1_721_424.5  #: what julianday() gives for the day before the first of date.toordinal()
_CANDIDATES = 32  #: of those who could come first, so many are weighed for each line that is asked for
_ROUNDING = 1e-6
_MOST = 2**62  #: a number that SQLite can be given
_OFF = (0.0, 0.0, "", 0.0, 1.0)  #: the points of a trigger or term that there is not


class AgendaRow(NamedTuple):
    """One customer with something due, and one of the matters behind it (None for all of them if there is none)."""

    id: int | None
    name: str
    company: str | None
    phone: str | None
    tier: str | None
    grade: str | None
    score: float | None
    refused_channels: str | None
    lifecycle_stage: str | None
    last_contacted_on: str | None
    cadence_days: int
    cadence_max_days: int
    due: int
    untouched: int
    no_next_step: int
    in_state: int
    triggers: str | None
    held: str | None
    money: float
    urgency: float
    left_out: float | None  #: the most that a customer who was not weighed can come to; None when all were
    due_customers: int  #: how many customers are due among those weighed, however many rows the limit leaves
    at: int | None  #: which trigger, by its place in the rules
    kind: str | None
    record: int | None
    day: str | None
    amount: float | None  #: in main units of the currency of the settings
    what: str | None
    amount_minor: int | None
    currency: str | None
    stage: str | None
    waiting_for: str | None
    channel: str | None
    due_time: str | None


class PinnedClasses(NamedTuple):
    """Where somebody stands who has a class pinned by hand: that one, else the computed one, None if there is neither."""

    customer_id: int
    tier: str | None
    grade: str | None
    lifecycle_stage: str | None


class AgendaCustomer(NamedTuple):
    """What can keep a customer off the agenda."""

    id: int
    name: str
    archived_at: str | None
    do_not_contact: int
    next_contact_on: str | None
    intent_stage: str | None
    put_off_until: str | None


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


def agenda_customer(connection: sqlite3.Connection, customer: int, today: date) -> AgendaCustomer:
    """Return what can keep a customer, who must exist, off the agenda of a day."""
    found = row(connection, "agenda_customer", AgendaCustomer, customer=customer, today=today.isoformat())
    if found is None:
        raise LookupError(customer)
    return found


class Asked(NamedTuple):
    """Which part of the agenda is asked for.

    Attributes:
        today: the day.
        until: the last day that is looked at.
        limit: at most so many customers, -1 for all.
        customer: only this one.
        only_late: only those past their maximum or past the day of a matter.
        currency: the code of the currency that money is counted in.
        unit: how many minor units one of it is.
        country: whose holidays.
        counted: weigh everybody, so that `AgendaRow.due_customers` is right whatever the limit.
        leap_birthday: when somebody born on 29 February has the birthday in other years: `feb28` or `mar1`.
    """

    today: date
    until: date
    limit: int
    customer: int | None
    only_late: bool
    currency: str
    unit: float
    leap_birthday: str = "feb28"
    country: str = "CN"
    counted: bool = False


def agenda(connection: sqlite3.Connection, program: Mapping[str, Any], asked: Asked) -> list[AgendaRow]:
    """Return who is due, most urgent first, a row for each matter. `program` is the agenda part of a compiled ruleset."""
    triggers = program["triggers"]
    single = {each["on"]: each for each in triggers if each["on"]}
    birthdays = [each["lead_days"] for each in triggers if each["on"] == "birthday"]
    values: dict[str, Any] = {
        "today": asked.today.isoformat(),
        "until": asked.until.isoformat(),
        "until_number": asked.until.toordinal() + _JULIAN,
        "limit": asked.limit,
        "customer": asked.customer,
        "only_late": asked.only_late,
        "currency": asked.currency,
        "unit": asked.unit,
        "default_days": program["unclassified"][0],
        "default_max_days": program["unclassified"][1],
        "rest_days": program["rest_days"],
        "triggers": json.dumps(triggers),
        "states": json.dumps(
            [[f'"{each["name"]}"', each["points"][0]] for each in triggers if not each["on"]]
        ),
        "pinned": _pinned(connection, program, asked.today.isoformat()),
        "birthdays": json.dumps(_birthdays(asked, max(birthdays))) if birthdays else "[]",
        "lunar_birthdays": json.dumps(_lunar(connection, asked, max(birthdays))) if birthdays else "[]",
        "holidays": json.dumps(_holidays(asked, triggers)),
        **_of_everybody("cadence", single.get("cadence")),
        **_of_everybody("never", single.get("never_contacted")),
        **_of_everybody("next_step", single.get("no_next_step")),
    }
    for name in ("value", "overdue", "money", "age", "matters"):
        _base, points, _of, start, end = program["urgency"].get(name, _OFF)
        values |= {f"{name}_points": points, f"{name}_start": start, f"{name}_span": end - start}
    # What somebody gets who has no money, no matters: worked out once instead of for everybody.
    nothing = {
        name: values[f"{name}_points"] * max(0.0, min(1.0, -values[f"{name}_start"] / values[f"{name}_span"]))
        for name in ("value", "money", "age", "matters")
    }
    rhythm = values["cadence_base"] + values["cadence_points"] + values["overdue_points"]
    values["most_of_rhythm"] = max(rhythm, values["never_base"])
    values |= {"money_none": nothing["money"], "matters_none": nothing["age"] + nothing["matters"]}
    values["most_of_none"] = sum(nothing.values())
    if asked.limit >= 0 and asked.customer is None and not asked.only_late and not asked.counted:
        found = rows(
            connection, "agenda", AgendaRow, **values, candidates=min(_CANDIDATES * asked.limit, _MOST)
        )
        if _settled(found, asked.limit):
            return found
    return rows(connection, "agenda", AgendaRow, **values, candidates=ALL)


def _settled(found: Sequence[AgendaRow], limit: int) -> bool:
    """Tell whether nobody who was not weighed can be among the first."""
    lines = {row.id: row for row in found if row.id is not None}
    beyond = next((row.left_out for row in lines.values()), math.inf)
    if beyond is None:
        return True
    return len(lines) >= limit and min(row.urgency for row in lines.values()) > beyond + _ROUNDING


def _of_everybody(prefix: str, trigger: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what the statement needs of a trigger that is asked of every customer; one that there is not is off."""
    base, points, of, start, end = _OFF if trigger is None else trigger["points"]
    name = "" if trigger is None else f'"{trigger["name"]}"'
    found: dict[str, Any] = {
        f"{prefix}_on": trigger is not None,
        f"{prefix}_name": name if trigger is not None and trigger["guarded"] else None,
        f"{prefix}_held": name or '"-"',
        f"{prefix}_base": base,
    }
    if prefix == "cadence":
        span = end - start or 1.0
        found |= {
            "cadence_points": points,
            "cadence_by_ratio": of == "ratio",
            "cadence_start": start,
            "cadence_span": span,
        }
    return found


def _birthdays(asked: Asked, lead: int) -> list[list[str]]:
    """Return [MM-DD, day] of every solar birthday from a day on; of 29 February as the settings say in other years."""
    found: list[list[str]] = []
    for ahead in range((_last_birthday(asked, lead) - asked.today).days + 1):
        day = asked.today + timedelta(days=ahead)
        found.append([day.isoformat()[5:], day.isoformat()])
        beside = day + timedelta(days=1 if asked.leap_birthday == "feb28" else -1)
        if {day.isoformat()[5:], beside.isoformat()[5:]} == {"02-28", "03-01"}:  # a year without 29 February
            found.append(["02-29", day.isoformat()])
    return found


def _lunar(connection: sqlite3.Connection, asked: Asked, lead: int) -> list[list[Any]]:
    """Return [kind, number, day] of every lunar birthday from a day on."""
    born = connection.execute(statement("lunar_birthdays")).fetchall()
    if not born:
        return []
    from crmcli.birthdays import next_birthday  # only those who have such customers pay for it

    last = _last_birthday(asked, lead)
    days = (
        (kind, number, next_birthday(date.fromisoformat(day), "lunar", asked.today))
        for kind, number, day in born
    )
    return [[kind, number, day.isoformat()] for kind, number, day in days if day is not None and day <= last]


def _holidays(asked: Asked, triggers: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Return [trigger, number, day, words] of every festival that a trigger waits for; the number is that of the day.

    The words are its names, and whether its days off are announced, as JSON.
    """
    waiting = [(at, each) for at, each in enumerate(triggers) if each["on"] == "holiday"]
    if not waiting:
        return []
    from crmcli.calendars import festive_days  # only rules that greet on holidays pay for it

    return [
        [
            at,
            int(found.day.strftime("%Y%m%d")),
            found.day.isoformat(),
            json.dumps([found.names, found.announced]),
        ]
        for at, each in waiting
        for found in festive_days(
            asked.today, _last_birthday(asked, each["lead_days"]), asked.country, each["festivals"]
        )
    ]


def _last_birthday(asked: Asked, lead: int) -> date:
    return min(asked.until + timedelta(days=lead), asked.today + timedelta(days=_MAX_AHEAD))


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
        for *classes, days, most, _channels in cadence
        if grade and all(own in {None, other} for own, other in zip(wanted, classes, strict=True))
    ]
    return max(fits, default=(None, None))


def uids(
    connection: sqlite3.Connection,
    customers: Sequence[int],
    tasks: Sequence[int],
    opportunities: Sequence[int],
) -> dict[tuple[str, int], str]:
    """Return (kind, number) → uid of customers, tasks and opportunities."""
    asked = {"customers": customers, "tasks": tasks, "opportunities": opportunities}
    found = connection.execute(
        statement("uids"), {name: json.dumps(list(ids)) for name, ids in asked.items()}
    )
    return {(kind, number): uid for kind, number, uid in found}


class NamedTask(NamedTuple):
    """What a task is about, and how long it will take; None where nobody said so."""

    id: int
    title: str
    minutes: int | None


def named_tasks(connection: sqlite3.Connection, wanted: Sequence[int]) -> dict[int, NamedTask]:
    """Return tasks by number."""
    found = rows(connection, "tasks_named", NamedTask, tasks=json.dumps(list(wanted)))
    return {each.id: each for each in found}


class Deferral(NamedTuple):
    """A matter that is put off and comes back on a day: a customer (or one reason of it), a task or a deal."""

    customer_id: int | None
    task_id: int | None
    opportunity_id: int | None
    trigger: str | None
    record_id: int | None
    until_on: str


def deferrals_ending(connection: sqlite3.Connection, today: date, until: date) -> list[Deferral]:
    """Return what is put off today and comes back until a day."""
    return rows(connection, "deferrals_ending", Deferral, today=today.isoformat(), until=until.isoformat())
