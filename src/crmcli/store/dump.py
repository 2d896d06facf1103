"""Every row of one table on its way to a file, as the file calls its fields; streamed. Light."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crmcli.store.light import reading, statement


@contextmanager
def exported(database: Path, entity: str) -> Iterator[tuple[list[str], Iterator[tuple[Any, ...]]]]:
    """Give the field names and the rows of an entity, in the order of their ids.

    The SQL is store/sql/export_ENTITY.sql; money is in minor units, references are external ids or else uids.
    """
    with reading(database) as connection:
        cursor: sqlite3.Cursor = connection.execute(statement(f"export_{entity}"))
        yield [column[0] for column in cursor.description], iter(cursor)
