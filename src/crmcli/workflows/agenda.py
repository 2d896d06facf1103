"""Whom to contact today, and why. Reads only, and light: neither YAML nor SQLAlchemy unless the rules changed."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from crmcli.store.light import reading
from crmcli.store.reads import agenda as reads
from crmcli.store.reads.base import ALL
from crmcli.workflows.agenda_basis import asked, basis_of, by_line, number_of, rank
from crmcli.workflows.urgency import Reason, Standing, Weights, channel_of, standing, weights_of


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
        classified_as_of: the day of the classification it stands on, None when nobody was ever classified.
        rules_changed: the rule files differ from those of that classification.
    """

    day: date
    until: date
    items: tuple[Item, ...]
    more: bool
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
    """
    with reading(database) as connection:
        basis = basis_of(connection, rules, day)
        one = number_of(connection, customer, basis.settings.country)
        until = basis.today + timedelta(days=days - 1)
        most = limit + 1 if limit >= 0 else ALL
        rows = reads.agenda(connection, basis.program, asked(basis, until, most, one, only_late=only_late))
    lines = sorted(by_line(rows), key=rank)
    shown = lines if limit < 0 else lines[:limit]
    weights = weights_of(basis.program)
    return Agenda(
        basis.today,
        until,
        tuple(item(own, weights, basis.today, until) for own in shown),
        0 <= limit < len(lines),
        basis.classified_as_of,
        basis.rules_changed,
    )


def item(rows: Sequence[reads.AgendaRow], weights: Weights, today: date, until: date) -> Item:
    """Build a line of the agenda from its rows."""
    row = rows[0]
    found: Standing = standing(rows, weights, today, until)
    last = date.fromisoformat(row.last_contacted_on) if row.last_contacted_on else None
    due = [reason.due_on for reason in found.reasons if reason.due_on is not None]
    phone = "" if "phone" in (row.refused_channels or "").split(",") else row.phone or ""
    return Item(
        row.id, row.name, row.company or "", phone, row.tier or "", row.grade or "", row.score, last,
        min(due, default=None), found.urgency, tuple(reason.text for reason in found.reasons),
        channel_of(found, row, weights),
        next((reason.template for reason in found.reasons if reason.template), ""), row.cadence_days,
        row.cadence_max_days, found.reasons,
    )  # fmt: skip
