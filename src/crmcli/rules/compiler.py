"""RuleSet → SELECTs that classify everybody in one go.

Temporary tables, each filled by one statement: `facts_*` (one GROUP BY over each source table the rules need),
`features` (one row per customer), one of marks and points per score, `classes` and `segments`. The stored results
are read from these. Nothing is executed here, no value is ever written into SQL text, and what the rules do not use
is not computed.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Float,
    Integer,
    Select,
    Table,
    Text,
    and_,
    case,
    exists,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
    type_coerce,
)

from crmcli.months import add_months
from crmcli.rules import expression
from crmcli.rules.aggregates import aggregate_sql, custom_sql
from crmcli.rules.catalogue import (
    CATALOGUE,
    COMPLAINTS,
    CONTACTS,
    CREDITS,
    CUSTOMERS,
    INTERACTIONS,
    OPPORTUNITIES,
    PAYMENTS,
    SURVEYS,
    TASKS,
    TRANSACTIONS,
    Facts,
)
from crmcli.rules.expression import Expression
from crmcli.rules.model import (
    ANY,
    BEFORE,
    CONDITION,
    SCORE,
    Cadence,
    FeatureUse,
    RuleSet,
    Steps,
    Trigger,
    Window,
)
from crmcli.rules.model import CUSTOMERS as SHARE_OF_CUSTOMERS
from crmcli.rules.program import Program, Stage
from crmcli.rules.scoring import Population, Sql, compile_score, temporary
from crmcli.rules.sql import to_sql
from crmcli.values import exponent

_PAIRS = 50  #: names in one call of json_object
_TYPES: dict[str, type[Any]] = {
    expression.NUMBER: Float,
    expression.TEXT: Text,
    expression.BOOL: Integer,
    expression.DATE: Text,
}


def compile_ruleset(
    ruleset: RuleSet,
    tables: Mapping[str, Table],
    as_of: date,
    currency: str,
    previous: Select[Any] | None = None,
    *,
    ends: str = "",
) -> Program:
    """Return the program that classifies everybody as of a day, over the given tables.

    Args:
        ruleset: checked rules.
        tables: those that rules look at (customers, transactions, complaints …), by name.
        as_of: the last day whose facts are seen.
        currency: the base currency; amounts in another one are left out of sums.
        previous: (customer_id, tier, score of the run before, of the one before that, …) for rules that look back; None if
            there was no run.
        ends: the instant, as UTC text, at which the day is over in the business time zone; midnight UTC if not given.
    """
    ends = ends or f"{(as_of + timedelta(days=1)).isoformat()}T00:00:00.000000Z"
    facts = Facts(dict(tables), as_of, currency, float(10 ** exponent(currency)), ends)
    facts.holder = lambda source: temporary(f"facts_{source}")
    features = _features(ruleset, facts)
    stages = [
        Stage(table, facts.held[name] if name in facts.held else _grouped(facts, name))
        for name, table in sorted(facts.holders.items())
    ]
    stages.append(features)
    people = Population((features.table,), {use.name: features.table.c[use.name] for use in ruleset.features})
    values = []
    for score in ruleset.scores:
        scored = compile_score(score, people)
        stages += scored.stages
        values.append(scored.values)
        people = people.plus(scored.table, scored.columns)
    before = _before(people, previous) if ruleset.looks_back else None
    if before is not None:
        stages.append(before)
        found = {name: before.table.c[name] for name in BEFORE}
        people = people.plus(before.table, found)
    classes = _classes(ruleset, people, None if before is None else before.table)
    stages.append(classes)
    found = {name: classes.table.c[column] for name, column in _CLASS_COLUMNS.items()}
    people = people.plus(classes.table, found)
    segments = _segments(ruleset, people)
    if segments is not None:
        stages.append(segments)
        people = people.plus(
            segments.table, {each.name: segments.table.c[each.name] for each in ruleset.segments}
        )
    return Program(
        fingerprint=ruleset.fingerprint,
        as_of=as_of,
        currency=currency,
        stages=tuple(stages),
        features=features.table,
        indicator_values=tuple(values),
        feature_values=_feature_values(ruleset, people),
        classifications=_classifications(ruleset, classes.table, people),
        segments=() if segments is None else _segment_rows(ruleset, segments.table),
        judged=_judged(ruleset, people, segments),
    )


# --- facts and features -------------------------------------------------------------------------------------


def _since(as_of: date, window: Window) -> date:
    """Return the day before a window's first day; a window longer than the calendar takes everything."""
    try:
        if window.unit == "days":
            return as_of - timedelta(days=window.count)
        return add_months(as_of, -window.count)
    except (OverflowError, ValueError):
        return date.min


