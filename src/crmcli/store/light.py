"""The light door: read-only connections on the standard library's sqlite3, for commands that only look.

SQLAlchemy costs hundreds of milliseconds to import and sqlite3 four; a person feels that. Nothing here writes.
The checks on the file (ours, of a version we know, nothing hidden in it) are shared with the writing door.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from crmcli.errors import (
    BusyError,
    CannotCreateError,
    ConfigError,
    CrmError,
    DataError,
    NotFoundError,
    StorageError,
)
from crmcli.i18n import _

APPLICATION_ID = 0x43524D31  #: "CRM1", in the header of every database of ours
SCHEMA_VERSION = 5  #: PRAGMA user_version of the files this program writes
MINIMUM_SQLITE = (3, 37, 0)  #: the first with STRICT tables
BUSY_SECONDS = 10.0
UNFIT = (UnicodeEncodeError, OverflowError)  #: what Python raises for a value that SQLite cannot be given
_CACHE_KIB = 65536  #: at most so much of the file is kept in memory; 2 MB, the default, is read over and over
_SQL = Path(__file__).parent / "sql"


def statement(name: str) -> str:
    """Return the SQL of a light read; the statements are files in store/sql."""
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


@contextmanager
def reading(path: Path, *, older: bool = False) -> Iterator[sqlite3.Connection]:
    """Open the database for reading only, checked; no statement can write through it.

    Args:
        path: the file.
        older: take a file of an earlier schema too (its settings are readable in every version).

    Raises:
        NotFoundError: there is no database yet; a blank file is none, a first command that was killed leaves one.
        ConfigError: the file is not ours, or a newer program wrote it.
        BusyError, StorageError: as the names say.
    """
    if not path.exists():
        raise _no_database(path)
    with explained(path), closing(_connect(path, "ro")) as connection:
        try:
            version = check_file(connection, path)
        except sqlite3.OperationalError as error:
            if not _needs_recovery(error):
                raise
            _recover(path)
            version = check_file(connection, path)
        if version == 0:
            raise _no_database(path)
        connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")  # reads the file: not before it is put right
        if version < SCHEMA_VERSION and not older:
            raise ConfigError(
                _("{path} was made by an older crm").format(path=path),
                hint=_("run 'crm init' once to bring it up to date"),
            )
        yield connection


def _no_database(path: Path) -> NotFoundError:
    return NotFoundError(
        _("no database yet at {path}").format(path=path),
        hint=_("start one with 'crm init', 'crm add NAME' or 'crm import'"),
    )


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA query_only=ON")
    return connection


def _needs_recovery(error: sqlite3.OperationalError) -> bool:
    """Tell whether a crashed writer left a rollback journal that a read-only connection may not play back."""
    return error.sqlite_errorname in {
        "SQLITE_READONLY_ROLLBACK",
        "SQLITE_CANTOPEN",
        "SQLITE_READONLY_RECOVERY",
    }


def _recover(path: Path) -> None:
    with closing(_connect(path, "rw")) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def check_file(connection: sqlite3.Connection, path: Path) -> int:
    """Return the schema version of an open file (0: blank) after checking that it is safe to use.

    Raises:
        ConfigError: not our file, made by a newer program, or holding triggers or views that are not ours.
    """
    if sqlite3.sqlite_version_info < MINIMUM_SQLITE:
        raise ConfigError(
            _("SQLite {version} is too old; 3.37 is needed").format(version=sqlite3.sqlite_version)
        )
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    objects: int = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application != APPLICATION_ID and (objects or application or version):
        raise ConfigError(
            _("{path} is a database of another program").format(path=path),
            hint=_("name yours with --db or CRM_DB"),
        )
    if version > SCHEMA_VERSION:
        raise ConfigError(
            _("{path} was made by a newer crm (schema {found}, this one knows {known})").format(
                path=path, found=version, known=SCHEMA_VERSION
            ),
            hint=_("upgrade with: pip install --upgrade crmcli"),
        )
    hidden = connection.execute(
        "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view') LIMIT 1"
    ).fetchone()
    if hidden and os.environ.get("CRM_TRUST") != "1":
        raise ConfigError(
            _("{path} holds a {kind} that crm did not make: {name}").format(
                path=path, kind=hidden[0], name=repr(hidden[1])
            ),
            hint=_("if you made it yourself, say so with --trust"),
        )
    return version


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours: what happened, and what to do; and values that no database can hold."""
    try:
        yield
    except sqlite3.Error as error:
        raise explain(error, path) from error
    except UNFIT as error:
        raise unfit(error) from error


def unfit(error: Exception) -> DataError:
    """Return our error for a value that cannot go into a statement: half a character, a number beyond 64 bits."""
    if isinstance(error, UnicodeEncodeError):
        return DataError(_("a text holds half of a character (it is not UTF-8)"), hint=_("type it again"))
    return DataError(_("a number or a day is out of range"))


def explain(error: sqlite3.Error, path: Path) -> CrmError:
    """Return our error for one of SQLite's."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return BusyError(
            _("another command is writing to {path}").format(path=path), hint=_("try again in a moment")
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return CannotCreateError(
            _("{path} cannot be opened for this: read-only, or no permission").format(path=path),
            hint=_("check the file's and the folder's permissions, or name another file with --db"),
        )
    if name.startswith("SQLITE_FULL"):
        return StorageError(_("disk full while writing {path}; nothing was changed").format(path=path))
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return StorageError(
            _("{path} is damaged or not a database").format(path=path),
            hint=_("restore a backup; the file was left as it is"),
        )
    return StorageError(f"{path}: {error}")
