"""Other weights for the value score: learned from the earlier months, judged on the later ones, never put in force.

A proposal is made only when it ranks the customers of the later months better, and those have no part in finding it:
a month of the later half whose day lies within what the earlier half learned from is left out.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, Table

from crmcli import clock
from crmcli.errors import NotFoundError
from crmcli.i18n import _
from crmcli.rules import RuleSet, load_folder
from crmcli.rules.expression import names_in
from crmcli.rules.model import Label
from crmcli.rules.reweighted import reweighted_lines
from crmcli.store import trial
from crmcli.store.engine import looking
from crmcli.store.settings import Settings
from crmcli.store.work import settings_of
from crmcli.workflows import weights as learning
from crmcli.workflows.backtest import (
    MINIMUM,
    Follow,
    Summary,
    Tally,
    as_of,
    copy_for,
    nothing_to_look_at,
    program_for,
    try_month,
    what_followed,
)
from crmcli.workflows.periods import NOBODY, Horizon, LeftOut, months_between
from crmcli.workflows.weights import WHOLE, Cap, Lesson, Weights

SAMPLE = 3_000  #: customers that are learned from at most, drawn by the seed
GAIN = 0.005  #: less of a Gini coefficient is not worth another set of weights
FEW_BUYERS, OVERLAPS = "few_buyers", "overlaps"  #: why a month has no part in it
TELLS_NOTHING, WEIGHT_ZERO = "tells_nothing", "weight_0"


@dataclass(frozen=True, slots=True)
class Weight:
    """One indicator: its share of the weights now, in percent, and the weight proposed, if any is.

    `remark` is `tells_nothing` (the same for everybody in the months learned from: its weight was left as it is),
    `weight_0` (the proposal leaves it out) or empty.
    """

    indicator: str
    label: Label
    now: float
    proposed: int | None
    remark: str


@dataclass(frozen=True, slots=True)
class Tuned:
    """What came of it.

    Attributes:
        learned: the months that were learned from, oldest first.
        tested: the months that both weights were judged on.
        now: the weights in force on the tested months.
        proposed: those found, on the same months.
        better_in: months of those in which the weights found have the higher Gini coefficient.
        better: whether they have the higher mean, by 0.005 at least, and in more than half of the months the higher
            coefficient; else nothing is proposed.
        lines: the indicators of value.yaml with the proposed weights; none when nothing is proposed.
    """

    horizon: Horizon
    seed: int
    minimum: int
    folder: str
    fingerprint: str
    learned: tuple[str, ...]
    tested: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    now: Summary
    proposed: Summary
    better_in: int
    better: bool
    weights: tuple[Weight, ...]
    lines: tuple[str, ...]


def tune(
    database: Path,
    rules: Path,
    first: str,
    last: str,
    *,
    horizon: Horizon,
    seed: int = 0,
    minimum: int = MINIMUM,
) -> Tuned:
    """Look for better weights of the value score.

    Raises:
        ConfigError: the rules have faults; all are listed.
        UsageError: not months.
        NotFoundError: there is no database, or too few months to learn from some and judge by others.
    """
    ruleset = load_folder(rules)
    with looking(database) as connection:
        settings = settings_of(connection)
        today = clock.today(settings.time_zone)
        periods, left_out = months_between(first, last, horizon, today)
        if not periods:
            raise nothing_to_look_at(left_out, horizon)
        tables = copy_for(connection, [ruleset], settings, today)
        follows = [what_followed(connection, period, settings) for period in periods]
        earlier, later, unused = _halves(follows, minimum)
        left_out += unused
        if not earlier or not later:
            raise _too_few(horizon, minimum)
        wanted = _drawn(trial.customer_ids(connection, tables), seed)
        lessons = [_lesson(connection, tables, settings, ruleset, follow, wanted) for follow in earlier]
        left_out += [
            LeftOut(follow.period.name, NOBODY, follow.period.until)
            for follow, each in zip(earlier, lessons, strict=True)
            if not each.values
        ]
        earlier = [follow for follow, each in zip(earlier, lessons, strict=True) if each.values]
        lessons = [each for each in lessons if each.values]
        if not lessons:
            raise _too_few(horizon, minimum)
        mute = frozenset(at for at in range(len(_names(ruleset))) if learning.tells_nothing(lessons, at))
        start = learning.to_whole([each.share for each in ruleset.value.indicators])
        found = learning.kept(learning.search(lessons, start, mute, seed), _looked_at(ruleset), mute)
        tallies = [Tally(each, today, minimum) for each in (ruleset, reweighted(ruleset, found))]
        for follow in later:
            try_month(connection, tables, settings, tallies, follow)
    now, proposed = (tally.judged(str(rules)) for tally in tallies)
    wins = sum(
        (new.gini or 0.0) > (old.gini or 0.0) for old, new in zip(now.months, proposed.months, strict=True)
    )
    gain = (proposed.total.gini or 0.0) - (now.total.gini or 0.0)
    better = gain >= GAIN and 2 * wins > len(now.months)
    return Tuned(
        horizon, seed, minimum, str(rules), ruleset.fingerprint,
        learned=tuple(follow.period.name for follow in earlier),
        tested=tuple(month.period for month in now.months),
        left_out=tuple(sorted(left_out, key=lambda month: month.period)),
        now=now.total,
        proposed=proposed.total,
        better_in=wins,
        better=better,
        weights=_weights(ruleset, found if better else None, mute),
        lines=reweighted_lines(ruleset, found) if better else (),
    )  # fmt: skip


def _halves(follows: Sequence[Follow], minimum: int) -> tuple[list[Follow], list[Follow], list[LeftOut]]:
    """The months to learn from, those to judge by, and those that can be neither."""
    enough = [follow for follow in follows if _buyers(follow) >= minimum]
    left_out = [
        LeftOut(each.period.name, FEW_BUYERS, each.period.until)
        for each in follows
        if _buyers(each) < minimum
    ]
    earlier = enough[: len(enough) // 2]
    later = []
    for follow in enough[len(earlier) :]:
        if earlier and follow.period.as_of < earlier[-1].period.until:
            left_out.append(LeftOut(follow.period.name, OVERLAPS, follow.period.until))
        else:
            later.append(follow)
    return earlier, later, left_out


def _buyers(follow: Follow) -> int:
    return sum(sold.revenue > 0 for sold in follow.sold.values())


def _too_few(horizon: Horizon, minimum: int) -> NotFoundError:
    what = _("too few months: some are learned from, and later ones judge")
    hint = _(
        "ask for more months, or a shorter --horizon than {horizon}; each month needs {minimum} buyers after it, and a month "
        "that judges begins after the horizons of those learned from"
    ).format(horizon=horizon, minimum=minimum)
    return NotFoundError(what, hint=hint)


def _drawn(customers: Sequence[int], seed: int) -> frozenset[int]:
    if len(customers) <= SAMPLE:
        return frozenset(customers)
    return frozenset(random.Random(seed).sample(customers, SAMPLE))  # noqa: S311 - a sample, not a secret


def _lesson(
    connection: Connection,
    tables: Mapping[str, Table],
    settings: Settings,
    ruleset: RuleSet,
    follow: Follow,
    wanted: frozenset[int],
) -> Lesson:
    with as_of(connection, tables, follow.period, settings) as then:
        program = program_for(ruleset, then, follow.period, settings)
        own = program.indicator_values[ruleset.scores.index(ruleset.value)]
        with trial.ran(connection, program):
            found = trial.marks(connection, own, wanted)
    names = _names(ruleset)
    marks: dict[int, dict[str, float | None]] = {}
    for customer, indicator, mark in found:
        marks.setdefault(customer, {})[indicator] = mark
    values = [max(follow.sold[customer].revenue, 0) if customer in follow.sold else 0 for customer in marks]
    return learning.lesson(
        [[each[name] for name in names] for each in marks.values()], values, _caps(ruleset)
    )


def _caps(ruleset: RuleSet) -> tuple[Cap, ...]:
    """The groups of the score: which of its indicators, and the points they give together at most."""
    score = ruleset.value
    return tuple(
        Cap(tuple(at for at, each in enumerate(score.indicators) if each.group == group.name), group.cap)
        for group in score.groups
    )


def _names(ruleset: RuleSet) -> list[str]:
    return [indicator.name for indicator in ruleset.value.indicators]


def reweighted(ruleset: RuleSet, weights: Weights) -> RuleSet:
    """Return the ruleset with other weights of the value score, in the order of its indicators; 0 gives no points."""
    score = ruleset.value
    indicators = tuple(
        replace(indicator, weight=float(weight), share=weight / WHOLE)
        for indicator, weight in zip(score.indicators, weights, strict=True)
    )
    changed = replace(score, indicators=indicators)
    return replace(ruleset, scores=tuple(changed if each is score else each for each in ruleset.scores))


def _looked_at(ruleset: RuleSet) -> frozenset[int]:
    """The indicators whose class a condition or another score looks at: without them the rules would have a fault."""
    conditions = [tier.when for tier in ruleset.tiers]
    conditions += [rule.when for rule in ruleset.grades.rules]
    conditions += [rule.when for rule in ruleset.lifecycle]
    conditions += [rule.when for each in ruleset.segments for rule in each.rules]
    names = {name for condition in conditions if condition is not None for name in names_in(condition)}
    names |= {each.feature for score in ruleset.scores for each in score.indicators}
    return frozenset(at for at, name in enumerate(_names(ruleset)) if f"rank.{name}" in names)


def _weights(ruleset: RuleSet, found: Weights | None, mute: frozenset[int]) -> tuple[Weight, ...]:
    lines = []
    for at, indicator in enumerate(ruleset.value.indicators):
        proposed = None if found is None else found[at]
        remark = TELLS_NOTHING if at in mute else WEIGHT_ZERO if proposed == 0 else ""
        lines.append(Weight(indicator.name, indicator.label, indicator.share * WHOLE, proposed, remark))
    return tuple(lines)
