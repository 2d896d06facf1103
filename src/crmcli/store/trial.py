"""Rules tried on past days: what they look at is copied once, each day is run on the copy, nothing is stored.

The copy is narrow (the columns the statements name, and no others), ordered by customer, in temporary tables of a
connection that cannot write to the file. Knows nothing about YAML or rules; what happened after a day is plain SQL.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import (
    REAL,
    Alias,
    Column,
    Connection,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable
from sqlalchemy.sql import visitors
from sqlmodel import SQLModel

from crmcli.store.light import statement
from crmcli.store.past import NEEDED, narrowed
from crmcli.store.program import ProgramLike, fill

PREFIX = "crm_trial_"
_TABLES = SQLModel.metadata.tables
#: What the statements of this module look at, whatever the rules do.
_OWN = {
    "transactions": {"customer_id", "occurred_on", "kind", "currency", "amount_minor"},
    "opportunities": {"customer_id", "stage", "closed_on"},
}


class Sold(NamedTuple):
    """What a customer bought in a stretch of time: number of sales, and sales less refunds in minor units."""

    orders: int
    revenue: int


class Placed(NamedTuple):
    """Where the rules put a customer."""

    customer: int
    score: float
    tier: str
    grade: str


class Mark(NamedTuple):
    """How well a customer does by one indicator, 0 to 1; None where the value is unknown and left out."""

    customer: int
    indicator: str
    mark: float | None


def copy_sources(connection: Connection, programs: Iterable[ProgramLike]) -> Mapping[str, Table]:
    """Copy what programs look at, all from one moment, and return the tables to compile them over from then on.

    Args:
        connection: of `engine.looking`.
        programs: compiled over the tables of the schema, for any day: the columns do not depend on it.
    """
    wanted = _columns_used(programs)
    copies = {name: narrowed(_TABLES[name], sorted(wanted[name]), PREFIX + name) for name in sorted(wanted)}
    for name, copy in copies.items():
        source = _TABLES[name]
        order = [source.c[key] for key in ("customer_id", "occurred_on", "id") if key in source.c]
        chosen = select(*(source.c[column.name] for column in copy.columns)).order_by(*order)
        connection.execute(CreateTable(copy))
        connection.execute(insert(copy).from_select(list(copy.columns.keys()), chosen))
        for index in copy.indexes:
            connection.execute(CreateIndex(index))
    # All tables are of one moment; from here on the file is free for writers again.
    connection.exec_driver_sql("COMMIT")
    connection.exec_driver_sql("BEGIN")
    return copies


def _columns_used(programs: Iterable[ProgramLike]) -> dict[str, set[str]]:
    used = {name: set(columns) for name, columns in _OWN.items()}
    for name, columns in NEEDED.items():
        used.setdefault(name, set()).update(columns)
    for program in programs:
        for stage in program.stages:
            for element in visitors.iterate(stage.select):
                table = element.table if isinstance(element, Column) else None
                table = table.element if isinstance(table, Alias) else table
                if (
                    isinstance(element, Column)
                    and isinstance(table, Table)
                    and table is _TABLES.get(table.name)
                ):
                    used.setdefault(table.name, set()).add(element.name)
    return used


@contextmanager
def ran(connection: Connection, program: ProgramLike) -> Iterator[None]:
    """Hold a program's temporary tables, filled."""
    for stage in program.stages:
        fill(connection, stage)
    yield
    for stage in program.stages:
        connection.execute(DropTable(stage.table))


def placed(connection: Connection, program: ProgramLike) -> list[Placed]:
    """Return everybody's score, tier and grade while a program's tables are held, by customer."""
    found = program.classifications.subquery("found")
    return [Placed(*row) for row in connection.execute(_only(found, "customer_id", "score", "tier", "grade"))]


def marks(connection: Connection, values: Select[Any], customers: frozenset[int]) -> list[Mark]:
    """Return the marks that make up a score, of some customers, while the tables of its program are held.

    Args:
        connection: where they are held.
        values: the statement for the indicator values of the score.
        customers: whose marks are wanted.
    """
    chosen = _only(values.subquery("found"), "customer_id", "indicator", "normalised")
    return [Mark(*row) for row in connection.execute(chosen) if row[0] in customers]


def hold(connection: Connection, number: int, months: Sequence[Sequence[Placed]]) -> Select[Any]:
    """Keep what was found for the next day that is tried, and return the statement for it.

    It is (customer_id, tier, score, score of the day before that, …), as a ruleset's `previous`.

    Args:
        connection: of `engine.looking`.
        number: of the ruleset, if several are tried.
        months: what the rules found on the days before, the last first.
    """
    scores = [f"score_{at}" for at in range(len(months))]
    columns: list[Column[Any]] = [Column("customer_id", Integer, primary_key=True), Column("tier", Text)]
    columns += [Column(name, REAL) for name in scores]
    held = Table(f"{PREFIX}held_{number}", MetaData(), *columns, prefixes=["TEMPORARY"])
    connection.execute(DropTable(held, if_exists=True))
    connection.execute(CreateTable(held))
    found = [{each.customer: each.score for each in month} for month in months]
    rows = [
        {
            "customer_id": each.customer,
            "tier": each.tier,
            **{name: month.get(each.customer) for name, month in zip(scores, found, strict=True)},
        }
        for each in months[0]
    ]
    if rows:
        connection.execute(insert(held), rows)
    return select(held)


def _only(found: Any, *names: str) -> Select[Any]:
    return select(*(found.c[name] for name in names)).order_by(found.c.customer_id)


def customer_ids(connection: Connection, tables: Mapping[str, Table]) -> list[int]:
    """Return the numbers of all customers that were copied."""
    number = tables["customers"].c.id
    return list(connection.execute(select(number).order_by(number)).scalars())


def sold(connection: Connection, after: date, until: date, currency: str) -> dict[int, Sold]:
    """Return what each customer bought after one day and up to another; who is not named bought nothing."""
    values = {"after": after.isoformat(), "until": until.isoformat(), "currency": currency}
    rows = connection.execute(text(statement("trial_sold")), values)
    return {row.customer_id: Sold(row.orders, int(row.revenue)) for row in rows}


def won(connection: Connection, after: date) -> dict[int, date]:
    """Return the day of each customer's first deal that was won after a day; who is not named won none."""
    rows = connection.execute(text(statement("trial_won")), {"after": after.isoformat()})
    return {row.customer_id: date.fromisoformat(row.closed_on) for row in rows}


def other_currencies(connection: Connection, after: date, until: date, currency: str) -> int:
    """Return how many transactions of a stretch of time are in another currency than the rules count in."""
    values = {"after": after.isoformat(), "until": until.isoformat(), "currency": currency}
    return int(connection.execute(text(statement("trial_other_currencies")), values).scalar_one())


def last_day(connection: Connection, tables: Mapping[str, Table]) -> date | None:
    """Return the day of the last transaction."""
    found = connection.execute(select(func.max(tables["transactions"].c.occurred_on))).scalar_one()
    return None if found is None else date.fromisoformat(str(found))
