"""The months of the Chinese lunar calendar. Knows nothing of festivals or people; the library comes when a year is asked.

The library is asked once for the months of a year; days are counted from those. Where the new moon falls minutes from
midnight, almanacs differ by a day: for YEARS to come that is a month each of 2057, 2089 and 2097.
"""

from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

YEARS = range(1900, 2100)  #: the lunar years that are known
#: The days whose lunar date is known: from the first day of the first year.
FIRST_SOLAR, LAST_SOLAR = date(1900, 1, 31), date(2099, 12, 31)


class Month(NamedTuple):
    """A month of a lunar year: its number, whether it is the leap month of that number, its first day, its days."""

    number: int
    leap: bool
    first: date
    days: int


def solar_day(year: int, month: int, day: int, *, leap: bool = False) -> date | None:
    """Return the solar day of a lunar one, None where that year has no such month or day, or is not known."""
    for each in months(year) if year in YEARS else ():
        if (each.number, each.leap) == (month, leap):
            return each.first + timedelta(days=day - 1) if 1 <= day <= each.days else None
    return None


def lunar_day(day: date) -> tuple[int, int, int, bool] | None:
    """Return year, month, day and whether it is in the leap month, of a solar day; None where that is not known."""
    if not FIRST_SOLAR <= day <= LAST_SOLAR:
        return None
    year = day.year if day.year in YEARS and months(day.year)[0].first <= day else day.year - 1
    found = next(each for each in reversed(months(year)) if each.first <= day)
    return year, found.number, (day - found.first).days + 1, found.leap


def leap_month(year: int) -> int | None:
    """Return the number of the month of a known year that comes twice, None if there is none."""
    return next((each.number for each in months(year) if each.leap), None)


@cache
def months(year: int) -> tuple[Month, ...]:
    """Return the months of one of YEARS in their order."""
    from borax.calendars.lunardate import LCalendars, LunarDate  # only who asks for the moon pays for it

    first = date.fromisoformat(LunarDate(year, 1, 1).to_solar_date().isoformat())
    found: list[Month] = []
    for number, days, leap in LCalendars.iter_year_month(year):
        found.append(Month(number, bool(leap), first, days))
        first += timedelta(days=days)
    return tuple(found)
