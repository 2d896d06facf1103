"""How well an order of customers foretold what they brought: pure figures, defined in docs/backtest.md.

Values are whole numbers of at least 0 (minor units), so every sum is exact and only the last step divides. Equal
scores are never put in an order by accident: who ties shares the places evenly.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction

DECILE = Fraction(1, 10)


def gini(scores: Sequence[float], values: Sequence[int]) -> float | None:
    """Return twice the area under the concentration curve, less one; None when there is no value at all.

    The curve runs over the customers from the highest score down and says what share of all values they hold. The
    area has a closed form: each value counts for every customer below its own and against every one above.
    """
    total, number = sum(values), len(values)
    if not total:
        return None
    ordered = sorted(scores)
    balance = 0
    for score, value in zip(scores, values, strict=True):
        if value:
            balance += value * (bisect_left(ordered, score) + bisect_right(ordered, score) - number)
    return balance / (number * total)


def gini_best(values: Sequence[int]) -> float | None:
    """Return the Gini coefficient of the values themselves: what the best possible order would reach."""
    return gini(values, values)


def caught(scores: Sequence[float], values: Sequence[int], share: Fraction = DECILE) -> float | None:
    """Return the share of all values that the top share of the customers holds; None without any value.

    Where the border falls among equal scores, or inside one customer, they count in part: the curve is straight there.
    """
    total = sum(values)
    if not total:
        return None
    room, held = share * len(values), Fraction(0)
    for count, value in _groups(scores, values):
        if count >= room:
            held += value * room / count
            break
        held, room = held + value, room - count
    return float(held / total)


def _groups(scores: Sequence[float], values: Sequence[int]) -> list[tuple[int, int]]:
    """Customers and the sum of their values for each score, the highest first."""
    counts: dict[float, int] = {}
    sums: dict[float, int] = {}
    for score, value in zip(scores, values, strict=True):
        counts[score] = counts.get(score, 0) + 1
        sums[score] = sums.get(score, 0) + value
    return [(counts[score], sums[score]) for score in sorted(counts, reverse=True)]


def mean(values: Sequence[float | None]) -> float | None:
    """Return the mean of the values that are known; None when none is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def ratio(part: float, whole: float) -> float | None:
    """Return a part of a whole; None when the whole is nothing, or less."""
    return part / whole if whole > 0 else None
