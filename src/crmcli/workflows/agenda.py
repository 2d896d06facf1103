"""Whom to contact today, and why. Reads only, and light: neither YAML nor SQLAlchemy unless the rules changed.

Cadence, urgency and the triggers whose condition holds come from the last classification, which stored them. When the
rule files have changed since, the result says so; before the first classification the rules are compiled in memory.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from crmcli import clock
from crmcli.rules import folder
from crmcli.store.light import reading
from crmcli.store.reads import agenda as reads
from crmcli.store.reads.base import ALL
from crmcli.store.settings import Settings, read_settings
from crmcli.values import exponent
from crmcli.workflows.urgency import (
    Reason,
    Standing,
    Weights,
    channel_of,
    ranked_by,
    standing,
    stored_program,
    weights_of,
)


class Item(NamedTuple):
    """One line of the agenda: a customer with all its reasons, or a task or deal that belongs to nobody yet."""

    customer: int | None
    name: str
    company: str
    phone: str
    tier: str
    grade: str
    score: float | None
    last_contacted_on: date | None
    due_on: date | None
    urgency: float
    reasons: tuple[str, ...]
    channel: str = ""
    template: str = ""
    cadence_days: int = 0
    cadence_max_days: int = 0
    matters: tuple[Reason, ...] = ()  #: the reasons with their triggers and records, in the same order


class Agenda(NamedTuple):
    """What is due, most urgent first.

    Attributes:
        day: the day it is for.
        until: the last day that was looked at.
        items: the lines.
        more: a limit cut the list.
        total: how many lines there are; with a limit, no more than one customer above it is counted.
        classified_as_of: the day of the classification it stands on, None when nobody was ever classified.
        rules_changed: the rule files differ from those of that classification.
        time_zone: the one that says what day it is.
    """

    day: date
    until: date
    items: tuple[Item, ...]
    more: bool
    total: int
    classified_as_of: date | None
    rules_changed: bool
    time_zone: str


class Basis(NamedTuple):
    """What the agenda of a day stands on."""

    today: date
    settings: Settings
    program: Mapping[str, Any]
    weights: Weights
    classified_as_of: date | None
    rules_changed: bool


def agenda(
    database: Path,
    rules: Path,
    *,
    day: date | None,
    days: int = 1,
    limit: int = ALL,
    customer: str | None = None,
    only_late: bool = False,
    only_first: bool = False,
) -> Agenda:
    """Return who is to be contacted on a day, or in the `days` days that begin with it.

    Args:
        database: the file.
        rules: the folder of the rules in force.
        day: None for today.
        days: how many days to look at, 1 for the day alone.
        limit: at most so many lines, -1 for all.
        customer: as written; only this one.
        only_late: only those past their maximum, or past the day of a matter.
        only_first: count all lines, but work out no more than the first.
    """
    with reading(database) as connection:
        basis = basis_of(connection, rules, day)
        one = None if customer is None else _number(connection, customer, basis.settings.country)
        until = basis.today + timedelta(days=days - 1)
        most = limit + 1 if limit >= 0 else ALL
        rows = reads.agenda(connection, basis.program, asked(basis, until, most, one, only_late=only_late))
    lines = sorted(by_line(rows), key=_rank)
    shown = lines[:1] if only_first else lines if limit < 0 else lines[:limit]
    return Agenda(
        basis.today,
        until,
        tuple(item(own, basis, until) for own in shown),
        0 <= limit < len(lines),
        len(lines),
        basis.classified_as_of,
        basis.rules_changed,
        basis.settings.time_zone,
    )


def _number(connection: sqlite3.Connection, customer: str, country: str) -> int:
    from crmcli.workflows.find import find_customer  # the agenda of everybody looks nobody up

    return find_customer(connection, customer, country).id


def _rank(rows: list[reads.AgendaRow]) -> tuple[float, float, bool, int]:
    """Return the place of a line: the statement's own order, so that a limit cuts it; what is nobody's among them."""
    row = rows[0]
    return -ranked_by(rows), -(row.score or 0.0), row.id is None, row.id or row.record or 0


def basis_of(connection: sqlite3.Connection, rules: Path, day: date | None) -> Basis:
    """Return what the agenda of a day stands on: the last classification before it, else the rules in memory."""
    settings = read_settings(connection)
    today = day or clock.today(settings.time_zone)
    stored = reads.stored_ruleset(connection, today.isoformat())
    files = folder.read_files(rules)
    program = None if stored is None else stored_program(stored.agenda)
    if program is None:
        kept = files if stored is None else json.loads(stored.files)
        program = _compiled(kept, rules, stored=stored is not None)
    as_of = date.fromisoformat(stored.as_of) if stored else None
    return Basis(
        today,
        settings,
        program,
        weights_of(program),
        as_of,
        stored is not None and json.loads(stored.files) != files,
    )


def _compiled(files: Mapping[str, str], rules: Path, *, stored: bool) -> Mapping[str, Any]:
    from crmcli.rules import agenda_program, load  # YAML is read only when no run stored what is needed

    return agenda_program(load(files, str(rules), stored=stored))


def asked(
    basis: Basis, until: date, limit: int, customer: int | None, *, only_late: bool = False
) -> reads.Asked:
    """Return the question to the store."""
    currency = basis.settings.currency
    return reads.Asked(
        basis.today,
        until,
        limit,
        customer,
        only_late,
        currency,
        float(10 ** exponent(currency)),
        basis.settings.leap_birthday,
        basis.settings.country,
    )


def by_line(rows: Iterable[reads.AgendaRow]) -> list[list[reads.AgendaRow]]:
    """Return the rows of each line: those of a customer, and those of each record that belongs to nobody."""
    found: dict[object, list[reads.AgendaRow]] = {}
    for row in rows:
        key: object = row.id if row.id is not None else (row.kind, row.record)
        found.setdefault(key, []).append(row)
    return list(found.values())


def item(rows: list[reads.AgendaRow], basis: Basis, until: date) -> Item:
    """Build a line of the agenda from its rows."""
    row = rows[0]
    found: Standing = standing(rows, basis.weights, basis.today, until)
    last = date.fromisoformat(row.last_contacted_on) if row.last_contacted_on else None
    due = [reason.due_on for reason in found.reasons if reason.due_on is not None]
    phone = "" if "phone" in (row.refused_channels or "").split(",") else row.phone or ""
    return Item(
        row.id, row.name, row.company or "", phone, row.tier or "", row.grade or "", row.score, last,
        min(due, default=None), found.urgency, tuple(reason.text for reason in found.reasons),
        channel_of(found, row, basis.weights),
        next((reason.template for reason in found.reasons if reason.template), ""), row.cadence_days,
        row.cadence_max_days, found.reasons,
    )  # fmt: skip
