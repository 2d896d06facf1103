"""Features that rules declare themselves, in SQL: one aggregate over the facts of one table, or a custom field.

All of them join the one pass over their table that all features share: of the first or last fact the pass finds out
which one it is, and its field is looked up afterwards, once per customer.
"""

from typing import Any

from sqlalchemy import Float, Integer, Text, and_, case, cast, func, literal, select, true, type_coerce

from crmcli.rules.catalogue import CUSTOMERS, Facts, Sql
from crmcli.rules.expression import DATE, NUMBER, TEXT
from crmcli.rules.medians import median, median_gap
from crmcli.rules.model import Aggregate, Custom, FeatureUse
from crmcli.rules.sources import DATED, SOURCES, Columns
from crmcli.rules.sql import to_sql
from crmcli.values import custom_path

FUNCTIONS = (
    "count", "sum", "avg", "min", "max", "distinct", "first", "last", "median", "median_gap", "days_since",
)  # fmt: skip
NO_FIELD = ("count", "median_gap", "days_since")  #: they look at the facts, not at a field of them
IN_ORDER = ("first", "last", "median_gap", "days_since")  #: they need facts with a day
NUMBERS = ("sum", "avg", "median")  #: they need a number
#: What a custom field holds → the type of the feature it is.
CUSTOM_TYPES = {"text": TEXT, "number": NUMBER, "date": DATE, "choice": TEXT}
_DAY_LENGTH = len("YYYY-MM-DD")
_KINDS: dict[str, type[Any]] = {NUMBER: Float, TEXT: Text, DATE: Text}


def result_type(function: str, field_type: str) -> str:
    """Return the type of what a function makes of a field."""
    return field_type if function in {"first", "last", "min", "max"} else NUMBER


def unit_of_aggregate(aggregate: Aggregate) -> str:
    """Return the unit of the result."""
    if aggregate.function in {"count", "distinct"}:
        return "count"
    if aggregate.function in {"median_gap", "days_since"}:
        return "days"
    return SOURCES[aggregate.source][aggregate.field].unit


def aggregate_sql(facts: Facts, use: FeatureUse, aggregate: Aggregate) -> Sql:
    """Return the column of a declared feature; `facts.since` is the day before its window."""
    fields = Columns(facts, aggregate.source)
    day = DATED.get(aggregate.source, "")
    chosen = _chosen(facts, aggregate, fields)
    name, function = f"own_{use.name}", aggregate.function
    if function == "days_since":
        last = func.max(fields[day]).filter(chosen)
        return facts.days_since(facts.take(aggregate.source, name, last, Text))
    if function in {"first", "last"}:
        kind = _KINDS.get(SOURCES[aggregate.source][aggregate.field].type, Integer)
        return type_coerce(_at_the_end(facts, name, aggregate, fields, chosen), kind)
    if function == "median":
        return facts.take(aggregate.source, name, median(fields[aggregate.field]).filter(chosen), Float)
    if function == "median_gap":
        return facts.take(aggregate.source, name, median_gap(fields[day]).filter(chosen), Float)
    if function == "count":
        taken = facts.take(aggregate.source, name, func.count().filter(chosen))
        return func.coalesce(taken, 0) * 1.0
    value = fields[aggregate.field]
    if function == "distinct":
        taken = facts.take(aggregate.source, name, func.count(value.distinct()).filter(chosen))
        return func.coalesce(taken, 0) * 1.0
    kind = _KINDS.get(result_type(function, SOURCES[aggregate.source][aggregate.field].type), Float)
    own = SOURCES[aggregate.source][aggregate.field]
    if function in {"sum", "avg"} and own.whole is not None:
        total: Any = {"sum": func.sum, "avg": func.avg}[function]
        added = total(own.whole(facts, aggregate.source), type_=Float).filter(chosen)
        held = facts.take(aggregate.source, name, added, Float) / facts.units
        return func.coalesce(held, 0.0) if function == "sum" else held
    made: Any = {"sum": func.sum, "avg": func.avg, "min": func.min, "max": func.max}[function]
    taken = facts.take(aggregate.source, name, made(value).filter(chosen), kind)
    return func.coalesce(taken, 0.0) if function == "sum" else taken


def custom_sql(facts: Facts, custom: Custom) -> Sql:
    """Return the column of a custom field; a value that is not of its type counts as unknown."""
    held = facts.tables[CUSTOMERS].c.custom
    path = literal(custom_path(custom.field), Text)
    value = func.json_extract(held, path)
    if custom.kind == "number":
        number = func.json_type(held, path, type_=Text).in_(("integer", "real"))
        return case((number, cast(value, Float)), else_=None)
    word = cast(value, Text)
    fits: Sql = func.json_type(held, path, type_=Text) == "text"
    if custom.kind == "date":
        fits = and_(fits, func.date(word) == word)
    return case((fits, word), else_=None)


def _chosen(facts: Facts, aggregate: Aggregate, fields: Columns) -> Sql:
    """Which facts count: those in the window that fit the condition and whose field is known."""
    conditions: list[Sql] = []
    if facts.since is not None:
        day = facts.tables[aggregate.source].c[DATED[aggregate.source]]
        conditions += [day > facts.since, day <= facts.as_of]
    if aggregate.where is not None:
        conditions.append(to_sql(aggregate.where, fields))
    if aggregate.field:
        conditions.append(fields[aggregate.field].is_not(None))
    return and_(true(), *conditions)


def _at_the_end(facts: Facts, name: str, aggregate: Aggregate, fields: Columns, chosen: Sql) -> Sql:
    """The field of the first or last fact; of several on one day the one recorded last counts as later.

    The pass keeps which fact it is, as a text that sorts by day and then by id.
    """
    table = facts.tables[aggregate.source]
    key = fields[DATED[aggregate.source]].concat(func.printf("%019d", table.c.id, type_=Text))
    end: Any = func.max if aggregate.function == "last" else func.min
    held = facts.take(aggregate.source, name, end(key).filter(chosen), Text)
    found = cast(func.substr(held, _DAY_LENGTH + 1), Integer)
    return select(fields[aggregate.field]).where(table.c.id == found).correlate(held.table).scalar_subquery()
