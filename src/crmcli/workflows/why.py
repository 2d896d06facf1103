"""Why a customer stands where it stands: read from what the run stored, with the words of the rules it ran by."""

import json
import math
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from crmcli import clock
from crmcli.errors import NotFoundError
from crmcli.i18n import _
from crmcli.rules import load, thresholds
from crmcli.rules.aggregates import unit_of_aggregate
from crmcli.rules.catalogue import unit_of
from crmcli.rules.distance import Marked, Way, next_tier, ways_up
from crmcli.rules.model import (
    SCORE,
    VALUE,
    FeatureUse,
    Label,
    RuleSet,
    Score,
    Segmentation,
    Tier,
    Tiers,
    cap_line,
)
from crmcli.store.light import reading
from crmcli.store.reads import customers
from crmcli.store.reads import judgements as reads
from crmcli.store.reads import overrides as pinned
from crmcli.store.reads.overrides import OverrideLine
from crmcli.store.settings import read_settings
from crmcli.workflows.find import find_customer, named_run

#: What nothing but waiting changes is no way to the next tier: everything else ages meanwhile.
_ONLY_TIME = ("tenure_days", "days_known")


@dataclass(frozen=True, slots=True)
class Term:
    """One indicator: its raw value, where that lies from 0 to 1, its share of the weights, and the points it gave."""

    indicator: str
    label: str
    raw: float | None
    normalised: float | None
    weight: float
    points: float


