"""How work is spread over days: a pure function of what there is to do, the days and their capacity.

It knows no customer, no database and no calendar. Capacity and sizes are whole numbers of one unit: contacts, or minutes.
The same work gives the same plan, whatever the order it is handed in.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

APPOINTMENT = "appointment"  #: it was agreed for that day
RESERVE = "reserve"  #: out of the share that is kept for the low tiers
PLACE = "same_place"  #: because somebody else is visited there on that day
PRIORITY = "priority"
CAPACITY = "capacity"  #: left over: the days were full
TOO_LONG = "too_long"  #: left over: takes more than a whole day has


class Errand(NamedTuple):
    """Something to do once, with one customer.

    Attributes:
        number: its own; of two that are equal otherwise the smaller comes first.
        priority: the greater, the sooner.
        size: how much of a day's capacity it takes.
        begins_on: not before this day.
        due_on: from this day on it comes before what is not due yet.
        latest_on: the last day within the customer's maximum, None where there is none.
        low: has a claim to the reserve.
        place: where a visit leads, "" for anything else.
        appointments: the days that it was agreed for; it is done on each of them and on no other day.
    """

    number: int
    priority: float
    size: int
    begins_on: date
    due_on: date
    latest_on: date | None = None
    low: bool = False
    place: str = ""
    appointments: tuple[date, ...] = ()


class Placed(NamedTuple):
    """An errand on its day, and why it is there: APPOINTMENT, RESERVE, PLACE or PRIORITY."""

    day: date
    errand: Errand
    how: str


class Left(NamedTuple):
    """An errand that no day had room for, and why: CAPACITY or TOO_LONG."""

    errand: Errand
    why: str


class Spread(NamedTuple):
    """What is done when, in the order of doing it; and what is not."""

    placed: tuple[Placed, ...]
    left: tuple[Left, ...]


def spread(errands: Iterable[Errand], days: Sequence[date], capacity: int, reserve: int) -> Spread:
    """Spread errands over days.

    Appointments come first and stay on their day, whatever it can hold. Then those with a claim to the reserve, whose
    maximum ends first, as far as the reserve goes; then everything else in order, and with each visit the others that
    are due at the same place.

    Args:
        errands: what there is to do.
        days: the days to fill, in order; appointments may lie on others.
        capacity: of each day.
        reserve: percent of it.
    """
    return _Spreading(errands, capacity, reserve).over(days)


class _Spreading:
    """The way from errands to days."""

    def __init__(self, errands: Iterable[Errand], capacity: int, reserve: int) -> None:
        self.capacity, self.reserve = capacity, reserve
        self.fixed: dict[date, list[Errand]] = {}
        self.open: dict[int, Errand] = {}
        self.placed: list[Placed] = []  # on the day at hand
        self.used = 0  # of that day
        self.credit = 0  # hundredths of the unit that are kept for those with a claim
        for errand in sorted(errands, key=lambda each: each.number):
            for day in errand.appointments:
                self.fixed.setdefault(day, []).append(errand)
            if not errand.appointments:
                self.open[errand.number] = errand

    def over(self, days: Sequence[date]) -> Spread:
        done: list[Placed] = []
        for day in sorted({*days, *self.fixed}):
            self.used, self.placed = 0, []
            visited = [self._place(day, errand, APPOINTMENT) for errand in self.fixed.get(day, ())]
            if day in days:
                self._fill(day, visited)
            done += _in_order(self.placed)
        left = [Left(errand, self._why(errand)) for errand in sorted(self.open.values(), key=_urgent)]
        return Spread(tuple(done), tuple(left))

    def _fill(self, day: date, visited: list[str]) -> None:
        """Fill a day in three rounds: the reserve, the places that are visited anyway, the rest in order."""
        begun = (each for each in self.open.values() if each.begins_on <= day)
        waiting = sorted(begun, key=lambda each: _rank(each, day))
        visited += self._from_reserve(day, waiting)
        for place in visited:
            self._join(day, place, waiting)
        for errand in waiting:
            if self._fits(errand):
                self._join(day, self._place(day, errand, PRIORITY), waiting)

    def _from_reserve(self, day: date, waiting: Sequence[Errand]) -> list[str]:
        """Place those with a claim, whose maximum ends first; what the day cannot give is kept for the next.

        An errand is placed once half of it is covered, so that over the days the share is met to the nearest errand.
        A claim that nobody makes is lost.
        """
        self.credit += self.reserve * self.capacity
        places: list[str] = []
        claims = [each for each in waiting if each.low and each.size <= self.capacity]
        for errand in sorted(claims, key=lambda each: each.latest_on or date.max):
            if self.credit < 50 * errand.size:
                return places
            if self._fits(errand):
                self.credit -= 100 * errand.size
                places.append(self._place(day, errand, RESERVE))
        if all(each.number not in self.open for each in claims):
            self.credit = min(self.credit, 0)
        return places

    def _join(self, day: date, place: str, waiting: Sequence[Errand]) -> None:
        for errand in waiting if place else ():
            if errand.place == place and self._fits(errand):
                self._place(day, errand, PLACE)

    def _fits(self, errand: Errand) -> bool:
        return errand.number in self.open and self.used + errand.size <= self.capacity

    def _place(self, day: date, errand: Errand, how: str) -> str:
        """Put an errand on a day; return the place that it leads to."""
        self.open.pop(errand.number, None)
        self.used += errand.size
        self.placed.append(Placed(day, errand, how))
        return errand.place

    def _why(self, errand: Errand) -> str:
        return TOO_LONG if errand.size > self.capacity else CAPACITY


def _urgent(errand: Errand) -> tuple[float, int]:
    return -errand.priority, errand.number


def _rank(errand: Errand, day: date) -> tuple[bool, float, int]:
    """What is due on a day comes before what is not; then priority decides."""
    return errand.due_on > day, *_urgent(errand)


def _in_order(placed: Sequence[Placed]) -> list[Placed]:
    """Return a day in the order of doing it: appointments, then the rest by rank, what leads to one place together."""
    first: dict[str, tuple[bool, float, int]] = {}
    for each in placed:
        rank = _rank(each.errand, each.day)
        first[each.errand.place] = min(rank, first.get(each.errand.place, rank))

    def key(each: Placed) -> tuple[object, ...]:
        rank = _rank(each.errand, each.day)
        return each.how != APPOINTMENT, first[each.errand.place] if each.errand.place else rank, rank

    return sorted(placed, key=key)
