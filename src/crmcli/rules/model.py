"""What a checked ruleset is: plain frozen data, without YAML, without SQL. Built by the checker only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from crmcli.i18n import language
from crmcli.rules.expression import Expression, names_in
from crmcli.rules.occasions import Points

GRADES = ("A", "B", "C", "D")
MISSING = ("zero", "neutral", "leave_out")
ANY = "*"
VALUE = "value"  #: the name of the score that tiers go by
BEFORE = ("previous_tier", "previous_score")  #: what the run before found, as conditions name it


@dataclass(frozen=True, slots=True)
class Label:
    """A text in both languages."""

    en: str
    zh: str

    def text(self) -> str:
        """Return the text in the language in force."""
        return self.zh if language() == "zh_CN" else self.en


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time that ends on the as-of day; the day it starts from is not in it."""

    count: int
    unit: str  #: "days" or "months"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A feature that the rules work out themselves from the facts of one table.

    Attributes:
        source: the table.
        function: count, sum, avg, min, max, first, last, distinct, median, median_gap or days_since.
        field: what is aggregated; "" for count.
        where: which facts count, or None for all.
        written: that condition as it stands in the file.
    """

    source: str
    function: str
    field: str
    where: Expression | None
    written: str


@dataclass(frozen=True, slots=True)
class Custom:
    """A feature that is a custom field of the customer, as the rules expect to find it.

    Attributes:
        field: the field's name.
        kind: text, number, date or choice.
        choices: the words of a choice.
    """

    field: str
    kind: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeatureUse:
    """A feature as the rules name it: one of the catalogue, possibly with a window, an aggregate or a custom field."""

    name: str
    of: str
    window: Window | None
    label: Label
    type: str
    declared: bool = True
    aggregate: Aggregate | None = None
    custom: Custom | None = None


@dataclass(frozen=True, slots=True)
class Linear:
    """From 0 at `start` to 1 at `end`, in either direction, cut off at both ends."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Band:
    """Values up to a bound; the last band of a scale has none. `points` are of 100."""

    bound: float | None
    inclusive: bool
    points: float


@dataclass(frozen=True, slots=True)
class Bands:
    """A staircase; the first band that holds the value wins."""

    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Percentile:
    """The share of the other customers that are strictly worse; equals share a rank.

    Attributes:
        better: "higher" or "lower".
        minimum: with fewer known values than this there is no rank: the value counts as missing.
    """

    better: str
    minimum: int = 0


@dataclass(frozen=True, slots=True)
class Quantile:
    """Classes of (nearly) equal size, cut at the type-7 quantiles; equals are always in one class.

    Attributes:
        classes: how many.
        better: "higher" or "lower"; the best class is the last.
        shift: added to every cut point.
        minimum: with fewer known values than this there are no classes: the value counts as missing.
    """

    classes: int
    better: str
    shift: float = 0.0
    minimum: int = 0


@dataclass(frozen=True, slots=True)
class Logarithmic:
    """From 0 at `start` to 1 at `end`, each doubling counting the same; both above 0."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Decay:
    """1 at zero days, and less with time.

    Attributes:
        half_life: half of it is left after each so many days; 0 when it fades in a straight line.
        window: nothing is left after so many days; 0 when it goes by half-lives.
    """

    half_life: float
    window: float = 0.0


@dataclass(frozen=True, slots=True)
class Steps:
    """Points (of 100) for each word of a text or flag; `otherwise` for every other word."""

    points: tuple[tuple[str, float], ...]
    otherwise: float


Scale = Linear | Bands | Percentile | Quantile | Logarithmic | Decay | Steps


@dataclass(frozen=True, slots=True)
class Compared:
    """An indicator whose scale compares customers with one another, and where that scale stands.

    Attributes:
        score: the score it is a term of.
        indicator: its name.
        minimum: the values that its scale asks for, 0 when it takes any number.
        file: where the scale stands, with line and column.
        line: from 1.
        column: from 1.
    """

    score: str
    indicator: str
    minimum: int
    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Indicator:
    """One term of a score. `share` is its weight divided by the sum of all weights; `feature` may be another score.

    `meant` are the words that fingerprints have held from the first for an indicator without a text: its feature's.
    """

    name: str
    feature: str
    weight: float
    share: float
    scale: Scale
    missing: str
    label: Label
    group: str = ""
    meant: Label | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Indicators that together give at most `cap` points."""

    name: str
    cap: float
    label: Label


