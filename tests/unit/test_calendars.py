"""Days off, make-up workdays and festivals, against what was announced; and years that nobody has announced yet."""

import csv
import sys
from datetime import date, timedelta

import pytest

from conftest import PROJECT
from crmcli import calendars
from crmcli.calendars import festival, festive_days, holidays_between, lunar_day, workday
from crmcli.errors import ConfigError

with (PROJECT / "tests" / "data" / "china_statutory_2026.csv").open(encoding="utf-8", newline="") as file:
    ANNOUNCED = {date.fromisoformat(line["date"]): line["kind"] for line in csv.DictReader(file)}
NOT_ANNOUNCED = 2060


def test_a_year_is_as_it_was_announced() -> None:
    found = holidays_between(date(2026, 1, 1), date(2026, 12, 31), "CN")
    assert {each.day: each.kind for each in found.days if each.kind != "festival"} == ANNOUNCED
    assert found.unannounced == ()
    assert all(each.announced for each in found.days)
    for number in range(365):
        day = date(2026, 1, 1) + timedelta(days=number)
        kind = ANNOUNCED.get(day)
        works = kind == "makeup_workday" if kind else day.weekday() < 5
        assert workday(day, "CN") == (works, True), day


def test_a_year_that_is_not_announced_goes_by_the_law_and_says_so() -> None:
    found = holidays_between(date(NOT_ANNOUNCED, 1, 1), date(NOT_ANNOUNCED, 12, 31), "CN")
    assert found.unannounced == (NOT_ANNOUNCED,)
    off = [each for each in found.days if each.kind == "holiday"]
    assert len(off) == 13  # what the law gives: 1 + 4 + 1 + 2 + 1 + 1 + 3
    assert not any(each.announced for each in off)
    assert not [each for each in found.days if each.kind == "makeup_workday"]
    assert workday(date(NOT_ANNOUNCED, 10, 1), "CN") == (False, False)
    assert workday(date(NOT_ANNOUNCED, 10, 4), "CN") == (True, False)  # a Monday
    assert workday(date(NOT_ANNOUNCED, 10, 9), "CN") == (False, False)  # a Saturday


def test_a_stretch_over_the_end_of_a_year_names_only_what_is_not_announced() -> None:
    found = holidays_between(date(2026, 12, 20), date(NOT_ANNOUNCED, 1, 3), "CN")
    assert 2026 not in found.unannounced
    assert NOT_ANNOUNCED in found.unannounced
    assert found.days == tuple(sorted(found.days))
    assert found.days[0].day >= date(2026, 12, 20)
    assert found.days[-1].day <= date(NOT_ANNOUNCED, 1, 3)


@pytest.mark.parametrize("day", [date.min, date(1899, 12, 31), date(2199, 5, 1), date.max])
@pytest.mark.parametrize("country", ["CN", "DE", "XX", "", "中国"])
def test_no_day_and_no_country_makes_it_fail(day: date, country: str) -> None:
    assert workday(day, country).works in {True, False}
    found = holidays_between(day, day, country)
    assert {each.day for each in found.days} <= {day}
    assert found.unannounced == (() if workday(day, country).announced else (day.year,))


@pytest.mark.parametrize(
    ("name", "year", "day"),
    [
        ("spring_festival", 2027, date(2027, 2, 6)),
        ("chuxi", 2026, date(2027, 2, 5)),
        ("mid_autumn", 2026, date(2026, 9, 25)),
        ("laba", 2026, date(2027, 1, 15)),
        ("qingming", 2026, date(2026, 4, 5)),
        ("qingming", 2028, date(2028, 4, 4)),
        ("christmas", 2026, date(2026, 12, 25)),
        ("qingming", 2100, None),
        ("mid_autumn", 2100, None),
        ("birthday", 2026, None),
    ],
)
def test_festivals(name: str, year: int, day: date | None) -> None:
    assert festival(name, year) == day


def greeted(first: date, last: date, country: str, *names: str) -> list[tuple[str, str, bool]]:
    return [
        (str(each.day), "+".join(each.names), each.announced)
        for each in festive_days(first, last, country, names)
    ]


def test_festivals_to_greet_on_are_found_on_their_own_day() -> None:
    both = ("mid_autumn", "spring_festival")
    assert greeted(date(2026, 2, 10), date(2027, 2, 6), "CN", *both) == [
        ("2026-02-17", "spring_festival", True), ("2026-09-25", "mid_autumn", True),
        ("2027-02-06", "spring_festival", 2027 not in holidays_between(date(2027, 1, 1), date(2027, 1, 1), "CN").unannounced),
    ]  # fmt: skip
    assert greeted(date(2027, 2, 6), date(2027, 2, 6), "CN", *both)
    assert greeted(date(2027, 2, 7), date(2027, 2, 13), "CN", *both) == []
    assert greeted(date(2027, 1, 1), date(2027, 2, 5), "CN", "chuxi", "laba") == [
        ("2027-01-15", "laba", True), ("2027-02-05", "chuxi", True)
    ]  # fmt: skip
    # one day, two festivals
    assert greeted(date(2020, 9, 30), date(2020, 10, 2), "CN", "mid_autumn", "national_day") == [
        ("2020-10-01", "mid_autumn+national_day", True)
    ]


def test_without_names_it_is_the_holidays_of_the_country() -> None:
    found = greeted(date(NOT_ANNOUNCED, 9, 1), date(NOT_ANNOUNCED, 12, 31), "CN")
    assert [(name, announced) for _day, name, announced in found] == [
        ("mid_autumn", False),
        ("national_day", False),
    ]
    assert greeted(date(2026, 9, 1), date(2026, 12, 31), "XX") == []  # a country without a calendar
    assert greeted(date(2026, 12, 20), date(2026, 12, 31), "XX", "christmas") == [
        ("2026-12-25", "christmas", True)
    ]


def test_the_season_of_a_festival_holds_in_every_year() -> None:
    for name in calendars.FESTIVALS:
        begins, ends = calendars._SEASONS.get(name, (0, 365))
        for year in calendars.LUNAR_YEARS:
            on = festival(name, year)
            assert on is None or begins <= (on - date(year, 1, 1)).days <= ends, (name, year)


@pytest.mark.parametrize("day", [date.min, date(1899, 12, 31), date(2100, 2, 1), date.max])
@pytest.mark.parametrize("country", ["CN", "DE", "XX", ""])
def test_no_day_makes_the_search_for_festivals_fail(day: date, country: str) -> None:
    for names in ((), calendars.FESTIVALS):
        assert {each.day for each in festive_days(day, day, country, names)} <= {day}


def test_a_leap_month_is_only_in_the_years_that_have_it() -> None:
    assert lunar_day(2025, 6, 1, leap=True) == date(2025, 7, 25)
    assert lunar_day(2026, 6, 1, leap=True) is None
    assert lunar_day(2026, 8, 30) is None  # that month has 29 days


def test_another_country_without_its_library_is_an_error_of_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(ConfigError) as caught:
        calendars.check_country("DE")
    assert caught.value.what == "the holidays of DE need a library that is not installed"
    assert caught.value.hint == "pip install 'crmcli[calendar]' brings it"
    assert workday(date(2026, 10, 3), "DE") == (False, False)  # a Saturday, that is all that is known
    assert holidays_between(date(2026, 1, 1), date(2026, 12, 31), "DE") == ((), (2026,))
