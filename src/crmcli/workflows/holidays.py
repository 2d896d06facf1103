"""The days with a name in the time ahead. Reads only, light."""

from datetime import date
from pathlib import Path
from typing import NamedTuple

from crmcli import calendars, clock
from crmcli.calendars import Holidays
from crmcli.errors import UsageError
from crmcli.i18n import _
from crmcli.workflows.upkeep import settings

_AHEAD_DAYS = 365  #: how far to look when nobody says until when
_MOST_YEARS = 100  #: more than that is a slip of the hand


class HolidayPage(NamedTuple):
    """The days found, for which country, and the day that `days ahead` counts from."""

    found: Holidays
    country: str
    today: date


def holidays(database: Path, first: date | None, last: date | None, country: str | None) -> HolidayPage:
    """Return the days with a name from `first` (today) to `last` (a year later) in a country (that of the settings).

    Raises:
        UsageError: the stretch of time is turned round or too long, or nothing is known of the country.
        ConfigError: the library for other countries is not installed.
    """
    own = settings(database)
    today = clock.today(own.time_zone)
    code = (country or own.country).strip().upper()
    calendars.check_country(code)
    start = first or today
    end = last or date.fromordinal(min(start.toordinal() + _AHEAD_DAYS, date.max.toordinal()))
    if end < start:
        raise UsageError(
            _("{last} is before {first}").format(last=end, first=start),
            where="--to",
            hint=_("--from is the first day, --to the last"),
        )
    if end.year - start.year > _MOST_YEARS:
        raise UsageError(_("at most {count} years at a time").format(count=_MOST_YEARS), where="--to")
    return HolidayPage(calendars.holidays_between(start, end, code), code, today)
