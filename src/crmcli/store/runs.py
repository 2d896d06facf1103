"""Making a classification run: the ruleset it stands on, the run itself, and what it found."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Join,
    Select,
    Subquery,
    and_,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
)
from sqlmodel import SQLModel

from crmcli.store.identity import new_uid
from crmcli.store.program import Judged, ProgramLike, run_program
from crmcli.store.work import Work, inserted_id

_TABLES = SQLModel.metadata.tables
_RUNS = _TABLES["runs"]
_RULESETS = _TABLES["rulesets"]
_CLASSES = _TABLES["classifications"]
_SEGMENTS = _TABLES["segments"]
_VALUES = _TABLES["indicator_values"]
JUDGEMENTS = ("tier", "grade", "lifecycle_stage")
_RUN_OVERRIDES = _TABLES["run_overrides"]


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run as stored."""

    id: int
    period: str
    as_of: date
    version: int
    fingerprint: str
    journal_id: int
    customers: int
    counts: Mapping[
        str, Mapping[str, int]
    ]  #: tier, grade, lifecycle_stage and every segmentation → class → customers


@dataclass(frozen=True, slots=True)
class Move:
    """One customer's classes and scores before and after: of two runs, or under two rulesets."""

    customer: int
    name: str
    old_tier: str
    new_tier: str
    old_grade: str
    new_grade: str
    old_score: float
    new_score: float
    old_lifecycle_stage: str
    new_lifecycle_stage: str
    segments: tuple[
        tuple[str, str, str], ...
    ] = ()  #: (judgement of the rules, class before, after), where they differ


Counts = Mapping[str, Mapping[str, int]]  #: judgement → class → customers


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everybody's classes before and after.

    Attributes:
        customers: who is in both.
        before: customers by judgement and class.
        after: the same.
        moved: how many have another class, by judgement (those of the rules where both have them); under `any`, by at
            least one of them.
        moves: who they are, the biggest change of score first.
        rescored: how many have another score.
        changes: who they are, the biggest change first.
    """

    customers: int
    before: Counts
    after: Counts
    moved: Mapping[str, int]
    moves: tuple[Move, ...]
    rescored: int
    changes: tuple[Move, ...]


def source_tables() -> Mapping[str, Any]:
    """Return the tables that rules may look at, by name."""
    return _TABLES


def find_run(connection: Connection, period: str, fingerprint: str) -> RunRow | None:
    """Return the run that a period stands on, its newest version, if it was made under a ruleset."""
    query = select(_RUNS).where(_RUNS.c.period == period).order_by(_RUNS.c.version.desc()).limit(1)
    newest = _run_row(connection, query)
    return newest if newest is not None and newest.fingerprint == fingerprint else None


def run_before(connection: Connection, run: RunRow, *, other_rules: bool = False) -> RunRow | None:
    """Return the run that a run is compared with: the last made up to its day, other than itself.

    `other_rules` looks only at runs under another ruleset.
    """
    query = select(_RUNS).where(_RUNS.c.as_of <= run.as_of, _RUNS.c.id != run.id)
    if other_rules:
        query = query.where(_RUNS.c.ruleset_fingerprint != run.fingerprint)
    return _run_row(connection, query.order_by(_RUNS.c.as_of.desc(), _RUNS.c.id.desc()).limit(1))


def last_run(connection: Connection) -> RunRow | None:
    """Return the run that today's agenda stands on: the last day's, and of several its newest."""
    return _run_row(connection, select(_RUNS).order_by(_RUNS.c.as_of.desc(), _RUNS.c.id.desc()).limit(1))


def last_month_run(connection: Connection) -> str | None:
    """Return the last period `YYYY-MM` for which a monthly run exists."""
    value = connection.execute(
        select(func.max(_RUNS.c.period)).where(func.length(_RUNS.c.period) == 7)
    ).scalar()
    return None if value is None else str(value)


def journal_position(connection: Connection) -> int:
    """Return the number of the last journal entry that changed facts (runs do not)."""
    entries = _TABLES["journal_entries"]
    value = connection.execute(select(func.max(entries.c.id)).where(entries.c.run_id.is_(None))).scalar()
    return int(value or 0)


def stored_words(connection: Connection, fingerprint: str, kind: str) -> dict[str, tuple[str, str]]:
    """Return the English and the Chinese word that a stored ruleset has for each code of a kind, such as "tier"."""
    query = select(_RULESETS.c.agenda).where(_RULESETS.c.fingerprint == fingerprint)
    labels = json.loads(str(connection.execute(query).scalar_one())).get("labels", {})
    return {code: (words["en"], words["zh"]) for code, words in labels.get(kind, {}).items()}


def save_ruleset(work: Work, fingerprint: str, files: Mapping[str, str], agenda: Mapping[str, Any]) -> None:
    """Keep a ruleset's text and its compiled agenda under its fingerprint; the same meaning is kept once."""
    values = {
        "files": json.dumps(dict(files), ensure_ascii=False, sort_keys=True),
        "agenda": json.dumps(dict(agenda), ensure_ascii=False, sort_keys=True),
    }
    mine = _RULESETS.c.fingerprint == fingerprint
    if work.connection.execute(select(_RULESETS.c.fingerprint).where(mine)).first():
        work.connection.execute(_RULESETS.update().where(mine).values(**values))
    else:
        work.connection.execute(
            insert(_RULESETS).values(fingerprint=fingerprint, created_at=work.now, **values)
        )


