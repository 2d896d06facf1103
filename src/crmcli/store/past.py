"""Customers, contacts, opportunities, tasks, complaints and credits as they stood at the end of a day, by the journal.

What has a day of its own (a sale, a touch, the close of a deal) needs no walking back: it is seen from its day on,
and a late record of it counts. What has none (an industry, an intent stage, an expected close, what a deal waits
for) is worth what the journal says it was worth. What was undone was never so. A record that was made only after the
day keeps today's values: of the day itself nothing is known.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    MetaData,
    Table,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable
from sqlmodel import SQLModel

from crmcli.store.schema import JournalChange, JournalEntry

PREFIX = "crm_past_"
#: What can be walked back, each with the column that says from which day on a record is over.
WALKED = {
    "customers": None, "contacts": None, "opportunities": "closed_on", "tasks": "done_on", "complaints": None,
    "credits": None,
}  # fmt: skip
#: The days of the steps that a record went through, each with what was noted at that step. A day that stands counts,
#: however late it was recorded; one that was taken back since (a complaint was reopened) stood then.
_STEPS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "complaints": {"received_on": (), "investigating_on": (), "replied_on": (), "closed_on": ("cause",)},
}
#: What walking back needs of each, beside what the rules look at.
NEEDED = {name: {"id", "created_at", *([over] if over else [])} for name, over in WALKED.items()}
#: The days that show that a customer was there, whenever its record was made.
_DATED = (
    ("transactions", "occurred_on"), ("interactions", "occurred_on"), ("opportunities", "opened_on"),
    ("opportunities", "closed_on"), ("tasks", "done_on"), ("complaints", "received_on"), ("surveys", "asked_on"),
)  # fmt: skip
_CUSTOM = "custom"
_TABLES = SQLModel.metadata.tables
_ENTRIES = _TABLES[str(JournalEntry.__tablename__)]
_CHANGES = _TABLES[str(JournalChange.__tablename__)]


@contextmanager
def as_they_stood(
    connection: Connection, tables: Mapping[str, Table], day: date, ends: str
) -> Iterator[Mapping[str, Table]]:
    """Hold tables in which every record is as it was at the end of a day; those that nothing changed in are the same.

    Args:
        connection: one that may have temporary tables.
        tables: by name; copies may stand for those of the schema.
        day: the day.
        ends: the instant, as UTC text, at which it is over.
    """
    found = dict(tables)
    held = []
    for name, values in _before(connection, ends).items():
        if name in tables:
            found[name] = _walked_back(connection, name, tables[name], values, day, ends)
            held.append(found[name])
    yield found
    for table in held:
        connection.execute(DropTable(table))


def recorded_later(connection: Connection, names: Iterable[str], day: date, ends: str) -> int:
    """Return how many records of some tables were made only after a day on which, by their own days, they were there.

    What such a record holds without a date is not known for the day.
    """
    count = 0
    for name in names:
        table = _TABLES[name]
        query = select(func.count()).select_from(table).where(table.c.created_at >= ends)
        if name == "opportunities":
            query = query.where(
                or_(table.c.opened_on.is_(None), table.c.opened_on <= day),
                or_(table.c.closed_on.is_(None), table.c.closed_on > day),
            )
        else:
            seen = [
                exists().where(_TABLES[other].c.customer_id == table.c.id, _TABLES[other].c[column] <= day)
                for other, column in _DATED
            ]
            query = query.where(or_(*seen))
        count += int(connection.execute(query).scalar_one())
    return count


def _before(connection: Connection, ends: str) -> dict[str, dict[int, dict[str, Any]]]:
    """Return table → record → the values that were changed after an instant, as they were before.

    Of custom fields, each value by itself; None where there was none.
    """
    undoing = _ENTRIES.alias("undoing")
    undone = exists().where(undoing.c.undoes_id == _ENTRIES.c.id)
    changes = (
        select(_CHANGES.c.table_name, _CHANGES.c.row_id, _CHANGES.c.before, _CHANGES.c.after)
        .join(_ENTRIES, _ENTRIES.c.id == _CHANGES.c.entry_id)
        .where(_ENTRIES.c.at >= ends, ~undone)
        .where(_CHANGES.c.table_name.in_(list(WALKED)), _CHANGES.c.action == "update")
        .order_by(_CHANGES.c.id.desc())
    )
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for table, row, was, became in connection.execute(changes):
        before, after = json.loads(was), json.loads(became)
        changed = {key: value for key, value in before.items() if value != after.get(key)}
        changed.pop("updated_at", None)
        own = found.setdefault(table, {}).setdefault(row, {})
        if _CUSTOM in changed:  # the others in it may hold what was undone since
            had, has = json.loads(changed.pop(_CUSTOM)), json.loads(after[_CUSTOM])
            fields = {key: had.get(key) for key in {**had, **has} if had.get(key) != has.get(key)}
            own[_CUSTOM] = {**own.get(_CUSTOM, {}), **fields}
        own.update(changed)
    return found


def _walked_back(
    connection: Connection,
    name: str,
    source: Table,
    values: Mapping[int, Mapping[str, Any]],
    day: date,
    ends: str,
) -> Table:
    copy = narrowed(source, source.columns.keys(), PREFIX + name)
    connection.execute(CreateTable(copy))
    connection.execute(insert(copy).from_select(copy.columns.keys(), select(source)))
    for index in copy.indexes:
        connection.execute(CreateIndex(index))
    over = WALKED[name]
    still = copy.c.created_at < ends
    if over is not None:
        still = still & or_(copy.c[over].is_(None), copy.c[over] > day)
    steps = _STEPS.get(name, {})
    stands = [copy.c[each] for each in (_CUSTOM, over, *steps) if each is not None and each in copy.c]
    current = connection.execute(select(copy.c.id, *stands)).mappings()
    now = {row["id"]: dict(row) for row in current}
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row, changed in values.items():
        if row not in now:
            continue
        known = {key: value for key, value in _then(changed, now[row], over, steps).items() if key in copy.c}
        if known:
            alike.setdefault(tuple(known), []).append(
                {"row": row, **{f"was_{key}": known[key] for key in known}}
            )
    for keys, rows in alike.items():
        back = update(copy).where(copy.c.id == bindparam("row"), still)
        connection.execute(back.values({key: bindparam(f"was_{key}") for key in keys}), rows)
    return copy


def _then(
    changed: Mapping[str, Any], now: Mapping[str, Any], over: str | None, steps: Mapping[str, tuple[str, ...]]
) -> dict[str, Any]:
    """Return what a record held that holds `now`, of what was `changed` since."""
    found = dict(changed)
    if _CUSTOM in found and _CUSTOM in now:
        fields = {**json.loads(now[_CUSTOM]), **found[_CUSTOM]}
        known = {key: value for key, value in fields.items() if value is not None}
        found[_CUSTOM] = json.dumps(known, ensure_ascii=False, separators=(",", ":"))
    if over is not None and found.get(over) is not None and now[over] is not None:
        for key in (over, "stage", "lost_reason"):  # a day that was corrected: the right one counts
            found.pop(key, None)
    for step, noted in steps.items():
        if step in found and now.get(step) is not None:
            for key in (step, *noted):
                found.pop(key, None)
    return found


def narrowed(source: Table, names: Iterable[str], called: str) -> Table:
    """Return a temporary table, not yet made, for some columns of a table."""
    columns = [Column(name, source.c[name].type, primary_key=source.c[name].primary_key) for name in names]
    copy = Table(called, MetaData(), *columns, prefixes=["TEMPORARY"])
    if "customer_id" in copy.c:  # whether somebody existed is asked customer by customer
        Index(f"ix_{called}", copy.c.customer_id)
    if "transaction_id" in copy.c:  # what was paid, sale by sale
        Index(f"ix_{called}_transaction", copy.c.transaction_id)
    return copy
