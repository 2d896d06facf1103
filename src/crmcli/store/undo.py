"""Taking a command back from its journal entry, and refusing where a later change stands in the way."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, exists, func, insert, select, true, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from crmcli.errors import NotFoundError, RefusedError
from crmcli.i18n import _
from crmcli.store.work import Work, plain
from crmcli.vocabulary import RECORDS

_TABLES = SQLModel.metadata.tables
_ENTRIES = _TABLES["journal_entries"]
_CHANGES = _TABLES["journal_changes"]
_CUSTOM = "custom"  #: the column of customers that holds many fields in one
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
    try:
        rows += _take_back(connection, entry["id"])
    except IntegrityError as error:
        if getattr(error.orig, "sqlite_errorname", "") != "SQLITE_CONSTRAINT_UNIQUE":
            raise
        raise RefusedError(
            _("a later record has taken what was unique: {column}").format(
                column=str(error.orig).rpartition(": ")[2]
            ),
            hint=_("undo that first: 'crm journal'"),
        ) from error
    _check_references(connection)
    _check_custom(connection, entry["id"])
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
    rows = _Rows(connection, table, first)
    for row_id, before in first.items():
        rows.compare(row_id, json.loads(before))


def _take_back(connection: Connection, entry: int) -> int:
    """Reverse the changes of an entry, last first, and return how many there were."""
    query = select(_CHANGES).where(_CHANGES.c.entry_id == entry).order_by(_CHANGES.c.id.desc())
    changes = connection.execute(query).mappings().all()
    touched: dict[str, set[int]] = {}
    for change in changes:
        touched.setdefault(change["table_name"], set()).add(change["row_id"])
    tables = {name: _Rows(connection, _TABLES[name], ids) for name, ids in touched.items()}
    for change in changes:
        tables[change["table_name"]].reverse(change)
    for rows in tables.values():  # what is deleted first makes room for unique values
        rows.write_deleted()
    for rows in tables.values():
        rows.write()
    return len(changes)


#: Columns that images from before they were added lack, and what such a row held there.
_CAME_LATER = {"customers": {"custom": "{}"}}


class _Rows:
    """The rows of one table that an entry touched: as they are, and as the undo makes them.

    They are read and written many at a time, so that a large import is taken back in seconds.
    """

    def __init__(self, connection: Connection, table: Table, ids: Iterable[int]) -> None:
        self.connection, self.table = connection, table
        self.stored: dict[int, dict[str, Any]] = {}
        for some in _portions(ids):
            for row in connection.execute(select(table).where(table.c.id.in_(some))).mappings():
                self.stored[row["id"]] = {name: plain(value) for name, value in row.items()}
        self.wanted = {row_id: dict(row) for row_id, row in self.stored.items()}

    def reverse(self, change: RowMapping) -> None:
        """Take back one change, in memory.

        Raises:
            RefusedError: the row is no longer as the change left it.
        """
        row_id = change["row_id"]
        before = json.loads(change["before"]) if change["before"] else {}
        after = json.loads(change["after"]) if change["after"] else {}
        if change["action"] == "update":
            changed = {name: value for name, value in after.items() if value != before.get(name)}
            custom = changed.pop(_CUSTOM, None)
            self.compare(row_id, changed)
            self.wanted[row_id].update({name: before.get(name) for name in changed})
            if custom is not None:
                self._reverse_custom(row_id, json.loads(before.get(_CUSTOM, "{}")), json.loads(custom))
        elif change["action"] == "insert":
            if after:  # a run has no image: what it found goes with it, and it is never edited
                self.compare(row_id, {**_CAME_LATER.get(self.table.name, {}), **after})
            self.wanted.pop(row_id, None)
        elif row_id in self.wanted:
            raise RefusedError(
                _("{table} #{row} exists again").format(table=RECORDS.label(self.table.name), row=row_id)
            )
        else:
            self.wanted[row_id] = {name: value for name, value in before.items() if name in self.table.c}

    def compare(self, row_id: int, expected: dict[str, Any]) -> None:
        """Refuse when a row does not hold the values expected of it."""
        row = self.wanted.get(row_id)
        if row is None:
            raise RefusedError(
                _("{table} #{row} was deleted later").format(
                    table=RECORDS.label(self.table.name), row=row_id
                ),
                hint=_("undo that first: 'crm journal'"),
            )
        for name, value in expected.items():
            if name not in _NOT_COMPARED and name in row and not _same(name, row[name], value):
                raise self._changed_later(row_id, name, value, row[name])

    def _reverse_custom(self, row_id: int, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Take back the custom fields that a change was about, and leave the others."""
        row = self.wanted.get(row_id)
        if row is None:
            self.compare(row_id, {})
            return
        now = json.loads(row[_CUSTOM])
        changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        for name in changed:
            if now.get(name) != after.get(name):
                raise self._changed_later(row_id, name, after.get(name), now.get(name))
        left = {name: value for name, value in now.items() if name not in changed}
        back = {name: before[name] for name in changed if name in before}
        row[_CUSTOM] = json.dumps({**left, **back}, ensure_ascii=False, separators=(",", ":"))

    def _changed_later(self, row_id: int, field: str, old: Any, new: Any) -> RefusedError:
        return RefusedError(
            _("{table} #{row}: {field} was changed later, from {old} to {new}").format(
                table=RECORDS.label(self.table.name),
                row=row_id,
                field=repr(field),
                old=_shown(old),
                new=_shown(new),
            ),
            hint=_("undo that first: 'crm journal'"),
        )

    def write_deleted(self) -> None:
        """Delete the rows that were not there."""
        for some in _portions(self.stored.keys() - self.wanted.keys()):
            self.connection.execute(delete(self.table).where(self.table.c.id.in_(some)))

    def write(self) -> None:
        """Write the rows that were otherwise, and insert those that were deleted."""
        missing = [row for row_id, row in sorted(self.wanted.items()) if row_id not in self.stored]
        if missing:
            self.connection.execute(insert(self.table), missing)
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for row_id, row in self.wanted.items():
            stored = self.stored.get(row_id, row)
            names = tuple(name for name, value in row.items() if value != stored.get(name))
            if names:
                values = {f"new_{name}": row[name] for name in names}
                alike.setdefault(names, []).append({"row_id": row_id, **values})
        for names, rows in alike.items():
            statement = update(self.table).where(self.table.c.id == bindparam("row_id"))
            self.connection.execute(
                statement.values({name: bindparam(f"new_{name}") for name in names}), rows
            )


