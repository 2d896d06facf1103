"""Runs by_hand_classify.sql: `python by_hand_classify.py DATABASE DAY`, with the settings the program writes under."""

import sqlite3
import sys
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

_PRAGMAS = (
    "foreign_keys=ON",
    "secure_delete=ON",
    "synchronous=FULL",
    "cell_size_check=ON",
    "trusted_schema=OFF",
)


def main(database: str, day: str) -> None:
    """Classify everybody as of a day, as run 1."""
    today = date.fromisoformat(day)
    leap = (today.month, today.day) == (2, 29)
    values = {
        "today": day,
        "year_ago": today.replace(year=today.year - 1, day=today.day - leap).isoformat(),
        "now": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        for statement in _statements(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")):
            connection.execute(statement, values)


def _statements(script: str) -> list[str]:
    found, part = [], ""
    for line in script.splitlines(keepends=True):
        part += line
        if line.rstrip().endswith(";") and sqlite3.complete_statement(part):
            found.append(part)
            part = ""
    return found


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
