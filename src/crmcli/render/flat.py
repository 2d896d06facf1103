"""Cells as the machine formats write them: one rule for CSV, JSON and plain lines.

An amount of money is two fields, `<key>` with decimal text and `<key>_currency`; days are ISO text. Which
columns hold money is declared (`Column.money`) or seen in the rows.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from math import isfinite

from crmcli.render.result import Amount, Cell, Inner, Listing
from crmcli.values import format_amount

Plain = str | int | float | bool | Inner | tuple[Inner, ...] | None
_WORDS = {str, type(None)}
_PLAIN = {*_WORDS, int, bool}  #: types of cells that are written as they are


def rows(listing: Listing) -> tuple[list[str], Iterator[tuple[Plain, ...]]]:
    """Return the keys of the fields and the rows, one by one."""
    keys, fields = _fields(listing)
    return keys, zip(*fields, strict=True) if fields else iter([()] * len(listing.rows))


def texts(listing: Listing) -> tuple[list[str], Iterator[tuple[str, ...]]]:
    """Return the same as text: nothing for an unknown value, `true` and `false`, numbers in full."""
    keys, fields = _fields(listing)
    written = [_texts(cells) for cells in fields]
    return keys, zip(*written, strict=True) if written else iter([()] * len(listing.rows))


def text(value: Plain) -> str:
    """Write a field as text."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | tuple):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _fields(listing: Listing) -> tuple[list[str], list[Sequence[Plain]]]:
    """Column by column, because most hold cells of one or two types: a list of thousands is felt."""
    keys: list[str] = []
    fields: list[Sequence[Plain]] = []
    empty: list[tuple[Cell, ...]] = [()] * len(listing.columns)
    for column, cells in zip(listing.columns, list(zip(*listing.rows, strict=True)) or empty, strict=True):
        types = set(map(type, cells))
        keys.append(column.key)
        if types <= _PLAIN:
            fields.append(cells)  # what `types` has just shown
        else:
            fields.append([_plain(cell) for cell in cells])
        if column.money or Amount in types:
            keys.append(f"{column.key}_currency")
            fields.append([cell.currency if isinstance(cell, Amount) else None for cell in cells])
    return keys, fields


def _plain(cell: Cell) -> Plain:
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and not isfinite(cell):
        return None  # JSON has no word for it, and a spreadsheet neither
    if isinstance(cell, Amount):
        return format_amount(cell.minor, cell.currency)
    return cell


def _texts(cells: Sequence[Plain]) -> list[str]:
    if set(map(type, cells)) <= _WORDS:
        return ["" if cell is None else cell for cell in cells]  # type: ignore[misc]  # text or nothing
    return [text(cell) for cell in cells]
