"""Runs a compiled rule program: temporary tables, a few INSERT … SELECT, nothing left behind; or rehearses it.

Knows nothing about YAML or rules; commits nothing (the unit of work around it does).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    FromClause,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    create_engine,
    event,
    insert,
    literal,
    select,
)
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateTable, DropTable
from sqlmodel import SQLModel

from crmcli.store import schema
from crmcli.store.functions import add_functions


class StageLike(Protocol):
    """One temporary table and the SELECT that fills it."""

    @property
    def table(self) -> Table:
        """The temporary table."""

    @property
    def select(self) -> Select[Any]:
        """Its rows."""


class ProgramLike(Protocol):
    """What this module needs of a compiled ruleset (rules and store do not know each other)."""

    @property
    def stages(self) -> Sequence[StageLike]:
        """Temporary tables in the order they are filled."""

    @property
    def features(self) -> Table:
        """The one that holds a row per customer."""

    @property
    def indicator_values(self) -> Sequence[Select[Any]]:
        """Rows for indicator_values, without the run, score by score."""

    @property
    def feature_values(self) -> Select[Any]:
        """Rows for feature_values, without the run."""

    @property
    def classifications(self) -> Select[Any]:
        """Rows for classifications, without the run."""

    @property
    def segments(self) -> Sequence[Select[Any]]:
        """Rows for segments, without the run, judgement by judgement."""

    @property
    def judged(self) -> Select[Any]:
        """Every score and every segment under its name, a row per customer."""


def run_program(connection: Connection, program: ProgramLike, run_id: int) -> None:
    """Classify everybody and store scores and classes under a run, inside the transaction that is open.

    Args:
        connection: an open connection; the caller commits or rolls back.
        program: a compiled ruleset.
        run_id: a row of `runs` that exists.
    """
    for stage in program.stages:
        fill(connection, stage)
    for values in program.indicator_values:
        _store(connection, schema.IndicatorValue, values, run_id)
    _store(connection, schema.FeatureValues, program.feature_values, run_id)
    _store(connection, schema.Classification, program.classifications, run_id)
    for rows in program.segments:
        _store(connection, schema.Segment, rows, run_id)
    for stage in program.stages:
        connection.execute(DropTable(stage.table))


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found about everybody, stored or not.

    Attributes:
        classes: customer_id, score, tier, grade, lifecycle_stage.
        segments: customer_id, segmentation, segment.
    """

    classes: FromClause
    segments: FromClause


def rehearse(connection: Connection, program: ProgramLike, name: str) -> Judged:
    """Classify everybody into temporary tables, which live as long as the connection; nothing is stored.

    Args:
        connection: an open connection; it need not be one that can write to the file.
        program: a compiled ruleset.
        name: tells several rehearsals on one connection apart.
    """
    for stage in program.stages:
        fill(connection, stage)
    classes = _kept(
        f"{name}_classes",
        Column("score", Float),
        *(Column(each, Text) for each in ("tier", "grade", "lifecycle_stage")),
    )
    segments = _kept(
        f"{name}_segments", Column("segmentation", Text, primary_key=True), Column("segment", Text)
    )
    for table, chosen in ((classes, [program.classifications]), (segments, program.segments)):
        connection.execute(CreateTable(table))
        names = [column.name for column in table.columns]
        for each in chosen:
            found = each.subquery()
            connection.execute(
                insert(table).from_select(names, select(*(found.c[column] for column in names)))
            )
    for stage in program.stages:
        connection.execute(DropTable(stage.table))
    return Judged(classes, segments)


def _kept(name: str, *columns: Column[Any]) -> Table:
    key = Column("customer_id", Integer, primary_key=True)
    return Table(f"crm_rehearsal_{name}", MetaData(), key, *columns, prefixes=["TEMPORARY"])


def fill(connection: Connection, stage: StageLike) -> None:
    """Make one temporary table of a program and fill it."""
    connection.execute(
        DropTable(stage.table, if_exists=True)
    )  # of a run that broke off outside a transaction
    connection.execute(CreateTable(stage.table))
    connection.execute(
        insert(stage.table).from_select([column.name for column in stage.table.columns], stage.select)
    )


