"""What a checked ruleset is: plain frozen data, without YAML, without SQL. Built by the checker only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from crmcli.i18n import language
from crmcli.rules.expression import Expression

GRADES = ("A", "B", "C", "D")
MISSING = ("zero", "neutral", "leave_out")
ANY = "*"


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
class FeatureUse:
    """A feature as the rules name it: one of the catalogue, possibly with a window."""

    name: str
    of: str
    window: Window | None
    label: Label
    type: str
    declared: bool = True


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
    """The share of the other customers that are strictly worse; equals share a rank."""

    better: str  #: "higher" or "lower"


Scale = Linear | Bands | Percentile


@dataclass(frozen=True, slots=True)
class Indicator:
    """One term of a score. `share` is its weight divided by the sum of all weights."""

    name: str
    feature: str
    weight: float
    share: float
    scale: Scale
    missing: str
    label: Label


@dataclass(frozen=True, slots=True)
class Score:
    """A weighted sum, 0 to 100."""

    name: str
    label: Label
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True, slots=True)
class Tier:
    """A value group: scores of at least `at_least` that no earlier tier took."""

    code: str
    at_least: float
    label: Label


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


@dataclass(frozen=True, slots=True)
class CadenceTable:
    """The follow-up rhythm and what makes a follow-up urgent."""

    rules: tuple[Cadence, ...]
    unclassified: tuple[int, int]
    opportunity_lead_days: int
    task_lead_days: int
    urgency: tuple[tuple[str, float], ...]
    urgency_tier: tuple[tuple[str, float], ...]
    urgency_grade: tuple[tuple[str, float], ...]

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
    """

    files: Mapping[str, str] = field(repr=False)
    fingerprint: str
    features: tuple[FeatureUse, ...]
    scores: tuple[Score, ...]
    tiers: tuple[Tier, ...]
    grades: Grades
    lifecycle: tuple[StageRule, ...]
    cadence: CadenceTable
    cases: tuple[Case, ...]
    fact_cases: tuple[FactCase, ...] = ()

    @property
    def short(self) -> str:
        """The first 12 characters of the fingerprint: what people see."""
        return self.fingerprint[:12]