def _twice(window: Window) -> Window:
    return Window(2 * window.count, window.unit)


def _features(ruleset: RuleSet, facts: Facts) -> Stage:
    table = temporary("features")
    columns: list[Sql] = []
    for use in ruleset.features:
        facts.since = _since(facts.as_of, use.window) if use.window else None
        facts.before = _since(facts.as_of, _twice(use.window)) if use.window else None
        facts.window = f"{use.window.count}_{use.window.unit}" if use.window else ""
        value = _feature_sql(facts, use)
        kind = _TYPES[use.type]
        table.append_column(Column(use.name, kind))
        columns.append(type_coerce(value, kind).label(use.name))
    facts.since, facts.before, facts.window = None, None, ""
    customers = facts.tables[CUSTOMERS]
    joined: Any = customers
    for source in sorted(facts.holders):
        holder = facts.holders[source]
        joined = joined.outerjoin(holder, holder.c.customer_id == customers.c.id)
    chosen = (
        select(customers.c.id.label("customer_id"), *columns)
        .select_from(joined)
        .where(_existed(facts))
        .order_by(customers.c.id)
    )
    return Stage(table, chosen)


def _feature_sql(facts: Facts, use: FeatureUse) -> Sql:
    if use.custom is not None:
        return custom_sql(facts, use.custom)
    return aggregate_sql(facts, use, use.aggregate) if use.aggregate else CATALOGUE[use.of].define(facts)


def _existed(facts: Facts) -> Sql:
    """A customer exists from the day of its record, or from its first fact; and until it is archived."""
    customers = facts.tables[CUSTOMERS]
    made, filed = (type_coerce(customers.c[name], Text) for name in ("created_at", "archived_at"))
    dated = [
        exists().where(table.c.customer_id == customers.c.id, table.c[column] <= facts.as_of)
        for table, column in (
            (facts.tables[TRANSACTIONS], "occurred_on"),
            (facts.tables[INTERACTIONS], "occurred_on"),
            (facts.tables[OPPORTUNITIES], "opened_on"),
            (facts.tables[OPPORTUNITIES], "closed_on"),
            (facts.tables[TASKS], "done_on"),
            (facts.tables[COMPLAINTS], "received_on"),
            (facts.tables[SURVEYS], "asked_on"),
        )
    ]
    return and_(or_(made < facts.ends, *dated), or_(filed.is_(None), filed >= facts.ends))


def _grouped(facts: Facts, source: str) -> Select[Any]:
    """One pass over a source table: every aggregate asked for, one row per customer."""
    # `+ 0` hides the index on customer_id: reading a large table once and sorting it is far quicker than
    # looking up each of its rows through the index (1,000,000 transactions: 2.4 instead of 4.0 seconds).
    customer = facts.tables[source].c.customer_id + literal_column("0", Integer)
    columns = [value.label(name) for name, value in facts.aggregates[source].items()]
    return (
        select(customer.label("customer_id"), *columns)
        .where(_seen(facts, source))
        .group_by(customer)
        .order_by(customer)
    )


def _seen(facts: Facts, source: str) -> Sql:
    """Which rows of a source table exist as of the day; of tasks, those open then."""
    table, day = facts.tables[source], facts.as_of
    if source in {TRANSACTIONS, INTERACTIONS}:
        return table.c.occurred_on <= day
    if source == SURVEYS:
        return table.c.asked_on <= day
    if source == PAYMENTS:
        return table.c.paid_on <= day
    if source == CREDITS:
        return type_coerce(table.c.created_at, Text) < facts.ends
    filed = type_coerce(table.c.archived_at, Text)
    kept = and_(table.c.customer_id.is_not(None), or_(filed.is_(None), filed >= facts.ends))
    if source == COMPLAINTS:
        return and_(kept, table.c.received_on <= day)
    if source == OPPORTUNITIES:
        return and_(
            kept,
            or_(table.c.opened_on.is_(None), table.c.opened_on <= day, table.c.closed_on <= day),
        )
    made = type_coerce(table.c.created_at, Text)
    if source == CONTACTS:
        return and_(kept, made < facts.ends)
    return and_(kept, made < facts.ends, or_(table.c.done_on.is_(None), table.c.done_on > day))


