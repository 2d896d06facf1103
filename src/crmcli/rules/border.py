"""Where the next tier begins for one customer, everybody else as they are: the tiers of the compiler turned round.

Tiers go by the score, or by the percent (of the customers, or of a sum) that belongs to those who are strictly better. What
a run says of a candidate is said here by the same comparisons, so that the least one that is enough can be looked for.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from crmcli.rules.model import SCORE, RuleSet, Tier

_TINY = 1e-6
_HUNDREDTHS = 100


@dataclass(frozen=True, slots=True)
class Border:
    """The tier that comes next, and the least score (or part of the sum) that leads to it; None where none does."""

    tier: Tier
    least: float | None


def tier_at(ruleset: RuleSet, measure: float | None, earlier: str | None) -> int:
    """Return the place, from the top, of the tier that somebody is given.

    Args:
        ruleset: whose tiers go by score or by share.
        measure: the score, or the percent that belongs to those who are strictly better; None where there is nothing to
            share out.
        earlier: the tier in the run that this one starts from.
    """
    tiers, last = ruleset.tiers, len(ruleset.tiers) - 1
    if measure is None:
        return last
    by_score, sticky = ruleset.tiering.by == SCORE, ruleset.tiering.sticky

    def reached(at: int, slack: float = 0.0) -> bool:
        if by_score:
            return measure >= tiers[at].at_least - slack
        return measure < tiers[at].share + slack

    own = next((at for at, tier in enumerate(tiers) if tier.code == earlier), None)
    if sticky and own is not None:
        near = own == last or reached(own, sticky)
        if near and (own == 0 or not reached(own - 1, -sticky)):
            return own
    return next((at for at in range(last) if reached(at)), last)


def score_border(ruleset: RuleSet, tier: str, score: float, earlier: str | None) -> Border | None:
    """Return where the tier above begins where tiers go by score; None for the highest tier.

    Where runs are counted, it is the score that so many runs have to ask for.
    """
    here = _place(ruleset, tier)
    if not here:
        return None
    above, sticky = ruleset.tiers[here - 1], ruleset.tiering.sticky
    if ruleset.tiering.periods > 1:
        return Border(above, above.at_least)
    edges = {each.at_least + way for each in ruleset.tiers[:here] for way in (-sticky, 0.0, sticky)}
    for edge in sorted(edges):
        least = math.ceil(edge * _HUNDREDTHS - _TINY) / _HUNDREDTHS  # scores are whole hundredths
        place = tier_at(ruleset, least, earlier)
        if least > score and place < here:
            return Border(ruleset.tiers[place], least)
    return Border(above, None)


def rank_border(
    ruleset: RuleSet, tier: str, score: float, scores: Sequence[float], earlier: str | None
) -> Border | None:
    """Return where the tier above begins where tiers go by share of the customers: at somebody's score.

    Equals are in one tier, so that to draw level is enough; nobody is counted twice for having been overtaken.

    Args:
        ruleset: the rules.
        tier: the tier today.
        score: the score today.
        scores: that of everybody, this customer included, smallest first.
        earlier: the tier in the run that this one starts from.
    """
    here, count = _place(ruleset, tier), len(scores)
    if not here:
        return None

    def place(at: int) -> int:
        better = count - bisect_right(scores, scores[at])
        return tier_at(ruleset, better * 100.0 / count, earlier)

    first = _first(lambda at: place(at) < here, bisect_right(scores, score), count)
    if first is None:
        return Border(ruleset.tiers[here - 1], None)
    return Border(ruleset.tiers[place(first)], scores[first])


def sum_border(
    ruleset: RuleSet, tier: str, own: float | None, values: Sequence[float], earlier: str | None, parts: int
) -> Border | None:
    """Return the least value of what is summed up that leads to a higher tier; the sum grows with it.

    Args:
        ruleset: the rules.
        tier: the tier today.
        own: the value today, None where it is not known.
        values: every known value, this customer's included.
        earlier: the tier in the run that this one starts from.
        parts: the value comes in so many parts of one: 100 for an amount with cents.
    """
    here = _place(ruleset, tier)
    if not here:
        return None
    others = list(values)
    if own is not None:
        others.remove(min(others, key=lambda value: abs(value - own)))
    others = sorted(value for value in others if value > 0)
    from_the_top = [0.0, *accumulate(reversed(others))]

    def place(whole: int) -> int:
        value = whole / parts
        better = from_the_top[len(others) - bisect_right(others, value)]
        total = from_the_top[-1] + value
        return tier_at(ruleset, round(better * 100.0 / total, 9) if total else None, earlier)

    start = math.floor(max(own or 0.0, 0.0) * parts + _TINY) + 1
    end = max(start, math.ceil((others[-1] if others else 0.0) * parts - _TINY))
    found = _first(lambda whole: place(whole) < here, start, end + 1)
    if found is None:
        return Border(ruleset.tiers[here - 1], None)
    return Border(ruleset.tiers[place(found)], found / parts)


def _place(ruleset: RuleSet, tier: str) -> int:
    return next((at for at, each in enumerate(ruleset.tiers) if each.code == tier), 0)


def _first(enough: Callable[[int], bool], start: int, end: int) -> int | None:
    """Return the first number from `start` and below `end` that is enough; whatever follows one is enough too."""
    if start >= end or not enough(end - 1):
        return None
    low, high = start, end - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low