def _store(connection: Connection, model: type[SQLModel], chosen: Select[Any], run_id: int) -> None:
    names = [column.name for column in chosen.selected_columns]
    rows = chosen.add_columns(literal(run_id, Integer).label("run_id"))
    table = SQLModel.metadata.tables[str(model.__tablename__)]
    connection.execute(insert(table).from_select([*names, "run_id"], rows))


def evaluate_cases(program: ProgramLike, rows: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Run everything after the features on given feature values, in memory: the SQL that a real run uses.

    Args:
        program: a compiled ruleset.
        rows: feature values by name, one mapping per customer; what is not named is missing. All rows
            together are the population.

    Returns:
        One dict per row, in order: score, tier, grade, grade_reason, lifecycle_stage, facts (JSON text),
        `indicators`, a dict of indicator → (raw, normalised, weight, points), and `judged`, a dict of every score
        and every segment.
    """
    with _in_memory().connect() as connection:
        return _evaluate(connection, program, rows)


@cache
def _in_memory() -> Engine:
    """Return the one engine in memory: each connection is a blank database, and a statement is compiled for all of them once."""
    engine = create_engine("sqlite://", poolclass=NullPool, query_cache_size=50)
    event.listen(engine, "connect", lambda connection, _record: add_functions(connection))
    return engine


def evaluate_facts(
    examples: Iterable[tuple[ProgramLike, Mapping[str, Sequence[Mapping[str, object]]]]],
) -> list[dict[str, object] | None]:
    """Run whole programs on made-up records, in memory: the schema and the SQL of a real run.

    Args:
        examples: a program and the rows of one customer by table; each is a world of its own. Ids are needed only
            where other rows point to them.

    Returns:
        For each example the features of its customer, or None if there is no such customer on that day.
    """
    with _in_memory().connect() as connection:
        SQLModel.metadata.create_all(connection)
        connection.commit()
        return [_one_customer(connection, program, rows) for program, rows in examples]


def _one_customer(
    connection: Connection, program: ProgramLike, rows: Mapping[str, Sequence[Mapping[str, object]]]
) -> dict[str, object] | None:
    for name, items in rows.items():
        table = SQLModel.metadata.tables[name]
        own = {"id": 1} if name == schema.Customer.__tablename__ else {}
        own |= {"customer_id": 1} if "customer_id" in table.c else {}
        stamps = {"created_at": "", "updated_at": ""}
        for at, item in enumerate(items):
            connection.execute(insert(table).values({**stamps, **item, **own, "uid": f"{name}{at}"}))
    for stage in program.stages:
        fill(connection, stage)
    found = connection.execute(select(program.features)).mappings().one_or_none()
    connection.rollback()
    return None if found is None else dict(found)


def _evaluate(
    connection: Connection, program: ProgramLike, rows: Sequence[Mapping[str, object]]
) -> list[dict[str, object]]:
    connection.execute(CreateTable(program.features))
    names = [column.name for column in program.features.columns if column.name != "customer_id"]
    for at, row in enumerate(rows, 1):
        connection.execute(
            insert(program.features).values({"customer_id": at, **{n: row.get(n) for n in names}})
        )
    at = next(at for at, stage in enumerate(program.stages) if stage.table is program.features)
    for stage in program.stages[at + 1 :]:
        fill(connection, stage)
    facts = {row.customer_id: row.features for row in connection.execute(program.feature_values)}
    results = [dict(row) for row in connection.execute(program.classifications).mappings()]
    marks: dict[object, dict[str, tuple[object, ...]]] = {}
    for values in program.indicator_values:
        for term in connection.execute(values):
            terms = (term.raw, term.normalised, term.weight, term.points)
            marks.setdefault(term.customer_id, {})[term.indicator] = terms
    judged = {row["customer_id"]: row for row in connection.execute(program.judged).mappings()}
    for result in results:
        result["judged"] = dict(judged[result["customer_id"]])
        result["facts"] = facts[result["customer_id"]]
        result["indicators"] = marks[result.pop("customer_id")]
    return results
