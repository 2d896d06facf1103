"""Custom fields: which there are, and how many customers have a value of each."""

import json
import sqlite3
from typing import NamedTuple

from crmcli.store.light import statement

_SINCE = 3  #: the schema that brought custom fields


class FieldLine(NamedTuple):
    """One custom field; `choices` are the words of a choice."""

    id: int
    name: str
    kind: str
    label: str
    choices: tuple[str, ...]


def custom_fields(connection: sqlite3.Connection) -> tuple[FieldLine, ...]:
    """Return the custom fields in the order in which they were added; a file of an older schema has none."""
    if connection.execute("PRAGMA user_version").fetchone()[0] < _SINCE:
        return ()
    found = connection.execute(statement("custom_fields")).fetchall()
    return tuple(
        FieldLine(number, name, kind, label, tuple(json.loads(choices or "[]")))
        for number, name, kind, label, choices in found
    )


def values_of_fields(connection: sqlite3.Connection) -> dict[str, int]:
    """Return name → how many customers, archived ones too, have a value of that field."""
    return dict(connection.execute(statement("custom_field_values")).fetchall())