def cap_line(group: str) -> str:
    """Return the name under which the cap of a group stands among the indicators of a score."""
    return f"cap:{group}"


@dataclass(frozen=True, slots=True)
class Score:
    """A weighted sum, 0 to 100."""

    name: str
    label: Label
    indicators: tuple[Indicator, ...]
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Tier:
    """A value group, of those that no earlier tier took.

    Attributes:
        code: its code.
        at_least: the least score for it (tiers by score), else 0.
        label: its words.
        share: how many percent of the customers, or of the sum of `Tiers.of`, it and those before it take.
        when: its condition (tiers by condition).
        written: that condition as it stands in the file.
    """

    code: str
    at_least: float
    label: Label
    share: float = 0.0
    when: Expression | None = None
    written: str = ""


SCORE, CUSTOMERS, SUM, CONDITION = "score", "customers", "sum", "condition"


@dataclass(frozen=True, slots=True)
class Tiers:
    """How tiers are given out.

    Attributes:
        by: "score" (thresholds), "customers" (shares of them, best score first), "sum" (shares of the sum of a
            feature, largest first: Pareto) or "condition".
        of: the feature that is summed up, for "sum".
        sticky: a customer keeps the tier of the run before while its score (or its share, in percent) is within so many
            points of it.
        periods: a customer keeps that tier until so many runs on end, this one among them, ask for a higher one, or all
            of them for a lower one; 0 when runs are not counted.
    """

    by: str = SCORE
    of: str = ""
    sticky: float = 0.0
    periods: int = 0

    @property
    def kept(self) -> bool:
        """Whether the tier of the run before is kept in some cases."""
        return self.sticky > 0 or self.periods > 1


@dataclass(frozen=True, slots=True)
class SegmentRule:
    """One segment; `when` is None for the rule that takes everybody left over."""

    segment: str
    when: Expression | None
    written: str
    label: Label


@dataclass(frozen=True, slots=True)
class Segmentation:
    """One more judgement, first match wins: RFM segments, junk, a suggested intent stage, a fit × engagement matrix."""

    name: str
    label: Label
    rules: tuple[SegmentRule, ...]


@dataclass(frozen=True, slots=True)
class GradeRule:
    """A grade with the cause for it; `when` is None for the rule that takes everybody left over."""

    grade: str
    reason: str
    when: Expression | None
    written: str
    label: Label


@dataclass(frozen=True, slots=True)
class Grades:
    """The ABCD rules, first match wins."""

    months: tuple[tuple[str, int], ...]
    rules: tuple[GradeRule, ...]


