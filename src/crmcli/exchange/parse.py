"""Rows of a file to typed rows in database form, a chunk at a time.

The hot loop of an import of a million rows: each chunk is turned by columns, with the repeated cells
remembered; only a chunk in which something is wrong is read again row by row, to say of every fault where it
is and what to do. Text is stripped of outer white space; an empty cell is None. Never guesses, never drops a
row without counting it.
"""

import gc
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, tzinfo

from crmcli.errors import Fault
from crmcli.exchange.cells import MAX_TEXT, Value, converter
from crmcli.exchange.columns import ColumnPlan, Combine, PlannedField, column_title
from crmcli.exchange.fields import FieldKind
from crmcli.exchange.filters import RowFilter
from crmcli.exchange.source import BATCH, Source
from crmcli.i18n import _
from crmcli.values import ValueFault, exponent

_MEMO_LIMIT = 20_000  #: remembered cells of one column; more are forgotten between chunks
_FEW = 100  #: rows tried together in a chunk that is not sound
_TEXTUAL = frozenset({FieldKind.TEXT, FieldKind.REFERENCE})
_HAN = re.compile("[㐀-鿿豈-﫿\U00020000-\U0003ffff]")
_TWO_PLACES = re.compile(r"(?:-?[0-9]{1,12}\.[0-9][0-9]\n)+")
_NO_PLACES = re.compile(r"(?:-?[0-9]{1,12}\n)+")


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row that cannot be taken: where it starts, its cells unchanged, and everything wrong with it."""

    line: int
    cells: list[str]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file. `lines`, `rows` and `raw` run in parallel; `rows` is aligned with `plan.names`.

    Attributes:
        lines: the line each kept row starts on.
        rows: its values in database form.
        raw: its cells as they stand in the file.
        faults: the rows that cannot be taken.
        skipped: how many rows a filter left out.
        position: bytes of the file read so far, near enough for a progress bar.
    """

    lines: list[int]
    rows: list[tuple[Value, ...]]
    raw: list[list[str]]
    faults: list[RowFault]
    skipped: int
    position: int

    @property
    def read(self) -> int:
        """How many rows were read: kept, faulty and skipped; blank ones are none."""
        return len(self.rows) + len(self.faults) + self.skipped


def parse(
    source: Source,
    plan: ColumnPlan,
    *,
    currency: str,
    chunk_size: int = BATCH,
    filters: Sequence[RowFilter] = (),
    zone: tzinfo = UTC,
) -> Iterator[Chunk]:
    """Read the rows of a file by a plan.

    Args:
        source: the file.
        plan: what to read from it.
        currency: of amounts whose row names none; it also fills an empty cell of a currency column.
        chunk_size: rows in one chunk.
        filters: only rows that fit all of them are read, the others are counted as skipped.
        zone: where an instant without an offset was written down.

    Raises:
        DataError: the file is not CSV from some line on.
        UsageError: a filter names no column.
    """
    reader = _Reader(source, plan, currency, zone, filters)
    batches = source.batches(chunk_size)
    while True:
        with _collector_resting():
            batch = next(batches, None)
            if batch is None:
                return
            chunk = reader.chunk(*batch)
        yield chunk


