"""What a careful person would write without the program: a CSV file of transactions into its tables, one loop.

Run as a program of its own: `python by_hand_import.py DATABASE FILE`. It looks customers up in a dictionary, reads
amounts to minor units, checks the days, makes identifiers, and inserts with executemany in one transaction.
It does not say which line is wrong, knows no second import, and leaves no journal.
"""

import csv
import itertools
import secrets
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

_INSERT = """
INSERT INTO transactions (
    uid, created_at, updated_at, external_id, customer_id, occurred_on, kind, amount_minor, currency, quantity,
    order_number, import_batch_id
) VALUES (?, ?, ?, ?, ?, ?, 'sale', ?, 'CNY', ?, ?, ?)
"""
_BATCH = """
INSERT INTO import_batches (
    uid, entity, file_name, file_sha256, encoding, rows_read, rows_added, rows_updated, rows_unchanged, rows_skipped,
    rows_failed, created_at
) VALUES (?, 'transactions', ?, '', 'UTF-8', 0, 0, 0, 0, 0, 0, ?)
"""


def new_uids() -> Iterator[str]:
    """Yield UUIDv7 texts: in rising order, which SQLite's index likes far better than random ones."""
    moment = f"{time.time_ns() // 1_000_000:012x}"
    for number in itertools.count():
        high, low = divmod(number, 1 << 16)
        yield f"{moment[:8]}-{moment[8:]}-7{high:03x}-8{low >> 4:03x}-{low & 15:x}{secrets.token_hex(6)[1:]}"


def read_rows(
    path: str, customers: dict[str, int], batch: int | None, now: str
) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the file as the table wants them."""
    uids = new_uids()
    with open(path, encoding="utf-8", newline="") as stream:  # noqa: PTH123 - as one would write it
        lines = csv.reader(stream)
        at = {name: index for index, name in enumerate(next(lines))}
        who, day, amount = at["customer_id"], at["date"], at["amount"]
        quantity, order, key = at["quantity"], at["order_number"], at.get("external_id")
        for line in lines:
            yield (
                next(uids),
                now,
                now,
                None if key is None else line[key],
                customers[line[who]],
                date.fromisoformat(line[day]).isoformat(),
                int(Decimal(line[amount]).scaleb(2)),
                float(line[quantity]),
                line[order],
                batch,
            )


def main(database: str, path: str) -> None:
    """Import the file."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA foreign_keys=ON")
    customers = dict(connection.execute("SELECT external_id, id FROM customers"))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    connection.execute("BEGIN IMMEDIATE")
    batch = connection.execute(_BATCH, (next(new_uids()), path, now)).lastrowid
    connection.executemany(_INSERT, read_rows(path, customers, batch, now))
    connection.execute("COMMIT")
    connection.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
