"""Working through the agenda: done, put off, not this time. One command is one unit of work.

A line is what was printed, so a matter that came up since is not touched, and no line or matter is dealt with twice. What
stays open after a talk (a deal past its day, an unpaid invoice) rests for AGAIN_DAYS, so that no line comes back the day
after it was done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sqlmodel import select

from crmcli.errors import DataError, RefusedError, UsageError
from crmcli.i18n import _, language
from crmcli.spoken import Direction, parse_spoken_day
from crmcli.store import schema
from crmcli.store.work import Work, unit_of_work
from crmcli.values import ValueFault
from crmcli.vocabulary import CHANNEL, OPEN_STAGES, REAL_TOUCH
from crmcli.workflows import page
from crmcli.workflows.page import Line, Matter
from crmcli.workflows.record import Promise, finish_task, keep_promise, touch, unwanted
from crmcli.workflows.task import pass_over

AGAIN_DAYS = 7  #: a matter that is still open after it was dealt with is named again after so many days
_SETTLED = frozenset(
    {"cadence", "never_contacted", "next_contact"}
)  #: occasions that a touch settles by itself
_ONCE = frozenset(
    {"survey_due"}
)  #: occasions that a talk settles for good: the next one is of another record


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of a line: the interaction (None if there is none), the line for the user, days as understood."""

    interaction: int | None
    name: str
    summary: str
    resolved: tuple[tuple[str, date], ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def _joined(said: Sequence[str]) -> str:
    return ("；" if language() == "zh_CN" else "; ").join(said)


def done(
    database: Path,
    line: Line,
    summary: str | None,
    given: Mapping[str, str | None],
    next_on: str | None,
    promise: Promise | None = None,
) -> Handled:
    """Log what happened with the customer of a line and clear the line; a task of nobody is marked done.

    Where the customer was not reached, the try is logged and the line stays.

    Raises:
        RefusedError: the line was done already, nothing of it is open, or words for a line that belongs to no customer.
        DataError, NotFoundError: as for every record.
    """
    with unit_of_work(database, "done") as work:
        result, cleared = _done(work, line, summary, given, next_on, promise)
    if cleared and work.wrote:
        page.keep_done(database, line, work.entry_id)
    return result


def _done(
    work: Work,
    line: Line,
    summary: str | None,
    given: Mapping[str, str | None],
    next_on: str | None,
    promise: Promise | None,
) -> tuple[Handled, bool]:
    """Do what `done` says; tell also whether the line is cleared."""
    _check(work, line)
    if line.customer is None:
        if summary is not None or next_on is not None or promise is not None:
            raise RefusedError(_("{line} has no customer to log this with").format(line=line.called))
        matters = _needs_open(work, line)
        settled = [text for matter in matters if (text := _settle(work, line, matter, None))]
        rests = max(_again_on(work, matter) for matter in matters)
        work.summary = _joined(settled) or _("rests until {day}").format(day=rests)
        return Handled(None, "", work.summary), True
    how = {"channel": line.channel or "phone", **{k: v for k, v in given.items() if v is not None}}
    row, resolved = touch(work, {**how, "customer": f"#{line.customer}", "summary": summary}, next_on)
    said = [
        _("logged {channel} with {name} on {day}").format(
            channel=CHANNEL.label(row.channel), name=line.name, day=row.occurred_on
        )
    ]
    reached = row.outcome in REAL_TOUCH
    if reached:
        said += [
            text for matter in _open_matters(work, line) if (text := _settle(work, line, matter, row.id))
        ]
    else:
        said.append(_("not reached, so the line stays"))
    work.summary = _joined(said)
    resolved += keep_promise(work, row, promise)
    warnings = unwanted(work, row, next_on, promise)
    return Handled(row.id, line.name, work.summary, resolved, warnings=warnings), reached


def snooze(database: Path, line: Line, until: str, reason: str | None = None) -> Handled:
    """Put a whole line off until a day; what comes up for the customer before it waits too.

    Raises:
        RefusedError: the line was done already, or nothing of it is open.
        DataError: not a day.
        UsageError: a day that is not ahead.
    """
    with unit_of_work(database, "snooze") as work:
        _check(work, line)
        try:
            day = parse_spoken_day(until, work.today, Direction.FUTURE)
        except ValueFault as fault:
            raise DataError(fault.what, where="UNTIL", hint=fault.hint) from None
        if day <= work.today:
            raise UsageError(
                _("{day} is not ahead").format(day=day),
                where="UNTIL",
                hint=_("write 3d, tomorrow or a later day"),
            )
        if line.customer is not None:
            _defer(work, "snooze", day, reason, customer_id=line.customer)
        for matter in _needs_open(work, line) if line.customer is None else ():
            _defer(work, "snooze", day, reason, **_reference(matter))
        work.summary = _("put off until {day}: {name}").format(day=day, name=line.name or line.called)
        resolved = () if until.strip() == day.isoformat() else (("until_on", day),)
        return Handled(None, line.name, work.summary, resolved)


def skip(database: Path, line: Line, reason: str | None = None) -> Handled:
    """Let every reason of a line pass this time: it waits for its next time.

    The cadence waits one cadence more, a task that repeats its next day, a birthday the next year; an agreed day is
    cleared; anything else rests for AGAIN_DAYS.

    Raises:
        RefusedError: the line was done or skipped already, or nothing of it is open.
    """
    with unit_of_work(database, "skip") as work:
        _check(work, line, "skip")
        for matter in _needs_open(work, line):
            _pass_over(work, line, matter, reason)
        work.summary = _("skipped: {name}").format(name=line.name or line.called)
    if work.wrote:
        page.keep_done(database, line, work.entry_id)
    return Handled(None, line.name, work.summary)


def _check(work: Work, line: Line, *others: str) -> None:
    """Refuse a line that was done already (or dealt with by one of `others`), unless that was undone; or of a deleted customer.

    Raises:
        RefusedError: it is such a line.
    """
    for number in reversed(line.entries):
        entry = work.session.get(schema.JournalEntry, number)
        if entry is not None and entry.command in {"done", *others} and not _is_undone(work, entry):
            what = _("{line} was dealt with already: {summary}")
            raise _refused(what.format(line=line.called, summary=entry.summary))
    if line.customer is not None and work.session.get(schema.Customer, line.customer) is None:
        raise _refused(_("nothing of {line} is open any more").format(line=line.called))


def _is_undone(work: Work, entry: schema.JournalEntry) -> bool:
    undoing = select(schema.JournalEntry).where(schema.JournalEntry.undoes_id == entry.id)
    return work.session.exec(undoing).first() is not None


def _refused(what: str) -> RefusedError:
    return RefusedError(what, hint=_("'crm agenda' numbers its lines anew; another contact: crm log"))


def _needs_open(work: Work, line: Line) -> list[Matter]:
    """Return what can still be dealt with.

    Raises:
        RefusedError: nothing can.
    """
    matters = _open_matters(work, line)
    if not matters:
        raise _refused(_("nothing of {line} is open any more").format(line=line.called))
    return matters


def _open_matters(work: Work, line: Line) -> list[Matter]:
    """Return what can still be dealt with: no task or deal that was done, put away or deleted since it was printed."""
    return [matter for matter in line.matters if _is_open(work, line, matter)]


def _is_open(work: Work, line: Line, matter: Matter) -> bool:
    if matter.kind == "task":
        task = work.session.get(schema.Task, matter.record)
        if task is None or task.done_on is not None or task.archived_at is not None:
            return False
        return task.due_on == matter.due_on  # one that repeats may have moved on
    if matter.kind == "opportunity":
        deal = work.session.get(schema.Opportunity, matter.record)
        return deal is not None and deal.stage in OPEN_STAGES and deal.archived_at is None
    if matter.occasion == "next_contact":
        customer = work.session.get(schema.Customer, line.customer)
        return customer is not None and customer.next_contact_on == matter.due_on
    return True


def _settle(work: Work, line: Line, matter: Matter, interaction: int | None) -> str:
    """Clear one reason after a talk; return what is to be said of it."""
    task = work.session.get(schema.Task, matter.record) if matter.kind == "task" else None
    if task is not None:
        return finish_task(work, task, interaction)
    if matter.occasion not in _SETTLED:
        _defer(work, "skip", _again_on(work, matter), None, **_about(line, matter))
    return ""


def _pass_over(work: Work, line: Line, matter: Matter, reason: str | None) -> None:
    customer = None if line.customer is None else work.session.get(schema.Customer, line.customer)
    if matter.kind == "task":
        task = work.session.get(schema.Task, matter.record)
        if task is not None and pass_over(work, task) is None:
            _defer(work, "skip", _again_on(work, matter), reason, task_id=task.id)
    elif matter.occasion == "next_contact" and customer is not None:
        customer.next_contact_on = customer.next_contact_time = None
        work.session.add(customer)
        work.session.flush()
    elif matter.occasion in {"cadence", "never_contacted"}:
        day = work.today + timedelta(days=max(line.cadence_days, 1))
        _defer(work, "skip", day, reason, customer_id=line.customer, trigger=matter.trigger)
    else:
        _defer(work, "skip", _again_on(work, matter), reason, **_about(line, matter))


def _again_on(work: Work, matter: Matter) -> date:
    """Return when a matter that is still open is named again: after its day, and not before a week has passed."""
    if matter.occasion in _ONCE:
        return date.max
    rested = work.today + timedelta(days=AGAIN_DAYS)
    return rested if matter.due_on is None else max(rested, matter.due_on + timedelta(days=1))


def _about(line: Line, matter: Matter) -> dict[str, object]:
    if matter.kind == "opportunity":
        return {"opportunity_id": matter.record}
    return {"customer_id": line.customer, "trigger": matter.trigger, "record_id": matter.record}


def _reference(matter: Matter) -> dict[str, object]:
    return {f"{matter.kind}_id": matter.record}


def _defer(work: Work, kind: str, until: date, reason: str | None, **about: object) -> None:
    row = schema.Deferral.model_validate(
        {**about, "kind": kind, "noted_on": work.today, "until_on": until, "notes": reason, **work.stamps()}
    )
    work.session.add(row)
    work.session.flush()
