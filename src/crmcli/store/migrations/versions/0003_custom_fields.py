"""Schema 3: custom fields, and the column of each customer that holds their values."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"

_SQL = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    """Create the table that schema 3 adds, and the column; the rows that are there get no values."""
    for statement in _SQL.read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)
