"""Where files live: the database, the user's rules, the backups. Light: every command needs it.

CRM_DB names the database file; CRM_HOME puts everything under one folder; otherwise the platform's own folders. On
Linux those are the XDG folders, read here, because importing platformdirs for two variables costs a tenth of a
command; elsewhere platformdirs knows them.
"""

import os
import sys
from pathlib import Path
from typing import Literal

APP = "crmcli"
_USUAL = {
    "data": ".local/share",
    "config": ".config",
    "state": ".local/state",
}  #: of XDG, under the home folder
_XDG = sys.platform.startswith("linux")


def database_path() -> Path:
    """Return where the database is or will be."""
    named = os.environ.get("CRM_DB", "")
    return (Path(named).expanduser() if named else _folder("data") / "crm.db").absolute()


def user_rules_path() -> Path:
    """Return the folder in which the user's own rules are looked for."""
    return (_folder("config") / "rules").absolute()


def backups_path() -> Path:
    """Return the folder for copies of the database."""
    return database_path().parent / "backups"


def state_path() -> Path:
    """Return the folder for what the program notes about itself, such as when a job ran."""
    return _folder("state").absolute()


def _folder(kind: Literal["data", "config", "state"]) -> Path:
    home = os.environ.get("CRM_HOME", "")
    if home:
        return Path(home).expanduser()
    if _XDG:
        given = os.environ.get(f"XDG_{kind.upper()}_HOME", "")
        usual = Path.home() / _USUAL[kind]
        return (Path(given) if given.startswith("/") else usual) / APP
    import platformdirs  # not on the way of a command on Linux

    found = {
        "data": platformdirs.user_data_path,
        "config": platformdirs.user_config_path,
        "state": platformdirs.user_state_path,
    }
    return found[kind](APP, appauthor=False)