@dataclass(frozen=True, slots=True)
class Further:
    """Another score of the rules, with its terms."""

    name: str
    label: str
    score: float
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One way to the next tier, everything else as it is: the value of an indicator now, and the one it takes.

    Attributes:
        feature: what the indicator looks at.
        unit: "days", "money", "count", … as `crm rules features` has it.
        beyond: it takes more than `needed` (less, going down), not `needed` itself.
        down: the way leads down.
    """

    indicator: str
    label: str
    feature: str
    unit: str
    now: float | None
    needed: float
    beyond: bool
    down: bool


@dataclass(frozen=True, slots=True)
class Why:
    """The judgements on one customer with their reasons.

    Attributes:
        total: the sum of the points; it is the score.
        tier_kept_from: the period whose tier was kept, where the score alone asks for another.
        tiers: highest first; `tiering` says by what they are given out.
        grade_text: the reason in words; `grade_rule` is the condition that matched, as the rules have it.
        intent_stage: what the salesperson set by hand, as it is today.
        facts: (feature, its label, its value) for what the conditions of the rules look at.
        further: the other scores.
        segments: (judgement, its label, segment, its label, the condition that leads to it).
        next_tier: (its label, the least score for it) of the tier above, or None; `steps` lead to it, one at a time.
        overrides: what is pinned by hand today, or was on the day of the period that was asked for; `tier`, `grade` and
            `lifecycle_stage` are what the rules say all the same.
    """

    customer: int
    name: str
    period: str
    as_of: date
    version: int
    fingerprint: str
    terms: tuple[Term, ...]
    total: float
    score: float
    tier: str
    tier_label: str
    tier_kept_from: str | None
    tiers: tuple[Tier, ...]
    tiering: Tiers
    grade: str
    grade_reason: str
    grade_text: str
    grade_rule: str
    lifecycle_stage: str
    intent_stage: str | None
    facts: tuple[tuple[str, str, Any], ...]
    further: tuple[Further, ...]
    segments: tuple[tuple[str, str, str, str, str], ...]
    next_tier: tuple[str, float] | None
    steps: tuple[Step, ...]
    currency: str
    overrides: tuple[OverrideLine, ...]


@dataclass(frozen=True, slots=True)
class Unclassified:
    """Somebody who was never classified, and has nothing but what was pinned by hand."""

    customer: int
    name: str
    overrides: tuple[OverrideLine, ...]


def why(database: Path, which: str, period: str | None = None) -> Why | Unclassified:
    """Return the reasons of the last run up to today, or of one period.

    Raises:
        NotFoundError: the customer is unknown or was never classified, or nobody was in that period.
        UsageError: it is not a period.
    """
    with reading(database) as connection:
        settings = read_settings(connection)
        match = find_customer(connection, which, settings.country)
        day = clock.today(settings.time_zone)
        today = day.isoformat()
        if period is not None:
            period = named_run(connection, period, day, "--period").period
        found = reads.judgement(connection, match.id, today, period)
        overrides = tuple(pinned.overrides(connection, today, customer=match.id))
        if found is None and overrides and period is None:
            return Unclassified(match.id, match.name, overrides)
        if found is None:
            raise NotFoundError(
                _("{name} has not been classified").format(name=match.name),
                hint=_("run 'crm classify'; it leaves out who was archived or not yet known on its day"),
            )
        customer = customers.customer(connection, match.id)
        lines = reads.indicators(connection, found.run, match.id)
        segments = dict(reads.segments(connection, found.run, match.id))
        if period is not None:
            overrides = tuple(pinned.overrides_of_run(connection, found.run, match.id))
        files = reads.ruleset_files(connection, found.fingerprint)
        ruleset = load(files, _("the rules of {period}").format(period=found.period))
        above = next_tier(ruleset, found.tier)
        steps = _steps(connection, ruleset, found, lines, above) if above is not None else ()
    words = thresholds(ruleset)
    flags = {use.name for use in ruleset.features if use.type == "bool"}
    scores = {score.name: _terms(score, lines) for score in ruleset.scores}
    terms = scores[VALUE]
    cause = words.grade_reasons[found.grade_reason]
    return Why(
        customer=match.id,
        name=match.name,
        period=found.period,
        as_of=date.fromisoformat(found.as_of),
        version=found.version,
        fingerprint=found.fingerprint,
        terms=terms,
        total=round(sum(term.points for term in terms), 2),
        score=found.score,
        tier=found.tier,
        tier_label=next((tier.label.text() for tier in ruleset.tiers if tier.code == found.tier), found.tier),
        tier_kept_from=_kept_from(ruleset, found),
        tiers=ruleset.tiers,
        tiering=ruleset.tiering,
        grade=found.grade,
        grade_reason=found.grade_reason,
        grade_text=cause.label.text(),
        grade_rule=cause.condition,
        lifecycle_stage=found.lifecycle_stage,
        intent_stage=None if customer is None else customer.intent_stage,
        facts=tuple(
            (
                name,
                _words_of(name, words.features),
                _typed(value, name in flags),
            )
            for name, value in json.loads(found.facts).items()
        ),
        further=tuple(
            Further(
                score.name,
                score.label.text(),
                round(sum(t.points for t in scores[score.name]), 2),
                scores[score.name],
            )
            for score in ruleset.scores
            if score.name != VALUE
        ),
        segments=tuple(
            _segment(each, segments[each.name]) for each in ruleset.segments if each.name in segments
        ),
        next_tier=None if above is None else (above.label.text(), above.at_least),
        steps=steps,
        currency=settings.currency,
        overrides=overrides,
    )


def _kept_from(ruleset: RuleSet, found: reads.Judgement) -> str | None:
    if not ruleset.tiering.kept or ruleset.tiering.by != SCORE:
        return None
    asked = next(tier for tier in ruleset.tiers if found.score >= tier.at_least or tier is ruleset.tiers[-1])
    return None if asked.code == found.tier else found.leans_on


def _segment(segmentation: Segmentation, code: str) -> tuple[str, str, str, str, str]:
    """Return one further judgement in words; where several rules lead to it, all their conditions."""
    rules = [rule for rule in segmentation.rules if rule.segment == code]
    label = rules[0].label.text() if rules else code
    written = _(" or: ").join(rule.written for rule in rules if rule.written)
    return segmentation.name, segmentation.label.text(), code, label, written


def _terms(score: Score, lines: list[reads.IndicatorLine]) -> tuple[Term, ...]:
    """Return the terms of one score; the cap of a group is one when it took something off."""
    words = {indicator.name: indicator.label.text() for indicator in score.indicators}
    words |= {
        cap_line(group.name): _("at most {cap:g} from: {group}").format(
            cap=group.cap, group=group.label.text()
        )
        for group in score.groups
    }
    own = (line for line in lines if line.score == score.name)
    return tuple(
        Term(line.indicator, words[line.indicator], line.raw, line.normalised, line.weight, line.points)
        for line in own
        if line.points or line.indicator in {indicator.name for indicator in score.indicators}
    )


def _steps(
    connection: sqlite3.Connection,
    ruleset: RuleSet,
    found: reads.Judgement,
    lines: list[reads.IndicatorLine],
    above: Tier,
) -> tuple[Step, ...]:
    """Return the ways to the tier above, in the units of the features."""
    score = ruleset.value
    marked = {
        line.indicator: Marked(line.raw, line.normalised, line.weight, line.points)
        for line in lines
        if line.score == score.name
    }

    def values(indicator: str) -> Sequence[float]:
        return reads.indicator_raws(connection, found.run, score.name, indicator)

    uses = {use.name: use for use in ruleset.features}
    ways = ways_up(score, above.at_least - found.score, marked, values)
    return tuple(_step(way, uses) for way in ways if way.indicator.feature not in _ONLY_TIME)


def _step(way: Way, uses: Mapping[str, FeatureUse]) -> Step:
    use = uses.get(way.indicator.feature)
    unit = "" if use is None else unit_of_aggregate(use.aggregate) if use.aggregate else unit_of(use)
    needed, beyond = way.needed, way.beyond
    if unit in {"count", "days", "months"}:  # there is nothing between two of them
        if way.down:
            whole = math.ceil(needed) - 1 if beyond else math.floor(needed + 1e-9)
        else:
            whole = math.floor(needed) + 1 if beyond else math.ceil(needed - 1e-9)
        needed, beyond = float(whole), False
    own = way.indicator
    return Step(own.name, own.label.text(), own.feature, unit, way.now, needed, beyond, way.down)


def _words_of(name: str, features: Mapping[str, Label]) -> str:
    """Return what a name in a condition means: a feature's words, or which class it is."""
    if name in features:
        return features[name].text()
    kind, _dot, indicator = name.partition(".")
    return _("class by {indicator}, 1 the worst").format(indicator=indicator) if kind == "rank" else name


def _typed(value: Any, flag: bool) -> Any:
    """SQL has no yes and no: a flag comes back as 1 or 0."""
    return bool(value) if flag and value is not None else value
