"""Tasks that repeat: every day that is meant, once, whatever is done late, let pass or looked at from another zone."""

import calendar
import time
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import Run
from crmcli.workflows.repeat import Rhythm, next_day

DAYS = st.dates(date(2023, 1, 1), date(2030, 12, 31))
ZONES = ("Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "Pacific/Niue", "Europe/Berlin")


@st.composite
def rhythms(draw: st.DrawFn) -> Rhythm:
    unit = draw(st.sampled_from(["day", "week", "month"]))
    day = {"day": st.none(), "week": st.integers(1, 7), "month": st.integers(1, 31)}[unit]
    return Rhythm(draw(st.integers(1, 14)), unit, draw(st.sampled_from(["due", "done"])), draw(day))


def meant(rhythm: Rhythm, day: date) -> bool:
    """Whether a rhythm means this day of the week or the month; worked out without the code under test."""
    if rhythm.unit == "week":
        return day.isoweekday() == rhythm.day
    if rhythm.unit == "month":
        return day.day == min(rhythm.day or 0, calendar.monthrange(day.year, day.month)[1])
    return True


def apart(rhythm: Rhythm, first: date, second: date) -> int:
    """How many units lie between two days, by calendar days, Monday weeks or months."""
    if rhythm.unit == "month":
        return (second.year - first.year) * 12 + second.month - first.month
    if rhythm.unit == "week":
        return ((second - timedelta(second.weekday())) - (first - timedelta(first.weekday()))).days // 7
    return (second - first).days


@given(rhythms(), DAYS, st.integers(-40, 800))
def test_the_next_day_is_the_first_that_is_meant_after_today(rhythm: Rhythm, due: date, late: int) -> None:
    today = due + timedelta(late)
    found = next_day(rhythm, due, today)
    assert found is not None
    assert found > today
    assert meant(rhythm, found)
    if rhythm.counted_from == "done":
        assert apart(rhythm, today, found) == rhythm.every
        return
    assert apart(rhythm, due, found) >= rhythm.every
    assert apart(rhythm, due, found) % rhythm.every == 0
    # none was passed over: one step before was not after today
    steps = apart(rhythm, due, found) // rhythm.every
    between = [
        day
        for day in (today + timedelta(n) for n in range(1, (found - today).days))
        if meant(rhythm, day) and apart(rhythm, due, day) % rhythm.every == 0 and apart(rhythm, due, day) > 0
    ]
    assert steps == 1 or between == []


@given(st.integers(1, 31), st.integers(2023, 2030), st.lists(st.integers(0, 27), min_size=36, max_size=36))
def test_three_years_of_months_are_thirty_six(day: int, year: int, late: list[int]) -> None:
    due = date(year, 1, min(day, 31))
    seen = [due]
    for days in late:
        today = due + timedelta(days if due.day + days <= 28 else 0)  # late, but before the next one
        due = next_day(Rhythm(1, "month", "due", day), due, today) or date.max
        seen.append(due)
    assert len(set(seen)) == 37
    assert [(each.year, each.month) for each in seen] == [(year + n // 12, n % 12 + 1) for n in range(37)]
    assert [each.day for each in seen] == [
        min(day, calendar.monthrange(each.year, each.month)[1]) for each in seen
    ]


@given(rhythms(), DAYS, st.lists(st.integers(0, 60), max_size=20))
def test_nothing_depends_on_the_zone_of_the_machine(rhythm: Rhythm, due: date, late: list[int]) -> None:
    def walk() -> list[date | None]:
        found: list[date | None] = [due]
        for days in late:
            last = found[-1]
            assert last is not None
            found.append(next_day(rhythm, last, last + timedelta(days)))
        return found

    with pytest.MonkeyPatch.context() as patch:
        walks = []
        for zone in ZONES:
            patch.setenv("TZ", zone)
            time.tzset()
            walks.append(walk())
    time.tzset()
    assert all(each == walks[0] for each in walks)


def test_the_calendar_ends() -> None:
    assert next_day(Rhythm(1000, "month", "due", 31), date(9999, 12, 31), date(9999, 12, 31)) is None
    assert next_day(Rhythm(1, "day", "done", None), date.max, date.max) is None
    assert next_day(Rhythm(1, "day", "due", None), date(1, 1, 1), date(2026, 1, 1)) == date(2026, 1, 2)


@pytest.mark.parametrize("zone", ZONES)
def test_a_year_through_the_program(zone: str, crm: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    monkeypatch.setenv("CRM_TODAY", "2026-01-01")
    crm("task", "add", "statement", "--due", "2026-01-31", "--every", "1m")
    days = []
    for number in range(1, 13):
        lines = crm("task", "list").out.splitlines()
        assert len(lines) == 1
        due = lines[0].split("\t")[1]
        days.append(due)
        monkeypatch.setenv("CRM_TODAY", due)
        crm("task", "skip" if number % 5 == 0 else "done", lines[0].split("\t")[0])
    monkeypatch.undo()
    time.tzset()
    assert days == [
        "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30", "2026-07-31", "2026-08-31",
        "2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31",
    ]  # fmt: skip
