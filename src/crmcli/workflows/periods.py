"""The past months that rules are tried on: each month's end, and the stretch after it whose facts are the answer."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from crmcli.errors import UsageError
from crmcli.i18n import _
from crmcli.months import add_months, month_end, next_period
from crmcli.values import is_month

MAX_MONTHS = 240
NOT_OVER, NOBODY = "not_over", "nobody"  #: why a month is left out
_SPAN = re.compile(r"\+?([1-9][0-9]{0,3})\s*(d|w|m|天|周|个月)")


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far ahead is looked: whole days or calendar months, at least one."""

    count: int
    months: bool

    def end(self, day: date) -> date:
        """Return the last day of the stretch that follows a day; the end of the calendar when it is beyond."""
        try:
            return add_months(day, self.count) if self.months else day + timedelta(days=self.count)
        except (OverflowError, ValueError):
            return date.max

    def __str__(self) -> str:
        return f"{self.count}{'m' if self.months else 'd'}"


@dataclass(frozen=True, slots=True)
class Period:
    """One month's end; what comes after it, up to and with `until`, is what the rules are held against."""

    name: str
    as_of: date
    until: date


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A month that cannot be used: `not_over` (its stretch has not passed) or `nobody` (no customer then)."""

    period: str
    reason: str
    until: date


def parse_horizon(text: str) -> Horizon:
    """Read `90d`, `12w` or `3m`.

    Raises:
        UsageError: it is not a stretch of time.
    """
    match = _SPAN.fullmatch(unicodedata.normalize("NFKC", text).strip().lower())
    if match is None:
        what = _("not a stretch of time: {value}").format(value=repr(text[:40]))
        raise UsageError(what, where="--horizon", hint=_("write 90d, 12w or 3m"))
    count, unit = int(match[1]), match[2]
    return Horizon(count * 7 if unit in {"w", "周"} else count, unit in {"m", "个月"})


def months_between(
    first: str, last: str, horizon: Horizon, today: date
) -> tuple[list[Period], list[LeftOut]]:
    """Return the months whose stretch is over, oldest first, and those whose stretch is not.

    Raises:
        UsageError: not months, the wrong way round, or too many.
    """
    for text, option in ((first, "--from"), (last, "--to")):
        if not is_month(text):
            what = _("not a month: {value}").format(value=repr(text[:40]))
            raise UsageError(what, where=option, hint=_("write 2026-11"))
    if first > last:
        raise UsageError(_("--from {first} is after --to {last}").format(first=first, last=last))
    names = _names(first, last)
    periods = [Period(name, month_end(name), horizon.end(month_end(name))) for name in names]
    over = [period for period in periods if period.until < today]
    return over, [LeftOut(each.name, NOT_OVER, each.until) for each in periods if each.until >= today]


def _names(first: str, last: str) -> list[str]:
    names = [first]
    while names[-1] < last:
        if len(names) == MAX_MONTHS:
            raise UsageError(_("more than {limit} months").format(limit=MAX_MONTHS))
        names.append(next_period(names[-1]))
    return names


def stretches(names: list[str]) -> list[tuple[str, str]]:
    """Return months in order as (first, last) of those that follow one another."""
    found: list[tuple[str, str]] = []
    for name in names:
        if found and next_period(found[-1][1]) == name:
            found[-1] = (found[-1][0], name)
        else:
            found.append((name, name))
    return found
