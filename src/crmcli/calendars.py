"""The calendar of people: days off, make-up workdays, festivals that go by the moon. Light: libraries come when asked.

China's statutory days are announced each autumn for the year that follows. A year not announced yet is no fault:
weekends and the days that the law names hold for it, and the answer says that they are not announced.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from crmcli import moon
from crmcli.errors import ConfigError, UsageError
from crmcli.i18n import _

# --- holidays --------------------------------------------------------------------------------------------------------

CHINA = "CN"
#: Festivals on the same day of every year: (month, day).
_FIXED: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "new_year": (1, 1), "valentines_day": (2, 14), "womens_day": (3, 8), "labour_day": (5, 1), "childrens_day": (6, 1),
        "teachers_day": (9, 10), "national_day": (10, 1), "singles_day": (11, 11), "christmas_eve": (12, 24),
        "christmas": (12, 25),
    }
)  # fmt: skip
#: Festivals on the same day of every lunar year: (month, day).
_LUNAR: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "spring_festival": (1, 1), "lantern_festival": (1, 15), "dragon_boat": (5, 5), "qixi": (7, 7), "zhongyuan": (7, 15),
        "mid_autumn": (8, 15), "double_ninth": (9, 9), "laba": (12, 8),
    }
)  # fmt: skip
FESTIVALS = (*_FIXED, *_LUNAR, "qingming", "chuxi")
#: Between which days of a year a festival by the moon falls, counted from 1 January of its lunar year's number: who looks
#: a week ahead in June need not ask the library when the Spring Festival is.
_SEASONS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "spring_festival": (20, 50), "lantern_festival": (34, 64), "dragon_boat": (146, 176), "qixi": (211, 241),
        "zhongyuan": (219, 249), "mid_autumn": (250, 280), "double_ninth": (273, 304), "laba": (362, 393), "chuxi": (384, 415),
    }
)  # fmt: skip
LUNAR_YEARS = moon.YEARS  #: the lunar years that are known
#: What the law names: festival → days before and after it that are off as well (in force since 2025).
_BY_LAW = {
    "new_year": (0, 0), "spring_festival": (1, 2), "qingming": (0, 0), "labour_day": (0, 1), "dragon_boat": (0, 0),
    "mid_autumn": (0, 0), "national_day": (0, 2),
}  # fmt: skip
#: The library's name of a statutory holiday → ours.
_STATUTORY = {
    "New Year's Day": "new_year", "Spring Festival": "spring_festival", "Tomb-sweeping Day": "qingming",
    "Labour Day": "labour_day", "Dragon Boat Festival": "dragon_boat", "Mid-autumn Festival": "mid_autumn",
    "National Day": "national_day", "Anti-Fascist 70th Day": "victory_day",
}  # fmt: skip
_SATURDAY = 5


class Workday(NamedTuple):
    """Whether people work on a day, and whether that is known or only likely."""

    works: bool
    announced: bool


class Holiday(NamedTuple):
    """A day with a name.

    Attributes:
        name: a code of FESTIVAL; of another country the name its calendar gives.
        kind: a code of DAY_KIND.
        announced: False where a statutory day follows from the law and nobody has announced it yet.
    """

    day: date
    name: str
    kind: str
    announced: bool


class FestiveDay(NamedTuple):
    """A day to greet on.

    Attributes:
        names: codes of FESTIVAL; of another country what its calendar calls it.
        announced: False where its days off are announced each year and this year's are not yet.
    """

    day: date
    names: tuple[str, ...]
    announced: bool


class Holidays(NamedTuple):
    """The days with a name in a stretch of time, and the years in it whose statutory days are not announced."""

    days: tuple[Holiday, ...]
    unannounced: tuple[int, ...]


def workday(day: date, country: str) -> Workday:
    """Tell whether people of a country work on a day. Never raises: without a calendar, weekends decide."""
    on_weekdays = day.weekday() < _SATURDAY
    if country == CHINA:
        if day.year in _announced_years():
            return Workday(day in _makeup_days() or (on_weekdays and day not in _statutory_days()), True)
        return Workday(on_weekdays and day not in _days_by_law(day.year), False)
    found = _foreign(country, day.year)
    if found is None:
        return Workday(on_weekdays, False)
    return Workday(bool(found.is_working_day(day)), True)


def holidays_between(first: date, last: date, country: str) -> Holidays:
    """Return the days with a name from `first` to `last`, both included, in the order of the calendar.

    Never raises: a country without a calendar has none, and all its years count as not announced.
    """
    years = range(first.year, last.year + 1)
    if country == CHINA:
        known = _announced_years()
        unannounced = tuple(year for year in years if year not in known)
        found = [each for year in years for each in _chinese(year)]
    else:
        calendars = {year: _foreign(country, year) for year in years}
        unannounced = tuple(year for year, calendar in calendars.items() if calendar is None)
        found = [
            Holiday(day, name, "holiday", True)
            for calendar in calendars.values()
            if calendar is not None
            for day, name in calendar.items()
        ]
    return Holidays(tuple(sorted(each for each in found if first <= each.day <= last)), unannounced)


def festive_days(first: date, last: date, country: str, names: Sequence[str] = ()) -> tuple[FestiveDay, ...]:
    """Return the days of festivals from `first` to `last`, both included.

    Never raises: what is not known is left out. A library is only asked for a festival whose season it is.

    Args:
        first: the first day.
        last: the last day.
        country: whose days off it is about.
        names: codes of FESTIVALS; without any, the holidays of the country, each on the day that it is called after.
    """
    if not names and country != CHINA:
        named = [(each.day, each.name, True) for each in holidays_between(first, last, country).days]
    else:
        named = [
            (day, name, _is_announced(day, name, country))
            for name in names or _BY_LAW
            for day in _days_of(name, first, last)
        ]
    found: dict[date, FestiveDay] = {}
    for day, name, announced in sorted(named):
        before = found.get(day, FestiveDay(day, (), True))
        found[day] = FestiveDay(day, (*before.names, name), before.announced and announced)
    return tuple(found.values())


def _days_of(name: str, first: date, last: date) -> Iterator[date]:
    """The days of a festival in a stretch of time; outside its season nothing is worked out."""
    begins, ends = _SEASONS.get(name, (0, 365))
    for year in range(max(first.year - 1, date.min.year), last.year + 1):
        start = date(year, 1, 1).toordinal()
        if start + begins <= last.toordinal() and first.toordinal() <= start + ends:
            on = festival(name, year)
            if on is not None and first <= on <= last:
                yield on


def _is_announced(day: date, name: str, country: str) -> bool:
    return country != CHINA or name not in _BY_LAW or day.year in _announced_years()


def check_country(country: str) -> None:
    """Make sure that the calendar of a country can be had.

    Raises:
        ConfigError: the library for other countries than China is not installed.
        UsageError: it has no calendar of this country.
    """
    if country == CHINA:
        return
    try:
        import holidays
    except ImportError:
        raise ConfigError(
            _("the holidays of {country} need a library that is not installed").format(country=country),
            hint=_("pip install 'crmcli[calendar]' brings it"),
        ) from None
    if country not in holidays.list_supported_countries():
        raise UsageError(
            _("no calendar of {country}").format(country=repr(country)),
            where="--country",
            hint=_("write a code of two letters such as CN, US or DE"),
        )


def festival(name: str, year: int) -> date | None:
    """Return the day of a festival in a year of its own calendar (a lunar year begins with the Spring Festival).

    None where it is not known: the sun is followed from 2000 to 2099, the moon in LUNAR_YEARS.
    """
    if name in _FIXED:
        return date(year, *_FIXED[name]) if date.min.year <= year <= date.max.year else None
    if name == "qingming":
        return _qingming(year)
    if name == "chuxi":
        after = lunar_day(year + 1, 1, 1)
        return None if after is None else after - timedelta(days=1)
    return lunar_day(year, *_LUNAR[name]) if name in _LUNAR else None


def lunar_day(year: int, month: int, day: int, *, leap: bool = False) -> date | None:
    """Return the solar day of a lunar one, None where that year has no such month or day."""
    return moon.solar_day(year, month, day, leap=leap)


def _qingming(year: int) -> date | None:
    """The day on which the sun stands at 15 degrees: the usual formula for the 21st century."""
    if year not in range(2000, 2100):
        return None
    short = year - 2000
    return date(year, 4, int(short * 0.2422 + 4.81) - short // 4)


def _chinese(year: int) -> Iterator[Holiday]:
    """Statutory days, make-up workdays and festivals of a solar year; a festival that is a day off is there once."""
    announced = year in _announced_years()
    if announced:
        off = {day: name for day, name in _statutory_days().items() if day.year == year}
        for day, name in _makeup_days().items():
            if day.year == year:
                yield Holiday(day, name, "makeup_workday", True)
    else:
        off = _days_by_law(year)
    for day, name in off.items():
        yield Holiday(day, name, "holiday", announced)
    for name in FESTIVALS:
        for own_year in (year - 1, year):
            on = festival(name, own_year)
            if on is not None and on.year == year and off.get(on) != name:
                yield Holiday(on, name, "festival", True)


@cache
def _announced_years() -> frozenset[int]:
    return frozenset(day.year for day in _statutory_days())


@cache
def _statutory_days() -> dict[date, str]:
    from chinese_calendar.constants import holidays

    return {day: _STATUTORY.get(name, name) for day, name in holidays.items()}


@cache
def _makeup_days() -> dict[date, str]:
    from chinese_calendar.constants import workdays

    return {day: _STATUTORY.get(name, name) for day, name in workdays.items()}


def _days_by_law(year: int) -> dict[date, str]:
    found: dict[date, str] = {}
    for name, (before, after) in _BY_LAW.items():
        on = festival(name, year)
        if on is not None:
            for offset in range(-before, after + 1):
                found.setdefault(on + timedelta(days=offset), name)
    return found


def _foreign(country: str, year: int) -> Any:
    """The days of another country in a year, None without the library or where it knows no such country."""
    try:
        import holidays

        return holidays.country_holidays(country, years=year, language="en_US")
    except (ImportError, NotImplementedError):
        return None
