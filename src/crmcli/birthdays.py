"""Calendars that people live by. Knows nothing of customers; the libraries behind it are imported only when they are needed."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from crmcli import moon
from crmcli.i18n import _, language
from crmcli.values import ValueFault, parse_day
from crmcli.vocabulary import CALENDAR

# --- birthdays -----------------------------------------------------------------------------------------------------------
#
# A day of birth is always kept as the solar day. That a birthday is kept by the lunar calendar only says when it comes
# round: somebody born in a leap month has it in that leap month when the year has one, else in the month of that number,
# and somebody born on the 30th has it on the 29th of a month of 29 days.

LEAP_BIRTHDAYS = (
    "feb28",
    "mar1",
)  #: when somebody born on 29 February has the birthday in a year without that day
FIRST_SOLAR, LAST_SOLAR = moon.FIRST_SOLAR, moon.LAST_SOLAR  #: the days whose lunar date is known
_SIGN = r"(?:农历|农曆|阴历|陰曆|旧历|lunar)"
_LEAP = r"(?:闰|閏|leap[ -]?)"
_MONTHS = dict(
    zip(
        ("正", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"),
        (1, *range(1, 13)),
        strict=True,
    )
)
_MONTHS |= {"冬": 11, "腊": 12}
_DIGITS = "〇一二三四五六七八九"
_WORDED = (
    rf"(?P<year>\d{{4}}|[〇零○一二三四五六七八九]{{4}})年?(?P<leap>{_LEAP})?(?P<month>[正冬腊一二三四五六七八九十]{{1,2}})月"
    r"(?P<day>[初十廿卅一二三四五六七八九]{1,3})日?"
)
_NUMBERED = (
    rf"(?P<year>\d{{4}})[-/.年]?(?P<leap>{_LEAP})?(?P<month>\d{{1,2}})[-/.月](?P<day>\d{{1,2}})日?"
    r"(?P<after>\s*\(?(?:leap(?: month)?|闰月?)\)?)?"
)
_COMPACT = r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"


class LunarDay(NamedTuple):
    """A day of the Chinese lunar calendar; `leap` marks the leap month, which follows the month of its number."""

    year: int
    month: int
    day: int
    leap: bool = False


class Birthday(NamedTuple):
    """A day of birth, solar, and the calendar that the birthday is kept by: `solar`, `lunar`, or None where none was said."""

    born: date
    calendar: str | None


def lunar_of(day: date) -> LunarDay:
    """Return the lunar date of a solar day.

    Raises:
        ValueFault: a day outside the years that are known.
    """
    found = moon.lunar_day(day)
    if found is None:
        what = _("the lunar calendar is known from {first} to {last} only").format(
            first=FIRST_SOLAR, last=LAST_SOLAR
        )
        raise ValueFault(what, _("say --birthday-calendar solar"))
    return LunarDay(*found)


def solar_of(day: LunarDay) -> date:
    """Return the solar day of a lunar date.

    Raises:
        ValueFault: there is no such day: no such leap month in that year, a 30th of a month of 29 days.
    """
    found = moon.solar_day(day.year, day.month, day.day, leap=day.leap)
    if found is None:
        what = _("no such day in the lunar calendar: {value}").format(value=lunar_text(day))
        raise ValueFault(what, _no_such_day(day))
    return found


def lunar_text(day: LunarDay) -> str:
    """Write a lunar date as files have it, `lunar 1990-04-15`, or `lunar 1990-04-15 leap` for one in a leap month."""
    return f"lunar {day.year:04}-{day.month:02}-{day.day:02}{' leap' if day.leap else ''}"


def lunar_words(day: LunarDay) -> str:
    """Write a lunar date for people: as files have it, in Chinese 农历1990年闰四月十五. Either is understood on input."""
    if language() != "zh_CN":
        return lunar_text(day)
    tens, ones = divmod(day.day - 1, 10)
    last = {10: "初十", 20: "二十", 30: "三十"}.get(day.day) or "初十廿"[tens] + _DIGITS[ones + 1]
    month = ["正", "二", "三", "四", "五", "六", "七", "八", "九", "十", "冬", "腊"][day.month - 1]
    return f"农历{day.year}年{'闰' if day.leap else ''}{month}月{last}"


def birthday_words(born: date, calendar: str | None) -> str:
    """Write a day of birth for people: `1990-05-09`, and with the lunar date behind it where that is the one that counts."""
    if calendar != "lunar":
        return born.isoformat()
    try:
        return f"{born.isoformat()} ({lunar_words(lunar_of(born))})"
    except ValueFault:
        return f"{born.isoformat()} ({CALENDAR.label('lunar')})"


def parse_birthday(
    text: str, calendar: str | None = None, *, solar: Callable[[str], date] = parse_day
) -> Birthday:
    """Read a day of birth: a solar day, or a lunar date, which either says so itself or is under `calendar` lunar.

    Args:
        text: `1990-05-09`, `农历1990年闰四月十五`, `lunar 1990-04-15`, `lunar 1990-04-15 leap`.
        calendar: `solar`, `lunar`, or None where nothing was said.
        solar: what reads a solar day.

    Raises:
        ValueFault: it cannot be read, there is no such day, or text and calendar say different things.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    says_so = (
        re.match(_SIGN, plain, re.IGNORECASE) is not None
        or re.search(_LEAP, plain, re.IGNORECASE) is not None
    )
    if says_so and calendar == "solar":
        what = _("{value} is a lunar date, and the calendar is to be solar").format(value=repr(text[:40]))
        raise ValueFault(what, _("leave out --birthday-calendar, or write the solar day"))
    if not says_so and calendar != "lunar":
        return Birthday(solar(text), calendar)
    return Birthday(solar_of(_parse_lunar(plain)), "lunar")


