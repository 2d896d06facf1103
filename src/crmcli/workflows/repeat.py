"""Tasks that repeat: their rhythm as people write it, and the day of the next one.

Pure: a rhythm, a day it was due and today give a day; nothing is read or written. The next one is made when one is done,
never by looking. However many were missed, there is one next, after today; and what is meant for the 31st stands on the
last day of a shorter month and on the 31st again in the next long one.
"""

import re
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any, NamedTuple

from crmcli.errors import DataError
from crmcli.i18n import _
from crmcli.spoken import NUMBER, SMALL, fold, whole_number
from crmcli.vocabulary import REPEAT_UNIT, WEEKDAY

_PER = {
    "day": (1, "day"),
    "week": (1, "week"),
    "month": (1, "month"),
    "quarter": (3, "month"),
    "half": (6, "month"),
    "year": (12, "month"),
}
_UNITS = {
    word: _PER[unit]
    for unit, words in (
        *((term.code, (term.en, term.zh, *term.also)) for term in REPEAT_UNIT.terms),
        ("quarter", ("q", "quarter", "quarters", "季", "季度", "个季度")),
        ("half", ("半年",)),
        ("year", ("y", "year", "years", "年")),
    )
    for word in words
}
_AT_ONCE = {
    "daily": _PER["day"],
    "weekly": _PER["week"],
    "monthly": _PER["month"],
    "quarterly": _PER["quarter"],
    "yearly": _PER["year"],
}
_EVERY = re.compile(
    rf"(?:every|每)?\s*(?P<number>{NUMBER})?\s*"
    rf"(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})"
    rf"(?:(?P<day>{SMALL})[号日]|(?P<edge>月?[底末])|(?:周|星期|礼拜)?(?P<weekday>[一二三四五六日天]))?"
)
_WEEKDAY = re.compile(r"every\s+([a-z]+)")
_MONTH_DAY = re.compile(rf"(?P<day>{SMALL})[号日]?")
_LAST = {"eom", "last", "月底", "月末", "最后一天"}
_DAYS_A_WEEK = 7
_MONTHS_A_YEAR = 12
_LONGEST_MONTH = 31


class _Every(NamedTuple):
    """How often, as it was written: so many days, weeks or months, and the day, where it names one."""

    number: int
    unit: str
    day: int | None = None


class Rhythm(NamedTuple):
    """How often a task comes back.

    Attributes:
        every: so many units from one to the next.
        unit: `day`, `week` or `month`.
        counted_from: `due`, the day it was due, or `done`, the day it was done.
        day: the day of the month it is meant for, 1 to 31, or of the week, 1 (Monday) to 7; None where none is meant.
    """

    every: int
    unit: str
    counted_from: str
    day: int | None


def read_rhythm(every: str | None, on_day: str | None, counted_from: str | None) -> dict[str, str | None]:
    """Read `--every 2w`, `--on-day mon` and `--from done` as fields of a task.

    Returns:
        The fields; None is left as it is, empty text is cleared.

    Raises:
        DataError: one cannot be understood, or the day does not go with the unit.
    """
    if every is not None and not every.strip():
        if on_day or counted_from:
            raise DataError(_("a task that does not repeat has no day to repeat on"), where="--every")
        return dict.fromkeys(("repeat_every", "repeat_unit", "repeat_from", "repeat_day"), "")
    if every is not None:
        return _with_day(_read_every(every), on_day, counted_from)
    if on_day is not None:
        raise DataError(
            _("--on-day says nothing without --every"),
            where="--on-day",
            hint=_("write both: --every 1m --on-day 31"),
        )
    return {"repeat_every": None, "repeat_unit": None, "repeat_from": counted_from, "repeat_day": None}


def _with_day(rhythm: _Every, on_day: str | None, counted_from: str | None) -> dict[str, str | None]:
    day = rhythm.day if on_day is None else _read_day(on_day, rhythm.unit)
    if rhythm.day not in (None, day):
        raise DataError(
            _("{value} is not the day that the rhythm names").format(value=repr(on_day)),
            where="--on-day",
            hint=_("leave one of them out"),
        )
    return {
        "repeat_every": str(rhythm.number),
        "repeat_unit": rhythm.unit,
        "repeat_from": counted_from,
        "repeat_day": None if day is None else str(day),
    }


def _read_every(text: str) -> _Every:
    found = _understood(fold(text))
    if found is None or not 1 <= found.number <= 1_000:
        raise DataError(
            _("not a rhythm: {value}").format(value=repr(text[:40])),
            where="--every",
            hint=_("write 3d, 2w, 1m, 1y, '2 weeks', weekly, every fri, 每两周 or 每月31号"),
        )
    return found


def _understood(plain: str) -> _Every | None:
    if plain in _AT_ONCE:
        return _Every(*_AT_ONCE[plain])
    weekday = _WEEKDAY.fullmatch(plain)
    code = WEEKDAY.parse(weekday[1]) if weekday else None
    if code is not None:
        return _Every(1, "week", WEEKDAY.codes.index(code) + 1)
    match = _EVERY.fullmatch(plain)
    if match is None:
        return None
    times = whole_number(match["number"]) if match["number"] else 1
    number, unit = _UNITS[match["unit"]]
    if times is None:
        return None
    if not (match["day"] or match["edge"] or match["weekday"]):
        return _Every(times * number, unit)
    day = _day_named(match)
    return None if day is None else _Every(times * number, unit, day)