def _before(people: Population, previous: Select[Any] | None) -> Stage:
    """What the runs before found about everybody, unknown where there was none: the tier, the score, those before it."""
    found = previous.subquery("previous") if previous is not None else None
    earlier = [] if found is None else [f"score_{at}" for at in range(1, len(found.c) - 2)]
    tier, score = BEFORE
    columns = (Column(tier, Text), Column(score, Float), *(Column(name, Float) for name in earlier))
    table = temporary("before", *columns)
    source = people.joined()
    if found is None:
        values: list[Sql] = [null(), null()]
    else:
        source = source.outerjoin(found, found.c.customer_id == people.customer)
        values = [*found.c][1:]
    named = [value.label(column.name) for value, column in zip(values, columns, strict=True)]
    chosen = (
        select(people.customer.label("customer_id"), *named).select_from(source).order_by(people.customer)
    )
    return Stage(table, chosen)


# --- classes ------------------------------------------------------------------------------------------------

_CLASS_COLUMNS = {"tier": "tier", "grade": "grade", "lifecycle": "lifecycle_stage"}


def _first(rules: list[tuple[Sql | None, str]]) -> Sql:
    """The word of the first rule that fits; the last rule takes everybody."""
    steps = [(condition, literal(word, Text)) for condition, word in rules if condition is not None]
    rest = next(literal(word, Text) for condition, word in rules if condition is None)
    return case(*steps, else_=rest) if steps else rest


def _classes(ruleset: RuleSet, people: Population, before: Table | None) -> Stage:
    """Score, tier, grade with its reason, and lifecycle stage, one row per customer."""

    def condition(when: Expression | None) -> Sql | None:
        return None if when is None else to_sql(when, people.columns)

    grades = [(condition(rule.when), rule) for rule in ruleset.grades.rules]
    stages = [(condition(rule.when), rule.stage) for rule in ruleset.lifecycle]
    words = ("tier", "grade", "grade_reason", "lifecycle_stage")
    table = temporary("classes", Column("score", Float), *(Column(name, Text) for name in words))
    chosen = (
        select(
            people.customer.label("customer_id"),
            people.columns[ruleset.value.name].label("score"),
            _first(_tiers(ruleset, people, before)).label("tier"),
            _first([(when, rule.grade) for when, rule in grades]).label("grade"),
            _first([(when, rule.reason) for when, rule in grades]).label("grade_reason"),
            _first(stages).label("lifecycle_stage"),
        )
        .select_from(people.joined())
        .order_by(people.customer)
    )
    return Stage(table, chosen)


def _tiers(ruleset: RuleSet, people: Population, before: Table | None) -> list[tuple[Sql | None, str]]:
    """The tiers with what it takes to be in each, from the top; `before` is what the runs before found."""
    points, tiers = people.columns[ruleset.value.name], ruleset.tiers
    taken: list[tuple[Sql | None, str]]
    if ruleset.tiering.by == CONDITION:
        taken = [(to_sql(t.when, people.columns), t.code) for t in tiers[:-1] if t.when is not None]
    elif ruleset.tiering.by == SCORE:
        taken = [(points >= literal(t.at_least, Float), t.code) for t in tiers[:-1]]
        if before is not None and ruleset.tiering.kept:
            kept = _not_asked if ruleset.tiering.periods else _near
            taken = [*kept(ruleset, points, before), *taken]
    else:
        above = _share_before(ruleset, people)
        taken = [(above < literal(t.share, Float), t.code) for t in tiers[:-1]]
        if before is not None and ruleset.tiering.kept:
            taken = [*_near_share(ruleset, above, before), *taken]
    return [*taken, (None, tiers[-1].code)]


def _near_share(ruleset: RuleSet, above: Sql, before: Table) -> list[tuple[Sql | None, str]]:
    """Whoever was in a tier stays while its place is within so many percent of the tier's share, above and below."""
    tiers, sticky = ruleset.tiers, ruleset.tiering.sticky
    kept: list[tuple[Sql | None, str]] = []
    for at, tier in enumerate(tiers):
        near = [before.c.previous_tier == literal(tier.code, Text)]
        if at + 1 < len(tiers):
            near.append(above < literal(tier.share + sticky, Float))
        if at:
            near.append(above >= literal(tiers[at - 1].share - sticky, Float))
        kept.append((and_(*near), tier.code))
    return kept


