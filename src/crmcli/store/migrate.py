"""Bringing a file to the current schema: all of it or nothing of it.

The steps are Alembic revisions in migrations/versions. A file with data is copied first (backups/, 0600); foreign
keys are off before the transaction begins, because a table rebuilt with them on takes its children along, and they
are checked before it commits. `user_version` is the version other commands look at.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from crmcli.errors import StorageError
from crmcli.i18n import _
from crmcli.store.backup import copy_into
from crmcli.store.engine import connected, writing_engine
from crmcli.store.light import APPLICATION_ID, SCHEMA_VERSION, explain, explained
from crmcli.store.places import backups_path

SCRIPTS = Path(__file__).parent / "migrations"


def migrate(path: Path, *, scripts: Path = SCRIPTS, target: int = SCHEMA_VERSION) -> None:
    """Run the migrations that the file at `path` lacks, in one transaction.

    Raises:
        StorageError: the migrated file would break a reference; it is as it was before.
    """
    with explained(path):
        _back_up(path)
    try:
        with connected(writing_engine(), path) as connection:
            # Straight to the driver: through SQLAlchemy it would run inside a transaction, where SQLite ignores it.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]  # an open connection has one
            with connection.begin():
                _upgrade(connection, scripts, target)
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise explain(error.orig, path) from error
        raise


def _upgrade(connection: Connection, scripts: Path, target: int) -> None:
    if connection.exec_driver_sql("PRAGMA user_version").scalar_one() >= target:
        return  # another command did it while we waited for the lock
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise StorageError(
            _("the upgrade would break {count} references; nothing was changed").format(count=len(broken))
        )
    connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version={target}")


def _back_up(path: Path) -> None:
    with closing(sqlite3.connect(path)) as source:
        version = source.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            return
        folder = backups_path()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy = folder / f"{path.stem}-schema-{version}.db"
        copy.unlink(missing_ok=True)
        copy_into(source, copy)
