"""Why a customer stands where it stands: read from what the run stored, with the words of the rules it ran by."""

import json
import math
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from crmcli import clock
from crmcli.errors import NotFoundError
from crmcli.i18n import _
from crmcli.rules import load, thresholds
from crmcli.rules.aggregates import unit_of_aggregate
from crmcli.rules.border import Border, rank_border, score_border, sum_border
from crmcli.rules.catalogue import unit_of
from crmcli.rules.distance import Marked, Way, cut_points, ways_up
from crmcli.rules.model import (
    CONDITION,
    CUSTOMERS,
    SCORE,
    SUM,
    VALUE,
    Indicator,
    Percentile,
    Quantile,
    RuleSet,
    Score,
    Segmentation,
    Tier,
    Tiers,
    cap_line,
)
from crmcli.rules.unmet import Part, unmet
from crmcli.store.light import reading
from crmcli.store.reads import customers
from crmcli.store.reads import judgements as reads
from crmcli.store.reads import overrides as pinned
from crmcli.store.reads.overrides import OverrideLine
from crmcli.store.settings import read_settings
from crmcli.values import exponent
from crmcli.workflows.find import find_customer, named_run, named_version

_FINE = 1e-6  #: how finely a value is told that comes in no parts
_TINY = 1e-6  #: of the smallest part of a unit: less than that is how computers reckon
#: What nothing but waiting changes is no way to the next tier: everything else ages meanwhile.
_ONLY_TIME = ("tenure_days", "days_known")


@dataclass(frozen=True, slots=True)
class Term:
    """One indicator: its raw value, where that lies from 0 to 1, its share of the weights, and the points it gave.

    Attributes:
        raw: a number, a flag, or the word that `steps` score; None where it is not known.
        words: the closed list that a word is of, such as "size", else "".
        missing: zero, neutral or leave_out, where that was applied, else None.
        too_few: (known values, values needed) where `missing` was applied because too few are known to compare with.
    """

    indicator: str
    label: str
    raw: float | str | bool | None
    normalised: float | None
    weight: float
    points: float
    words: str = ""
    missing: str | None = None
    too_few: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes of a quantile indicator, 1 the worst, and the customer's own.

    Attributes:
        unit: "days", "money", "count", … of the cut points.
        own: None for somebody whose value is not known.
        higher: the higher value is better.
        cuts: smallest first; a value on a cut stands above it.
    """

    score: str
    indicator: str
    label: str
    unit: str
    own: int | None
    classes: int
    higher: bool
    cuts: tuple[float, ...]

    def bounds(self, place: int) -> tuple[float | None, float | None]:
        """Return from where (included) and below what the values of a class lie."""
        at = place - 1 if self.higher else self.classes - place
        return (self.cuts[at - 1] if at else None), (self.cuts[at] if at < len(self.cuts) else None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a customer stands among all where tiers go by share.

    Attributes:
        rank: 1 for the first; equals share one.
        count: customers in all.
        above: percent (of the customers, or of the sum) that belong to those who are strictly better; the tier follows
            from it.
        reached: percent together with the customer's own part and that of equals before whom nobody stands.
    """

    rank: int
    count: int
    above: float
    reached: float


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
class Asked:
    """One part of the condition of the tier above that does not hold.

    Attributes:
        part: the part, in codes.
        label: what its feature is called; "" where it is not one feature compared with values.
        unit: of that feature, as `crm rules features` has it.
        now: its value today, None where it is not known.
        words: the closed list that its words are of, else "".
    """

    part: Part
    label: str = ""
    unit: str = ""
    now: float | str | bool | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class NextTier:
    """What leads to a higher tier in the same run, everything else as it is.

    Attributes:
        tier: the tier it leads to.
        least: the least score, or where a sum is shared out the least value of what is summed up; None where none is enough,
            where nothing of it is stored (`stored`), and where tiers go by condition.
        later: the same for the runs of later periods, which start from the tier of this one; None where it is no other.
        steps: one way each.
        asked: what of the condition of that tier does not hold, all of it needed, where tiers go by condition.
        stored: whether the run stored what the answer rests on.
    """

    tier: Tier
    least: float | None
    later: float | None = None
    steps: tuple[Step, ...] = ()
    asked: tuple[Asked, ...] = ()
    stored: bool = True


