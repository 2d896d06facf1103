"""Scores in SQL: from features to marks, from marks to points, and what each indicator gave.

Points are whole hundredths, so that they add up exactly in any order. A score reads the features and the scores
before it. What a group of indicators gives beyond its cap is taken off again in a line of its own.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Float,
    FromClause,
    Integer,
    MetaData,
    Select,
    Subquery,
    Table,
    Text,
    and_,
    case,
    func,
    literal,
    null,
    select,
    true,
    union_all,
)

from crmcli.rules.model import (
    Bands,
    Decay,
    Group,
    Indicator,
    Linear,
    Logarithmic,
    Percentile,
    Quantile,
    Score,
    Steps,
    cap_line,
)
from crmcli.rules.program import Stage

PREFIX = "crm_run_"
Sql = ColumnElement[Any]
_STAND_IN = {"zero": 0.0, "neutral": 0.5}
_HUNDREDTHS = 100.0
_SCALE = 10_000.0  #: points are whole hundredths of 100: exact sums, whatever the order


@dataclass(frozen=True, slots=True)
class Population:
    """Everybody, with what is known so far: tables of one row per customer, and the columns that rules may name."""

    tables: tuple[Table, ...]
    columns: Mapping[str, Sql]

    def joined(self) -> FromClause:
        """Return the tables joined."""
        first, *others = self.tables
        found: FromClause = first
        for table in others:
            found = found.join(table, table.c.customer_id == first.c.customer_id)
        return found

    @property
    def customer(self) -> Sql:
        """The customer's id."""
        return self.tables[0].c.customer_id

    def plus(self, table: Table, columns: Mapping[str, Sql]) -> "Population":
        """Return it with one table more."""
        return Population((*self.tables, table), {**self.columns, **columns})


@dataclass(frozen=True, slots=True)
class Scored:
    """One score in SQL.

    Attributes:
        score: the score.
        stages: what is filled, in order; the last holds the points.
        table: that last one, with `total` from 0 to 100.
        columns: the names it gives to later rules: the score, and the classes of its quantile indicators.
        values: what is stored of every indicator.
    """

    score: Score
    stages: tuple[Stage, ...]
    table: Table
    columns: Mapping[str, Sql]
    values: Select[Any]


def temporary(name: str, *columns: Column[Any]) -> Table:
    """Return a temporary table of one row per customer."""
    key = Column("customer_id", Integer, primary_key=True)
    return Table(f"{PREFIX}{name}", MetaData(), key, *columns, prefixes=["TEMPORARY"])


def compile_score(score: Score, people: Population) -> Scored:
    """Return the SQL of a score over everybody."""
    indicators = sorted(score.indicators, key=lambda indicator: indicator.name)
    stages = []
    cuts: Table | None = None
    if any(isinstance(indicator.scale, Quantile) for indicator in indicators):
        stages.append(_cuts(score.name, indicators, people))
        cuts = stages[0].table
    points = _points(score, indicators, people, cuts)
    listed = _lines(score, indicators)
    stages += [listed, points]
    columns: dict[str, Sql] = {score.name: points.table.c.total}
    for at, indicator in enumerate(indicators):
        if isinstance(indicator.scale, Quantile):
            columns[f"rank.{indicator.name}"] = points.table.c[f"class_{at}"]
    values = _values(score, indicators, listed.table, points.table)
    return Scored(score, tuple(stages), points.table, columns, values)


# --- marks --------------------------------------------------------------------------------------------------


def _mark(indicator: Indicator, value: Sql, place: Sql | None) -> Sql:
    """Turn a feature's value into 0 to 1; unknown stays unknown. `place` is the class of a quantile."""
    scale = indicator.scale
    match scale:
        case Linear(start, end):
            return _between((value - literal(start, Float)) / literal(end - start, Float))
        case Bands():
            return _staircase(scale, value)
        case Percentile():
            return _percentile(scale, value)
        case Quantile():
            if place is None:
                raise AssertionError("the class of a quantile is worked out before its mark")
            return (place - 1.0) / literal(scale.classes - 1.0, Float)
        case Logarithmic(start, end):
            least, most = literal(min(start, end), Float), literal(max(start, end), Float)
            held = func.min(func.max(value, least, type_=Float), most, type_=Float)
            rise = math.log(end) - math.log(start)
            return _between((func.crm_ln(held, type_=Float) - math.log(start)) / literal(rise, Float))
        case Decay(_, window) if window:
            return _between(1.0 - func.max(value, 0.0, type_=Float) / literal(window, Float))
        case Decay(half_life, _):
            halvings = func.max(value, 0.0, type_=Float) / literal(half_life, Float)
            return func.crm_exp(halvings * literal(-math.log(2), Float), type_=Float)
        case Steps():
            return _steps(scale, value)


def _between(value: Sql) -> Sql:
    return func.max(0.0, func.min(1.0, value), type_=Float)


