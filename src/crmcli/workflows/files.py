"""Where this user's files are, for the commands that need a path. Light."""

from pathlib import Path

from crmcli.store.places import backups_path, database_path, state_path, user_rules_path


def database() -> Path:
    """Return the path of the database in force (it may not exist yet)."""
    return database_path()


def backups() -> Path:
    """Return the folder for copies of the database."""
    return backups_path()


def user_rules() -> Path:
    """Return the folder in which the user's own rules are looked for."""
    return user_rules_path()


def state() -> Path:
    """Return the folder for what the program notes about itself, such as when a job ran."""
    return state_path()
