"""How a light read runs: a statement from store/sql, its values bound, its rows as named tuples."""

import sqlite3
from typing import Any, TypeVar

from crmcli.store.light import statement

Line = TypeVar("Line", bound=tuple[Any, ...])
ALL = -1  #: SQLite's "no limit"
SCORE = "value"  #: the score that tiers follow from; `indicator_values` holds its terms under this name


def rows(connection: sqlite3.Connection, name: str, line: type[Line], **values: Any) -> list[Line]:
    """Return every row of a statement."""
    return list(map(line._make, connection.execute(statement(name), values)))  # type: ignore[attr-defined]  # a named tuple


def row(connection: sqlite3.Connection, name: str, line: type[Line], **values: Any) -> Line | None:
    """Return the first row of a statement, or None."""
    found = connection.execute(statement(name), values).fetchone()
    return None if found is None else line(*found)
