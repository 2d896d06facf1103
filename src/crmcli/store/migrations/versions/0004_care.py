"""Schema 4: the care of customers: preferences, complaints, surveys, credit, payments, templates; tasks that repeat.

A birthday under the lunar calendar held the digits of its lunar date until now; from here on it holds the solar day of
birth, and the calendar says by which the birthday is kept.
"""

import json
from datetime import date
from pathlib import Path

from alembic import op

from crmcli.birthdays import LunarDay, solar_of
from crmcli.i18n import _
from crmcli.values import ValueFault

revision = "0004"
down_revision = "0003"

_SQL = Path(__file__).with_suffix(".sql")
_PEOPLE = ("customers", "contacts")


def upgrade() -> None:
    """Create the tables and columns that schema 4 adds, and turn lunar birthdays into solar days of birth."""
    for statement in _SQL.read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)
    for table in _PEOPLE:
        _convert_rows(table)
    _convert_journal()


def _convert_rows(table: str) -> None:
    bind = op.get_bind()
    found = bind.exec_driver_sql(
        f"SELECT id, birthday, notes FROM {table} WHERE birthday_calendar = 'lunar' AND birthday IS NOT NULL"  # noqa: S608 - one of ours
    ).fetchall()
    for number, birthday, notes in found:
        born, note = _solar(birthday), notes
        if born is None:
            born, note = birthday, "\n".join(filter(None, (notes, _told(birthday))))
        bind.exec_driver_sql(
            f"UPDATE {table} SET birthday = ?, notes = ? WHERE id = ?",  # noqa: S608 - one of ours
            (born, note, number),
        )


def _convert_journal() -> None:
    """Undo puts back what the journal holds, so that has to mean the same."""
    bind = op.get_bind()
    found = bind.exec_driver_sql(
        "SELECT id, before, after FROM journal_changes WHERE table_name IN ('customers', 'contacts')"
        " AND (before LIKE '%\"lunar\"%' OR after LIKE '%\"lunar\"%')"
    ).fetchall()
    for number, before, after in found:
        bind.exec_driver_sql(
            "UPDATE journal_changes SET before = ?, after = ? WHERE id = ?",
            (_converted(before), _converted(after), number),
        )


def _converted(image: str | None) -> str | None:
    row = None if image is None else json.loads(image)
    if not isinstance(row, dict) or row.get("birthday_calendar") != "lunar" or not row.get("birthday"):
        return image
    born = _solar(row["birthday"])
    if born is None:
        row["notes"] = "\n".join(filter(None, (row.get("notes"), _told(row["birthday"]))))
    return json.dumps(row | {"birthday": born or row["birthday"]}, ensure_ascii=False)


def _solar(digits: str) -> str | None:
    """Return the solar day of a lunar date's digits; None where there is no such lunar day."""
    try:
        day = date.fromisoformat(digits)
        return solar_of(LunarDay(day.year, day.month, day.day)).isoformat()
    except (ValueError, ValueFault):
        return None


def _told(digits: str) -> str:
    return _(
        "The birthday was noted as lunar {value}, which is no day of the lunar calendar; check it."
    ).format(value=digits)