def runs_before(connection: Connection, as_of: date, count: int) -> list[int]:
    """Return the runs that the tiers of a run as of a day lean on, one for each period before it, latest first.

    They are those of the months before the day's month, of each its newest version; how often somebody looked in between
    changes nothing. Where no month was classified, they are those of single days.
    """
    month = as_of.isoformat()[:7]
    is_month = func.length(_RUNS.c.period) == len(month)
    for earlier in (is_month & (_RUNS.c.period < month), ~is_month & (_RUNS.c.period < as_of.isoformat())):
        newest = select(func.max(_RUNS.c.id)).where(earlier).group_by(_RUNS.c.period)
        found = list(connection.execute(newest.order_by(_RUNS.c.period.desc()).limit(count)).scalars())
        if found:
            return found
    return []


def looked_back(run_ids: Sequence[int]) -> Select[Any] | None:
    """Return the statement for (customer_id, tier, score, score of the run before that, …), None without a run."""
    if not run_ids:
        return None
    last = _CLASSES.alias("run_0")
    source: FromClause = last
    scores: list[Any] = [last.c.score]
    for number, run_id in enumerate(run_ids[1:], 1):
        other = _CLASSES.alias(f"run_{number}")
        same = and_(other.c.customer_id == last.c.customer_id, other.c.run_id == run_id)
        source = source.outerjoin(other, same)
        scores.append(other.c.score.label(f"score_{number}"))
    return (
        select(last.c.customer_id, last.c.tier, *scores)
        .select_from(source)
        .where(last.c.run_id == run_ids[0])
    )


def make_run(
    work: Work, program: ProgramLike, *, period: str, as_of: date, fingerprint: str, previous_run: int | None
) -> RunRow:
    """Run a compiled ruleset and store the run with everything it found.

    Args:
        work: the open unit of work.
        program: the compiled ruleset.
        period: `YYYY-MM`, or the day itself.
        as_of: the day looked from.
        fingerprint: of the ruleset.
        previous_run: the run whose tiers it started from, if the rules look at it.
    """
    connection = work.connection
    newest = select(func.max(_RUNS.c.version)).where(_RUNS.c.period == period)
    version = connection.execute(newest).scalar_one()
    values = {
        "uid": new_uid(),
        "period": period,
        "as_of": as_of,
        "version": 1 if version is None else version + 1,
        "ruleset_fingerprint": fingerprint,
        "journal_id": journal_position(connection),
        "previous_run_id": previous_run,
        "customers": 0,
        "counts": "{}",
        "created_at": work.now,
    }
    run_id = inserted_id(connection, _RUNS, values)
    run_program(connection, program, run_id)
    _keep_overrides(connection, run_id, as_of)
    counts = _counts(connection, found_by(run_id))
    customers = sum(counts["tier"].values())
    mine = _RUNS.c.id == run_id
    connection.execute(
        _RUNS.update().where(mine).values(customers=customers, counts=json.dumps(counts, ensure_ascii=False))
    )
    found = _run_row(connection, select(_RUNS).where(mine))
    if found is None:
        raise AssertionError("the run that was just stored is gone")
    return found