def _near(ruleset: RuleSet, points: Sql, before: Table) -> list[tuple[Sql | None, str]]:
    """Whoever was in a tier stays while the score is within so many points of it, above and below."""
    tiers, sticky = ruleset.tiers, ruleset.tiering.sticky
    kept: list[tuple[Sql | None, str]] = []
    for at, tier in enumerate(tiers):
        near = [before.c.previous_tier == literal(tier.code, Text)]
        if at + 1 < len(tiers):
            near.append(points >= literal(tier.at_least - sticky, Float))
        if at:
            near.append(points < literal(tiers[at - 1].at_least + sticky, Float))
        kept.append((and_(*near), tier.code))
    return kept


def _not_asked(ruleset: RuleSet, points: Sql, before: Table) -> list[tuple[Sql | None, str]]:
    """Whoever was in a tier stays unless every run of the last so many asks for a lower one, or every one for a higher."""
    earlier = list(before.c)[2:]  # after the customer and its tier
    if len(earlier) + 1 < ruleset.tiering.periods:
        return [(before.c.previous_tier == literal(tier.code, Text), tier.code) for tier in ruleset.tiers]
    scores = [points, *earlier[: ruleset.tiering.periods - 1]]
    kept: list[tuple[Sql | None, str]] = []
    for at, tier in enumerate(ruleset.tiers):
        asked = []
        if at + 1 < len(ruleset.tiers):
            asked.append(and_(*(score < literal(tier.at_least, Float) for score in scores)))
        if at:
            asked.append(and_(*(score >= literal(ruleset.tiers[at - 1].at_least, Float) for score in scores)))
        # A run that did not know the customer asked for nothing: its score is NULL, and so is not less or more.
        stays = case((or_(*asked), 0), else_=1) == 1
        kept.append((and_(before.c.previous_tier == literal(tier.code, Text), stays), tier.code))
    return kept


def _share_before(ruleset: RuleSet, people: Population) -> Sql:
    """How many percent (of the customers, or of a feature's sum) belong to those who are strictly better.

    So whoever reaches into a share is in it, and equals are in one tier.
    """
    if ruleset.tiering.by == SHARE_OF_CUSTOMERS:
        points = people.columns[ruleset.value.name]
        better = func.rank().over(order_by=points.desc()) - 1
        return better * 100.0 / func.count().over()
    value = func.max(func.coalesce(people.columns[ruleset.tiering.of], 0.0), 0.0, type_=Float)
    up_to = func.sum(value, type_=Float).over(order_by=value.desc())
    own = func.sum(value, type_=Float).over(partition_by=value)
    total = func.nullif(func.sum(value, type_=Float).over(), 0.0, type_=Float)
    return func.round((up_to - own) * 100.0 / total, 9, type_=Float)


def _classifications(ruleset: RuleSet, classes: Table, people: Population) -> Select[Any]:
    """The classes with the rhythm they lead to, so that the agenda need not look it up for everybody."""
    lines = ruleset.cadence.rules
    fits = [_fits(classes, line) for line in lines]
    unclassified = ruleset.cadence.unclassified
    weights: Sql = literal(0.0, Float)
    for name, coefficients in (
        ("tier", ruleset.triggers.tier),
        ("grade", ruleset.triggers.grade),
    ):
        if coefficients:
            given = {literal(word, Text): literal(weight, Float) for word, weight in coefficients}
            weights = weights + case(given, value=classes.c[name], else_=literal(0.0, Float))
    held = [(each, to_sql(each.when, people.columns)) for each in ruleset.triggers.guarded if each.when]
    chosen = select(
        *classes.c,
        _number_of(fits, [line.days for line in lines], unclassified[0]).label("cadence_days"),
        _number_of(fits, [line.max_days for line in lines], unclassified[1]).label("cadence_max_days"),
        weights.label("urgency"),
        _names_that_hold(held).label("triggers"),
        _points_of_states(held).label("state_urgency"),
    )
    if held:
        chosen = chosen.select_from(people.joined())
    return chosen.order_by(classes.c.customer_id)


