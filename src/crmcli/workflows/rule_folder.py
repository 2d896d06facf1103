"""Which rules are in force, and making a copy of them to edit. Light."""

import shutil
from pathlib import Path

from crmcli.errors import CannotCreateError, RefusedError
from crmcli.i18n import _
from crmcli.rules.folder import choose_folder, read_files, shipped_folder
from crmcli.store.places import user_rules_path


def rules_folder(explicit: Path | None = None) -> Path:
    """Return the folder of the rules in force: the one named, else the user's copy, else the shipped ones."""
    return choose_folder(explicit, user_rules_path())


def copy_rules(target: Path | None = None) -> Path:
    """Copy the shipped rules to a folder, the user's own if none is named, and return it.

    Raises:
        RefusedError: a rule file is there already.
        CannotCreateError: the folder cannot be written.
    """
    folder = target or user_rules_path()
    names = sorted(read_files(shipped_folder()))
    there = [name for name in names if (folder / name).exists()]
    if there:
        raise RefusedError(
            _("{file} is there already").format(file=folder / there[0]),
            hint=_("move it away first, or name another folder"),
        )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in names:
            shutil.copyfile(shipped_folder() / name, folder / name)
    except OSError as error:
        raise CannotCreateError(
            _("cannot create {path}: {reason}").format(path=folder, reason=error.strerror),
            hint=_("name another folder"),
        ) from None
    return folder
