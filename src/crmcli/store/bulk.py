"""Bringing many rows in at once: a staging table, set-based matching, and one insert from it.

A row of a file is either new, or one that we know (by uid or external id, or found by the caller), or exactly like
one we have. Rows without an identifier are counted: if a file holds three alike and the table two, one is added, so
real repetitions are kept and a second import of the same file adds nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlmodel import SQLModel

from crmcli.store.identity import new_uid, new_uids
from crmcli.store.schema import instant_text
from crmcli.store.work import Work, inserted_id

_TABLES = SQLModel.metadata.tables
_CHANGES = _TABLES["journal_changes"]
_BATCHES = _TABLES["import_batches"]
_FOLLOWS = {"phone_e164": "phone"}  # a derived column changes with the one it is derived from
_KEYS = ("uid", "external_id")
_TOGETHER = 500  #: ids named in one statement
_PATCHED = ("custom",)  # a JSON object: what the file gives is put into it, the rest stays
_KEPT = ("uid", "created_at")  # an import never changes these on a record that exists


@dataclass(frozen=True, slots=True)
class Applied:
    """How many rows became what."""

    added: int
    updated: int
    unchanged: int


class Staging:
    """The rows of one file on their way into one table.

    Args:
        work: the unit of work.
        table: name of the table they go to.
        columns: the table's columns that the file gives, in the order in which `load` gets them.
        defaults: what a new row has in columns the file does not give or leaves empty.
    """

    def __init__(self, work: Work, table: str, columns: Sequence[str], defaults: Mapping[str, Any]) -> None:
        self.work = work
        self.target = _TABLES[table]
        self.columns = tuple(columns)
        self.defaults = dict(defaults)
        given = [Column(name, self.target.c[name].type) for name in columns]
        self.staged = Table(
            "staged",
            MetaData(),
            Column("line", Integer, primary_key=True),
            Column("match_id", Integer),
            Column("alike", Integer),
            Column("fresh_uid", Text),
            *given,
            prefixes=["TEMPORARY"],
        )
        self.staged.create(work.connection)
        statement = insert(self.staged).compile(
            dialect=work.connection.dialect, column_keys=["line", "match_id", "fresh_uid", *self.columns]
        )
        self._insert = str(statement)

    def load(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Take rows `(line, match id or None, fresh uid, *values)` with values as the database holds them."""
        self.work.driver.executemany(self._insert, rows)

    def match_keys(self) -> None:
        """Find the rows whose uid or external id we have."""
        for key in _KEYS:
            if key not in self.columns or not self._table_has(self.target.c[key].is_not(None)):
                continue
            mine, theirs = self.staged.c[key], self.target.c[key]
            found = select(self.target.c.id).where(theirs == mine).scalar_subquery()
            unmatched = and_(self.staged.c.match_id.is_(None), mine.is_not(None))
            self.work.connection.execute(update(self.staged).where(unmatched).values(match_id=found))

    def repeated_keys(self) -> list[tuple[int, int]]:
        """Return (line, first line) pairs of rows that name a uid or external id named before in the file."""
        pairs: dict[int, int] = {}
        for key in _KEYS:
            if key in self.columns:
                column = self.staged.c[key]
                first = func.min(self.staged.c.line).over(partition_by=column)
                number = func.count().over(partition_by=column)
                inner = (
                    select(self.staged.c.line, first.label("first"), number.label("n"))
                    .where(column.is_not(None))
                    .subquery()
                )
                query = select(inner.c.line, inner.c.first).where(
                    inner.c.n > 1, inner.c.line != inner.c.first
                )
                pairs.update((line, first) for line, first in self.work.connection.execute(query))
        return sorted(pairs.items())

    def rows_at(self, lines: Iterable[int]) -> dict[int, tuple[Any, ...]]:
        """Return staged values by line."""
        wanted = [self.staged.c.line, *(self.staged.c[name] for name in self.columns)]
        query = select(*wanted).where(self.staged.c.line.in_(list(lines)))
        return {row[0]: tuple(row[1:]) for row in self.work.connection.execute(query)}

    def ids_of(self, lines: Iterable[int]) -> dict[int, int]:
        """Return, after `apply`, the id of the record that each of these lines stands for."""
        wanted = self.staged.c.line.in_(list(lines))
        uid = (
            func.coalesce(self.staged.c.uid, self.staged.c.fresh_uid)
            if "uid" in self.columns
            else self.staged.c.fresh_uid
        )
        mine = or_(self.target.c.id == self.staged.c.match_id, self.target.c.uid == uid)
        query = select(self.staged.c.line, self.target.c.id).where(wanted, mine)
        return {line: row_id for line, row_id in self.work.connection.execute(query)}  # noqa: C416 - rows are no pairs to mypy

    def drop_rows(self, lines: Sequence[int]) -> None:
        """Forget rows: they are skipped or at fault."""
        for start in range(0, len(lines), _TOGETHER):
            wanted = list(lines[start : start + _TOGETHER])
            self.work.connection.execute(self.staged.delete().where(self.staged.c.line.in_(wanted)))

    def match_alike(self) -> None:
        """Mark rows without identifier that are exactly like a row we have, one for one."""
        comparable = (
            func.coalesce(self.target.c.external_id, "") == ""
        )  # as an expression: its index would find every row
        if not self._table_has(comparable):
            return
        content = [name for name in self.columns if name not in {*_KEYS, "created_at"}]
        same = and_(comparable, *(self._same(name) for name in content))
        bare = and_(
            self.staged.c.match_id.is_(None),
            *(self.staged.c[key].is_(None) for key in _KEYS if key in self.columns),
        )
        held = (
            select(func.count()).select_from(self.target).where(same).correlate(self.staged).scalar_subquery()
        )
        known = self.work.connection
        candidates = (
            select(
                self.staged.c.line,
                func.row_number()
                .over(partition_by=[self.staged.c[name] for name in content], order_by=self.staged.c.line)
                .label("position"),
                held.label("held"),
            )
            .where(bare, exists(select(1).select_from(self.target).where(same).correlate(self.staged)))
            .subquery()
        )
        lines = select(candidates.c.line).where(candidates.c.position <= candidates.c.held)
        known.execute(update(self.staged).where(self.staged.c.line.in_(lines)).values(alike=1))

    def merged(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield (line, values) of the rows that change a record of ours, as it will be when they are applied."""
        names = [column.name for column in self.target.c]
        wanted = [
            (self._merged(name) if name in self.columns else self.target.c[name]).label(name)
            for name in names
        ]
        joined = self.staged.c.match_id == self.target.c.id
        query = (
            select(self.staged.c.line, *wanted)
            .join_from(self.staged, self.target, joined)
            .where(or_(*(self._differs(name) for name in self._watched())))
            .order_by(self.staged.c.line)
        )
        for line, *values in self.work.connection.execute(query):
            yield line, dict(zip(names, values, strict=True))

    def changing(self, name: str) -> list[int]:
        """Return the lines that would give a record of ours another value of a column."""
        if name not in self.columns:
            return []
        query = (
            select(self.staged.c.line)
            .join_from(self.staged, self.target, self.staged.c.match_id == self.target.c.id)
            .where(self._differs(name))
            .order_by(self.staged.c.line)
        )
        return list(self.work.connection.execute(query).scalars())

    def apply(self, batch: int) -> Applied:
        """Update what differs, insert what is new, journal the updates; return the counts."""
        connection = self.work.connection
        total = connection.execute(select(func.count()).select_from(self.staged)).scalar_one()
        updated = self._update_changed()
        added = connection.execute(self._insertion(batch)).rowcount
        return Applied(added, updated, total - added - updated)

    def close(self) -> None:
        """Remove the staging table."""
        self.staged.drop(self.work.connection)

    def _table_has(self, condition: ColumnElement[bool]) -> bool:
        return self.work.connection.execute(select(exists().where(condition))).scalar_one()

    def _same(self, name: str) -> ColumnElement[bool]:
        mine, theirs = self.staged.c[name], self.target.c[name]
        if name in self.defaults:
            return theirs.is_not_distinct_from(func.coalesce(mine, _bound(self.defaults[name])))
        return theirs == mine if not self.target.c[name].nullable else theirs.is_not_distinct_from(mine)

    def _differs(self, name: str) -> ColumnElement[bool]:
        mine, theirs = self.staged.c[name], self.target.c[name]
        wanted = func.json_patch(theirs, mine) if name in _PATCHED else mine
        return and_(mine.is_not(None), wanted.is_distinct_from(theirs))

    def _watched(self) -> list[str]:
        """Return the columns whose difference makes a row a change."""
        return [name for name in self.columns if name not in {*_KEPT, *_FOLLOWS}]

    def _update_changed(self) -> int:
        names = [name for name in self.columns if name not in _KEPT]
        watched = self._watched()
        if not watched:
            return 0
        connection = self.work.connection
        joined = self.staged.c.match_id == self.target.c.id
        query = select(self.target.c.id).join_from(self.staged, self.target, joined)
        ids = list(connection.execute(query.where(or_(*(self._differs(name) for name in watched)))).scalars())
        if not ids:
            return 0
        changed = Table(
            "changed_rows", MetaData(), Column("id", Integer, primary_key=True), prefixes=["TEMPORARY"]
        )
        changed.create(connection)
        connection.execute(insert(changed), [{"id": row_id} for row_id in ids])
        mine = self.target.c.id.in_(select(changed.c.id))
        _note_before(self.work, self.target, mine)
        connection.execute(
            update(self.target)
            .where(joined, mine)
            .values({name: self._merged(name) for name in names} | {"updated_at": self.work.now})
        )
        _note_after(self.work, self.target)
        changed.drop(connection)
        return len(ids)

    def _merged(self, name: str) -> ColumnElement[Any]:
        mine, theirs = self.staged.c[name], self.target.c[name]
        if name in _FOLLOWS:
            return case((self.staged.c[_FOLLOWS[name]].is_not(None), mine), else_=theirs)
        if name in _PATCHED:
            return func.coalesce(func.json_patch(theirs, mine), theirs)
        return func.coalesce(mine, theirs)

    def _insertion(self, batch: int) -> Any:
        now = instant_text(self.work.now)
        values: dict[str, ColumnElement[Any]] = {}
        for column in self.target.c:
            name = column.name
            if name == "id":
                continue
            own = self.staged.c[name] if name in self.columns else None
            if name == "uid":
                values[name] = (
                    self.staged.c.fresh_uid if own is None else func.coalesce(own, self.staged.c.fresh_uid)
                )
                continue
            fallback = self._fallback(name, now, batch)
            if own is None:
                values[name] = fallback if fallback is not None else null()
            else:
                values[name] = own if fallback is None else func.coalesce(own, fallback)
        rows: Select[Any] = (
            select(*values.values())
            .where(self.staged.c.match_id.is_(None), self.staged.c.alike.is_(None))
            .order_by(self.staged.c.line)
        )
        return insert(self.target).from_select(list(values), rows)

    def _fallback(self, name: str, now: str, batch: int) -> ColumnElement[Any] | None:
        if name in {"created_at", "updated_at"}:
            return _bound(now)
        if name == "import_batch_id":
            return literal(batch)
        return _bound(self.defaults[name]) if name in self.defaults else None


def _bound(value: Any) -> ColumnElement[Any]:
    return literal(value)


def _image(table: Table) -> ColumnElement[Any]:
    """Return an expression for a whole row as JSON, as the session's journal writes it."""
    pairs: list[ColumnElement[Any]] = []
    for column in table.c:
        pairs += [literal_column(f"'{column.name}'"), column]
    return func.json_object(*pairs)


def uids(count: int) -> list[str]:
    """Return identifiers for `count` new rows."""
    source = new_uids()
    return [next(source) for _number in range(count)]


def open_batch(work: Work, *, entity: str, file_name: str, sha256: str, encoding: str) -> int:
    """Begin an import batch and return its id."""
    zeros = dict.fromkeys(
        ("rows_read", "rows_added", "rows_updated", "rows_unchanged", "rows_skipped", "rows_failed"), 0
    )
    values = {
        "uid": new_uid(),
        "entity": entity,
        "file_name": file_name,
        "file_sha256": sha256,
        "encoding": encoding,
        "created_at": work.now,
        **zeros,
    }
    return inserted_id(work.connection, _BATCHES, values)


def close_batch(work: Work, batch: int, counts: Mapping[str, int]) -> None:
    """Write an import batch's counts."""
    work.connection.execute(update(_BATCHES).where(_BATCHES.c.id == batch).values(**counts))


def add_customers(work: Work, rows: Sequence[Mapping[str, Any]], batch: int) -> list[int]:
    """Insert customers that a file of facts only names; return their ids in order."""
    table = _TABLES["customers"]
    sequence = (
        work.connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = 'customers'").scalar()
        or 0
    )
    ids = list(range(sequence + 1, sequence + 1 + len(rows)))
    stamps = {"created_at": work.now, "updated_at": work.now, "import_batch_id": batch}
    base = {"kind": "person", "birthday_calendar": "solar", "external_id": None, **stamps}
    values = [
        {**base, "id": row_id, "uid": uid, **row}
        for row_id, uid, row in zip(ids, uids(len(rows)), rows, strict=True)
    ]
    if values:
        work.connection.execute(insert(table), values)
    return ids


def add_products(work: Work, names: Sequence[str], batch: int) -> list[int]:
    """Insert products that a file only names; return their ids in order."""
    table = _TABLES["products"]
    ids = []
    for name in names:
        values = {**work.stamps(), "name": name, "currency": work.settings.currency, "import_batch_id": batch}
        ids.append(inserted_id(work.connection, table, values))
    return ids


def set_referrers(work: Work, pairs: Mapping[int, int], batch: int) -> int:
    """Set who referred whom, customer id → referrer's id, after `Staging.apply`.

    Returns:
        How many customers that we had before this import were changed by this alone.
    """
    table = _TABLES["customers"]
    connection = work.connection
    count = 0
    ids = sorted(pairs)
    for start in range(0, len(ids), _TOGETHER):
        mine = table.c.id.in_(ids[start : start + _TOGETHER])
        found = connection.execute(
            select(table.c.id, table.c.referred_by_id, table.c.import_batch_id).where(mine)
        ).all()
        wanted = [row for row in found if row.referred_by_id != pairs[row.id]]
        ours = [row.id for row in wanted if row.import_batch_id != batch]  # the others go with their batch
        if ours:
            of_entry = and_(_CHANGES.c.entry_id == work.entry_id, _CHANGES.c.table_name == table.name)
            noted = select(_CHANGES.c.row_id).where(of_entry, _CHANGES.c.row_id.in_(ours)).distinct()
            count += len(ours) - len(connection.execute(noted).all())
            _note_before(work, table, table.c.id.in_(ours))
        for row in wanted:
            values: dict[str, Any] = {"referred_by_id": pairs[row.id], "updated_at": work.now}
            connection.execute(update(table).where(table.c.id == row.id).values(**values))
        if ours:
            _note_after(work, table)
    return count


def drop_custom(work: Work, path: str) -> int:
    """Take the value at a JSON path out of every customer's custom fields, journalled; return how many had one."""
    table = _TABLES["customers"]
    had = func.json_type(table.c.custom, path).is_not(None)
    ids = list(work.connection.execute(select(table.c.id).where(had)).scalars())
    if ids:
        _note_before(work, table, had)
        left = func.json_remove(table.c.custom, path)
        work.connection.execute(update(table).where(had).values(custom=left, updated_at=work.now))
        _note_after(work, table)
    return len(ids)


def _note_before(work: Work, table: Table, mine: ColumnElement[bool]) -> None:
    """Journal rows as they are before an update of many."""
    image: list[ColumnElement[Any]] = [
        literal(work.entry_id),
        literal(table.name),
        table.c.id,
        literal("update"),
        _image(table),
    ]
    columns = ["entry_id", "table_name", "row_id", "action", "before"]
    rows = select(*image).where(mine).order_by(table.c.id)
    work.connection.execute(insert(_CHANGES).from_select(columns, rows))


def _note_after(work: Work, table: Table) -> None:
    """Complete what `_note_before` began, with the rows as they are now."""
    after = select(_image(table)).where(table.c.id == _CHANGES.c.row_id).scalar_subquery()
    begun = and_(
        _CHANGES.c.entry_id == work.entry_id,
        _CHANGES.c.table_name == table.name,
        _CHANGES.c.after.is_(None),
    )
    work.connection.execute(update(_CHANGES).where(begun).values(after=after))
