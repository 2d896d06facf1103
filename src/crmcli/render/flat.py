"""Cells as the machine formats write them: one rule for CSV, JSON and plain lines.

An amount of money is two fields, `<key>` with decimal text and `<key>_currency`; days are ISO text. Which
columns hold money is declared (`Column.money`) or seen in the rows.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from math import isfinite

from crmcli.render.result import Amount, Cell, Listing
from crmcli.values import format_amount

Plain = str | int | float | bool | None


def rows(listing: Listing) -> tuple[list[str], Iterator[list[Plain]]]:
    """Return the keys of the fields and the rows, one by one."""
    money = [column.money for column in listing.columns]
    for place, cells in enumerate(zip(*listing.rows, strict=True)):
        money[place] = money[place] or Amount in set(map(type, cells))
    keys: list[str] = []
    for column, is_money in zip(listing.columns, money, strict=True):
        keys += [column.key, f"{column.key}_currency"] if is_money else [column.key]
    if not any(money):
        return keys, ([_plain(cell) for cell in row] for row in listing.rows)
    return keys, (_fields(row, money) for row in listing.rows)


def _fields(row: Sequence[Cell], money: list[bool]) -> list[Plain]:
    fields: list[Plain] = []
    for cell, is_money in zip(row, money, strict=True):
        if isinstance(cell, Amount):
            fields += [format_amount(cell.minor, cell.currency), cell.currency]
        elif is_money:
            fields += [_plain(cell), None]
        else:
            fields.append(_plain(cell))
    return fields


def _plain(cell: Cell) -> Plain:
    if cell is None or type(cell) is str:  # most are; a list of thousands is felt
        return cell
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and not isfinite(cell):
        return None  # JSON has no word for it, and a spreadsheet neither
    if isinstance(cell, Amount):
        return format_amount(cell.minor, cell.currency)
    return cell


def text(value: Plain) -> str:
    """Write a field as text: nothing for an unknown value, `true` and `false`, numbers in full."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