def next_birthday(born: date, calendar: str, today: date, *, feb29: str = "feb28") -> date | None:
    """Return the first birthday on or after `today`; None where the calendar is not known that far.

    Args:
        born: the solar day of birth.
        calendar: `solar` or `lunar`, which the birthday is kept by.
        today: the business day.
        feb29: one of LEAP_BIRTHDAYS.
    """
    first = max(today, born)
    if calendar == "lunar":
        return _next_lunar(born, first)
    for year in (first.year, first.year + 1):
        found = _solar_birthday(born, year, feb29) if year <= date.max.year else None
        if found is not None and found >= first:
            return found
    return None


def _solar_birthday(born: date, year: int, feb29: str) -> date:
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 2, 28) if feb29 == "feb28" else date(year, 3, 1)


def _next_lunar(born: date, first: date) -> date | None:
    try:
        day, year = lunar_of(born), lunar_of(first).year
        for each in (year, year + 1):
            found = _lunar_birthday(day, each)
            if found >= first:
                return found
    except ValueFault:
        return None
    return None


def _lunar_birthday(born: LunarDay, year: int) -> date:
    if year not in moon.YEARS:
        raise ValueFault(str(year))
    leap = born.leap and moon.leap_month(year) == born.month
    try:
        return solar_of(LunarDay(year, born.month, born.day, leap))
    except ValueFault:
        return solar_of(LunarDay(year, born.month, 29, leap))


def _parse_lunar(plain: str) -> LunarDay:
    bare = re.sub(rf"^{_SIGN}\s*", "", plain, flags=re.IGNORECASE)
    for pattern in (_NUMBERED, _COMPACT, _WORDED):
        match = re.fullmatch(pattern, bare, re.IGNORECASE)
        if match is not None:
            parts = match.groupdict()
            month, day = _number(parts["month"], _MONTHS), _number(parts["day"], _DAYS)
            if month is None or day is None:
                break
            year = "".join(
                str(_DIGITS.find(each)) if each in _DIGITS else each
                for each in re.sub("[零○]", "〇", parts["year"])
            )
            return LunarDay(int(year), month, day, bool(parts.get("leap") or parts.get("after")))
    hint = _("write 农历1990年四月十五, 农历1990年闰五月十五, lunar 1990-04-15 or lunar 1990-04-15 leap")
    raise ValueFault(_("not a lunar date: {value}").format(value=repr(plain[:40])), hint)


def _number(text: str, words: dict[str, int]) -> int | None:
    return int(text) if text.isdecimal() else words.get(text)


def _day_words() -> dict[str, int]:
    ones = _DIGITS[1:]
    found = {
        f"{start}{one}": 10 * tens + place
        for tens, starts in enumerate((("初", ""), ("十",), ("廿", "二十")))
        for start in starts
        for place, one in enumerate(ones, 1)
    }
    return found | {"初十": 10, "十": 10, "二十": 20, "廿": 20, "三十": 30, "卅": 30}


_DAYS = _day_words()


def _no_such_day(day: LunarDay) -> str:
    """Say what there is near a lunar date that there is not."""
    if day.year not in moon.YEARS:
        return _("years 1900 to 2099 are known")
    leap = moon.leap_month(day.year)
    if day.leap and leap != day.month:
        if leap is None:
            return _("{year} has no leap month").format(year=day.year)
        return _("the leap month of {year} is {month}").format(year=day.year, month=leap)
    if day.day == 30 and 1 <= day.month <= 12:
        return _("that month has 29 days")
    return _("months are 1 to 12, days 1 to 30")
