"""What was done."""

import sqlite3
from typing import NamedTuple

from crmcli.store.reads.base import ALL, rows


class JournalLine(NamedTuple):
    """One journal entry; `undone_by` is the entry that took it back."""

    id: int
    at: str
    command: str
    summary: str
    undone_by: int | None


def journal(connection: sqlite3.Connection, limit: int = ALL) -> list[JournalLine]:
    """Return journal entries, newest first."""
    return rows(connection, "journal", JournalLine, limit=limit)