def _names_that_hold(held: list[tuple[Trigger, Sql]]) -> Sql:
    """The names of the triggers whose condition holds, as a JSON array; NULL for none. Names need no escaping."""
    if not held:
        return null()
    parts = [case((when, literal(f',"{each.name}"', Text)), else_=literal("", Text)) for each, when in held]
    joined: Sql = parts[0]
    for part in parts[1:]:
        joined = joined.concat(part)
    names = func.substr(joined, 2, type_=Text)
    return case((names == literal("", Text), null()), else_=literal("[", Text).concat(names).concat("]"))


def _points_of_states(held: list[tuple[Trigger, Sql]]) -> Sql:
    """The points of the states somebody is in, so that the agenda need not look names up for everybody; NULL for none."""
    states = [(each, when) for each, when in held if not each.on]
    if not states:
        return null()
    total: Sql = literal(0.0, Float)
    for each, when in states:
        total = total + case((when, literal(each.points.base, Float)), else_=literal(0.0, Float))
    return case((or_(*(when for _each, when in states)), total), else_=null())


def _fits(classes: Table, line: Cadence) -> Sql:
    wanted = (("grade", line.grade), ("tier", line.tier), ("lifecycle_stage", line.lifecycle))
    named = [classes.c[name] == literal(word, Text) for name, word in wanted if word != ANY]
    return and_(true(), *named)


def _number_of(fits: list[Sql], numbers: list[int], otherwise: int) -> Sql:
    steps = [(fit, literal(number, Integer)) for fit, number in zip(fits, numbers, strict=True)]
    return case(*steps, else_=literal(otherwise, Integer))


# --- segments -----------------------------------------------------------------------------------------------


def _segments(ruleset: RuleSet, people: Population) -> Stage | None:
    """Every further judgement, one column each."""
    if not ruleset.segments:
        return None
    table = temporary("segments", *(Column(each.name, Text) for each in ruleset.segments))
    words = [
        _first([(to_sql(r.when, people.columns) if r.when else None, r.segment) for r in each.rules]).label(
            each.name
        )
        for each in ruleset.segments
    ]
    chosen = select(people.customer.label("customer_id"), *words).select_from(people.joined())
    return Stage(table, chosen.order_by(people.customer))


def _segment_rows(ruleset: RuleSet, segments: Table) -> tuple[Select[Any], ...]:
    return tuple(
        select(
            segments.c.customer_id,
            literal(each.name, Text).label("segmentation"),
            segments.c[each.name].label("segment"),
        ).order_by(segments.c.customer_id)
        for each in ruleset.segments
    )


def _judged(ruleset: RuleSet, people: Population, segments: Stage | None) -> Select[Any]:
    """Every score and every segment, one row per customer."""
    columns = [people.columns[score.name].label(score.name) for score in ruleset.scores]
    if segments is not None:
        columns += [segments.table.c[each.name].label(each.name) for each in ruleset.segments]
    return (
        select(people.customer.label("customer_id"), *columns)
        .select_from(people.joined())
        .order_by(people.customer)
    )


def _feature_values(ruleset: RuleSet, people: Population) -> Select[Any]:
    """What the conditions look at, and the words that steps score, as a JSON object per customer."""
    rules: Iterable[Any] = (
        *ruleset.tiers, *ruleset.grades.rules, *ruleset.lifecycle,
        *(rule for each in ruleset.segments for rule in each.rules),
    )  # fmt: skip
    names = {name for rule in rules if rule.when is not None for name in expression.names_in(rule.when)}
    names |= {
        indicator.feature
        for score in ruleset.scores
        for indicator in score.indicators
        if isinstance(indicator.scale, Steps)
    }
    found = {name: people.columns[name] for name in sorted(names)}
    facts = _json(found).label("features")
    columns: list[Sql] = [people.customer.label("customer_id"), facts]
    return select(*columns).select_from(people.joined()).order_by(people.customer)


def _json(values: Mapping[str, Sql]) -> Sql:
    """One JSON object of named values; SQLite's functions take at most 100 arguments, so it is put together of parts."""
    names = list(values)
    parts: list[Sql] = []
    for start in range(0, max(len(names), 1), _PAIRS):
        pairs = [
            part for name in names[start : start + _PAIRS] for part in (literal(name, Text), values[name])
        ]
        parts.append(func.json_object(*pairs, type_=Text))
    joined = parts[0]
    for part in parts[1:]:
        joined = (
            func.substr(joined, 1, func.length(joined) - 1, type_=Text)
            .concat(",")
            .concat(func.substr(part, 2))
        )
    return joined
