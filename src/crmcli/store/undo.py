"""Taking a command back from its journal entry, and refusing where a later change stands in the way."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, exists, insert, select, update
from sqlalchemy.engine import RowMapping
from sqlmodel import SQLModel

from crmcli.errors import NotFoundError, RefusedError
from crmcli.i18n import _
from crmcli.store.work import Work, plain

_TABLES = SQLModel.metadata.tables
_ENTRIES = _TABLES["journal_entries"]
_CHANGES = _TABLES["journal_changes"]
_NOT_COMPARED = {"updated_at"}  # it changes with every edit, and the edit itself is compared


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back: the entry's number, its words, and how many rows it touched."""

    entry: int
    summary: str
    rows: int


def undo(work: Work, number: int | None = None) -> Undone:
    """Take back one entry: the one numbered, or the last that is still in effect.

    Raises:
        NotFoundError: there is nothing to undo.
        RefusedError: a later change stands in the way; it is named with its field.
    """
    connection = work.connection
    entry = _entry(connection, number)
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    work.link(undoes_id=entry["id"])
    rows = _delete_batch(connection, entry)
    changes = connection.execute(
        select(_CHANGES).where(_CHANGES.c.entry_id == entry["id"]).order_by(_CHANGES.c.id.desc())
    ).mappings()
    for change in changes.all():
        _reverse(connection, change)
        rows += 1
    _check_references(connection)
    work.summary = _("undid #{number}: {summary}").format(number=entry["id"], summary=entry["summary"])
    return Undone(entry["id"], entry["summary"], rows)


def _entry(connection: Connection, number: int | None) -> RowMapping:
    undoing = _ENTRIES.alias("undoing")
    taken_back = exists().where(undoing.c.undoes_id == _ENTRIES.c.id)
    query = select(_ENTRIES).where(_ENTRIES.c.undoes_id.is_(None))
    if number is None:
        row = (
            connection.execute(query.where(~taken_back).order_by(_ENTRIES.c.id.desc()).limit(1))
            .mappings()
            .first()
        )
        if row is None:
            raise NotFoundError(_("nothing to undo"))
        return row
    row = connection.execute(query.where(_ENTRIES.c.id == number)).mappings().first()
    if row is None:
        raise NotFoundError(
            _("no journal entry #{number} that can be undone").format(number=number),
            hint=_("'crm journal' lists them"),
        )
    if connection.execute(select(taken_back).where(_ENTRIES.c.id == number)).scalar():
        raise RefusedError(_("#{number} has already been undone").format(number=number))
    return row


def _delete_batch(connection: Connection, entry: RowMapping) -> int:
    batch = entry["import_batch_id"]
    if batch is None:
        return 0
    rows = 0
    for table in _TABLES.values():
        if "import_batch_id" in table.c and table is not _ENTRIES:
            mine = table.c.import_batch_id == batch
            _refuse_edited(connection, table, mine, entry["id"])
            rows += connection.execute(delete(table).where(mine)).rowcount
    return rows


def _refuse_edited(connection: Connection, table: Table, mine: Any, entry: int) -> None:
    """Refuse when a row of the batch is not as the import left it, by the first image a later change kept of it."""
    later = (
        select(_CHANGES.c.row_id, _CHANGES.c.before)
        .where(
            _CHANGES.c.table_name == table.name, _CHANGES.c.entry_id > entry, _CHANGES.c.action == "update"
        )
        .where(_CHANGES.c.row_id.in_(select(table.c.id).where(mine)))
        .order_by(_CHANGES.c.id)
    )
    first: dict[int, str] = {}
    for row_id, before in connection.execute(later):
        first.setdefault(row_id, before)
    for row_id, before in first.items():
        _compare(connection, table, row_id, json.loads(before))


def _reverse(connection: Connection, change: RowMapping) -> None:
    table = _TABLES[change["table_name"]]
    row_id = change["row_id"]
    before = json.loads(change["before"]) if change["before"] else {}
    after = json.loads(change["after"]) if change["after"] else {}
    mine = table.c.id == row_id
    if table.name == "runs":
        connection.execute(delete(table).where(mine))  # what the run found goes with it; it is never edited
    elif change["action"] == "insert":
        _compare(connection, table, row_id, after)
        connection.execute(delete(table).where(mine))
    elif change["action"] == "update":
        changed = {name: after[name] for name in after if after[name] != before.get(name)}
        _compare(connection, table, row_id, changed)
        connection.execute(update(table).where(mine).values({name: before.get(name) for name in changed}))
    else:
        if connection.execute(select(table.c.id).where(mine)).first():
            raise RefusedError(_("{table} #{row} exists again").format(table=table.name, row=row_id))
        connection.execute(
            insert(table).values({name: value for name, value in before.items() if name in table.c})
        )


def _compare(connection: Connection, table: Table, row_id: int, expected: dict[str, Any]) -> None:
    row = connection.execute(select(table).where(table.c.id == row_id)).mappings().first()
    if row is None:
        raise RefusedError(
            _("{table} #{row} was deleted later").format(table=table.name, row=row_id),
            hint=_("undo that first: 'crm journal'"),
        )
    for name, value in expected.items():
        if name in _NOT_COMPARED or name not in row:
            continue
        current = plain(row[name])
        if current != value:
            raise RefusedError(
                _("{table} #{row}: {field} was changed later, from {old} to {new}").format(
                    table=table.name, row=row_id, field=repr(name), old=repr(value), new=repr(current)
                ),
                hint=_("undo that first: 'crm journal'"),
            )


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise RefusedError(
            _("{table} #{row} was recorded later and needs it").format(table=broken[0], row=broken[1]),
            hint=_("undo that first: 'crm journal'"),
        )
