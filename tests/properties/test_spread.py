"""Spreading work over days: nothing is lost, nothing is done twice, and every promise of the order is kept."""

import csv
from collections import Counter
from datetime import date, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import PROJECT
from crmcli.workflows.plan import workdays
from crmcli.workflows.spread import (
    APPOINTMENT,
    CAPACITY,
    PLACE,
    PRIORITY,
    RESERVE,
    TOO_LONG,
    Errand,
    Placed,
    Spread,
    spread,
)

FIRST = date(2026, 11, 20)
DAYS = [FIRST + timedelta(days=ahead) for ahead in (0, 3, 4, 5, 6)]  # a Friday, then from Monday on
ANY_DAY = st.integers(0, 6).map(lambda ahead: FIRST + timedelta(days=ahead))
with (PROJECT / "tests" / "data" / "china_statutory_2026.csv").open(encoding="utf-8") as file:
    STATUTORY = {date.fromisoformat(line["date"]): line["kind"] for line in csv.DictReader(file)}


@st.composite
def work(draw: st.DrawFn, *, sizes: st.SearchStrategy[int], agreed: bool = True) -> list[Errand]:
    return [
        Errand(
            number,
            draw(st.sampled_from([0.0, 10.0, 10.0, 99.5])),
            draw(sizes),
            draw(ANY_DAY),
            draw(ANY_DAY),
            draw(st.none() | ANY_DAY),
            draw(st.booleans()),
            draw(st.sampled_from(["", "", "上海", "York"])),
            tuple(sorted(draw(st.sets(ANY_DAY, max_size=2)))) if agreed and draw(st.booleans()) else (),
        )
        for number in range(draw(st.integers(0, 16)))
    ]


ANY_WORK = work(sizes=st.integers(1, 90))
UNITS = work(sizes=st.just(1), agreed=False)
CAPACITIES = st.integers(1, 120)
SHARES = st.integers(0, 100)


def by_day(found: Spread) -> dict[date, list[Placed]]:
    return {day: [each for each in found.placed if each.day == day] for day in {p.day for p in found.placed}}


def rank(errand: Errand, day: date) -> tuple[bool, float, int]:
    return errand.due_on > day, -errand.priority, errand.number


@settings(max_examples=40, deadline=None)
@given(ANY_WORK, CAPACITIES, SHARES)
def test_everything_is_planned_once_or_left_over(errands: list[Errand], capacity: int, share: int) -> None:
    found = spread(errands, DAYS, capacity, share)
    placed = Counter((each.errand.number, each.day) for each in found.placed)
    left = Counter(each.errand.number for each in found.left)
    assert set(placed.values()) | set(left.values()) <= {1}
    for errand in errands:
        on = [day for number, day in placed if number == errand.number]
        if errand.appointments:
            assert sorted(on) == list(errand.appointments)
            assert not left[errand.number]
        else:
            assert len(on) + left[errand.number] == 1


@settings(max_examples=40, deadline=None)
@given(ANY_WORK, CAPACITIES, SHARES)
def test_what_moves_stays_within_capacity_and_after_its_beginning(
    errands: list[Errand], capacity: int, share: int
) -> None:
    for day, placed in by_day(spread(errands, DAYS, capacity, share)).items():
        moved = [each.errand for each in placed if each.how != APPOINTMENT]
        assert all(each.begins_on <= day for each in moved)
        if moved:
            assert day in DAYS
            assert sum(each.errand.size for each in placed) <= capacity


@settings(max_examples=40, deadline=None)
@given(ANY_WORK, CAPACITIES, SHARES, st.randoms(use_true_random=False))
def test_the_order_it_is_handed_in_does_not_matter(
    errands: list[Errand], capacity: int, share: int, order: Random
) -> None:
    shuffled = list(errands)
    order.shuffle(shuffled)
    assert spread(shuffled, DAYS, capacity, share) == spread(errands, DAYS, capacity, share)


@settings(max_examples=40, deadline=None)
@given(ANY_WORK, CAPACITIES, SHARES)
def test_nothing_is_left_over_where_there_was_room(errands: list[Errand], capacity: int, share: int) -> None:
    found = spread(errands, DAYS, capacity, share)
    days = by_day(found)
    for each in found.left:
        if each.why == TOO_LONG:
            assert each.errand.size > capacity
            continue
        assert each.why == CAPACITY
        for day in DAYS:
            used = sum(other.errand.size for other in days.get(day, ()))
            assert each.errand.begins_on > day or used + each.errand.size > capacity


@settings(max_examples=40, deadline=None)
@given(UNITS, st.integers(1, 4), SHARES)
def test_who_comes_by_priority_comes_before_whoever_waits(
    errands: list[Errand], capacity: int, share: int
) -> None:
    found = spread(errands, DAYS, capacity, share)
    later = {each.errand.number: date.max for each in found.left} | {
        each.errand.number: each.day for each in found.placed
    }
    for each in found.placed:
        if each.how == PRIORITY:
            waiting = [e for e in errands if e.begins_on <= each.day < later[e.number]]
            assert all(rank(each.errand, each.day) < rank(other, each.day) for other in waiting)