def moves(connection: Connection, old: RunRow | None, new: RunRow) -> list[Move]:
    """Return who has another tier or grade in `new` than in `old`, biggest change of score first."""
    if old is None:
        return []
    before, after = found_by(old.id).classes, found_by(new.id).classes
    query = _pairs(before, after).where(_differ(before, after, ("tier", "grade")))
    return [Move(*row) for row in connection.execute(query)]


def found_by(run_id: int) -> Judged:
    """Return what a run found, as `compare` takes it."""
    return Judged(
        select(_CLASSES).where(_CLASSES.c.run_id == run_id).subquery(),
        select(_SEGMENTS).where(_SEGMENTS.c.run_id == run_id).subquery(),
    )


def compare(connection: Connection, old: Judged, new: Judged, *, moves: int, changes: int) -> Comparison:
    """Compare two judgements on everybody.

    Args:
        connection: an open one.
        old: what a stored run or a rehearsal found.
        new: the same.
        moves: at most so many customers with another class, -1 for all.
        changes: at most so many with another score, -1 for all.
    """
    before, after = old.classes, new.classes
    segments = _segments_that_differ(old.segments, new.segments)
    kinds = {name: _differ(before, after, (name,)) for name in JUDGEMENTS}
    moved = or_(*kinds.values(), after.c.customer_id.in_(select(segments.c.customer_id)))
    rescored = _differ(before, after, ("score",))
    tallies = [func.count().filter(each) for each in (rescored, moved, *kinds.values())]
    query = select(func.count(), *tallies).select_from(_both(before, after))
    customers, other_score, anything, *by_kind = connection.execute(query).one()
    by_segment = select(segments.c.segmentation, func.count().label("number")).group_by(
        segments.c.segmentation
    )
    own: dict[int, list[tuple[str, str, str]]] = {}
    for customer, *step in connection.execute(select(segments).order_by(*segments.c)):
        own.setdefault(customer, []).append((step[0], step[1], step[2]))

    def found(condition: ColumnElement[bool], limit: int) -> tuple[Move, ...]:
        rows = connection.execute(_pairs(before, after).where(condition).limit(limit))
        return tuple(replace(Move(*row), segments=tuple(own.get(row[0], ()))) for row in rows)

    return Comparison(
        customers=customers,
        before=_counts(connection, old),
        after=_counts(connection, new),
        moved={
            "any": anything,
            **dict(zip(kinds, by_kind, strict=True)),
            **dict.fromkeys(_shared_segmentations(connection, old, new), 0),
            **{row.segmentation: row.number for row in connection.execute(by_segment)},
        },
        moves=found(moved, moves),
        rescored=other_score,
        changes=found(rescored, changes),
    )


def _segments_that_differ(before: FromClause, after: FromClause) -> Subquery:
    """Return (customer_id, segmentation, before, after) where a judgement that both rules make differs."""
    same = and_(before.c.customer_id == after.c.customer_id, before.c.segmentation == after.c.segmentation)
    return (
        select(
            after.c.customer_id,
            after.c.segmentation,
            before.c.segment.label("before"),
            after.c.segment.label("after"),
        )
        .select_from(after.join(before, same))
        .where(before.c.segment != after.c.segment)
        .subquery("segments_that_differ")
    )


def _shared_segmentations(connection: Connection, old: Judged, new: Judged) -> list[str]:
    """Return the judgements of the rules that both make."""
    column = new.segments.c.segmentation
    both = select(column).where(column.in_(select(old.segments.c.segmentation))).distinct().order_by(column)
    return list(connection.execute(both).scalars())