def _portions(ids: Iterable[int]) -> Iterator[list[int]]:
    """Yield ids a few hundred at a time: a statement takes only so many parameters."""
    rest = iter(sorted(ids))
    while some := list(islice(rest, 500)):
        yield some


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise RefusedError(
            _("{table} #{row} was recorded later and needs it").format(
                table=RECORDS.label(broken[0]), row=broken[1]
            ),
            hint=_("undo that first: 'crm journal'"),
        )


def _check_custom(connection: Connection, entry: int) -> None:
    """Refuse what would leave a value without its custom field: SQLite watches over no references inside JSON."""
    customers, known = _TABLES["customers"], _TABLES["custom_fields"].c.name
    of_entry = select(_CHANGES.c.row_id).where(_CHANGES.c.entry_id == entry)
    fields = of_entry.where(_CHANGES.c.table_name == "custom_fields").limit(1)
    everybody = connection.execute(fields).first() is not None  # a field that goes may be anybody's
    touched = (
        true() if everybody else customers.c.id.in_(of_entry.where(_CHANGES.c.table_name == "customers"))
    )
    key = func.json_each(customers.c.custom).table_valued("key", joins_implicitly=True).c.key
    orphan = (
        select(customers.c.name, key)
        .where(customers.c.custom != "{}", key.not_in(select(known)), touched)
        .order_by(customers.c.id)
        .limit(1)
    )
    found = connection.execute(orphan).first()
    if found is not None:
        raise RefusedError(
            _("{name} has a value of {field}, and there would be no such field").format(
                name=found[0], field=found[1]
            ),
            hint=_("undo that first: 'crm journal'"),
        )


def _same(name: str, one: Any, other: Any) -> bool:
    """Whether two values are one; in an object the order means nothing."""
    return bool(json.loads(one) == json.loads(other) if name == _CUSTOM else one == other)


def _shown(value: Any) -> str:
    return _("nothing") if value is None else str(value)
