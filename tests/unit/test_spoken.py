"""Days as people type them: the table of tests/data/spoken_days.csv, each line against its own day."""

import csv
from datetime import date

import pytest

from conftest import PROJECT
from crmcli.calendars import FESTIVALS
from crmcli.spoken import _NAMED, Direction, parse_spoken, parse_spoken_day
from crmcli.values import ValueFault
from crmcli.vocabulary import FESTIVAL

with (PROJECT / "tests" / "data" / "spoken_days.csv").open(encoding="utf-8", newline="") as file:
    TABLE = list(csv.DictReader(file))
WEDNESDAY = date(2026, 11, 18)


@pytest.mark.parametrize(
    "line", TABLE, ids=lambda line: f"{line['phrase']} {line['direction']} {line['today']}"
)
def test_a_phrase_is_the_day_that_the_table_says(line: dict[str, str]) -> None:
    today, direction = date.fromisoformat(line["today"]), Direction[line["direction"].upper()]
    if line["day"] == "refused":
        with pytest.raises(ValueFault) as caught:
            parse_spoken(line["phrase"], today, direction)
        assert line["phrase"][:40] in caught.value.what
        assert caught.value.hint
        assert "{" not in caught.value.what + caught.value.hint
    else:
        found = parse_spoken(line["phrase"], today, direction)
        assert (found.day.isoformat(), found.time or "") == (line["day"], line["time"])


def test_the_table_is_as_long_as_it_should_be_and_says_nothing_twice() -> None:
    assert len({line["phrase"] for line in TABLE}) >= 200
    keys = [(line["phrase"], line["today"], line["direction"]) for line in TABLE]
    assert len(set(keys)) == len(keys)


TRADITIONAL = str.maketrans("后节妇劳动儿师国庆双圣诞阳腊", "後節婦勞動兒師國慶雙聖誕陽臘")
NAMES = sorted(
    name
    for name in (
        *_NAMED,
        *(word for term in FESTIVAL.terms if term.code in FESTIVALS for word in (term.zh, *term.also)),
    )
    if not name.isascii()
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_traditional_characters_is_the_same_day(name: str) -> None:
    traditional = name.translate(TRADITIONAL)
    assert traditional.encode("big5")  # has no character that is only simplified
    simplified = parse_spoken(name, WEDNESDAY, Direction.FUTURE)
    assert parse_spoken(traditional, WEDNESDAY, Direction.FUTURE) == simplified


def test_a_time_is_refused_where_none_can_be_kept() -> None:
    with pytest.raises(ValueFault, match="without a time") as caught:
        parse_spoken_day("明天下午3点", WEDNESDAY, Direction.PAST)
    assert caught.value.hint == "write 2026-11-19"


@pytest.mark.parametrize(
    ("phrase", "hint"),
    [
        ("八月十五", "write 农历八月十五 or 八月十五日"),
        ("3/4", "write the month first, in two digits, with a hyphen: 03-04"),
        ("明天3点", "write it as 15:00, 3pm or 下午3点; 03:00 is at night"),
    ],
)
def test_the_hint_says_how_to_write_what_was_unclear(phrase: str, hint: str) -> None:
    with pytest.raises(ValueFault) as caught:
        parse_spoken(phrase, WEDNESDAY, Direction.FUTURE)
    assert caught.value.hint == hint


def test_braces_in_what_was_typed_are_no_places_to_fill_in() -> None:
    with pytest.raises(ValueFault, match="not a date"):
        parse_spoken("{value} {0} }{", WEDNESDAY, Direction.FUTURE)
