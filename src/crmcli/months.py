"""Calendar months: 31 January plus one month is the last day of February, and a month is never 30 days."""

from datetime import date

from dateutil.relativedelta import relativedelta


def add_months(day: date, months: int) -> date:
    """Return the day `months` calendar months later (earlier if negative), clamped to the month's last day.

    Always add to the anchor day, never to a result: from 31 January, one month is 28 February and two are 31 March.
    """
    return day + relativedelta(months=months)


def month_end(period: str) -> date:
    """Return the last day of a period `YYYY-MM`."""
    return date.fromisoformat(f"{period}-01") + relativedelta(day=31)


def period_of(day: date) -> str:
    """Return the period `YYYY-MM` a day lies in."""
    return day.isoformat()[:7]


def next_period(period: str) -> str:
    """Return the period after `period`."""
    return period_of(add_months(date.fromisoformat(f"{period}-01"), 1))
