"""Proves R6: the sum of many amounts that went in as text is exactly the sum of the integers they stand for."""

import sqlite3
from contextlib import closing
from pathlib import Path

from conftest import Run
from reliability.support import write_transactions


def test_a_hundred_thousand_amounts_add_up_exactly(crm: Run, database: Path, tmp_path: Path) -> None:
    assert crm("add", "张三").status == 0
    orders = tmp_path / "orders.csv"
    total = write_transactions(orders, 100_000, ["张三"], seed=6)
    done = crm("import", "transactions", str(orders))
    assert done.out.startswith("transactions: 100000 read = 100000 added + "), done.err
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute(
            "SELECT sum(amount_minor), count(*), count(DISTINCT typeof(amount_minor)) FROM transactions"
        ).fetchone()
    assert found == (total, 100_000, 1)
    exported = crm("export", "transactions").out.splitlines()
    at = exported[0].split(",").index("amount")
    assert sum(int(line.split(",")[at].replace(".", "")) for line in exported[1:]) == total
