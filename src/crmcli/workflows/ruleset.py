"""The rules as a whole: are they right, do their own examples hold, what do they say?

Reads rule files only; no database is opened (examples run in memory). Prints nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, cast

from crmcli.errors import ConfigError, Fault, UsageError
from crmcli.i18n import _, ngettext
from crmcli.rules.agenda import agenda_program
from crmcli.rules.aggregates import unit_of_aggregate
from crmcli.rules.catalogue import CATALOGUE, unit_of
from crmcli.rules.checker import FILES, REPLY_DAYS, check, load_folder
from crmcli.rules.compiler import compile_ruleset
from crmcli.rules.expression import BOOL
from crmcli.rules.facts import fact_rows
from crmcli.rules.folder import read_files
from crmcli.rules.model import (
    Band,
    Bands,
    Case,
    Decay,
    FactCase,
    FeatureUse,
    GradeRule,
    Label,
    Linear,
    Logarithmic,
    Percentile,
    Quantile,
    RuleSet,
    Scale,
    Score,
    Segmentation,
    StageRule,
    Steps,
    Tier,
    Tiers,
)
from crmcli.rules.program import Program
from crmcli.rules.schema import all_schemas, file_schema
from crmcli.store.light import reading
from crmcli.store.program import evaluate_cases, evaluate_facts
from crmcli.store.reads.customers import count_customers
from crmcli.store.runs import source_tables

_CURRENCY = "CNY"  #: amounts in examples are in the base currency, whatever it is
_ANY_DAY = date(2000, 1, 31)  #: an example gives feature values: the day plays no part
_DECIMALS = 6
FEW = 10  #: customers; among fewer a rank moves in steps of more than a tenth


@dataclass(frozen=True, slots=True)
class RulesReport:
    """What `rules check` found: the faults, or the fingerprint and how many of everything there are.

    `warnings` are what is right and yet says little with the customers that there are.
    """

    folder: str
    faults: tuple[Fault, ...]
    fingerprint: str
    counts: tuple[tuple[str, int], ...]
    warnings: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseFailure:
    """An example that does not hold; of one that starts from facts, only what differs."""

    file: str
    line: int
    name: str
    given: tuple[tuple[str, object], ...]
    expected: tuple[tuple[str, object], ...]
    got: tuple[tuple[str, object], ...]


@dataclass(frozen=True, slots=True)
class TestReport:
    """What `rules test` found."""

    __test__ = False  # not a test class, whatever pytest thinks of its name

    folder: str
    fingerprint: str
    cases: int
    failures: tuple[CaseFailure, ...]


@dataclass(frozen=True, slots=True)
class ShownIndicator:
    """One term of a score as it counts: `share` is the weight as part of all weights, 0 to 1."""

    score: str
    name: str
    feature: str
    label: Label
    weight: float
    share: float
    scale: str
    missing: str
    group: str


@dataclass(frozen=True, slots=True)
class ShownCadence:
    """One line of the cadence table; `*` is any."""

    grade: str
    tier: str
    lifecycle: str
    days: int
    max_days: int


@dataclass(frozen=True, slots=True)
class RulesShown:
    """What is in force."""

    folder: str
    fingerprint: str
    features: tuple[FeatureUse, ...]
    scores: tuple[Score, ...]
    indicators: tuple[ShownIndicator, ...]
    tiers: tuple[Tier, ...]
    tiering: Tiers
    segments: tuple[Segmentation, ...]
    months: tuple[tuple[str, int], ...]
    grades: tuple[GradeRule, ...]
    lifecycle: tuple[StageRule, ...]
    cadence: tuple[ShownCadence, ...]
    agenda: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ShownFeature:
    """One feature for `rules features`: of the catalogue, or one of the rules' own.

    `written` is how features.yaml makes it, on one line; "" for one of the catalogue.
    """

    name: str
    zh: str
    type: str
    unit: str
    text: Label
    source: str
    windowable: bool
    written: str = ""


def check_folder(folder: Path, database: Path) -> RulesReport:
    """Check the rules of a folder as a whole; faults are data, nothing is raised for them.

    The file, where there is one, says how many customers there are to be compared with one another.

    Raises:
        StorageError: the file cannot be read.
    """
    try:
        files = read_files(folder)
    except ConfigError as error:
        faults = error.faults or (Fault(error.what, file=str(folder), hint=error.hint, code="no-rules"),)
        return RulesReport(str(folder), faults, "", ())
    ruleset, faults = check(files, str(folder))
    if ruleset is None:
        return RulesReport(str(folder), faults, "", ())
    warnings = _small_population(ruleset, files, database) if database.exists() else ()
    return RulesReport(str(folder), (), ruleset.fingerprint, _counts(ruleset), warnings)


def _small_population(ruleset: RuleSet, files: Mapping[str, str], database: Path) -> tuple[Fault, ...]:
    """Return a warning for every scale that compares customers, where they are too few for it."""
    with reading(database) as connection:
        count = count_customers(connection)
    found = []
    for each in ruleset.compared:
        needed = each.minimum or FEW
        if not 0 < count < needed:
            continue
        text = ngettext("compares {count} customer", "compares {count} customers", count)
        if each.minimum:
            what = _("{text}, fewer than its minimum of {minimum}: every value counts as missing")
            hint = _("lower the minimum, or use bands")
        else:
            what = _("{text} with one another: among so few a rank says little")
            hint = _("use bands, or percentile: {{better: higher, minimum: {few}}}").format(few=FEW)
        said = what.format(text=text.format(count=count), minimum=each.minimum)
        source = files[Path(each.file).name].splitlines()[each.line - 1]
        fault = Fault(said, each.file, each.line, each.column, "", hint, "small-population", source)
        found.append(fault)
    return tuple(found)


def _counts(ruleset: RuleSet) -> tuple[tuple[str, int], ...]:
    return (
        ("features", len(ruleset.features)),
        ("indicators", sum(len(score.indicators) for score in ruleset.scores)),
        ("tiers", len(ruleset.tiers)),
        ("grades", len(ruleset.grades.rules)),
        ("lifecycle", len(ruleset.lifecycle)),
        ("segments", sum(len(each.rules) for each in ruleset.segments)),
        ("cadence", len(ruleset.cadence.rules)),
        ("tests", len(ruleset.cases) + len(ruleset.fact_cases)),
    )


def show_folder(folder: Path) -> RulesShown:
    """Return what the rules of a folder say.

    Raises:
        ConfigError: it cannot be read or has faults.
    """
    ruleset = load_folder(folder)
    in_order = (ruleset.value, *(score for score in ruleset.scores if score is not ruleset.value))
    indicators = tuple(
        ShownIndicator(
            score.name,
            i.name,
            i.feature,
            i.label,
            i.weight,
            i.share,
            scale_text(i.scale),
            i.missing,
            i.group,
        )
        for score in in_order
        for i in score.indicators
    )
    return RulesShown(
        folder=str(folder),
        fingerprint=ruleset.fingerprint,
        features=ruleset.features,
        scores=in_order,
        indicators=indicators,
        tiers=ruleset.tiers,
        tiering=ruleset.tiering,
        segments=ruleset.segments,
        months=ruleset.grades.months,
        grades=ruleset.grades.rules,
        lifecycle=ruleset.lifecycle,
        cadence=tuple(
            ShownCadence(c.grade, c.tier, c.lifecycle, c.days, c.max_days) for c in ruleset.cadence.rules
        ),
        agenda=agenda_program(ruleset),
    )


def list_features() -> tuple[ShownFeature, ...]:
    """Return the catalogue: everything rules can use without declaring it."""
    return tuple(
        ShownFeature(f.name, f.zh, f.type, f.unit, f.text, f.source, f.windowable) for f in CATALOGUE.values()
    )


def features_of(folder: Path) -> tuple[tuple[ShownFeature, ...], tuple[Fault, ...]]:
    """Return what rules can use, the catalogue and after it what the rules of a folder declare; and their faults.

    With faults only the catalogue is known, which is what somebody who is mending them looks for.
    """
    try:
        files = read_files(folder)
    except ConfigError as error:
        faults = error.faults or (Fault(error.what, file=str(folder), hint=error.hint, code="no-rules"),)
        return list_features(), faults
    ruleset, faults = check(files, str(folder))
    own = () if ruleset is None else (_own_feature(use) for use in ruleset.declared)
    return (*list_features(), *own), faults


def _own_feature(use: FeatureUse) -> ShownFeature:
    if use.custom is not None:
        source, unit = "customers", ""
        parts = [("custom", use.custom.field), ("type", use.custom.kind)]
        if use.custom.choices:
            parts.append(("choices", f"[{', '.join(use.custom.choices)}]"))
    elif use.aggregate is not None:
        own = use.aggregate
        source, unit = own.source, unit_of_aggregate(own)
        parts = [("from", own.source), ("take", own.function), ("field", own.field), ("where", own.written)]
    else:
        source, unit = CATALOGUE[use.of].source, unit_of(use)
        parts = [("of", use.of)]
    if use.window is not None:
        parts.append(("window", f"{use.window.count} {use.window.unit}"))
    written = ", ".join(f"{key}: {value}" for key, value in parts if value)
    return ShownFeature(use.name, use.label.zh, use.type, unit, use.label, source, False, written)


def schema_of(file: str | None) -> dict[str, Any]:
    """Return the JSON Schema of one rule file, or of all.

    Raises:
        UsageError: no rule file is called so.
    """
    if file is None:
        return all_schemas()
    if file not in FILES:
        what = _("{value} is not one of {choices}").format(value=repr(file), choices=", ".join(FILES))
        raise UsageError(what, where="FILE")
    return file_schema(file)


def scale_text(scale: Scale) -> str:
    """Write a scale the way the file does, on one line."""
    match scale:
        case Linear(start, end):
            return f"linear {start:g} → {end:g}"
        case Logarithmic(start, end):
            return f"log {start:g} → {end:g}"
        case Decay(half_life, window):
            return f"decay window {window:g}" if window else f"decay {half_life:g}"
        case Bands(bands):
            return "bands " + ", ".join(_band_text(band) for band in bands)
        case Steps(points, otherwise):
            return "steps " + ", ".join(
                [*(f"{word} {given:g}" for word, given in points), f"… {otherwise:g}"]
            )
        case Quantile(classes, better, shift, least):
            shifted = f" {shift:+g}" if shift else ""
            return f"quantile {classes} {better}{shifted}" + (f", minimum {least}" if least > classes else "")
        case Percentile(better, least):
            return f"percentile {better}" + (f", minimum {least}" if least else "")


def _band_text(band: Band) -> str:
    if band.bound is None:
        return f"… {band.points:g}"
    return f"{'≤' if band.inclusive else '<'}{band.bound:g} {band.points:g}"


# --- examples -----------------------------------------------------------------------------------------------


def test_folder(folder: Path) -> TestReport:
    """Run the examples of the rule files through the SQL that a real run uses.

    Raises:
        ConfigError: the rules cannot be read or have faults.
    """
    ruleset = load_folder(folder)
    program = compile_ruleset(ruleset, source_tables(), _ANY_DAY, _CURRENCY)
    failures = _run_fact_cases(ruleset)
    failures += [failure for case in ruleset.cases for failure in _run_case(ruleset, program, case)]
    count = len(ruleset.cases) + len(ruleset.fact_cases)
    return TestReport(str(folder), ruleset.fingerprint, count, tuple(failures))


test_folder.__test__ = False  # type: ignore[attr-defined]  # a verb of the program, not a test


def _run_fact_cases(ruleset: RuleSet) -> list[CaseFailure]:
    cases = ruleset.fact_cases
    using = _also_using(ruleset, cases)
    days = {case.as_of for case in cases}
    programs = {day: compile_ruleset(using, source_tables(), day, _CURRENCY) for day in sorted(days)}
    results = evaluate_facts([(programs[case.as_of], fact_rows(case, _CURRENCY)) for case in cases])
    judged = (_judged(case, got) for case, got in zip(cases, results, strict=True))
    return [failure for failure in judged if failure is not None]


def _also_using(ruleset: RuleSet, cases: Iterable[FactCase]) -> RuleSet:
    """The rules as they are, and the features that examples expect although no rule looks at them."""
    uses = {use.name: use for use in (*ruleset.features, *(use for case in cases for use in case.features))}
    return replace(ruleset, features=tuple(uses[name] for name in sorted(uses)))


def _judged(case: FactCase, got: Mapping[str, object] | None) -> CaseFailure | None:
    given = (("as_of", case.as_of.isoformat()), *case.facts)
    if got is None:  # a missing customer is not one whose features are missing
        expected: tuple[tuple[str, object], ...] = (("exists", True),)
        return CaseFailure(case.file, case.line, case.name, given, expected, (("exists", False),))
    kinds = {use.name: use.type for use in case.features}
    found = {
        name: bool(got[name]) if kinds[name] == BOOL and got[name] is not None else got[name]
        for name, _value in case.expect
    }
    wrong = tuple((name, value) for name, value in case.expect if not _same(found[name], value))
    if not wrong:
        return None
    shown = tuple((name, found[name]) for name, _value in wrong)
    return CaseFailure(case.file, case.line, case.name, given, wrong, shown)


def _run_case(ruleset: RuleSet, program: Program, case: Case) -> list[CaseFailure]:
    given = dict(case.given)
    names = {name for name, _value in case.expect}
    if names == {"points"}:
        got = _points(ruleset, given)
    elif REPLY_DAYS in names:
        got = _response(ruleset, given)
    else:
        got = _cadence(ruleset, given) if names & {"days", "max_days"} else _classified(program, case)
    if all(_same(got.get(name), value) for name, value in case.expect):
        return []
    shown = tuple((name, got.get(name)) for name, _value in case.expect)
    return [CaseFailure(case.file, case.line, case.name, case.given, case.expect, shown)]


def _classified(program: Program, case: Case) -> dict[str, object]:
    rows = [cast("Mapping[str, object]", dict(values)) for values in (case.given, *case.others)]
    result: dict[str, Any] = evaluate_cases(program, rows)[0]
    own = {"reason": result["grade_reason"], "lifecycle": result["lifecycle_stage"]}
    return {**result["judged"], **result, **own}


def _cadence(ruleset: RuleSet, given: Mapping[str, object]) -> dict[str, object]:
    stage = given.get("lifecycle")
    rule = ruleset.cadence.find(str(given["grade"]), str(given["tier"]), str(stage) if stage else "")
    return {} if rule is None else {"days": rule.days, "max_days": rule.max_days}


def _points(ruleset: RuleSet, given: Mapping[str, object]) -> dict[str, object]:
    """What a trigger gives at a quantity, rounded as the agenda does; what is not given is 0."""
    points = ruleset.triggers.points_of(str(given["trigger"]))
    quantity = given.get(points.of, 0.0)
    return {"points": round(points.of_quantity(quantity if isinstance(quantity, int | float) else 0.0), 2)}


def _response(ruleset: RuleSet, given: Mapping[str, object]) -> dict[str, object]:
    tier = given.get("tier")
    rule = ruleset.cadence.find_response(None if tier is None else str(tier), str(given["severity"]))
    return {} if rule is None else {REPLY_DAYS: rule.days}


def _same(got: object, expected: object) -> bool:
    if isinstance(got, int | float) and isinstance(expected, int | float):
        return round(float(got) - float(expected), _DECIMALS) == 0
    return got == expected