@dataclass(frozen=True, slots=True)
class StageRule:
    """A lifecycle stage; `when` is None for the rule that takes everybody left over."""

    stage: str
    when: Expression | None
    written: str
    label: Label


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often, in days, somebody of a grade, tier and lifecycle stage is contacted; `*` stands for any."""

    grade: str
    tier: str
    lifecycle: str
    days: int
    max_days: int
    channels: tuple[str, ...] = ()  #: preferred ones, the best first


@dataclass(frozen=True, slots=True)
class Response:
    """Within how many days a complaint is replied to, by tier and severity; `*` stands for any."""

    tier: str
    severity: str
    days: int


@dataclass(frozen=True, slots=True)
class CadenceTable:
    """The follow-up rhythm."""

    rules: tuple[Cadence, ...]
    unclassified: tuple[int, int]
    response: tuple[Response, ...] = ()

    def find(self, grade: str, tier: str, lifecycle: str) -> Cadence | None:
        """Return the first line that fits, or None."""
        wanted = (grade, tier, lifecycle)
        for rule in self.rules:
            if all(
                own in {ANY, other}
                for own, other in zip((rule.grade, rule.tier, rule.lifecycle), wanted, strict=True)
            ):
                return rule
        return None

    def find_response(self, tier: str | None, severity: str) -> Response | None:
        """Return the first line for a complaint that fits, or None; who is not classified (None) fits any tier alone."""
        for rule in self.response:
            if rule.tier in {ANY, tier} and rule.severity in {ANY, severity}:
                return rule
        return None


@dataclass(frozen=True, slots=True)
class Trigger:
    """What brings somebody onto the agenda.

    Attributes:
        name: its own.
        on: the occasion it waits for; "" for a state, which holds as long as its condition does.
        when: for whom, or None for everybody.
        written: that condition as it stands in the file.
        lead_days: it begins so many days before its day,
        after_days: or so many days after it,
        for_days: and ends so many days after it; None when it stays until it is settled.
        channel: the suggested one; "" leaves it to the cadence.
        template: the name of a template that suits it; "" for none.
        points: what it adds to the urgency.
        festivals: which ones a trigger on holidays is for; empty for the holidays of the country.
    """

    name: str
    on: str
    when: Expression | None
    written: str
    lead_days: int
    after_days: int
    for_days: int | None
    label: Label
    channel: str
    template: str
    points: Points
    festivals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Triggers:
    """What brings people onto the agenda and what makes it urgent.

    Attributes:
        triggers: in the order of the file.
        rest_days: a state names nobody again within so many days of a real touch.
        tier: points for each tier.
        grade: points for each grade.
        terms: what else the customer adds, by the name of its quantity.
    """

    triggers: tuple[Trigger, ...] = ()
    rest_days: int = 0
    tier: tuple[tuple[str, float], ...] = ()
    grade: tuple[tuple[str, float], ...] = ()
    terms: tuple[tuple[str, Points], ...] = ()

    def points_of(self, name: str) -> Points:
        """Return what a trigger or a term of the customer gives, by its name."""
        own = next((each.points for each in self.triggers if each.name == name), None)
        return own if own is not None else dict(self.terms)[name]

    @property
    def guarded(self) -> tuple[Trigger, ...]:
        """Those with a condition, which a run looks at."""
        return tuple(each for each in self.triggers if each.when is not None)


Given = tuple[tuple[str, float | str | bool | None], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A rule file's own example: these values lead to that result. `others`: the rest of the population."""

    file: str
    line: int
    column: int
    name: str
    given: Given
    others: tuple[Given, ...]
    expect: Given


@dataclass(frozen=True, slots=True)
class FactCase:
    """An example of features.yaml: on that day, from these facts about one customer, these features follow.

    Attributes:
        file: where it stands, with line and column.
        line: from 1.
        column: from 1.
        name: what it shows.
        as_of: the day.
        facts: table → its rows, in the words and units of the file.
        features: those that are expected, whether or not a rule uses them.
        expect: feature → value; None is a missing one.
    """

    file: str
    line: int
    column: int
    name: str
    as_of: date
    facts: tuple[tuple[str, tuple[Given, ...]], ...]
    features: tuple[FeatureUse, ...]
    expect: Given


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A ruleset without faults.

    Attributes:
        files: name → text, as read.
        fingerprint: sha256 of what the rules mean; comments, spacing and the order of keys do not change it.
        features: every feature the rules use, declared ones and those taken straight from the catalogue, by
            name.
        cases: the examples that start from feature values.
        fact_cases: the examples that start from facts.
        compared: the indicators that need several customers.
        declared: what features.yaml declares, in its order, whether or not it is used.
    """

    files: Mapping[str, str] = field(repr=False)
    fingerprint: str
    features: tuple[FeatureUse, ...]
    scores: tuple[Score, ...]  #: those that others look at first
    tiers: tuple[Tier, ...]
    grades: Grades
    lifecycle: tuple[StageRule, ...]
    cadence: CadenceTable
    cases: tuple[Case, ...]
    fact_cases: tuple[FactCase, ...] = ()
    tiering: Tiers = Tiers()
    segments: tuple[Segmentation, ...] = ()
    compared: tuple[Compared, ...] = ()
    declared: tuple[FeatureUse, ...] = ()
    triggers: Triggers = Triggers()

    @property
    def value(self) -> Score:
        """The score that tiers go by."""
        return next(score for score in self.scores if score.name == VALUE)

    @property
    def looks_back(self) -> bool:
        """Whether classes lean on what the runs before found."""
        rules: tuple[Any, ...] = (
            *self.tiers, *self.grades.rules, *self.lifecycle, *(rule for each in self.segments for rule in each.rules),
            *self.triggers.triggers,
        )  # fmt: skip
        asked = (names_in(rule.when) for rule in rules if rule.when is not None)
        return self.tiering.kept or any(not names.isdisjoint(BEFORE) for names in asked)

    @property
    def short(self) -> str:
        """The first 12 characters of the fingerprint: what people see."""
        return self.fingerprint[:12]