@contextmanager
def _collector_resting() -> Iterator[None]:
    """Keep the garbage collector from searching ten thousand lists that have no cycles: half the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Careful(Exception):  # noqa: N818 - not an error: this chunk wants the slow way
    """Something in a chunk is not plain."""


class _Memo(dict[str, Value]):
    """Cells already read, and their values; a faulty cell is never remembered."""

    def __init__(self, read: Callable[[str], Value]) -> None:
        super().__init__()
        self.read = read

    def __missing__(self, cell: str) -> Value:
        value = self[cell] = self.read(cell)
        return value


class _Reader:
    def __init__(
        self, source: Source, plan: ColumnPlan, currency: str, zone: tzinfo, filters: Sequence[RowFilter]
    ) -> None:
        self.source = source
        self.plan = plan
        self.width = len(plan.header)
        self.currency = currency
        self.bound = [row_filter.bind(plan.header) for row_filter in filters]
        self.memos = [
            None if p.spec.kind is FieldKind.AMOUNT else _Memo(converter(p.spec, zone=zone))
            for p in plan.fields
        ]
        self.amounts: dict[tuple[int, str], _Memo] = {}
        self.texts = [_text_maker(p) for p in plan.fields]
        kinds = [p.spec.kind for p in plan.fields]
        self.currency_at = kinds.index(FieldKind.CURRENCY) if FieldKind.CURRENCY in kinds else -1
        # Without a required field a row of spaces would pass as a record of nothing.
        self.required = any(p.spec.required and p.combine is not Combine.CONSTANT for p in plan.fields)

    def chunk(self, lines: list[int], records: list[list[str]]) -> Chunk:
        """Read one batch of records."""
        skipped = 0
        if self.bound:
            lines, records, skipped = self._wanted(lines, records)
        for memo in (*self.memos, *self.amounts.values()):
            if memo is not None and len(memo) > _MEMO_LIMIT:
                memo.clear()
        position = self.source.position()
        try:
            rows = self._fast(records)
        except (_Careful, ValueFault):
            return self._careful(lines, records, skipped, position)
        return Chunk(lines, rows, records, [], skipped, position)

    def _wanted(self, lines: list[int], records: list[list[str]]) -> tuple[list[int], list[list[str]], int]:
        kept_lines: list[int] = []
        kept: list[list[str]] = []
        skipped = 0
        for line, cells in zip(lines, records, strict=True):
            if _is_blank(cells):
                continue
            for column, value, negated in self.bound:
                cell = cells[column].strip().casefold() if column < len(cells) else ""
                if (cell == value) is negated:
                    skipped += 1
                    break
            else:
                kept_lines.append(line)
                kept.append(cells)
        return kept_lines, kept, skipped

    # --- by columns

    def _fast(self, records: list[list[str]]) -> list[tuple[Value, ...]]:
        if not records:
            return []
        if not all(map(any, records)):
            raise _Careful
        even = records
        if set(map(len, records)) != {self.width}:
            even = [cells if len(cells) == self.width else self._even(cells) for cells in records]
        columns = list(zip(*even, strict=True))
        values: list[Sequence[Value]] = [()] * len(self.plan.fields)
        currencies: Sequence[str] | None = None
        if self.currency_at >= 0:
            known = self._column(self.currency_at, columns, len(records))
            currencies = [str(code or self.currency) for code in known]
            values[self.currency_at] = currencies
        for index, planned in enumerate(self.plan.fields):
            if planned.spec.kind is FieldKind.AMOUNT:
                values[index] = self._amounts(
                    index, self._cells(planned, index, columns, len(records)), currencies
                )
            elif index != self.currency_at:
                values[index] = self._column(index, columns, len(records))
            if planned.spec.required and None in values[index]:
                raise _Careful
        rows = list(zip(*values, strict=True))
        if not self.required and not all(map(any, rows)):
            raise _Careful
        return rows

    def _even(self, cells: list[str]) -> list[str]:
        if len(cells) > self.width:
            if any(map(str.strip, cells[self.width :])):
                raise _Careful
            return cells[: self.width]
        return cells + [""] * (self.width - len(cells))

    def _cells(
        self, planned: PlannedField, index: int, columns: list[tuple[str, ...]], count: int
    ) -> Sequence[str]:
        if planned.combine is Combine.ONE:
            return columns[planned.columns[0]]
        if planned.combine is Combine.CONSTANT:
            return [planned.constant] * count
        make = self.texts[index]
        return [make(cells) for cells in zip(*columns, strict=True)]

    def _column(self, index: int, columns: list[tuple[str, ...]], count: int) -> Sequence[Value]:
        planned = self.plan.fields[index]
        memo = self.memos[index]
        if memo is None:
            raise AssertionError(planned.spec.name)
        if planned.combine is Combine.CONSTANT:
            return [memo[planned.constant]] * count
        cells = self._cells(planned, index, columns, count)
        if planned.spec.kind not in _TEXTUAL:
            return list(map(memo.__getitem__, cells))
        together = "".join(cells)
        if "\0" in together or max(map(len, cells)) > MAX_TEXT:
            raise _Careful
        try:
            together.encode()
        except UnicodeEncodeError:
            raise _Careful from None
        return [cell.strip() or None for cell in cells]

    def _amounts(self, index: int, cells: Sequence[str], currencies: Sequence[str] | None) -> Sequence[Value]:
        names = set(currencies) if currencies is not None else {self.currency}
        places = set(map(exponent, names))
        if len(places) > 1 and currencies is not None:
            return [
                self._amount_memo(index, name)[cell] for cell, name in zip(cells, currencies, strict=True)
            ]
        name = names.pop()
        if places == {2}:
            # Most files write every amount alike; then one search says so and int() does the rest.
            together = "\n".join(cells) + "\n"
            if _TWO_PLACES.fullmatch(together):
                return list(map(int, together.replace(".", "").split()))
            if _NO_PLACES.fullmatch(together):
                return [100 * int(cell) for cell in cells]
        return list(map(self._amount_memo(index, name).__getitem__, cells))

    def _amount_memo(self, index: int, currency: str) -> _Memo:
        memo = self.amounts.get((index, currency))
        if memo is None:
            memo = self.amounts[index, currency] = _Memo(
                converter(self.plan.fields[index].spec, currency=currency)
            )
        return memo

    # --- row by row

    def _careful(self, lines: list[int], records: list[list[str]], skipped: int, position: int) -> Chunk:
        chunk = Chunk([], [], [], [], skipped, position)
        for start in range(
            0, len(records), _FEW
        ):  # most of a chunk is sound: only the faulty part goes row by row
            part = slice(start, start + _FEW)
            try:
                rows = self._fast(records[part])
            except (_Careful, ValueFault):
                self._one_by_one(lines[part], records[part], chunk)
            else:
                chunk.lines.extend(lines[part])
                chunk.rows.extend(rows)
                chunk.raw.extend(records[part])
        return chunk

    def _one_by_one(self, lines: list[int], records: list[list[str]], chunk: Chunk) -> None:
        for line, cells in zip(lines, records, strict=True):
            if _is_blank(cells):
                continue
            row, faults = self._row(line, cells)
            if faults:
                chunk.faults.append(RowFault(line, cells, tuple(faults)))
            else:
                chunk.lines.append(line)
                chunk.rows.append(row)
                chunk.raw.append(cells)

    def _row(self, line: int, cells: list[str]) -> tuple[tuple[Value, ...], list[Fault]]:
        try:
            even = cells if len(cells) == self.width else self._even(cells)
        except _Careful:
            what = _("{count} cells, but the header has {width}").format(count=len(cells), width=self.width)
            hint = _("put quotes around a cell that holds the delimiter")
            return (), [
                Fault(what, self.source.name, line, value=cells[self.width], hint=hint, code="too-many-cells")
            ]
        currency, faults = self.currency, list[Fault]()
        if self.currency_at >= 0:
            known, fault = self._cell(self.currency_at, line, even, currency)
            currency = str(known or currency)
            faults += [fault] if fault else []
        row: list[Value] = []
        for index in range(len(self.plan.fields)):
            if index == self.currency_at:
                row.append(currency)
                continue
            value, fault = self._cell(index, line, even, currency)
            row.append(value)
            faults += [fault] if fault else []
        return tuple(row), faults

    def _cell(self, index: int, line: int, cells: list[str], currency: str) -> tuple[Value, Fault | None]:
        planned = self.plan.fields[index]
        text = self.texts[index](cells)
        memo = self.memos[index] or self._amount_memo(index, currency)
        try:
            value = memo[text]
        except ValueFault as fault:
            column = self._faulty_header(planned, cells)
            code = f"bad-{planned.spec.kind.value}"
            return None, Fault(
                fault.what, self.source.name, line, column, text.strip()[:200], fault.hint, code
            )
        if value is None and planned.spec.required:
            what = _("{field} is empty").format(field=planned.spec.label())
            hint = _("fill it in, or leave the row out")
            return None, Fault(what, self.source.name, line, planned.header, "", hint, "missing")
        return value, None

    def _faulty_header(self, planned: PlannedField, cells: list[str]) -> str:
        for column in planned.columns if planned.combine is Combine.JOINED else ():
            if "\0" in cells[column] or len(cells[column]) > MAX_TEXT:
                return column_title(self.plan.header, column)
        return planned.header


def _is_blank(cells: list[str]) -> bool:
    return not any(map(str.strip, cells))


def _text_maker(planned: PlannedField) -> Callable[[Sequence[str]], str]:
    """Return the function that makes the text of a field from the cells of a row."""
    if planned.combine is Combine.CONSTANT:
        return lambda _cells: planned.constant
    if planned.combine is Combine.NAME:
        return lambda cells: _name(planned, cells)
    if planned.combine is Combine.JOINED:
        separator = " / " if planned.spec.name == "phone" else ", "
        return lambda cells: _joined([cells[column].strip() for column in planned.columns], separator)
    column = planned.columns[0]
    return lambda cells: cells[column]


def _joined(texts: Sequence[str], separator: str) -> str:
    """Join what is there, each text once; Chinese place names follow each other without a comma."""
    present = list(dict.fromkeys(text for text in texts if text))
    if separator == ", " and len(present) > 1 and all(map(_HAN.search, present)):
        separator = ""
    return separator.join(present)


def _name(planned: PlannedField, cells: Sequence[str]) -> str:
    """Return the full name, or the parts in the order of their language, or the company, phone or e-mail."""
    for column in planned.columns:
        if cells[column].strip():
            return cells[column]
    given, middle, family = (cells[column].strip() if column >= 0 else "" for column in planned.parts)
    if _HAN.search(given + family):
        return family + middle + given
    whole = " ".join(part for part in (given, middle, family) if part)
    return whole or next((cells[column] for column in planned.spare if cells[column].strip()), "")
