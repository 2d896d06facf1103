"""Whom to contact today, and why. Reads only, and light: neither YAML nor SQLAlchemy unless the rules changed.

Cadence and urgency come from the last classification, which stored them. When the rule files have changed since, the
result says so; before the first classification the rules are compiled in memory.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from crmcli import clock
from crmcli.i18n import _, ngettext
from crmcli.rules import folder
from crmcli.store.light import reading
from crmcli.store.reads import agenda as reads
from crmcli.store.reads.base import ALL
from crmcli.store.settings import read_settings
from crmcli.values import group_amount
from crmcli.vocabulary import OPPORTUNITY_STAGE

Matter = TypeVar("Matter", reads.AgendaTask, reads.AgendaDeal)


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


class Agenda(NamedTuple):
    """What is due, most urgent first.

    Attributes:
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


def agenda(database: Path, rules: Path, *, day: date | None, days: int = 1, limit: int = ALL) -> Agenda:
    """Return who is to be contacted on a day, or in the `days` days that begin with it.

    Args:
        database: the file.
        rules: the folder of the rules in force.
        day: None for today.
        days: how many days to look at, 1 for the day alone.
        limit: at most so many lines, -1 for all.
    """
    with reading(database) as connection:
        today = day or clock.today(read_settings(connection).time_zone)
        until = today + timedelta(days=days - 1)
        stored = reads.stored_ruleset(connection, today.isoformat())
        files = folder.read_files(rules)
        program = json.loads(stored.agenda) if stored else _compiled(files, rules)
        rows = reads.agenda(
            connection, program, today=today, until=until, limit=limit + 1 if limit >= 0 else ALL
        )
        tasks = reads.agenda_tasks(connection, program, today, until)
        deals = reads.agenda_deals(connection, program, today, until)
    tasks_of, deals_of = _by_customer(tasks), _by_customer(deals)
    items = [_item(row, tasks_of.get(row.id, ()), deals_of.get(row.id, ()), today) for row in rows]
    items += _unowned(tasks_of.get(None, ()), deals_of.get(None, ()), today, program)
    items.sort(key=lambda item: -item.urgency)
    return Agenda(
        today,
        until,
        tuple(items if limit < 0 else items[:limit]),
        0 <= limit < len(items),
        date.fromisoformat(stored.as_of) if stored else None,
        stored is not None and json.loads(stored.files) != files,
    )


def _compiled(files: Mapping[str, str], rules: Path) -> Mapping[str, Any]:
    from crmcli.rules import agenda_program, load  # YAML is read only when no run stored what is needed

    return agenda_program(load(files, str(rules)))


def _by_customer(found: Iterable[Matter]) -> dict[int | None, list[Matter]]:
    sorted_out: dict[int | None, list[Matter]] = {}
    for matter in found:
        sorted_out.setdefault(matter.customer_id, []).append(matter)
    return sorted_out


def _item(
    row: reads.AgendaRow, tasks: Sequence[reads.AgendaTask], deals: Sequence[reads.AgendaDeal], today: date
) -> Item:
    reasons = [
        *(_task_reason(task, today) for task in tasks if row.task_on),
        *(_deal_reason(deal, today) for deal in deals if row.close_on),
    ]
    due = [date.fromisoformat(text) for text in (row.task_on, row.close_on) if text]
    last = date.fromisoformat(row.last_contacted_on) if row.last_contacted_on else None
    if row.agreed and row.next_contact_on:
        due.append(date.fromisoformat(row.next_contact_on))
        agreed = _at(row.next_contact_on, row.next_contact_time)
        reasons.append(_("next contact agreed for {day}").format(day=agreed))
    if row.overdue and last is not None:
        due.append(last + timedelta(days=row.cadence_days))
        reasons.append(_cadence_reason(row))
    elif row.never_contacted:
        due.append(today)
        reasons.append(_("never contacted"))
    if row.no_next_step:
        reasons.append(_("no next step planned"))
    return Item(
        row.id, row.name, row.company or "", row.phone or "", row.tier or "", row.grade or "", row.score, last,
        min(due, default=None), row.urgency, tuple(reasons),
    )  # fmt: skip


