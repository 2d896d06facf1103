"""Every row of one table on its way to a file, as the file calls its fields; streamed. Light."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crmcli.store.light import reading, statement
from crmcli.store.reads.custom_fields import custom_fields

_CUSTOM = "custom"  #: the last column of customers


@contextmanager
def exported(database: Path, entity: str) -> Iterator[tuple[list[str], Iterator[tuple[Any, ...]]]]:
    """Give the field names and the rows of an entity, in the order of their ids.

    The SQL is store/sql/export_ENTITY.sql; money is in minor units, references are external ids or else uids. The
    custom fields of customers follow their other fields.
    """
    with reading(database) as connection:
        cursor: sqlite3.Cursor = connection.execute(statement(f"export_{entity}"))
        names = [column[0] for column in cursor.description]
        if names[-1] != _CUSTOM:
            yield names, iter(cursor)
            return
        own = [field.name for field in custom_fields(connection)]
        yield [*names[:-1], *own], (row[:-1] + _values(row[-1], own) for row in cursor)


def _values(custom: str, names: list[str]) -> tuple[Any, ...]:
    """Return the values of the custom fields that are in a customer's JSON object."""
    if not names:
        return ()
    found = json.loads(custom)
    return tuple(found.get(name) for name in names)
