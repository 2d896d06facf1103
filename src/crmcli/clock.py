"""What day it is: the only home of `today` and `now`.

The business time zone comes from the database's settings, never from $TZ, so that a cron job under UTC puts a deal
in the same month as the person does. CRM_TODAY fixes the day (tests, tries, catching up).
"""

import os
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crmcli.errors import ConfigError, UsageError
from crmcli.i18n import _
from crmcli.values import ValueFault, parse_day


def zone(name: str) -> ZoneInfo:
    """Return the time zone of an IANA name such as Asia/Shanghai.

    Raises:
        ConfigError: there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            _("unknown time zone: {name}").format(name=repr(name)),
            hint=_("write an IANA name such as Asia/Shanghai"),
        ) from None


def fixed_day() -> date | None:
    """Return the day CRM_TODAY asks for, or None.

    Raises:
        UsageError: CRM_TODAY is not a day.
    """
    text = os.environ.get("CRM_TODAY", "").strip()
    if not text:
        return None
    try:
        return parse_day(text)
    except ValueFault as fault:
        raise UsageError(fault.what, where="CRM_TODAY", hint=fault.hint) from None


def now(zone_name: str) -> datetime:
    """Return this instant in UTC; under CRM_TODAY it is noon of that day in the business time zone."""
    fixed = fixed_day()
    if fixed is None:
        return datetime.now(UTC)
    return datetime.combine(fixed, wall_time(12), tzinfo=zone(zone_name)).astimezone(UTC)


def today(zone_name: str) -> date:
    """Return the calendar day in the business time zone."""
    fixed = fixed_day()
    return fixed if fixed is not None else datetime.now(zone(zone_name)).date()


def end_of_day(day: date, zone_name: str) -> datetime:
    """Return the instant, in UTC, at which a day of the business time zone is over."""
    return datetime.combine(day + timedelta(days=1), wall_time(), tzinfo=zone(zone_name)).astimezone(UTC)


def system_zone() -> str:
    """Return the machine's own IANA time zone, for `crm init`; UTC when it cannot be told."""
    named = os.environ.get("TZ", "").lstrip(":")
    for candidate in (named, _zone_of_localtime()):
        if candidate and "/" in candidate:
            try:
                ZoneInfo(candidate)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                continue
            return candidate
    return "UTC"


def _zone_of_localtime() -> str:
    path = os.path.realpath("/etc/localtime")
    return path.partition("zoneinfo/")[2]


def monotonic() -> float:
    """Return seconds on a clock that never jumps back, for progress bars."""
    return time.monotonic()