def _both(before: FromClause, after: FromClause) -> Join:
    return after.join(before, before.c.customer_id == after.c.customer_id)


def _differ(before: FromClause, after: FromClause, names: Sequence[str]) -> ColumnElement[bool]:
    return or_(*(before.c[name] != after.c[name] for name in names))


def _pairs(before: FromClause, after: FromClause) -> Select[Any]:
    customers = _TABLES["customers"]
    return (
        select(
            after.c.customer_id, customers.c.name, before.c.tier, after.c.tier, before.c.grade, after.c.grade,
            before.c.score, after.c.score, before.c.lifecycle_stage, after.c.lifecycle_stage,
        )
        .select_from(_both(before, after).join(customers, customers.c.id == after.c.customer_id))
        .order_by(func.abs(after.c.score - before.c.score).desc(), after.c.customer_id)
    )  # fmt: skip


def known_values(connection: Connection, run_id: int, score: str, indicator: str, most: int) -> int:
    """Return how many customers of a run have a value for an indicator; from `most` on nobody counts."""
    mine = (_VALUES.c.run_id == run_id) & (_VALUES.c.score == score) & (_VALUES.c.indicator == indicator)
    found = select(literal(1)).select_from(_VALUES).where(mine, _VALUES.c.raw.is_not(None)).limit(most)
    return int(connection.execute(select(func.count()).select_from(found.subquery())).scalar_one())


def pinned_customers(connection: Connection, run: RunRow) -> int:
    """Return how many customers had a class pinned by hand on the day of a run."""
    query = select(func.count(_RUN_OVERRIDES.c.customer_id.distinct()))
    return int(connection.execute(query.where(_RUN_OVERRIDES.c.run_id == run.id)).scalar_one())


def other_currencies(connection: Connection, currency: str, as_of: date) -> int:
    """Return how many transactions up to a day are in another currency than the rules count in."""
    table = _TABLES["transactions"]
    query = (
        select(func.count())
        .select_from(table)
        .where(table.c.currency != currency, table.c.occurred_on <= as_of)
    )
    return int(connection.execute(query).scalar_one())


def _keep_overrides(connection: Connection, run_id: int, as_of: date) -> None:
    """Keep the overrides that were in force on the day of the run; of several for one judgement the newest."""
    table = _TABLES["overrides"]
    in_force = (
        select(func.max(table.c.id))
        .where(table.c.from_on <= as_of)
        .where(or_(table.c.until_on.is_(None), table.c.until_on >= as_of))
        .where(or_(table.c.ended_on.is_(None), table.c.ended_on > as_of))
        .group_by(table.c.customer_id, table.c.judgement)
    )
    names = ["customer_id", "judgement", "value", "from_on", "until_on", "override_reason"]
    chosen = select(literal(run_id, Integer), *(table.c[name] for name in names))
    chosen = chosen.where(table.c.id.in_(in_force)).order_by(table.c.customer_id, table.c.judgement)
    connection.execute(insert(_RUN_OVERRIDES).from_select(["run_id", *names], chosen))


def _counts(connection: Connection, found: Judged) -> dict[str, dict[str, int]]:
    classes, segments = found.classes.c, found.segments.c
    parts = [
        select(literal(name), classes[name], func.count()).group_by(classes[name]) for name in JUDGEMENTS
    ]
    parts.append(
        select(segments.segmentation, segments.segment, func.count()).group_by(
            segments.segmentation, segments.segment
        )
    )
    counts: dict[str, dict[str, int]] = {name: {} for name in JUDGEMENTS}
    for name, value, number in connection.execute(union_all(*parts)):
        counts.setdefault(name, {})[value] = number
    return {name: dict(sorted(numbers.items())) for name, numbers in counts.items()}


def _run_row(connection: Connection, query: Any) -> RunRow | None:
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    return RunRow(
        row["id"], row["period"], row["as_of"], row["version"], row["ruleset_fingerprint"], row["journal_id"],
        row["customers"], json.loads(row["counts"]),
    )  # fmt: skip