def _staircase(scale: Bands, value: Sql) -> Sql:
    steps: list[tuple[Any, Any]] = [(value.is_(None), null())]
    for band in scale.bands[:-1]:
        bound = literal(band.bound, Float)
        steps.append((value <= bound if band.inclusive else value < bound, literal(band.points / 100, Float)))
    return case(*steps, else_=literal(scale.bands[-1].points / 100, Float))


def _percentile(scale: Percentile, value: Sql) -> Sql:
    order = value.desc() if scale.better == "lower" else value
    rank = func.percent_rank(type_=Float).over(partition_by=value.is_(None), order_by=order)
    known: Sql = value.is_not(None)
    if scale.minimum:
        known = and_(known, func.count(value).over() >= scale.minimum)
    return case((known, rank), else_=null())


def _steps(scale: Steps, value: Sql) -> Sql:
    flags = {"true": 1, "false": 0}
    steps: list[tuple[Any, Any]] = [(value.is_(None), null())]
    for word, points in scale.points:
        wanted = literal(word, Text) if isinstance(value.type, Text) else literal(flags[word], Integer)
        steps.append((value == wanted, literal(points / 100, Float)))
    return case(*steps, else_=literal(scale.otherwise / 100, Float))


# --- quantiles ----------------------------------------------------------------------------------------------


def _cuts(name: str, indicators: list[Indicator], people: Population) -> Stage:
    """One row: for each quantile indicator how many values there are, and its cut points.

    Type 7 of Hyndman and Fan (1996), the default of R and NumPy: the cut at share p of n values lies at
    (n - 1)·p, counted from 0, straight in between two neighbours.
    """
    table = Table(f"{PREFIX}cuts_{name}", MetaData(), prefixes=["TEMPORARY"])
    columns: list[Sql] = []
    found: FromClause | None = None
    for at, indicator in enumerate(indicators):
        if not isinstance(indicator.scale, Quantile):
            continue
        part = _cut_points(at, indicator.scale, people.columns[indicator.feature], people)
        found = part if found is None else found.join(part, true())
        for column in part.c:
            table.append_column(Column(column.name, Float))
            columns.append(column)
    if found is None:
        raise AssertionError("there are no quantiles to cut")
    return Stage(table, select(*columns).select_from(found))


def _cut_points(at: int, scale: Quantile, value: Sql, people: Population) -> Subquery:
    ranked = (
        select(
            value.label("value"),
            (func.row_number().over(order_by=value) - 1).label("place"),
            func.count().over().label("known"),
        )
        .select_from(people.joined())
        .where(value.is_not(None))
        .subquery(f"ranked_{at}")
    )
    columns: list[Sql] = [func.count().label(f"known_{at}")]
    for cut in range(1, scale.classes):
        position = (ranked.c.known - 1) * cut
        below, fraction = position // scale.classes, position % scale.classes
        low = func.max(ranked.c.value).filter(ranked.c.place == below)
        high = func.coalesce(func.max(ranked.c.value).filter(ranked.c.place == below + 1), low)
        share = func.max(fraction * 1.0, type_=Float) / float(scale.classes)
        columns.append((low + (high - low) * share + scale.shift).label(f"cut_{at}_{cut}"))
    return select(*columns).select_from(ranked).subquery(f"cuts_{at}")


def _class(at: int, scale: Quantile, value: Sql, cuts: Table) -> Sql:
    """The class of a value, 1 to n, the best last; unknown among too few values."""
    place: Sql = literal(1, Integer)
    for cut in range(1, scale.classes):
        place = place + case((value >= cuts.c[f"cut_{at}_{cut}"], 1), else_=0)
    if scale.better == "lower":
        place = literal(scale.classes + 1, Integer) - place
    too_few = cuts.c[f"known_{at}"] < scale.minimum
    return case((value.is_(None), null()), (too_few, null()), else_=place)


# --- points -------------------------------------------------------------------------------------------------


