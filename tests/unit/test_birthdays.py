"""Birthdays, solar and lunar. The lunar days are checked against published calendars."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmcli import i18n
from crmcli.birthdays import (
    FIRST_SOLAR,
    LAST_SOLAR,
    LunarDay,
    birthday_words,
    lunar_of,
    lunar_text,
    lunar_words,
    next_birthday,
    parse_birthday,
    solar_of,
)
from crmcli.values import ValueFault

KNOWN = [  # lunar day, solar day
    (LunarDay(1990, 4, 15), date(1990, 5, 9)),
    (LunarDay(1990, 5, 15, leap=True), date(1990, 7, 7)),
    (LunarDay(2025, 6, 1, leap=True), date(2025, 7, 25)),
    (LunarDay(2026, 1, 1), date(2026, 2, 17)),
    (LunarDay(2026, 8, 15), date(2026, 9, 25)),
    (LunarDay(1990, 2, 30), date(1990, 3, 26)),
    # New moons minutes from midnight, where tables differ: 00:03 on the 23rd, 20:30 on the 25th, 00:09 on the 3rd.
    (LunarDay(1933, 6, 1), date(1933, 7, 23)),
    (LunarDay(1954, 11, 1), date(1954, 11, 25)),
    (LunarDay(1978, 8, 15), date(1978, 9, 17)),
    (LunarDay(1900, 1, 1), FIRST_SOLAR),
    (LunarDay(2099, 11, 20), LAST_SOLAR),
]


@pytest.mark.parametrize(("lunar", "solar"), KNOWN)
def test_both_calendars_name_one_day(lunar: LunarDay, solar: date) -> None:
    assert (solar_of(lunar), lunar_of(solar)) == (solar, lunar)


@pytest.mark.parametrize(
    ("text", "calendar", "born", "kept"),
    [
        ("1990-05-09", None, "1990-05-09", None),
        ("1990-05-09", "solar", "1990-05-09", "solar"),
        ("1990-04-15", "lunar", "1990-05-09", "lunar"),
        ("1990年4月15日", "lunar", "1990-05-09", "lunar"),
        ("19900415", "lunar", "1990-05-09", "lunar"),
        ("lunar 1990-04-15", None, "1990-05-09", "lunar"),
        ("Lunar 1990/4/15", "lunar", "1990-05-09", "lunar"),
        ("农历1990年四月十五", None, "1990-05-09", "lunar"),
        ("阴历 一九九〇年四月十五日", None, "1990-05-09", "lunar"),
        ("农历1990年闰五月十五", None, "1990-07-07", "lunar"),
        ("1990年闰五月十五", None, "1990-07-07", "lunar"),
        ("农历1990-闰5-15", None, "1990-07-07", "lunar"),
        ("lunar 1990-05-15 leap", None, "1990-07-07", "lunar"),
        ("lunar 1990-05-15 (leap month)", None, "1990-07-07", "lunar"),
        ("农历1990年正月初一", None, "1990-01-27", "lunar"),
        ("农历1990年腊月廿九", None, "1991-02-13", "lunar"),
        ("农历1990年二月三十", None, "1990-03-26", "lunar"),
        ("农历1990年冬月二十一", None, "1991-01-06", "lunar"),
        ("1990-02-30", "lunar", "1990-03-26", "lunar"),
    ],
)
def test_a_day_of_birth_as_people_write_it(
    text: str, calendar: str | None, born: str, kept: str | None
) -> None:
    assert parse_birthday(text, calendar) == (date.fromisoformat(born), kept)


@pytest.mark.parametrize(
    ("text", "calendar", "hint"),
    [
        ("lunar 1990-04-15", "solar", "leave out --birthday-calendar, or write the solar day"),
        ("农历1990年闰四月十五", None, "the leap month of 1990 is 5"),
        ("lunar 1991-05-15 leap", None, "1991 has no leap month"),
        ("1990-04-30", "lunar", "that month has 29 days"),
        ("lunar 1850-04-15", None, "years 1900 to 2099 are known"),
        ("lunar 1990-13-01", None, "months are 1 to 12, days 1 to 30"),
        ("农历四月十五", None, "write 农历1990年四月十五"),
        ("农历1990年十三月初一", None, "write 农历1990年四月十五"),
        ("never", "lunar", "write 农历1990年四月十五"),
        ("1990年四月十五", None, "write 2026-11-22"),  # of which calendar?
    ],
)
def test_what_is_unclear_or_does_not_exist_is_refused(text: str, calendar: str | None, hint: str) -> None:
    with pytest.raises(ValueFault) as refused:
        parse_birthday(text, calendar)
    assert refused.value.hint.startswith(hint)


def test_every_day_follows_the_day_before_it_in_the_lunar_calendar_too() -> None:
    before = lunar_of(FIRST_SOLAR)
    for number in range(1, (LAST_SOLAR - FIRST_SOLAR).days + 1):
        day = FIRST_SOLAR + timedelta(days=number)
        found = lunar_of(day)
        if found.day == 1:
            assert before.day in {29, 30}
            after = before._replace(
                month=before.month % 12 + 1, year=before.year + before.month // 12, leap=False
            )
            assert found._replace(day=before.day) in {after, before._replace(leap=True)}, day
        else:
            assert found == before._replace(day=before.day + 1), day
        assert solar_of(found) == day
        before = found


@settings(max_examples=200, deadline=None)
@given(born=st.dates(FIRST_SOLAR, LAST_SOLAR))
def test_what_is_written_is_read_back(born: date) -> None:
    lunar = lunar_of(born)
    assert parse_birthday(lunar_text(lunar)) == (born, "lunar")
    i18n.setup("zh_CN")
    try:
        assert parse_birthday(lunar_words(lunar)) == (born, "lunar")
    finally:
        i18n.setup("en")


@settings(max_examples=200, deadline=None)
@given(
    text=st.text(st.sampled_from("农历闰年月正初十廿三19 -lunarep05"), max_size=14),
    calendar=st.sampled_from([None, "solar", "lunar"]),
)
def test_any_text_is_read_or_refused(text: str, calendar: str | None) -> None:
    try:
        born, _calendar = parse_birthday(text, calendar)
    except ValueFault:
        return
    assert isinstance(born, date)


@pytest.mark.parametrize(
    ("born", "calendar", "today", "feb29", "expected"),
    [
        ("1980-11-20", "solar", "2026-11-20", "feb28", "2026-11-20"),
        ("1980-11-19", "solar", "2026-11-20", "feb28", "2027-11-19"),
        ("2000-02-29", "solar", "2026-11-20", "feb28", "2027-02-28"),
        ("2000-02-29", "solar", "2026-11-20", "mar1", "2027-03-01"),
        ("2000-02-29", "solar", "2027-03-01", "feb28", "2028-02-29"),
        ("2000-02-29", "solar", "2027-03-01", "mar1", "2027-03-01"),
        ("1990-05-09", "lunar", "2026-01-01", "feb28", "2026-05-31"),  # the 15th of the 4th month
        ("1990-05-09", "lunar", "2026-06-01", "feb28", "2027-05-20"),
        ("1990-07-07", "lunar", "2026-01-01", "feb28", "2026-06-29"),  # leap 5th month: else the 5th
        ("1990-07-07", "lunar", "2028-01-01", "feb28", "2028-07-07"),  # 2028 has a leap 5th month
        ("1990-03-26", "lunar", "2026-01-01", "feb28", "2026-04-16"),  # the 30th of a month of 29 days
        ("1991-02-14", "lunar", "2027-01-15", "feb28", "2027-02-05"),  # the last day of the lunar year before
        ("1850-01-01", "lunar", "2026-01-01", "feb28", None),
        ("1990-05-09", "lunar", "2099-12-31", "feb28", None),
        ("2030-01-01", "solar", "2026-01-01", "feb28", "2030-01-01"),
    ],
)
def test_when_a_birthday_comes_round(
    born: str, calendar: str, today: str, feb29: str, expected: str | None
) -> None:
    found = next_birthday(date.fromisoformat(born), calendar, date.fromisoformat(today), feb29=feb29)
    assert found == (None if expected is None else date.fromisoformat(expected))


@settings(max_examples=100, deadline=None)
@given(
    born=st.dates(date(1930, 1, 1), date(2025, 12, 31)),
    today=st.dates(date(2026, 1, 1), date(2080, 12, 31)),
    calendar=st.sampled_from(["solar", "lunar"]),
    feb29=st.sampled_from(["feb28", "mar1"]),
)
def test_a_birthday_comes_within_thirteen_months_and_stays_until_it_is_over(
    born: date, today: date, calendar: str, feb29: str
) -> None:
    found = next_birthday(born, calendar, today, feb29=feb29)
    assert found is not None
    assert today <= found <= today + timedelta(days=366 if calendar == "solar" else 414)
    assert next_birthday(born, calendar, found, feb29=feb29) == found


def test_people_see_both_days() -> None:
    assert birthday_words(date(1990, 5, 9), "solar") == "1990-05-09"
    assert birthday_words(date(1990, 7, 7), "lunar") == "1990-07-07 (lunar 1990-05-15 leap)"
    assert birthday_words(date(1850, 1, 1), "lunar") == "1850-01-01 (lunar)"
