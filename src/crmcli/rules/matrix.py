"""A table of two numbers: fit × engagement, value × effort. Each cell is a segment.

It is a short way to write what rules from the top can say as well, and becomes just those rules.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from crmcli.i18n import _
from crmcli.rules.expression import NUMBER, Compare, Every, Expression, Field, Literal
from crmcli.rules.reader import Reader
from crmcli.rules.source import Node, Scalar

MAX_BOUNDS = 19  #: of one side: twenty rows or columns


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of the table: a number, and the least value of every row or column but the last."""

    name: str
    at_least: tuple[float, ...]

    def conditions(self) -> tuple[tuple[Expression | None, str], ...]:
        """Return what holds in each row or column and in none before it, as a tree and as text; None in the last."""
        found: list[tuple[Expression | None, str]] = [
            (Compare(">=", Field(self.name, NUMBER), Literal(bound, NUMBER)), f"{self.name} >= {bound:.15g}")
            for bound in self.at_least
        ]
        return (*found, (None, ""))


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its segment, where that stands, and when it applies unless a cell before it does."""

    segment: Scalar
    when: Expression | None
    written: str


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of a table that could be read, row by row, and whether they are all that its bounds ask for."""

    cells: tuple[Cell, ...] = ()
    whole: bool = False


def read_matrix(reader: Reader, node: Node, number: Callable[[Node | None], str | None]) -> Table:
    """Read a table; what is wrong with a bound, a row or a cell does not hide what is wrong with the others.

    Args:
        reader: where faults are noted.
        node: the table.
        number: reads the name of a score or another number.
    """
    body = reader.fields(node, node.place, required=("rows", "columns", "cells"))
    if body is None:
        return Table()
    before = len(reader.faults)
    rows, columns = (_side(reader, body.get(name), number) for name in ("rows", "columns"))
    lines = reader.items(body.get("cells"), body.place, at_least=1)
    whole = rows is not None and _is_long(reader, body.get("cells"), len(lines), len(rows.at_least) + 1)
    found: list[Cell] = []
    for line, (row, row_text) in zip(lines, _conditions(rows, len(lines)), strict=True):
        cells = reader.items(line, line.place, at_least=1)
        if columns is None or not _is_long(reader, line, len(cells), len(columns.at_least) + 1):
            whole = False
        for cell, (column, column_text) in zip(cells, _conditions(columns, len(cells)), strict=True):
            if reader.text(cell) is None or not isinstance(cell, Scalar):
                continue
            both = tuple(each for each in (row, column) if each is not None)
            when = Every(both) if len(both) > 1 else both[0] if both else None
            found.append(Cell(cell, when, " and ".join(filter(None, (row_text, column_text)))))
    return Table(tuple(found), whole and len(reader.faults) == before)


def _conditions(side: _Side | None, count: int) -> tuple[tuple[Expression | None, str], ...]:
    """Return a condition for each of so many rows or columns; none for those that have no bound."""
    known = () if side is None else side.conditions()
    return (*known, *((None, ""),) * count)[:count]


def _side(reader: Reader, node: Node | None, number: Callable[[Node | None], str | None]) -> _Side | None:
    """Read a side; one with a fault in its name or a bound still says how many rows or columns there must be."""
    body = reader.fields(node, node.place, required=("of", "at_least")) if node is not None else None
    if body is None:
        return None
    name = number(body.get("of"))
    nodes = reader.items(body.get("at_least"), body.place, at_least=1)
    if len(nodes) > MAX_BOUNDS:
        reader.fault(
            nodes[MAX_BOUNDS].place, _("more than {limit} bounds").format(limit=MAX_BOUNDS), "too-many"
        )
        return None
    bounds = [reader.number(each) for each in nodes]
    for at, (higher, bound) in enumerate(pairwise(bounds), 1):
        if higher is not None and bound is not None and bound >= higher:
            what = _("the bounds must fall: {value} comes after {before}").format(value=bound, before=higher)
            reader.fault(nodes[at].place, what, "unordered-bounds")
    return _Side(name or "", tuple(bound or 0.0 for bound in bounds)) if bounds else None


def _is_long(reader: Reader, node: Node | None, count: int, wanted: int) -> bool:
    """Say whether there is a row (or a cell) for each bound and one for what is below the last; else note it."""
    if count and count != wanted and node is not None:
        what = _("{wanted} are needed here, one more than there are bounds; there are {count}")
        reader.fault(node.place, what.format(wanted=wanted, count=count), "wrong-number-of-cells")
    return count == wanted