@dataclass(frozen=True, slots=True)
class Why:
    """The judgements on one customer with their reasons.

    Attributes:
        total: the sum of the points; it is the score.
        tier_kept_from: the period whose tier was kept, where the score alone asks for another.
        tiers: highest first; `tiering` says by what they are given out, and `summed` is the label of what is summed up.
        place: where tiers go by share, else None; None too where the run did not store what is summed up.
        grade_text: the reason in words; `grade_rule` is the condition that matched, as the rules have it.
        intent_stage: what the salesperson set by hand, as it is today.
        facts: (feature, its label, its value, the closed list it is of) for what the conditions of the rules look at.
        classes: those of the quantile indicators that had values enough.
        further: the other scores.
        segments: (judgement, its label, segment, its label, the condition that leads to it).
        next_tier: what leads to a higher tier; None for the highest.
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
    summed: str
    place: Place | None
    grade: str
    grade_reason: str
    grade_text: str
    grade_rule: str
    lifecycle_stage: str
    intent_stage: str | None
    facts: tuple[tuple[str, str, Any, str], ...]
    classes: tuple[Classes, ...]
    further: tuple[Further, ...]
    segments: tuple[tuple[str, str, str, str, str], ...]
    next_tier: NextTier | None
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
        version = None
        if period is not None:
            version = named_version(period)[1]
            period = named_run(connection, period, day, "--period").period
        found = reads.judgement(connection, match.id, today, period, version)
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
        ruleset = load(files, _("the rules of {period}").format(period=found.period), stored=True)
        run = _Run(connection, ruleset, found, lines)
        above = _next_tier(run, 10 ** exponent(settings.currency))
        scores = {score.name: _terms(run, score) for score in ruleset.scores}
        classes = tuple(_classes(run))
        place = _place(run)
    words = thresholds(ruleset)
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
        tier_kept_from=_kept_from(ruleset, found, place),
        tiers=ruleset.tiers,
        tiering=ruleset.tiering,
        summed=_words_of(ruleset.tiering.of, ruleset),
        place=place,
        grade=found.grade,
        grade_reason=found.grade_reason,
        grade_text=cause.label.text(),
        grade_rule=cause.condition,
        lifecycle_stage=found.lifecycle_stage,
        intent_stage=None if customer is None else customer.intent_stage,
        facts=tuple(
            (name, _words_of(name, ruleset), run.typed(name, value), run.list_of(name))
            for name, value in run.facts.items()
        ),
        classes=classes,
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
        next_tier=above,
        currency=settings.currency,
        overrides=overrides,
    )


def _kept_from(ruleset: RuleSet, found: reads.Judgement, place: Place | None) -> str | None:
    """Return the period whose tier was kept, where the score, or the place among all, asks for another one."""
    tiering, last = ruleset.tiering, ruleset.tiers[-1]
    if not tiering.kept or (tiering.by != SCORE and place is None):
        return None
    if tiering.by == SCORE or place is None:
        asked = next(tier for tier in ruleset.tiers if found.score >= tier.at_least or tier is last)
    else:
        asked = next(tier for tier in ruleset.tiers if place.above < tier.share or tier is last)
    return None if asked.code == found.tier else found.leans_on


def _segment(segmentation: Segmentation, code: str) -> tuple[str, str, str, str, str]:
    """Return one further judgement in words; where several rules lead to it, all their conditions."""
    rules = [rule for rule in segmentation.rules if rule.segment == code]
    label = rules[0].label.text() if rules else code
    written = _(" or: ").join(rule.written for rule in rules if rule.written)
    return segmentation.name, segmentation.label.text(), code, label, written


class _Run:
    """What is looked at again and again: the run's rules, what it stored of the customer, and the values of everybody."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        ruleset: RuleSet,
        found: reads.Judgement,
        lines: Sequence[reads.IndicatorLine],
    ) -> None:
        self.connection, self.ruleset, self.found = connection, ruleset, found
        self.lines = {(line.score, line.indicator): line for line in lines}
        self.uses = {use.name: use for use in ruleset.features}
        self.facts: dict[str, Any] = json.loads(found.facts)
        self._raws: dict[tuple[str, str], Sequence[float]] = {}

    def raws(self, score: str, indicator: str) -> Sequence[float]:
        """Return every known value of an indicator, smallest first."""
        key = (score, indicator)
        if key not in self._raws:
            self._raws[key] = reads.indicator_raws(self.connection, self.found.run, score, indicator)
        return self._raws[key]

    def summed(self) -> tuple[float | None, Sequence[float]] | None:
        """Return the customer's value, and every known one, of what tiers share out; None where it is not stored."""
        feature = self.ruleset.tiering.of
        for score in self.ruleset.scores:
            for each in score.indicators:
                line = self.lines.get((score.name, each.name))
                if each.feature == feature and line is not None:
                    return line.raw, self.raws(score.name, each.name)
        if feature not in self.facts:
            return None
        return self.facts[feature], reads.stored_facts(self.connection, self.found.run, feature)

    def typed(self, feature: str, value: Any) -> Any:
        """SQL has no yes and no: a flag comes back as 1 or 0."""
        flag = feature in self.uses and self.uses[feature].type == "bool"
        return bool(value) if flag and value is not None else value

    def list_of(self, name: str) -> str:
        """Return which closed list the words of a feature or judgement are of, "" for none."""
        return self.uses[name].of if name in self.uses else name

    def unit(self, feature: str) -> str:
        """Return the unit of a feature, as `crm rules features` has it."""
        use = self.uses.get(feature)
        if use is None:
            return ""
        return unit_of_aggregate(use.aggregate) if use.aggregate else unit_of(use)


