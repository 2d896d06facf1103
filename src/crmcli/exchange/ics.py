"""An iCalendar file of what is due, for khal, Thunderbird or a telephone.

The library icalendar writes it (folding, escaping, line ends); here is only what an event says. The uid of a matter
stays the same from one export to the next, so that a second import moves an event, or is refused, but doubles none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from crmcli.errors import ConfigError
from crmcli.i18n import _

DOMAIN = "crmcli"  #: what a uid ends with
DEFAULT_MINUTES = 30  #: of an appointment that nobody gave a length
_FIRST_MINUTE = datetime(2000, 1, 1, tzinfo=UTC)  #: the exports are numbered by the minutes since then


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a calendar.

    Attributes:
        key: what the uid is made of: the same matter has the same key for ever.
        day: when it is.
        at: `HH:MM` of the business time zone; None for the whole day.
        minutes: how long an event with a time lasts; None or 0 for DEFAULT_MINUTES.
        summary: one line.
        description: the reasons, one to a line.
    """

    key: str
    day: date
    summary: str
    description: str = ""
    at: str | None = None
    minutes: int | None = None


def calendar(
    events: Iterable[Event],
    *,
    now: datetime,
    zone: str,
    alarm: timedelta | None = None,
    day_alarm: timedelta | None = None,
) -> bytes:
    """Return the file: all-day events that block no time, and appointments in UTC, which no client misreads.

    It has no METHOD: with one it would be an invitation, which needs an organizer. So DTSTAMP says when an event was
    last changed, and SEQUENCE, which only grows, makes those that compare it take the later of two exports. Some compare
    LAST-MODIFIED (ICSx5), or without it leave an event that they know as it was (Fossify Calendar).

    Args:
        events: what is due.
        now: the aware instant of the export (DTSTAMP).
        zone: IANA name of the business time zone, in which times of day are meant.
        alarm: how long before its beginning an appointment is announced; None for not at all.
        day_alarm: how long after midnight an event of a whole day is announced; None for not at all.

    Raises:
        ConfigError: the library is not installed.
    """
    try:
        import icalendar
    except ModuleNotFoundError:
        raise ConfigError(
            _("calendar files need the library icalendar"),
            hint=_("install it: pip install 'crmcli[calendar]'"),
        ) from None
    found = icalendar.Calendar()
    found.add("prodid", "-//crmcli//agenda//EN")
    found.add("version", "2.0")
    for event in events:
        entry = icalendar.Event()
        entry.add("uid", f"{event.key}@{DOMAIN}")
        entry.add("dtstamp", now.astimezone(UTC))
        entry.add("last-modified", now.astimezone(UTC))
        entry.add("sequence", max((now - _FIRST_MINUTE) // timedelta(minutes=1), 0))
        entry.add("summary", event.summary)
        if event.description:
            entry.add("description", event.description)
        if event.at is None:
            entry.add("dtstart", event.day)
            entry.add("dtend", event.day + timedelta(days=1))
            entry.add("transp", "TRANSPARENT")
        else:
            begin = datetime.combine(event.day, time.fromisoformat(event.at), ZoneInfo(zone)).astimezone(UTC)
            entry.add("dtstart", begin)
            entry.add("dtend", begin + timedelta(minutes=event.minutes or DEFAULT_MINUTES))
            entry.add("transp", "OPAQUE")  # the default, but Fossify Calendar carries the last event's over
        rings = day_alarm if event.at is None else None if alarm is None else -alarm
        if rings is not None:
            bell = icalendar.Alarm()
            bell.add("action", "DISPLAY")
            bell.add("description", event.summary)
            bell.add("trigger", rings)
            entry.add_component(bell)
        found.add_component(entry)
    return bytes(found.to_ical())
