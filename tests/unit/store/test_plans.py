"""What reads everybody's classification steps through indexes: no table of many rows is searched row by row for each row."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from conftest import Run
from crmcli.store.light import statement

TIERS = '["high", "medium", "low"]'
PLANS: dict[str, dict[str, object]] = {
    "history": {"id": 1, "today": "2026-11-20", "score": "value", "named": 2, "limit": 50},
    "movers": {
        "old": 1, "new": 2, "old_tiers": TIERS, "new_tiers": TIERS, "direction": 0, "score": "value", "limit": -1,
    },
    "migration_matrix": {"old": 1, "new": 2},
}  # fmt: skip
#: What the statements call classifications, indicator_values and customers.
LARGE = r"SCAN (k|v|o|n|a|b|c)\b"


@pytest.mark.parametrize("name", PLANS)
def test_large_tables_are_not_scanned(name: str, crm: Run, database: Path) -> None:
    assert crm("add", "张三").status == 0
    with closing(sqlite3.connect(database)) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement(name)}", PLANS[name])]
    assert [line for line in plan if line.startswith("SEARCH")]
    assert [line for line in plan if re.match(LARGE, line)] == []
    # Joining what was collected for each of many rows without an index would take the square of them.
    assert name == "history" or [line for line in plan if "SCAN" in line and "LEFT-JOIN" in line] == []
