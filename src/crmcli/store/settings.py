"""The settings kept in the database: language, time zone, currency, country, birthdays of 29 February. Light."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

KEYS = ("language", "time_zone", "currency", "country", "leap_birthday")


class Settings(NamedTuple):
    """What `crm init` asked for.

    Attributes:
        language: `en`, `zh_CN`, or empty to follow LC_ALL and LANG.
        time_zone: IANA name; decides which day it is.
        currency: ISO 4217 code of amounts that name none, and of every money feature in the rules.
        country: ISO 3166 code of telephone numbers without a country code.
        leap_birthday: `feb28` or `mar1`, the birthday of somebody born on 29 February in a year without that day.
    """

    language: str = ""
    time_zone: str = "UTC"
    currency: str = "CNY"
    country: str = "CN"
    leap_birthday: str = "feb28"


def read_settings(connection: sqlite3.Connection) -> Settings:
    """Return the settings of an open database; what is not set has its default."""
    found = dict(connection.execute("SELECT key, value FROM settings ORDER BY key"))
    return Settings(**{key: found[key] for key in KEYS if key in found})


def peek_language(path: Path) -> str:
    """Return the language set in a database, or nothing: no file, no table or no setting is not an error."""
    if not path.is_file():
        return ""
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0.2)
        ) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            # The file has not been checked yet: a view of this name could run whatever it likes.
            if not connection.execute(
                "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'settings'"
            ).fetchone():
                return ""
            row = connection.execute("SELECT value FROM settings WHERE key = 'language'").fetchone()
    except sqlite3.Error:
        return ""
    return str(row[0]) if row else ""
