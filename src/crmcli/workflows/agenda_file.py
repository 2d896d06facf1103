"""The agenda for other programs: an iCalendar file, a Markdown list. Reads only."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from crmcli import clock
from crmcli.exchange.ics import Event, calendar
from crmcli.store.light import reading
from crmcli.store.reads.agenda import uids
from crmcli.store.settings import read_settings
from crmcli.workflows.agenda import Agenda, Item

MORNING = timedelta(hours=9)  #: when an event of a whole day is announced
BEFORE = timedelta(minutes=15)  #: how long before it an appointment is


def as_calendar(database: Path, found: Agenda) -> bytes:
    """Return the agenda as an iCalendar file: one event of the day for each line, one at its time for each appointment.

    What is late stands on the agenda's day. The uid is made of that of the customer (or of the task), so that importing
    a later agenda moves the event.

    Raises:
        ConfigError: the library for it is not installed.
    """
    with reading(database) as connection:
        zone = read_settings(connection).time_zone
        known = uids(
            connection,
            [item.customer for item in found.items if item.customer is not None],
            _records(found, "task"),
            _records(found, "opportunity"),
        )
    events = [event for item in found.items for event in _events(item, found, known)]
    return calendar(events, now=clock.now(zone), zone=zone, alarm=BEFORE, day_alarm=MORNING)


def _records(found: Agenda, kind: str) -> list[int]:
    matters = (each for item in found.items for each in item.matters)
    return [each.record for each in matters if each.kind == kind and each.record is not None]


def _events(item: Item, found: Agenda, known: dict[tuple[str, int], str]) -> Iterator[Event]:
    title = " · ".join(part for part in (item.name, item.phone) if part)
    whole_day = [each for each in item.matters if not each.at]
    for each in item.matters:
        if each.at:
            day = max(each.due_on or found.day, found.day)
            key = f"{each.trigger}-{known[each.kind, each.record or 0]}"
            yield Event(key, day, title or each.text, each.text, at=each.at)
    if not whole_day:
        return
    about = (
        (whole_day[0].kind, whole_day[0].record or 0)
        if item.customer is None
        else ("customer", item.customer)
    )
    key = f"{about[0]}-{known[about]}"
    day = max(item.due_on or found.day, found.day)
    yield Event(key, day, title or whole_day[0].text, "\n".join(each.text for each in whole_day))


def as_markdown(found: Agenda) -> str:
    """Return the agenda as a Markdown list to tick off, the reasons under each name."""
    lines = [f"# {found.day}", ""]
    for item in found.items:
        facts = ", ".join(part for part in (item.grade, item.tier, item.phone) if part)
        name = _escaped(item.name) or _escaped(item.reasons[0])
        lines.append(f"- [ ] **{name}**" + (f" ({_escaped(facts)})" if facts else ""))
        lines += [f"  - {_escaped(reason)}" for reason in (item.reasons if item.name else item.reasons[1:])]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Keep words from data from being read as Markdown."""
    flat = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#|" else sign for sign in flat)
