"""How far it is to the next tier, in the user's terms: each scale turned round.

For every indicator of the value score the question is the same: everything else as it is, what value would give the
points that are missing? Where no value can, there is no answer. Values of other customers (for percentiles and
quantiles) are those of the run.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crmcli.rules.model import (
    Band,
    Bands,
    Decay,
    Indicator,
    Linear,
    Logarithmic,
    Percentile,
    Quantile,
    Scale,
    Score,
    Steps,
)

HALF = 0.005  #: points are rounded to hundredths: what rounds up to enough is enough
_TINY = 1e-9
_MILLION = 1e6
Values = Callable[[str], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Marked:
    """What one indicator gave: mark 0 to 1 (None: left out), its share of the weights, its points."""

    raw: float | None
    mark: float | None
    share: float
    points: float


@dataclass(frozen=True, slots=True)
class Way:
    """One way to the next tier.

    Attributes:
        indicator: which one would have to change.
        now: its value today; None when it is not known.
        needed: the value it would take.
        beyond: more than `needed` (or less than it, where the way leads down) is required, not `needed` itself.
        down: the way leads down.
        share: of the weights.
        points: what the indicator has to give.
    """

    indicator: Indicator
    now: float | None
    needed: float
    beyond: bool
    down: bool
    share: float
    points: float

    def reached_by(self, value: float) -> bool:
        """Say whether a value is certainly enough, by the arithmetic of the classification and its rounding.

        Only of scales that compare nobody and rise or fall without steps; of the others the answer is no.
        """
        mark = _mark(self.indicator.scale, value)
        return mark is not None and math.floor(mark * self.share * 10_000 + 0.5) >= round(self.points * 100)


def ways_up(score: Score, missing: float, marked: dict[str, Marked], values: Values) -> tuple[Way, ...]:
    """Return the ways to get `missing` more points, one indicator at a time, the heaviest first.

    Args:
        score: the score.
        missing: how many points of 100 are missing.
        marked: indicator → what it gave.
        values: returns every known value of an indicator in the run, smallest first.
    """
    found: list[Way] = []
    if missing <= 0:
        return ()
    for indicator in sorted(score.indicators, key=lambda each: (-each.weight, each.name)):
        own = marked.get(indicator.name)
        if (
            own is None
            or own.mark is None
            or own.share <= 0
            or _room(score, indicator, marked) < missing - _TINY
        ):
            continue
        mark = (own.points + missing - HALF + _TINY) / (100 * own.share)
        if mark > 1 + _TINY:
            continue
        answer = _value_for(indicator, min(mark, 1.0), own.raw, values)
        if answer is not None and (own.raw is None or not math.isclose(answer[0], own.raw) or answer[1]):
            down = _leads_down(indicator, own.raw, answer[0])
            found.append(Way(indicator, own.raw, *answer, down, own.share, own.points + missing))
    return tuple(found)


def _mark(scale: Scale, value: float) -> float | None:
    """Return the mark of a value where it follows from the value alone, without steps."""
    match scale:
        case Linear(start, end):
            mark = (value - start) / (end - start)
        case Logarithmic(start, end):
            held = min(max(value, min(start, end)), max(start, end))
            mark = (math.log(held) - math.log(start)) / (math.log(end) - math.log(start))
        case Decay(_, window) if window:
            mark = 1.0 - max(value, 0.0) / window
        case Decay(half_life, _):
            mark = math.exp(max(value, 0.0) / half_life * -math.log(2))
        case _:
            return None
    return max(0.0, min(1.0, mark))


def _leads_down(indicator: Indicator, raw: float | None, needed: float) -> bool:
    if raw is None or raw == needed:
        return isinstance(indicator.scale, Percentile | Quantile) and indicator.scale.better == "lower"
    return needed < raw


def _room(score: Score, indicator: Indicator, marked: dict[str, Marked]) -> float:
    """How many points the cap of the indicator's group leaves."""
    group = next((each for each in score.groups if each.name == indicator.group), None)
    if group is None:
        return math.inf
    names = [each.name for each in score.indicators if each.group == group.name]
    return group.cap - math.fsum(marked[name].points for name in names if name in marked)


def _value_for(
    indicator: Indicator, mark: float, raw: float | None, values: Values
) -> tuple[float, bool] | None:
    """Return the value that gives a mark, and whether it must be gone beyond."""
    scale = indicator.scale
    match scale:
        case Linear(start, end):
            return start + mark * (end - start), False
        case Logarithmic(start, end):
            return math.exp(math.log(start) + mark * (math.log(end) - math.log(start))), False
        case Decay(_, window) if window:
            return window * (1 - mark), False
        case Decay(half_life, _):
            return (-half_life * math.log2(mark), False) if mark > 0 else None
        case Bands():
            return _band_for(scale, mark, raw)
        case Percentile(better, minimum):
            known = values(indicator.name)
            return None if len(known) + (raw is None) < minimum else _overtaken(known, mark, raw, better)
        case Quantile():
            known = values(indicator.name)
            return None if len(known) + (raw is None) < scale.minimum else _cut_for(known, mark, raw, scale)
        case Steps():
            return None  # a word is no distance


