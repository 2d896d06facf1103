"""The functions that rules need and SQLite has only where it was built with them.

Both are pure and take what SQLite may hand them: NULL stays NULL.
"""

import math
import sqlite3


def add_functions(connection: sqlite3.Connection) -> None:
    """Make `crm_ln` and `crm_exp` known to a connection."""
    connection.create_function("crm_ln", 1, _ln, deterministic=True)
    connection.create_function("crm_exp", 1, _exp, deterministic=True)


def _ln(value: float | None) -> float | None:
    return None if value is None or value <= 0 else math.log(value)


def _exp(value: float | None) -> float | None:
    return None if value is None else math.exp(min(value, 700.0))
