"""The unit of work: one command, one transaction, one journal entry, all or nothing.

Whatever goes through the session is journalled by the session's own events, so no command can forget it. Commands
that write in bulk journal through `store.bulk`.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, event, insert, inspect, select, update
from sqlalchemy.orm import UOWTransaction
from sqlmodel import Session, SQLModel
from sqlmodel import select as sqlmodel_select

from crmcli import clock
from crmcli.store.engine import writing
from crmcli.store.identity import new_uid
from crmcli.store.schema import JournalChange, JournalEntry, Setting, instant_text
from crmcli.store.settings import KEYS, Settings

_ENTRIES = SQLModel.metadata.tables["journal_entries"]
_CHANGES = SQLModel.metadata.tables["journal_changes"]


class _DryRunError(Exception):
    """Ends a dry run: the transaction rolls back and nobody outside sees this."""


class Work:
    """What a command writes with.

    Attributes:
        connection: the open transaction, for set-based statements.
        session: the same transaction, for single records; what it flushes is journalled.
        settings: as the database holds them.
        now: the instant of this command.
        today: the business day of this command.
        summary: what the command did, in plain words; `crm journal` and `crm undo` show it.
    """

    def __init__(self, connection: Connection, command: str) -> None:
        self.connection = connection
        self.session = Session(bind=connection, expire_on_commit=False)
        self.command = command
        self.summary = ""
        self.discarded = False
        self.settings = settings_of(connection)
        self.now = clock.now(self.settings.time_zone)
        self.today = clock.today(self.settings.time_zone)
        self._entry: int | None = None
        self._before: dict[int, dict[str, Any]] = {}
        event.listen(self.session, "before_flush", self._note_before)
        event.listen(self.session, "after_flush", self._note_after)

    @property
    def driver(self) -> sqlite3.Connection:
        """The same transaction, for the light reads."""
        connection: sqlite3.Connection = self.connection.connection.driver_connection  # type: ignore[assignment]  # the driver's own
        return connection

    @property
    def entry_id(self) -> int:
        """The number of this command's journal entry, which is written on first use."""
        if self._entry is None:
            values = {"uid": new_uid(), "at": self.now, "command": self.command, "summary": ""}
            self._entry = inserted_id(self.connection, _ENTRIES, values)
        return self._entry

    @property
    def wrote(self) -> bool:
        """Whether anything was journalled."""
        return self._entry is not None

    def stamps(self) -> dict[str, Any]:
        """Return what every new record carries besides its own fields."""
        return {"uid": new_uid(), "created_at": self.now, "updated_at": self.now}

    def finish(self, **columns: Any) -> None:
        """Flush the session and complete the journal entry, if there is one."""
        self.session.flush()
        if self._entry is not None:
            statement = (
                update(_ENTRIES).where(_ENTRIES.c.id == self._entry).values(summary=self.summary, **columns)
            )
            self.connection.execute(statement)

    def discard(self) -> None:
        """Roll everything back at the end, without an error: the command came to nothing."""
        self.discarded = True

    def link(self, **columns: Any) -> None:
        """Set columns of the journal entry: the import batch, the run or the entry it takes back."""
        self.connection.execute(update(_ENTRIES).where(_ENTRIES.c.id == self.entry_id).values(**columns))

    def record_run(self, run_id: int) -> None:
        """Note that this command made a run, so that undo can take it back; a command may make several."""
        change = {"entry_id": self.entry_id, "table_name": "runs", "row_id": run_id, "action": "insert"}
        self.connection.execute(insert(_CHANGES), [{**change, "before": None, "after": None}])
        self.link(run_id=run_id)

    def _note_before(self, session: Session, _context: UOWTransaction, _instances: object) -> None:
        for row in session.dirty:
            if session.is_modified(row):
                self._before[id(row)] = _image_before(row)
                if hasattr(row, "updated_at"):
                    row.updated_at = self.now

    def _note_after(self, session: Session, _context: UOWTransaction) -> None:
        changes = [self._change("insert", row, None, image(row)) for row in session.new]
        changes += [
            self._change("update", row, self._before.pop(id(row)), image(row))
            for row in session.dirty
            if id(row) in self._before
        ]
        changes += [self._change("delete", row, image(row), None) for row in session.deleted]
        changes = [change for change in changes if change is not None]
        if changes:
            self.connection.execute(insert(_CHANGES), changes)

    def _change(
        self, action: str, row: Any, before: dict[str, Any] | None, after: dict[str, Any] | None
    ) -> Any:
        if isinstance(row, (JournalEntry, JournalChange)) or not hasattr(row, "id"):
            return None
        return {
            "entry_id": self.entry_id,
            "table_name": row.__tablename__,
            "row_id": row.id,
            "action": action,
            "before": None if before is None else json.dumps(before, ensure_ascii=False),
            "after": None if after is None else json.dumps(after, ensure_ascii=False),
        }


def inserted_id(connection: Connection, table: Table, values: Mapping[str, Any]) -> int:
    """Insert one row and return its id."""
    key = connection.execute(insert(table).values(**values)).inserted_primary_key
    if key is None:
        raise AssertionError("an insert of one row always has a key")
    return int(key[0])


def plain(value: Any) -> Any:
    """Return a column's value as the database holds it, ready for JSON."""
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value


def image(row: SQLModel) -> dict[str, Any]:
    """Return a row as a dictionary of stored values."""
    return {
        column.name: plain(getattr(row, column.name))
        for column in SQLModel.metadata.tables[_table(row)].columns
    }


def _image_before(row: SQLModel) -> dict[str, Any]:
    attributes = inspect(row).attrs
    found = {}
    for name, value in image(row).items():
        deleted = attributes[name].history.deleted
        found[name] = plain(deleted[0]) if deleted else value
    return found


def _table(row: SQLModel) -> str:
    return str(row.__tablename__)


def settings_of(connection: Connection) -> Settings:
    """Return the settings of the database."""
    table = SQLModel.metadata.tables["settings"]
    found = {
        key: value for key, value in connection.execute(select(table.c.key, table.c.value)) if key in KEYS
    }
    return Settings(**found)


def save_settings(work: Work, settings: Settings) -> None:
    """Write every setting."""
    rows = {row.key: row for row in work.session.exec(sqlmodel_select(Setting))}
    for key in KEYS:
        row = rows.get(key) or Setting(key=key, value="")
        row.value = getattr(settings, key)
        work.session.add(row)
    work.session.flush()


@contextmanager
def unit_of_work(path: Path, command: str, *, dry_run: bool = False) -> Iterator[Work]:
    """Open the database for one command; a dry run does everything and rolls back.

    Raises:
        CrmError: busy, read-only, disk full, not our file; nothing was changed.
    """
    try:
        with writing(path) as connection:
            work = Work(connection, command)
            yield work
            work.finish()
            if dry_run or work.discarded:
                raise _DryRunError  # noqa: TRY301 - leaving `writing` by an exception is what rolls back
    except _DryRunError:
        return
