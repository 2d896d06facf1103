"""The writing door: the one place that makes SQLAlchemy engines, with the transaction recipe in force.

pysqlite guesses at transactions; we do not let it. Writers take the lock at BEGIN, so that a read followed by a write
never fails half-way; migrations run with foreign keys off, checked before the commit.
"""

import logging
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from crmcli.errors import CannotCreateError
from crmcli.i18n import _
from crmcli.store.functions import add_functions
from crmcli.store.light import (
    BUSY_SECONDS,
    SCHEMA_VERSION,
    UNFIT,
    check_file,
    explain,
    explained,
    reading,
    unfit,
)

_PRAGMAS = (
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "secure_delete=ON",
    "synchronous=FULL",
    f"busy_timeout={int(BUSY_SECONDS * 1000)}",
    "cell_size_check=ON",
)


# A signal while a connection is closed would have the pool print its stack; what happened is told in our words.
logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())


#: The file that a connection is opened to. An engine belongs to none, so that a statement is compiled once in a process.
_FILE: ContextVar[Path] = ContextVar("file")


@cache
def writing_engine() -> Engine:
    """Return the engine of every connection that writes, each set up alike; see `connected`."""
    engine = create_engine("sqlite://", poolclass=NullPool, creator=_open_for_writing, query_cache_size=200)

    @event.listens_for(engine, "invalidate")
    def _on_invalidate(connection: sqlite3.Connection, _record: object, _error: object) -> None:
        # A signal in the middle of a statement: SQLAlchemy drops the connection as it is, and an open cursor would
        # keep the transaction, with its lock and its journal file, until the process ends.
        connection.rollback()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _open_for_writing() -> sqlite3.Connection:
    connection = sqlite3.connect(str(_FILE.get()), timeout=BUSY_SECONDS, isolation_level=None)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    add_functions(connection)
    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
    return connection


@cache
def _looking_engine() -> Engine:
    engine = create_engine("sqlite://", poolclass=NullPool, creator=_open_for_looking)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _open_for_looking() -> sqlite3.Connection:
    uri = f"{_FILE.get().absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    connection.execute("PRAGMA trusted_schema=OFF")
    add_functions(connection)
    return connection


@contextmanager
def connected(engine: Engine, path: Path) -> Iterator[Connection]:
    """Open a connection of an engine to a file, which must exist."""
    before = _FILE.set(path)
    try:
        connection = engine.connect()
    finally:
        _FILE.reset(before)
    with connection:
        yield connection


def prepare_file(path: Path) -> None:
    """Make the file (0600, folder 0700) if it is missing, check it, and bring it to the current schema.

    Raises:
        CannotCreateError, ConfigError, BusyError, StorageError: as their names say; a file that is not ours or is
            newer than this program is left untouched.
    """
    if not path.exists():
        _create(path)
    with explained(path):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS)
        try:
            version = check_file(connection, path)
        finally:
            connection.close()
    if version < SCHEMA_VERSION:
        from crmcli.store.migrate import migrate  # Alembic is loaded only when a file is behind

        migrate(path)


def _create(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return  # another command was faster
    except OSError as error:
        raise CannotCreateError(
            _("cannot create {path}: {reason}").format(path=path, reason=error.strerror),
            hint=_("name another file with --db or CRM_DB"),
        ) from None


@contextmanager
def writing(path: Path) -> Iterator[Connection]:
    """Open the database for one transaction: commit at the end, roll back on any exception.

    Raises:
        CrmError: what SQLite reported, in our words.
    """
    prepare_file(path)
    with _in_our_words(path), connected(writing_engine(), path) as connection, connection.begin():
        yield connection


@contextmanager
def looking(path: Path) -> Iterator[Connection]:
    """Open the database for set-based reading: one moment of it, nothing locked for long, temporary tables only.

    Raises:
        CrmError: there is no database, it is not ours or of another version, or what SQLite reported.
    """
    with reading(path):
        pass  # it is there, ours and of this version, and what a crashed command left behind has been put right
    with _in_our_words(path), connected(_looking_engine(), path) as connection, connection.begin():
        yield connection


@contextmanager
def _in_our_words(path: Path) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise explain(error.orig, path) from error
        raise
    except sqlite3.Error as error:
        raise explain(error, path) from error
    except UNFIT as error:
        raise unfit(error) from error
