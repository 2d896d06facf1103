"""What is accepted is echoed as the same day; what is not is a ValueFault, whatever was typed."""

import csv
from datetime import date

from hypothesis import example, given, settings
from hypothesis import strategies as st

from conftest import PROJECT
from crmcli.spoken import Direction, SpokenTime, parse_spoken
from crmcli.values import ValueFault

with (PROJECT / "tests" / "data" / "spoken_days.csv").open(encoding="utf-8", newline="") as file:
    PHRASES = sorted({line["phrase"] for line in csv.DictReader(file)})
DAYS = st.dates(date(1950, 1, 1), date(2090, 12, 31))
DIRECTIONS = st.sampled_from(Direction)
#: The words of the grammar in any order: far more of these come near to a date than of random text.
WORDS = st.lists(
    st.sampled_from(
        [
            "下", "上", "本", "这个", "周", "星期", "三", "十", "二十", "月", "底", "初", "年", "明", "去", "天", "后", "前", "半", "个", "号",
            "日", "农历", "闰", "正", "腊", "点", "下午", "晚上", "15", "3", "0", "99", "2027", "0000", "9999", " ", "-", "/", ":", "30", "next",
            "last", "fri", "of", "month", "end", "in", "a", "days", "nov", "th", "pm", "at", "noon", "christmas", "国庆", "+", "w", "m",
        ]
    ),
    min_size=1,
    max_size=7,
).map("".join)  # fmt: skip


def echoed(found: SpokenTime) -> str:
    return f"{found.day.isoformat()} {found.time or ''}".strip()


def read(text: str, today: date, direction: Direction) -> SpokenTime | None:
    try:
        return parse_spoken(text, today, direction)
    except ValueFault:
        return None


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PHRASES), DAYS, DIRECTIONS)
def test_what_is_accepted_echoes_back_to_itself(phrase: str, today: date, direction: Direction) -> None:
    found = read(phrase, today, direction)
    if found is not None:
        assert parse_spoken(echoed(found), today, direction) == found


@settings(max_examples=150, deadline=None)
@given(st.dates(), DAYS, DIRECTIONS)
def test_every_iso_day_is_itself(day: date, today: date, direction: Direction) -> None:
    assert parse_spoken(day.isoformat(), today, direction) == SpokenTime(day)
    assert parse_spoken(f"{day.isoformat()} 15:07", today, direction) == SpokenTime(day, "15:07")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=12) | WORDS, DAYS, DIRECTIONS)
@example("٣d", date(2026, 11, 18), Direction.FUTURE)
@example("9999年底", date(2026, 11, 18), Direction.FUTURE)
@example("9999y", date(2026, 11, 18), Direction.FUTURE)
@example("\ud800", date(2026, 11, 18), Direction.FUTURE)
def test_nothing_else_happens_than_a_refusal(text: str, today: date, direction: Direction) -> None:
    found = read(text, today, direction)
    if found is not None:
        assert parse_spoken(echoed(found), today, direction) == found


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["周三", "15号", "fri", "11月20日", "月底", "eoq", "年底", "中秋", "正月十五"]), DAYS)
def test_what_comes_again_is_on_the_side_that_was_asked_for(phrase: str, today: date) -> None:
    assert (read(phrase, today, Direction.PAST) or SpokenTime(today)).day <= today
    assert (read(phrase, today, Direction.FUTURE) or SpokenTime(today)).day >= today
