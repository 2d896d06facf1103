"""A copy of the database that can be trusted: whole, checked, for its owner only, and never half there.

A plain copy of a file that is being written to may lack what a journal beside it holds; SQLite's own backup does not.
The copy is made beside its place, checked, and only then gets its name. Light.
"""

import errno
import os
import re
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from crmcli.errors import CannotCreateError, RefusedError, StorageError
from crmcli.i18n import _
from crmcli.store.light import explained, reading

_STAMP = "%Y%m%dT%H%M%SZ"


def copy_into(source: sqlite3.Connection, target: Path) -> None:
    """Copy an open database into a new file that only its owner may read.

    Raises:
        FileExistsError: the file is there.
    """
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def write_backup(database: Path, target: Path, *, force: bool = False) -> int:
    """Write a checked copy of the database as it was last committed to `target`, and return its size in bytes.

    Args:
        database: the file, of any schema version that this program knows.
        target: the file to make; its folder exists.
        force: take the place of a file that is there.

    Raises:
        RefusedError: the target is there already, or is the database itself.
        StorageError: the copy does not pass SQLite's check: the database is damaged. No copy is left.
        CannotCreateError: nothing can be written there.
    """
    if target.exists():
        _refuse(database, target, force=force)
    temporary = target.parent / f".{target.name}.{secrets.token_hex(8)}.tmp"
    try:
        with _writing(target):
            with reading(database, older=True) as source:
                # The lock is taken here, where waiting has an end; the copying itself would wait for ever.
                source.execute("BEGIN")
                source.execute("SELECT count(*) FROM sqlite_master").fetchone()
                copy_into(source, temporary)
                source.execute("COMMIT")
            size = _checked(temporary, database)
            _put_in_place(temporary, target, force=force)
            return size
    finally:
        for leftover in (temporary, temporary.with_name(f"{temporary.name}-journal")):
            with suppress(OSError):
                leftover.unlink(missing_ok=True)


def dated_name(database: Path, folder: Path, at: datetime) -> Path:
    """Return a name for a backup in a folder that comes after all others: of the database, and the instant in UTC."""
    stamp = at.strftime(_STAMP)
    count = max(
        (number for instant, number, _path in _dated(database, folder) if instant == stamp), default=0
    )
    return folder / f"{database.stem}-{stamp}{f'-{count + 1}' if count else ''}.db"


def remove_older(database: Path, folder: Path, written: Path, keep: int) -> list[Path]:
    """Remove the oldest dated backups of a database until `keep` are left; never the one just written, nor the newest.

    Only files with a name that `dated_name` gives are looked at; other files in the folder are left alone.

    Returns:
        What was removed, oldest first.
    """
    found = _dated(database, folder)
    surplus = len(found) - keep
    removed = []
    for _instant, _count, path in found[:-1]:
        if surplus <= 0:
            break
        if path != written and path.is_file():
            with _writing(path):
                path.unlink()
            removed.append(path)
            surplus -= 1
    return removed


def _dated(database: Path, folder: Path) -> list[tuple[str, int, Path]]:
    """Return (instant, number within it, file) of every dated backup of a database in a folder, oldest first."""
    pattern = re.compile(rf"{re.escape(database.stem)}-(\d{{8}}T\d{{6}}Z)(?:-(\d+))?\.db")
    return sorted(
        (match[1], int(match[2] or 1), path)
        for path in folder.iterdir()
        if (match := pattern.fullmatch(path.name))
    )


def _refuse(database: Path, target: Path, *, force: bool) -> None:
    if database.exists() and target.samefile(database):
        raise RefusedError(_("{path} is the database itself").format(path=target))
    if not target.is_file():
        raise CannotCreateError(_("{path} is no file").format(path=target), hint=_("name another file"))
    if not force:
        raise RefusedError(
            _("{file} is there already").format(file=target), hint=_("name another file, or give --force")
        )


def _checked(copy: Path, database: Path) -> int:
    with explained(copy), closing(sqlite3.connect(copy)) as connection:
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise StorageError(
            _("{path} is damaged; no backup was made of it: {reason}").format(path=database, reason=verdict),
            hint=_("keep the backups you have"),
        )
    with copy.open("rb") as file:
        os.fsync(file.fileno())
    return copy.stat().st_size


def _put_in_place(temporary: Path, target: Path, *, force: bool) -> None:
    if force:
        temporary.replace(target)
    else:
        try:
            os.link(temporary, target)  # unlike a rename it does not take the place of a file made meanwhile
        except FileExistsError:
            raise RefusedError(
                _("{file} is there already").format(file=target),
                hint=_("name another file, or give --force"),
            ) from None
        except OSError:  # a memory stick whose file system has no links
            temporary.replace(target)
    with suppress(OSError):
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageError(_("disk full while writing {path}").format(path=path)) from error
        raise CannotCreateError(
            _("cannot create {path}: {reason}").format(path=path, reason=error.strerror),
            hint=_("name another file or folder"),
        ) from error