def _cadence_reason(row: reads.AgendaRow) -> str:
    since = row.days_since or 0
    text = ngettext(
        "last contact {days} day ago, cadence {cadence}",
        "last contact {days} days ago, cadence {cadence}",
        since,
    )
    said = text.format(days=since, cadence=row.cadence_days)
    if since > row.cadence_max_days:
        said += _(", over the maximum of {days}").format(days=row.cadence_max_days)
    return said


def _task_reason(task: reads.AgendaTask, today: date) -> str:
    late = (today - date.fromisoformat(task.due_on)).days
    if task.kind == "promise":
        return _promise_reason(task, late)
    if late == 0 and task.due_time:
        text = _("task #{id} due today at {time}: {title}")
        return text.format(id=task.id, time=task.due_time, title=task.title)
    if late > 0:
        text = ngettext("task #{id} {days} day late: {title}", "task #{id} {days} days late: {title}", late)
        return text.format(id=task.id, days=late, title=task.title)
    if late == 0:
        return _("task #{id} due today: {title}").format(id=task.id, title=task.title)
    return _("task #{id} due {day}: {title}").format(
        id=task.id, day=_at(task.due_on, task.due_time), title=task.title
    )


def _at(day: str, time: str | None) -> str:
    return f"{day} {time}" if time else day


def _promise_reason(task: reads.AgendaTask, late: int) -> str:
    if late > 0:
        text = ngettext(
            "promised, {days} day late: {title} (task #{id})",
            "promised, {days} days late: {title} (task #{id})",
            late,
        )
        return text.format(id=task.id, days=late, title=task.title)
    if late == 0 and not task.due_time:
        return _("promised for today: {title} (task #{id})").format(id=task.id, title=task.title)
    return _("promised for {day}: {title} (task #{id})").format(
        id=task.id, day=_at(task.due_on, task.due_time), title=task.title
    )


def _deal_reason(deal: reads.AgendaDeal, today: date) -> str:
    away = (date.fromisoformat(deal.expected_close_on) - today).days
    amount = (
        ""
        if deal.amount_minor is None
        else f"{group_amount(deal.amount_minor, deal.currency)} {deal.currency}"
    )
    what = " ".join(part for part in (deal.name, amount) if part) or OPPORTUNITY_STAGE.label(deal.stage)
    if away < 0:
        text = _("deal #{id} should have closed on {day}: {what}")
    elif away == 0:
        text = _("deal #{id} closes today: {what}")
    else:
        text = _("deal #{id} closes on {day}: {what}")
    said = text.format(id=deal.id, day=deal.expected_close_on, what=what)
    return said + _(", waiting for {what}").format(what=deal.waiting_for) if deal.waiting_for else said


def _unowned(
    tasks: Sequence[reads.AgendaTask],
    deals: Sequence[reads.AgendaDeal],
    today: date,
    program: Mapping[str, Any],
) -> list[Item]:
    """Tasks and deals without a customer have lines of their own."""
    weights = program["urgency"]
    found = []
    for task in tasks:
        due = date.fromisoformat(task.due_on)
        late = min(max((today - due).days, 0), 30)
        urgency = weights["task_due"] + weights["task_overdue_per_day"] * late
        found.append(_loose(_task_reason(task, today), due, urgency))
    for deal in deals:
        due = date.fromisoformat(deal.expected_close_on)
        urgency = weights["opportunity_past"] if due < today else weights["opportunity_near"]
        found.append(_loose(_deal_reason(deal, today), due, urgency))
    return found


def _loose(reason: str, due: date, urgency: float) -> Item:
    return Item(None, "", "", "", "", "", None, None, due, float(urgency), (reason,))
