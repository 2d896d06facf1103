"""Bringing many rows in at once: a staging table, set-based matching, and one insert from it.

A row of a file is either new, or one that we know (by uid or external id, or found by the caller), or exactly like
one we have. Rows without an identifier are counted: if a file holds three alike and the table two, one is added, so
real repetitions are kept and a second import of the same file adds nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
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
        driver = self.work.connection.connection.driver_connection
        driver.executemany(self._insert, rows)  # type: ignore[union-attr]

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


def set_referrers(work: Work, pairs: Mapping[int, int]) -> None:
    """Set who referred whom, for rows that this import added or updated: customer id → referrer's id."""
    table = _TABLES["customers"]
    for row_id, referrer in pairs.items():
        work.connection.execute(update(table).where(table.c.id == row_id).values(referred_by_id=referrer))
