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


def read_matrix(reader: Reader, node: Node, number: Callable[[Node | None], str | None]) -> tuple[Cell, ...]:
    """Read a table into its cells, row by row; nothing when it has a fault.

    Args:
        reader: where faults are noted.
        node: the table.
        number: reads the name of a score or another number.
    """
    body = reader.fields(node, node.place, required=("rows", "columns", "cells"))
    if body is None:
        return ()
    rows, columns = (_side(reader, body.get(name), number) for name in ("rows", "columns"))
    lines = reader.items(body.get("cells"), body.place, at_least=1)
    if rows is None or columns is None:
        return ()
    if not _is_long(reader, body.get("cells"), len(lines), len(rows.at_least) + 1):
        return ()
    found: list[Cell] = []
    for line, (row, row_text) in zip(lines, rows.conditions(), strict=True):
        cells = reader.items(line, line.place, at_least=1)
        if not _is_long(reader, line, len(cells), len(columns.at_least) + 1):
            return ()
        for cell, (column, column_text) in zip(cells, columns.conditions(), strict=True):
            if reader.text(cell) is None or not isinstance(cell, Scalar):
                return ()
            both = tuple(each for each in (row, column) if each is not None)
            when = Every(both) if len(both) > 1 else both[0] if both else None
            found.append(Cell(cell, when, " and ".join(filter(None, (row_text, column_text)))))
    return tuple(found)


def _side(reader: Reader, node: Node | None, number: Callable[[Node | None], str | None]) -> _Side | None:
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
    known = [bound for bound in bounds if bound is not None]
    for at, (higher, bound) in enumerate(pairwise(known), 1):
        if bound >= higher:
            what = _("the bounds must fall: {value} comes after {before}").format(value=bound, before=higher)
            reader.fault(nodes[at].place, what, "unordered-bounds")
            return None
    return None if name is None or not known or len(known) < len(bounds) else _Side(name, tuple(known))


def _is_long(reader: Reader, node: Node | None, count: int, wanted: int) -> bool:
    """Say whether there is a row (or a cell) for each bound and one for what is below the last; else note it."""
    if count and count != wanted and node is not None:
        what = _("{wanted} are needed here, one more than there are bounds; there are {count}")
        reader.fault(node.place, what.format(wanted=wanted, count=count), "wrong-number-of-cells")
    return count == wanted