@settings(max_examples=40, deadline=None)
@given(UNITS, st.integers(1, 4), SHARES)
def test_the_reserve_is_kept_to_the_nearest_contact(errands: list[Errand], capacity: int, share: int) -> None:
    found = spread(errands, DAYS, capacity, share)
    planned = {each.errand.number: each.day for each in found.placed}
    given_out, always_waiting = 0, True
    for number, day in enumerate(DAYS, 1):
        today = [each.errand for each in found.placed if each.day == day]
        given_out += sum(each.how == RESERVE for each in found.placed if each.day == day)
        always_waiting &= any(
            each.low and each.begins_on <= day < planned.get(each.number, date.max) for each in errands
        )
        kept = share * capacity * number
        assert 100 * given_out <= kept + 50
        assert all(each.errand.low for each in found.placed if each.how == RESERVE and each.errand in today)
        if always_waiting:
            assert 100 * given_out > kept - 50


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 8), st.integers(1, 100), st.lists(st.integers(0, 4), max_size=40), st.integers(0, 60))
def test_nobody_waits_beyond_the_maximum_while_the_share_suffices(
    capacity: int, share: int, ends: list[int], others: int
) -> None:
    """However much that is more urgent crowds the days."""
    room = [(share * capacity * number + 50) // 100 for number in range(1, len(DAYS) + 1)]
    low: list[Errand] = []
    for end in ends:
        wanted = [*(each.latest_on for each in low), DAYS[end]]
        if all(sum(day <= last for day in wanted if day) <= room[at] for at, last in enumerate(DAYS)):
            low.append(Errand(len(low), 1.0, 1, FIRST, FIRST, DAYS[end], low=True))
    crowd = [Errand(100 + number, 500.0, 1, FIRST, FIRST) for number in range(others)]
    found = spread([*low, *crowd], DAYS, capacity, share)
    days = {each.errand.number: each.day for each in found.placed}
    for each in low:
        assert each.latest_on is not None
        assert days[each.number] <= each.latest_on


def test_a_share_that_nobody_claims_is_lost() -> None:
    crowd = [Errand(number, 500.0, 1, FIRST, FIRST) for number in range(30)]
    low = [Errand(100 + number, 1.0, 1, DAYS[-1], DAYS[-1], low=True) for number in range(9)]
    found = spread([*crowd, *low], DAYS, 5, 20)
    assert [each.day for each in found.placed if each.how == RESERVE] == [DAYS[-1]]


def test_visits_to_one_place_go_together_as_far_as_they_fit() -> None:
    shanghai = [Errand(number, 10.0, 1, FIRST, FIRST, place="上海") for number in (1, 2, 3)]
    errands = [
        Errand(0, 90.0, 1, FIRST, FIRST, place="上海"),
        *shanghai,
        Errand(4, 50.0, 1, FIRST, FIRST),
        Errand(5, 5.0, 1, DAYS[1], DAYS[1], place="上海"),
    ]
    found = spread(errands, DAYS, 3, 0)
    told = [(each.day, each.errand.number, each.how) for each in found.placed]
    assert told == [
        (DAYS[0], 0, PRIORITY), (DAYS[0], 1, PLACE), (DAYS[0], 2, PLACE),
        (DAYS[1], 4, PRIORITY), (DAYS[1], 3, PRIORITY), (DAYS[1], 5, PLACE),
    ]  # fmt: skip


def test_an_agreed_visit_takes_others_along_and_a_day_off_does_not() -> None:
    tuesday, saturday = DAYS[2], FIRST + timedelta(days=1)
    errands = [
        Errand(0, 1.0, 1, tuesday, tuesday, place="York", appointments=(tuesday,)),
        Errand(1, 1.0, 1, saturday, saturday, place="York", appointments=(saturday,)),
        Errand(2, 5.0, 1, tuesday, tuesday, place="York"),
        Errand(3, 99.0, 1, tuesday, tuesday),
    ]
    found = spread(errands, DAYS, 2, 0)
    assert [(each.day, each.errand.number, each.how) for each in found.placed] == [
        (saturday, 1, APPOINTMENT), (tuesday, 0, APPOINTMENT), (tuesday, 2, PLACE), (DAYS[3], 3, PRIORITY),
    ]  # fmt: skip


def test_agreed_is_agreed_however_full_the_day() -> None:
    errands = [Errand(number, 1.0, 60, FIRST, FIRST, appointments=(FIRST,)) for number in range(3)]
    errands.append(Errand(9, 99.0, 10, FIRST, FIRST))
    found = spread(errands, DAYS[:1], 100, 100)
    assert [each.errand.number for each in found.placed] == [0, 1, 2]
    assert [(each.errand.number, each.why) for each in found.left] == [(9, CAPACITY)]


@settings(max_examples=40, deadline=None)
@given(st.dates(date(2026, 1, 1), date(2026, 10, 1)), st.integers(1, 60))
def test_workdays_are_those_that_were_announced(first: date, count: int) -> None:
    year = [date(2026, 1, 1) + timedelta(days=ahead) for ahead in range(365)]
    works = [
        day
        for day in year
        if STATUTORY.get(day) == "makeup_workday" or (day.weekday() < 5 and day not in STATUTORY)
    ]
    assert workdays(first, count, "CN") == ([day for day in works if day >= first][:count], ())