def _points(score: Score, indicators: list[Indicator], people: Population, cuts: Table | None) -> Stage:
    raws = [people.columns[indicator.feature] for indicator in indicators]
    places: list[Sql | None] = [
        _class(at, indicator.scale, raws[at], cuts)
        if cuts is not None and isinstance(indicator.scale, Quantile)
        else None
        for at, indicator in enumerate(indicators)
    ]
    source = people.joined() if cuts is None else people.joined().join(cuts, true())
    marks = (
        select(
            people.customer.label("customer_id"),
            *(raw.label(f"raw_{at}") for at, raw in enumerate(raws)),
            *(place.label(f"class_{at}") for at, place in enumerate(places) if place is not None),
            *(_mark(i, raws[at], places[at]).label(f"mark_{at}") for at, i in enumerate(indicators)),
        )
        .select_from(source)
        .subquery("marks")
    )
    partial = any(indicator.missing == "leave_out" for indicator in indicators)
    shares = _shares(indicators, marks, partial=partial)
    table = temporary(f"scored_{score.name}")
    columns: list[Sql] = []

    def keep(name: str, value: Sql, kind: type[Any] = Float) -> None:
        table.append_column(Column(name, kind))
        columns.append(value.label(name))

    given: list[Sql] = []
    for at, indicator in enumerate(indicators):
        filled: Sql = marks.c[f"mark_{at}"]
        if indicator.missing != "leave_out":
            filled = func.coalesce(filled, literal(_STAND_IN[indicator.missing], Float), type_=Float)
        points = func.coalesce(func.round(filled * shares[at] * _SCALE, type_=Float), 0.0, type_=Float)
        given.append(points)
        keep(f"raw_{at}", marks.c[f"raw_{at}"], Text if isinstance(raws[at].type, Text) else Float)
        keep(f"mark_{at}", filled)
        keep(f"points_{at}", points)
        if partial:
            keep(f"share_{at}", shares[at])
        if places[at] is not None:
            keep(f"class_{at}", marks.c[f"class_{at}"])
    total = _sum(given)
    for at, group in enumerate(score.groups):
        over = _excess(group, indicators, given)
        keep(f"over_{at}", over)
        total = total - over
    keep("total", total / _HUNDREDTHS)
    return Stage(table, select(marks.c.customer_id, *columns).order_by(marks.c.customer_id))


def _shares(indicators: list[Indicator], marks: Subquery, *, partial: bool) -> list[Sql]:
    """The weight of each indicator as part of all; where one is left out, the others share its weight."""
    if not partial:
        return [literal(indicator.share, Float) for indicator in indicators]
    present: list[Sql] = [
        case((marks.c[f"mark_{at}"].is_(None), 0.0), else_=literal(i.weight, Float))
        if i.missing == "leave_out"
        else literal(i.weight, Float)
        for at, i in enumerate(indicators)
    ]
    total = _sum(present)
    return [
        func.coalesce(weight / func.nullif(total, 0.0, type_=Float), 0.0, type_=Float) for weight in present
    ]


def _excess(group: Group, indicators: list[Indicator], given: list[Sql]) -> Sql:
    """What the indicators of a group give beyond its cap, in hundredths."""
    own = _sum(
        [points for points, indicator in zip(given, indicators, strict=True) if indicator.group == group.name]
    )
    return func.max(own - literal(group.cap * _HUNDREDTHS, Float), 0.0, type_=Float)


def _sum(values: list[Sql]) -> Sql:
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total


# --- what is stored -----------------------------------------------------------------------------------------


def _line_names(score: Score, indicators: list[Indicator]) -> list[str]:
    return [*(i.name for i in indicators), *(cap_line(group.name) for group in score.groups)]


def _lines(score: Score, indicators: list[Indicator]) -> Stage:
    """The names of the indicators (and caps) as rows, so that one nested loop writes the results in order."""
    table = Table(
        f"{PREFIX}lines_{score.name}",
        MetaData(),
        Column("indicator", Text, primary_key=True),
        Column("position", Integer),
        prefixes=["TEMPORARY"],
    )
    rows = [
        select(literal(name, Text).label("indicator"), literal(at, Integer).label("position"))
        for at, name in enumerate(_line_names(score, indicators))
    ]
    return Stage(table, select(union_all(*rows).subquery("listed")))


def _values(score: Score, indicators: list[Indicator], listed: Table, scored: Table) -> Select[Any]:
    """Select (customer_id, score, indicator, raw, normalised, weight, points) for every line of a score."""
    caps = {len(indicators) + at: scored.c[f"over_{at}"] for at in range(len(score.groups))}

    def pick(found: dict[int, Sql], otherwise: Sql | None = None) -> Sql:
        return case(found, value=listed.c.position, else_=otherwise)

    numbers = [at for at in range(len(indicators)) if not isinstance(scored.c[f"raw_{at}"].type, Text)]
    if "share_0" in scored.c:
        weights: dict[int, Sql] = {at: scored.c[f"share_{at}"] for at in range(len(indicators))}
    else:
        weights = {at: literal(indicator.share, Float) for at, indicator in enumerate(indicators)}
    points: dict[int, Sql] = {at: scored.c[f"points_{at}"] for at in range(len(indicators))}
    points |= {at: -over for at, over in caps.items()}
    marks: dict[int, Sql] = {at: scored.c[f"mark_{at}"] for at in range(len(indicators))}
    raws: dict[int, Sql] = {at: scored.c[f"raw_{at}"] for at in numbers}
    return (
        select(
            scored.c.customer_id,
            literal(score.name, Text).label("score"),
            listed.c.indicator,
            (pick(raws) if raws else null()).label("raw"),
            pick(marks).label("normalised"),
            pick(weights, literal(0.0, Float)).label("weight"),
            (pick(points) / _HUNDREDTHS).label("points"),
        )
        # ON 1 = 1 keeps it a plain nested loop in SQLite: customers outside, the list inside, so nothing is sorted.
        .select_from(scored.join(listed, literal(1, Integer) == literal(1, Integer)))
        .order_by(scored.c.customer_id, listed.c.indicator)
    )