def _day_named(match: re.Match[str]) -> int | None:
    """Read the day that stands behind a week or a month: 每周一, 每月31号, 每个月底; None for one that does not fit."""
    per = _UNITS[match["unit"]]
    if match["weekday"]:
        code = WEEKDAY.parse(f"周{match['weekday']}") if per == _PER["week"] else None
        return None if code is None else WEEKDAY.codes.index(code) + 1
    if per != _PER["month"]:
        return None
    return _LONGEST_MONTH if match["edge"] else _day_in_month(match["day"])


def _day_in_month(text: str) -> int | None:
    day = whole_number(text)
    return day if day is not None and 1 <= day <= _LONGEST_MONTH else None


def _read_day(text: str, unit: str) -> int:
    plain = fold(text)
    if unit == "month":
        if plain in _LAST:
            return _LONGEST_MONTH
        match = _MONTH_DAY.fullmatch(plain)
        day = _day_in_month(match["day"]) if match else None
        if day is not None:
            return day
        hint = _("write a day of the month, 1 to 31; 31 is always the last")
    elif unit == "week":
        code = WEEKDAY.parse(plain)
        if code is not None:
            return WEEKDAY.codes.index(code) + 1
        hint = _("write a day of the week: {codes}").format(codes=", ".join(WEEKDAY.codes))
    else:
        hint = _("only weeks and months have days to repeat on")
    raise DataError(
        _("not a day to repeat on: {value}").format(value=repr(text[:40])), where="--on-day", hint=hint
    )


def rhythm_of(task: Any) -> Rhythm | None:
    """Return how often a task comes back, None for once."""
    if task.repeat_every is None or task.repeat_unit is None:
        return None
    return Rhythm(task.repeat_every, task.repeat_unit, task.repeat_from or "due", task.repeat_day)


def next_day(rhythm: Rhythm, due: date, today: date) -> date | None:
    """Return the day after today (and after `due`) on which the next one is due; None beyond the end of the calendar.

    Args:
        rhythm: how often.
        due: the day this one was due.
        today: the day it is done or let pass.
    """
    try:
        if rhythm.counted_from == "done":
            return _step(rhythm, today, 1)
        steps = max(_steps_to(rhythm, due, today), 1)
        found = _step(rhythm, due, steps)
        while found <= today:
            steps += 1
            found = _step(rhythm, due, steps)
    except (OverflowError, ValueError):
        return None
    return found


def _steps_to(rhythm: Rhythm, due: date, today: date) -> int:
    """Return a number of steps that leads close to today and not beyond the first day after it."""
    if rhythm.unit == "month":
        months = (today.year - due.year) * _MONTHS_A_YEAR + today.month - due.month
        return months // rhythm.every
    days = rhythm.every * (_DAYS_A_WEEK if rhythm.unit == "week" else 1)
    return ((today - due).days // days) - 1


def _step(rhythm: Rhythm, base: date, steps: int) -> date:
    """Return the day so many steps after a day. The meant day decides, not the day that a short month made of it."""
    count = rhythm.every * steps
    if rhythm.unit == "day":
        return base + timedelta(days=count)
    if rhythm.unit == "week":
        found = base + timedelta(weeks=count)
        return found if rhythm.day is None else found + timedelta(days=rhythm.day - found.isoweekday())
    from crmcli.months import add_months  # only a task that repeats by months pays for the library

    if rhythm.day is None:
        return add_months(base, count)
    return _day_of_month(add_months(base.replace(day=1), count), rhythm.day)


def _day_of_month(first: date, day: int) -> date:
    from crmcli.months import month_end, period_of

    return min(first + timedelta(days=day - 1), month_end(period_of(first)))


def settle(task: Any, today: date, changed: Collection[str] = ()) -> tuple[tuple[str, date], ...]:
    """Complete a task's rhythm after it was given or changed: the first day, the day that is meant, the series.

    A new due day moves the rhythm along, unless the day to repeat on was given with it.

    Args:
        task: the row; it is changed in place.
        today: the business day.
        changed: the fields that an edit changed.

    Returns:
        Days that nobody gave, to be told.

    Raises:
        DataError: what was given does not make a rhythm.
    """
    if task.repeat_every is None or task.repeat_unit is None:
        if any((task.repeat_every, task.repeat_unit, task.repeat_from, task.repeat_day)):
            raise DataError(_("say how often it repeats"), where="--every", hint=_("write --every 2w"))
        return ()
    if "repeat_every" in changed and task.done_on is not None:
        raise DataError(
            _("task #{id} was done on {day}").format(id=task.id, day=task.done_on), where="--every"
        )
    if "due_on" in changed and task.due_on is None:
        raise DataError(
            _("a task that repeats needs a day"),
            where="--due",
            hint=_("to end the rhythm as well: --every ''"),
        )
    told: tuple[tuple[str, date], ...] = ()
    task.repeat_from = task.repeat_from or "due"
    if {"due_on", "repeat_unit", "repeat_from"} & set(changed) and "repeat_day" not in changed:
        task.repeat_day = None
    if task.due_on is None:
        task.due_on = _first_day(task.repeat_unit, task.repeat_day, today)
        told = (("due_on", task.due_on),)
    if task.repeat_day is None and task.repeat_from == "due":
        task.repeat_day = {"month": task.due_on.day, "week": task.due_on.isoweekday()}.get(task.repeat_unit)
    if task.series_uid is None:
        task.series_uid, task.occurrence = task.uid, 1
    return told


def _first_day(unit: str, day: int | None, today: date) -> date:
    """Return the first day from today on that a rhythm means."""
    if day is None:
        return today
    if unit == "week":
        return today + timedelta(days=(day - today.isoweekday()) % _DAYS_A_WEEK)
    this = _day_of_month(today.replace(day=1), day)
    if this >= today:
        return this
    return _step(Rhythm(1, unit, "due", day), today, 1)