def _band_for(scale: Bands, mark: float, raw: float | None) -> tuple[float, bool] | None:
    """The nearest band with enough points: its lower edge from below, its upper edge from above."""
    known = scale.bands
    good = [at for at, band in enumerate(known) if band.points / 100 >= mark - _TINY]
    if not good:
        return None
    here = 0 if raw is None else next(at for at, band in enumerate(known) if _holds(band, raw))
    nearest = min(good, key=lambda at: (abs(at - here), at))
    if nearest > here or raw is None:
        before = known[nearest - 1] if nearest else None
        if before is None or before.bound is None:
            return None
        return before.bound, before.inclusive
    edge = known[nearest]
    return None if edge.bound is None else (edge.bound, not edge.inclusive)


def _holds(band: Band, value: float) -> bool:
    return band.bound is None or value < band.bound or (band.inclusive and value == band.bound)


def _overtaken(
    values: Sequence[float], mark: float, raw: float | None, better: str
) -> tuple[float, bool] | None:
    """The value of the last customer that must be strictly worse, for a percentile of `mark`."""
    others = list(values)
    if raw is not None and raw in others:
        others.remove(raw)
    behind = math.ceil(mark * len(others) - _TINY)  # percent_rank is (those worse) / (all others)
    if not 0 < behind <= len(others):
        return None
    ranked = others if better == "higher" else others[::-1]
    return ranked[behind - 1], True


def _cut_for(
    values: Sequence[float], mark: float, raw: float | None, scale: Quantile
) -> tuple[float, bool] | None:
    """The value that reaches the first class with enough points, among cut points that move with the value itself.

    A value that rises leaves its place, and the cuts above it come down or go up with it. How far it lies above a cut
    never falls while it rises, so there is one value at which the cut is reached.
    """
    others = list(values)
    if raw is not None and raw in others:
        others.remove(raw)
    place = math.ceil(mark * (scale.classes - 1) - _TINY) + 1
    if place <= 1 or not others:
        return None
    number = place - 1 if scale.better == "higher" else scale.classes + 1 - place
    cut = _Cut(others, number, scale)
    return cut.reached_at(), scale.better == "lower"


class _Cut:
    """One cut point of type 7 (crmcli.rules.scoring) among others' values and one that is asked about."""

    def __init__(self, others: Sequence[float], number: int, scale: Quantile) -> None:
        whole, rest = divmod(len(others) * number, scale.classes)
        self.share = rest * 1.0 / float(scale.classes)
        self.shift = scale.shift
        #: Of the others, those that can lie beside the cut; the value itself comes between or beyond them.
        self.near = list(others[max(whole - 1, 0) : whole + 2])
        self.at = min(whole, 1)

    def above(self, value: float) -> float:
        """How far a value lies above the cut (below 0: below it), the arithmetic of the classification."""
        beside = sorted([*self.near, value])
        low = beside[self.at]
        high = beside[self.at + 1] if self.at + 1 < len(beside) else low
        return value - (low + (high - low) * self.share + self.shift)

    def reached_at(self) -> float:
        """Return the least value that is not below the cut."""
        knots = [self.near[0] - 1.0, *self.near, self.near[-1] + 1.0]
        slope_one = next((knot for knot in knots[:-1] if self.above(knot) >= 0), None)
        if slope_one == knots[0]:
            return self._enough(self._on_the_line(knots[0], self.near[0]))
        if slope_one is None:
            return self._enough(self._on_the_line(self.near[-1], knots[-1]))
        end = knots.index(slope_one)
        start = knots[end - 1]
        below, over = self.above(start), self.above(slope_one)
        return self._enough(start + (slope_one - start) * -below / (over - below))

    def _on_the_line(self, one: float, other: float) -> float:
        """Return where the cut is reached, beyond all others: there the value may be a neighbour of the cut and move it."""
        return one - self.above(one) * (other - one) / (self.above(other) - self.above(one))

    def _enough(self, value: float) -> float:
        """Return a value in millionths that is enough; in hundredths where it is one but for the last binary digits."""
        if abs(value - round(value, 2)) < _TINY:
            value = round(value, 2)
            return value if self.above(value) >= 0 else value + 0.01
        value = math.ceil(value * _MILLION) / _MILLION
        return value if self.above(value) >= 0 else value + 1 / _MILLION


def cut_points(values: Sequence[float], classes: int, shift: float = 0.0) -> tuple[float, ...]:
    """Return the type-7 quantiles that cut values (smallest first, at least one) into classes, as a run takes them.

    A value on a cut belongs to the side above it.
    """
    found = []
    for cut in range(1, classes):
        below, over = divmod((len(values) - 1) * cut, classes)
        low, high = values[below], values[min(below + 1, len(values) - 1)]
        found.append(low + (high - low) * (over / classes) + shift)
    return tuple(found)