def _terms(run: _Run, score: Score) -> tuple[Term, ...]:
    """Return the terms of one score in the order of the file; the cap of a group is one when it took something off."""
    known = {each.name: each for each in score.indicators}
    caps = {
        cap_line(group.name): _("at most {cap:g} from: {group}").format(
            cap=group.cap, group=group.label.text()
        )
        for group in score.groups
    }
    found = []
    for name in (*known, *caps):
        line = run.lines.get((score.name, name))
        if line is None:
            continue
        if name in known:
            found.append(_term(run, known[name], line))
        elif line.points:
            found.append(Term(name, caps[name], line.raw, line.normalised, line.weight, line.points))
    return tuple(found)


def _term(run: _Run, indicator: Indicator, line: reads.IndicatorLine) -> Term:
    raw: float | str | bool | None = run.typed(indicator.feature, line.raw)
    use = run.uses.get(indicator.feature)
    told = True
    if (
        use is not None and use.type == "text"
    ):  # a run stores the numbers of its indicators, and words beside them
        told, raw = indicator.feature in run.facts, run.facts.get(indicator.feature)
    too_few = None
    if isinstance(indicator.scale, Percentile | Quantile) and raw is not None and indicator.scale.minimum:
        count = len(run.raws(line.score, line.indicator))
        too_few = (count, indicator.scale.minimum) if count < indicator.scale.minimum else None
    unknown = told and raw is None
    return Term(
        indicator=line.indicator,
        label=indicator.label.text(),
        raw=raw,
        normalised=line.normalised,
        weight=line.weight,
        points=line.points,
        words=run.list_of(indicator.feature),
        missing=indicator.missing if unknown or too_few else None,
        too_few=too_few,
    )


def _classes(run: _Run) -> Iterator[Classes]:
    """Return the classes of every quantile indicator that had values enough."""
    for score in run.ruleset.scores:
        for indicator in score.indicators:
            scale = indicator.scale
            line = run.lines.get((score.name, indicator.name))
            if not isinstance(scale, Quantile) or line is None:
                continue
            values = run.raws(score.name, indicator.name)
            if len(values) < max(scale.minimum, 1):
                continue
            own = None
            if line.raw is not None and line.normalised is not None:
                own = round(line.normalised * (scale.classes - 1)) + 1
            yield Classes(
                score=score.name,
                indicator=indicator.name,
                label=indicator.label.text(),
                unit=run.unit(indicator.feature),
                own=own,
                classes=scale.classes,
                higher=scale.better == "higher",
                cuts=cut_points(values, scale.classes, scale.shift),
            )


def _place(run: _Run) -> Place | None:
    """Return where somebody stands where tiers go by share of the customers, or of a sum that the run stored."""
    if run.ruleset.tiering.by == CUSTOMERS:
        better, count = reads.place(run.connection, run.found.run, run.found.score)
        return Place(better + 1, count, better * 100 / count, (better + 1) * 100 / count)
    if run.ruleset.tiering.by != SUM:
        return None
    summed = run.summed()
    if summed is None:
        return None
    _better, count = reads.place(run.connection, run.found.run, run.found.score)
    values = [max(value, 0.0) for value in summed[1]]
    own, total = max(summed[0] or 0.0, 0.0), math.fsum(values)
    above, reached = (
        math.fsum(value for value in values if value > own),
        math.fsum(v for v in values if v >= own),
    )
    rank = 1 + sum(value > own for value in values)
    return Place(
        rank, count, *(round(part * 100 / total, 9) if total else 100.0 for part in (above, reached))
    )


def _next_tier(run: _Run, parts: int) -> NextTier | None:
    """Return what leads to a higher tier; `parts` is how many of the smallest amounts of money make one."""
    if run.ruleset.tiering.by == CONDITION:
        return _by_condition(run)
    if run.ruleset.tiering.by == SUM:
        return _by_sum(run, parts)
    scores = reads.run_scores(run.connection, run.found.run) if run.ruleset.tiering.by == CUSTOMERS else ()

    def border(earlier: str | None) -> Border | None:
        tier, score = run.found.tier, run.found.score
        if run.ruleset.tiering.by == CUSTOMERS:
            return rank_border(run.ruleset, tier, score, scores, earlier)
        return score_border(run.ruleset, tier, score, earlier)

    found = border(run.found.earlier)
    if found is None:
        return None
    steps = () if found.least is None else _steps(run, found.least - run.found.score, 1 / parts)
    return NextTier(found.tier, found.least, _later(run, found, border(run.found.tier)), steps)


