"""Schema 4: the care of customers: preferences, complaints, surveys, credit, payments, templates; tasks that repeat."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"

_SQL = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    """Create the tables and columns that schema 4 adds; the rows that are there stay as they are."""
    for statement in _SQL.read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)
