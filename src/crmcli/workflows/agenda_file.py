"""The agenda for other programs: an iCalendar file, a Markdown list. Reads only."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from crmcli import clock
from crmcli.exchange.ics import Event, calendar
from crmcli.store.light import reading
from crmcli.store.reads.agenda import NamedTask, named_tasks, uids
from crmcli.store.settings import read_settings
from crmcli.vocabulary import TIER
from crmcli.workflows.agenda import Agenda, Item
from crmcli.workflows.comes_back import ComesBack, back_on, comes_back
from crmcli.workflows.urgency import Reason

MORNING = timedelta(hours=9)  #: when an event of a whole day is announced
BEFORE = timedelta(minutes=15)  #: how long before it an appointment is


class _Facts(NamedTuple):
    """What the agenda does not say: uids by (kind, number), what tasks are about and how long they take, what comes back when."""

    uids: Mapping[tuple[str, int], str]
    tasks: Mapping[int, NamedTask]
    comes_back: ComesBack


def as_calendar(database: Path, found: Agenda) -> bytes:
    """Return the agenda as an iCalendar file: one event of the day for each line, one at its time for each appointment.

    What is late stands on the agenda's day, what is put off on the day on which it comes back (of several reasons the first
    decides). An appointment that is late or put off has no time any more and keeps its event, so that the next import moves
    the one that stands in a calendar at its old time. The uid is made of that of the customer (or of the task), so that
    importing a later agenda doubles no event.

    Raises:
        ConfigError: the library for it is not installed.
    """
    tasks = _records(found, "task")
    with reading(database) as connection:
        zone = read_settings(connection).time_zone
        customers = [item.customer for item in found.items if item.customer is not None]
        facts = _Facts(
            uids(connection, customers, tasks, _records(found, "opportunity")),
            named_tasks(connection, tasks),
            comes_back(connection, found.day, found.until),
        )
    events = [event for item in found.items for event in _events(item, found, facts)]
    return calendar(events, now=clock.now(zone), zone=zone, alarm=BEFORE, day_alarm=MORNING)


def _records(found: Agenda, kind: str) -> list[int]:
    matters = (each for item in found.items for each in item.matters)
    return [each.record for each in matters if each.kind == kind and each.record is not None]


def _events(item: Item, found: Agenda, facts: _Facts) -> Iterator[Event]:
    def day_of(matter: Reason) -> date:
        due = matter.due_on or item.due_on or found.day
        return max(due, back_on(facts.comes_back, item.customer, matter, found.day))

    title = " · ".join(part for part in (item.name, item.phone) if part)
    appointments = [each for each in item.matters if each.at]
    whole_day = [each for each in item.matters if not each.at]
    for each in appointments:
        key = f"{each.trigger}-{facts.uids[each.kind, each.record or 0]}"
        task = facts.tasks[each.record] if each.kind == "task" and each.record is not None else None
        at = each.at if day_of(each) == each.due_on else None
        # An appointment without its time would look like the event of the line: it says what it is.
        what = task.title if task else "" if at else each.text
        summary = " · ".join(filter(None, (item.name, what, item.phone)))
        yield Event(key, day_of(each), summary, each.text, at=at, minutes=task.minutes if task else None)
    if not whole_day:
        return
    about = (
        (whole_day[0].kind, whole_day[0].record or 0)
        if item.customer is None
        else ("customer", item.customer)
    )
    key = f"{about[0]}-{facts.uids[about]}"
    text = "\n".join(each.text for each in whole_day)
    yield Event(key, min(map(day_of, whole_day)), title or whole_day[0].text, text)


def as_markdown(found: Agenda) -> str:
    """Return the agenda as a Markdown list to tick off, the reasons under each name."""
    lines = [f"# {found.day}", ""]
    for item in found.items:
        facts = ", ".join(part for part in (item.grade, TIER.label(item.tier), item.phone) if part)
        name = _escaped(item.name) or _escaped(item.reasons[0])
        lines.append(f"- [ ] **{name}**" + (f" ({_escaped(facts)})" if facts else ""))
        lines += [f"  - {_escaped(reason)}" for reason in (item.reasons if item.name else item.reasons[1:])]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Keep words from data from being read as Markdown."""
    flat = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#|" else sign for sign in flat)
