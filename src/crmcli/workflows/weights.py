"""Looking for weights under which a score would have ranked customers better: a search over whole numbers.

Pure: marks and values in, weights out. It sees only the months that it is given to learn from.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

from crmcli.workflows import measures

WHOLE = 100  #: what the weights sum to
_FINE = 10_000  #: a mark of 1 in whole numbers: sums are exact, and who ties keeps tying
_STEPS = (20, 10, 5, 2, 1)  #: points of weight that move from one indicator to another, coarse ones first
_GAIN = 1e-9  #: less is no improvement

Weights = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cap:
    """Indicators, by their place, that together give at most so many points of 100."""

    indicators: tuple[int, ...]
    points: float


@dataclass(frozen=True, slots=True)
class Lesson:
    """One month to learn from.

    Attributes:
        marks: one list per indicator with a whole number of 0 to 10,000 for each customer; 0 where it is left out.
        known: the same with 1 where the mark counts and 0 where it is left out; empty when none is left out.
        values: what each customer brought afterwards, at least 0.
        caps: groups of indicators that give no more than so much.
    """

    marks: tuple[tuple[int, ...], ...]
    known: tuple[tuple[int, ...], ...]
    values: tuple[int, ...]
    caps: tuple[Cap, ...] = ()


def lesson(
    marks: Sequence[Sequence[float | None]], values: Sequence[int], caps: tuple[Cap, ...] = ()
) -> Lesson:
    """Return a month as a lesson; the marks are 0 to 1, None where an indicator is left out, one row per customer."""
    columns = list(zip(*marks, strict=True))
    whole = tuple(tuple(round((mark or 0.0) * _FINE) for mark in column) for column in columns)
    known = tuple(tuple(int(mark is not None) for mark in column) for column in columns)
    partial = not all(all(column) for column in known)
    return Lesson(whole, known if partial else (), tuple(values), caps)


def tells_nothing(lessons: Sequence[Lesson], at: int) -> bool:
    """Tell whether an indicator is the same for everybody in every month: no weight of it could be learned."""
    return all(
        len({*zip(each.marks[at], each.known[at] if each.known else each.marks[at], strict=True)}) <= 1
        for each in lessons
    )


def to_whole(shares: Sequence[float]) -> Weights:
    """Return shares as whole numbers that sum to 100; what is lost by rounding goes to the largest remainders."""
    total = sum(shares)
    exact = [share / total * WHOLE for share in shares]
    whole = [int(each) for each in exact]
    by_remainder = sorted(range(len(exact)), key=lambda at: (whole[at] - exact[at], at))
    for at in by_remainder[: WHOLE - sum(whole)]:
        whole[at] += 1
    return tuple(whole)


def search(lessons: Sequence[Lesson], now: Weights, fixed: frozenset[int], seed: int) -> Weights:
    """Return the weights with the highest mean Gini coefficient over the lessons that the search comes by.

    It starts from the weights there are, from equal ones, and from some drawn by the seed; from each it moves weight
    from one indicator to another as long as that helps, in ever smaller steps.

    Args:
        lessons: the months to learn from.
        now: the weights there are, summing to 100.
        fixed: indicators whose weight stays.
        seed: the same seed gives the same weights.
    """
    free = [at for at in range(len(now)) if at not in fixed]
    if len(free) < 2:
        return now
    seen: dict[Weights, float] = {}
    best = now
    for start in _starts(now, free, seed):
        found = _climb(lessons, start, free, seen)
        if seen[found] > _worth(lessons, best, seen) + _GAIN:
            best = found
    return best


def kept(weights: Weights, needed: frozenset[int], fixed: frozenset[int]) -> Weights:
    """Return the weights with at least 1 for every indicator that is needed, taken from the heaviest that is not fixed."""
    found = list(weights)
    free = [at for at in range(len(found)) if at not in fixed] or list(range(len(found)))
    for at in sorted(needed):
        if not found[at]:
            found[max(free, key=lambda other: found[other])] -= 1
            found[at] = 1
    return tuple(found)


def _starts(now: Weights, free: Sequence[int], seed: int) -> list[Weights]:
    room = sum(now[at] for at in free)
    draw = random.Random(seed)  # noqa: S311 - a search, not a secret
    shares = [[1.0] * len(free), [draw.random() + 0.01 for _at in free]]
    return [now, *(_spread(now, free, each, room) for each in shares)]


def _spread(now: Weights, free: Sequence[int], shares: Sequence[float], room: int) -> Weights:
    """The room of the free indicators divided by shares; the others keep theirs."""
    weights, left = list(now), room
    for place, at in enumerate(free):
        rest = sum(shares[place:])
        weights[at] = left if place + 1 == len(free) else int(left * shares[place] / rest)
        left -= weights[at]
    return tuple(weights)


def _climb(
    lessons: Sequence[Lesson], start: Weights, free: Sequence[int], seen: dict[Weights, float]
) -> Weights:
    best, worth = start, _worth(lessons, start, seen)
    for step in _STEPS:
        moved = True
        while moved:
            moved = False
            for giver, taker in permutations(free, 2):
                if best[giver] < step:
                    continue
                tried = list(best)
                tried[giver] -= step
                tried[taker] += step
                found = _worth(lessons, tuple(tried), seen)
                if found > worth + _GAIN:
                    best, worth, moved = tuple(tried), found, True
    return best


def _worth(lessons: Sequence[Lesson], weights: Weights, seen: dict[Weights, float]) -> float:
    if weights not in seen:
        ginis = [measures.gini(scores(each, weights), each.values) for each in lessons]
        seen[weights] = measures.mean(ginis) or 0.0
    return seen[weights]


def scores(each: Lesson, weights: Weights) -> list[float]:
    """Return the score of each customer of a lesson, 10,000 to the point; not rounded, which makes no new ties."""
    everybody = range(len(each.values))
    wholes = _weighted(each.known, weights) if each.known else [WHOLE] * len(each.values)
    points = _points(each.marks, weights, wholes)
    for cap in each.caps:
        own = [weights[at] if at in cap.indicators else 0 for at in range(len(weights))]
        most = cap.points * _FINE
        over = [max(given - most, 0.0) for given in _points(each.marks, own, wholes)]
        points = [points[at] - over[at] for at in everybody]
    return points


def _points(columns: Sequence[Sequence[int]], weights: Sequence[int], wholes: Sequence[float]) -> list[float]:
    """What indicators give, where the weights that count for a customer stand for the whole."""
    sums = _weighted(columns, weights)
    return [part * WHOLE / whole if whole else 0.0 for part, whole in zip(sums, wholes, strict=True)]


def _weighted(columns: Sequence[Sequence[int]], weights: Sequence[int]) -> list[float]:
    sums: list[float] = [0] * len(columns[0])
    for weight, column in zip(weights, columns, strict=True):
        if weight:
            sums = [total + weight * mark for total, mark in zip(sums, column, strict=True)]
    return sums
