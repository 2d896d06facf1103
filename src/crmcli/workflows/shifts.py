"""What history and movers share: an indicator that shifted a score, and the words that stored rules have for codes.

Light: the words come from what a run stored of its rules, not from their YAML.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from crmcli.i18n import _, language
from crmcli.values import plain_number
from crmcli.vocabulary import TIER


class Shift(NamedTuple):
    """One indicator between two runs: its raw value and the points it gave, before and after.

    A raw value is None where it was not known, and both sides of an indicator that the rules did not have are None
    and no points.
    """

    indicator: str
    label: str
    raw_before: float | None
    raw: float | None
    points_before: float
    points: float

    @property
    def change(self) -> float:
        """Points won or lost."""
        return round(self.points - self.points_before, 2)


class Kept(NamedTuple):
    """A tier that was kept although the score alone gives another one, each with its label."""

    tier: str
    label: str
    by_score: str
    by_score_label: str


class RuleWords:
    """The words of one stored ruleset in the language in force, and its tiers from the highest down.

    A ruleset stored by an older version lacks some of its words, then the code stands for itself; and its thresholds,
    then nobody knows which tier a score alone gives.
    """

    def __init__(self, stored: str) -> None:
        program = json.loads(stored)
        self._labels = program["labels"]
        self._thresholds: dict[str, float] = program.get("thresholds", {})
        self.tiers: tuple[str, ...] = tuple(
            dict.fromkeys(tier for _grade, tier, *_rest in program["cadence"])
        )

    def tier(self, code: str) -> str:
        """Return the name of a tier."""
        return self._word("tier", code) or TIER.label(code)

    def kept(self, tier: str, score: float) -> Kept | None:
        """Return that a tier was kept where the score alone gives another one."""
        if not self._thresholds:
            return None
        lowest = self.tiers[-1]
        given = next((each for each in self.tiers if score >= self._thresholds[each]), lowest)
        return None if given == tier else Kept(tier, self.tier(tier), given, self.tier(given))

    def tier_from(self, tier: str) -> float | None:
        """Return the least score of a tier; None for the lowest, and where tiers do not go by the score alone."""
        return None if tier == self.tiers[-1] else self._thresholds.get(tier)

    def tier_reason(self, tier: str, score: float) -> str:
        """Say why a score has this tier; "" where that does not follow from the score alone."""
        kept = self.kept(tier, score)
        if kept is not None:
            return _("kept; by the score alone {tier}").format(tier=kept.by_score_label)
        least = self.tier_from(tier)
        if least is not None:
            return _("score at least {points}").format(points=plain_number(least))
        above = self.tier_from(self.tiers[-2]) if len(self.tiers) > 1 and self._thresholds else None
        return "" if above is None else _("score below {points}").format(points=plain_number(above))

    def indicator(self, code: str) -> str:
        """Return the name of an indicator, "" if these rules have none of that code."""
        return self._word("indicator", code)

    def grade_reason(self, code: str) -> str:
        """Return what a reason for a grade says."""
        return self._word("grade_reason", code) or code

    def _word(self, kind: str, code: str) -> str:
        words = self._labels.get(kind, {}).get(code, {})
        return str(words.get("zh" if language() == "zh_CN" else "en", ""))


def is_of_points(before: str, tier: str, change: float, order: Sequence[str]) -> bool:
    """Return whether a tier moved the way that its score did; True too for a tier that did not move.

    Where tiers go by shares or conditions, others or a fact that gives no points may move somebody as well.

    Args:
        before: the tier of the period before.
        tier: the tier now.
        change: points of the score between the two.
        order: the tiers from the highest down.
    """
    if before == tier:
        return True
    if before not in order or tier not in order:
        return change != 0
    return change > 0 if order.index(tier) < order.index(before) else change < 0


def shift_of(line: Any, *rules: RuleWords) -> Shift | None:
    """Return the shift that a line of a read holds, if it holds one; the first rules that know the indicator name it."""
    if line.indicator is None:
        return None
    label = next((word for each in rules if (word := each.indicator(line.indicator))), line.indicator)
    return Shift(line.indicator, label, line.raw_before, line.raw, line.points_before, line.points)
