"""A checked copy of the database, and how many of them are kept. Light."""

from pathlib import Path
from typing import NamedTuple

from crmcli import clock
from crmcli.errors import CannotCreateError, UsageError
from crmcli.i18n import _
from crmcli.store.backup import dated_name, remove_older, write_backup
from crmcli.store.places import backups_path


class BackedUp(NamedTuple):
    """What a backup came to: the file, its size in bytes, and the older ones that made room for it."""

    file: Path
    size: int
    removed: tuple[Path, ...]


def backup(
    database: Path, target: str | None = None, *, keep: int | None = None, force: bool = False
) -> BackedUp:
    """Copy the database as it was last committed, check the copy, and give it its name.

    Args:
        database: the file.
        target: a file to make, or a folder in which a dated file is made; None is the folder of backups.
        keep: so many dated backups are left in the folder, this one among them; None keeps all.
        force: take the place of a file that is there.

    Raises:
        UsageError: `keep` with a file that is named.
        RefusedError: the file is there already.
        CannotCreateError, StorageError: it cannot be written; what was there before still is.
    """
    folder = _folder(target)
    if folder is None:
        if keep is not None:
            raise UsageError(
                _("only dated backups in a folder are counted"), where="--keep", hint=_("name a folder")
            )
        file = Path(target or "").expanduser().absolute()
        return BackedUp(file, write_backup(database, file, force=force), ())
    file = dated_name(database, folder, clock.now("UTC"))
    size = write_backup(database, file)
    removed = () if keep is None else tuple(remove_older(database, folder, file, keep))
    return BackedUp(file, size, removed)


def _folder(target: str | None) -> Path | None:
    """Return the folder that is meant, made where it is ours or its name ends with a slash; None for a file."""
    if target is None:
        folder = backups_path()
    else:
        folder = Path(target).expanduser().absolute()
        if not target.endswith("/") and not folder.is_dir():
            return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotCreateError(
            _("cannot create {path}: {reason}").format(path=folder, reason=error.strerror),
            hint=_("name another folder"),
        ) from None
    return folder
