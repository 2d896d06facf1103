"""Schema 5: the day until which a deal waits for what it waits for."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"

_SQL = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    """Create the column that schema 5 adds; the deals that are there wait without a day."""
    for statement in _SQL.read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)
