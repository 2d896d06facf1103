"""Calendar months: 31 January plus one month is the last day of February, and a month is never 30 days. Light."""

import calendar
from datetime import date


def add_months(day: date, months: int) -> date:
    """Return the day `months` calendar months later (earlier if negative), clamped to the month's last day.

    Always add to the anchor day, never to a result: from 31 January, one month is 28 February and two are 31 March.

    Raises:
        ValueError: a day that no calendar has, before the year 1 or after 9999.
    """
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(year, month0 + 1, 1)
    return first.replace(day=min(day.day, calendar.monthrange(first.year, first.month)[1]))


def month_end(period: str) -> date:
    """Return the last day of a period `YYYY-MM`."""
    first = date.fromisoformat(f"{period}-01")
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def period_of(day: date) -> str:
    """Return the period `YYYY-MM` a day lies in."""
    return day.isoformat()[:7]


def next_period(period: str) -> str:
    """Return the period after `period`."""
    return period_of(add_months(date.fromisoformat(f"{period}-01"), 1))