def _later(run: _Run, now: Border, then: Border | None) -> float | None:
    """Return what it takes in later periods, where tiers are kept and it is something else."""
    if not run.ruleset.tiering.kept or then is None or then.least == now.least:
        return None
    return then.least


def _by_sum(run: _Run, parts: int) -> NextTier | None:
    above = _above(run)
    summed, feature = run.summed(), run.ruleset.tiering.of
    if above is None or summed is None:
        return None if above is None else NextTier(above, None, stored=False)
    own, values = summed
    unit = run.unit(feature)
    whole = round(1 / (_grain(unit, 1 / parts) or _FINE))

    def border(earlier: str | None) -> Border | None:
        return sum_border(run.ruleset, run.found.tier, own, values, earlier, whole)

    found = border(run.found.earlier)
    if found is None or found.least is None:
        return NextTier(above, None)
    step = Step(feature, _words_of(feature, run.ruleset), feature, unit, own, found.least, False, False)
    return NextTier(found.tier, found.least, _later(run, found, border(run.found.tier)), (step,))


def _by_condition(run: _Run) -> NextTier | None:
    above = _above(run)
    if above is None or above.when is None:
        return None
    facts = {name: run.typed(name, value) for name, value in run.facts.items()}
    asked = tuple(
        Asked(
            part,
            _words_of(part.feature, run.ruleset),
            run.unit(part.feature),
            facts.get(part.feature),
            run.list_of(part.feature),
        )
        if part.feature
        else Asked(part)
        for part in unmet(above.when, facts)
    )
    return NextTier(above, None, asked=asked)


def _above(run: _Run) -> Tier | None:
    """Return the tier above the customer's, None for the highest."""
    pairs = pairwise(run.ruleset.tiers)
    return next((higher for higher, tier in pairs if tier.code == run.found.tier), None)


def _steps(run: _Run, missing: float, smallest: float) -> tuple[Step, ...]:
    """Return the ways to so many points more, in the units of the features."""
    score = run.ruleset.value
    marked = {
        name: Marked(line.raw, line.normalised, line.weight, line.points)
        for (of, name), line in run.lines.items()
        if of == score.name
    }

    def values(indicator: str) -> Sequence[float]:
        return run.raws(score.name, indicator)

    return tuple(
        _step(way, run.unit(way.indicator.feature), smallest)
        for way in ways_up(score, missing, marked, values)
        if way.indicator.feature not in _ONLY_TIME
    )


def _grain(unit: str, smallest: float) -> float | None:
    """Return the unit's smallest part, between two of which there is nothing."""
    return smallest if unit == "money" else 1.0 if unit in {"count", "days", "months"} else None


def _step(way: Way, unit: str, smallest: float) -> Step:
    """Return a way in words; `smallest` is the smallest amount of money there is."""
    needed, beyond = way.needed, way.beyond
    grain = _grain(unit, smallest)
    if grain is not None:
        parts = needed / grain
        if way.down:
            whole = math.ceil(parts - _TINY) - 1 if beyond else math.floor(parts + _TINY)
        else:
            whole = math.floor(parts + _TINY) + 1 if beyond else math.ceil(parts - _TINY)
        nearer = whole + 1 if way.down else whole - 1
        if way.reached_by(round(nearer * grain, 9)):
            whole = nearer
        needed, beyond = round(whole * grain, 9), False
    own = way.indicator
    return Step(own.name, own.label.text(), own.feature, unit, way.now, needed, beyond, way.down)


def _words_of(name: str, ruleset: RuleSet) -> str:
    """Return what a name in a condition means: a feature, a score, a judgement, or a class of one indicator."""
    use = next((use for use in ruleset.features if use.name == name), None)
    if use is not None:
        return use.label.text()
    score = next((score for score in ruleset.scores if score.name == name), None)
    if score is not None:
        return score.label.text()
    kind, _dot, indicator = name.partition(".")
    if kind == "rank":
        label = next(
            (i.label.text() for s in ruleset.scores for i in s.indicators if i.name == indicator), indicator
        )
        return _("class by {indicator}, 1 the worst").format(indicator=label)
    judgements = {
        "tier": _("Tier"),
        "grade": _("Grade"),
        "lifecycle": _("Lifecycle"),
        "previous_tier": _("Tier in the run before"),
        "previous_score": _("Score in the run before"),
    }
    return judgements.get(name, name)
