"""Schema 2: overrides, classes pinned by hand, and those that were in force on the day of a run."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"

_SQL = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    """Create the tables and the index that schema 2 adds; nothing that was there is touched."""
    for statement in _SQL.read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)
