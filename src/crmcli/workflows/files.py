"""Where this user's files are, for the commands that need a path. Light."""

from pathlib import Path

from crmcli.rules.folder import choose_folder
from crmcli.store.places import Places, places


def database() -> Path:
    """Return the path of the database in force (it may not exist yet)."""
    return places().database


def all_places() -> Places:
    """Return every path this program uses."""
    return places()


def rules_folder(explicit: Path | None = None) -> Path:
    """Return the folder of the rules in force: the one named, else the user's copy, else the shipped ones."""
    return choose_folder(explicit, places().rules)
