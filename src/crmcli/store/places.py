"""Where files live: the database, the user's rules, the backups. Light: every command needs it.

CRM_DB names the database file; CRM_HOME puts everything under one folder; otherwise the platform's own folders.
"""

import os
from dataclasses import dataclass
from pathlib import Path

APP = "crmcli"


@dataclass(frozen=True, slots=True)
class Places:
    """The paths this program uses; none is created by asking."""

    database: Path
    rules: Path
    backups: Path


def places() -> Places:
    """Return the paths in force: CRM_DB and CRM_HOME first, then the platform's folders (XDG)."""
    home = os.environ.get("CRM_HOME", "")
    named = os.environ.get("CRM_DB", "")
    if home:
        data = config = Path(home).expanduser()
    else:
        data, config = _data_folder(), _config_folder()
    database = Path(named).expanduser() if named else data / "crm.db"
    return Places(database.absolute(), config.absolute() / "rules", database.absolute().parent / "backups")


def _data_folder() -> Path:
    from platformdirs import user_data_path  # only where no variable names the file: it costs every command

    return user_data_path(APP, appauthor=False)


def _config_folder() -> Path:
    from platformdirs import user_config_path  # see _data_folder

    return user_config_path(APP, appauthor=False)
