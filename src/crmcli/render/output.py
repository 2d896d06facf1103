"""What a command found, written to standard output in the format that was asked for, or that fits the place.

A terminal gets a table, anything else gets plain tab-separated lines. Standard output holds data only: talk
goes to standard error (`notes`). Each format has its module beside this one, imported when it is chosen: a
table needs rich, which costs more than all the rest of a command, and a pipe must not pay for it.

What a program may rely on, in every format but `table`: an amount of money is two fields, `<key>` with
decimal text (`1234.50`) and `<key>_currency`; dates are ISO; yes and no are `true` and `false`; an unknown
value is empty, in JSON null. `plain` has no header, `csv` has one.
"""

import errno
import os
import sys
from collections.abc import Callable
from enum import StrEnum
from typing import TextIO

from crmcli.render.result import Amount, Cell, Column, Listing, Record

__all__ = [
    "Amount",
    "Cell",
    "Column",
    "Format",
    "Listing",
    "Record",
    "choose",
    "discard_output",
    "flush_quietly",
    "show",
    "show_record",
]


class Format(StrEnum):
    """How a result is written."""

    TABLE = "table"
    PLAIN = "plain"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    IDS = "ids"


def show(listing: Listing, fmt: Format | None = None, *, stream: TextIO | None = None) -> None:
    """Write a listing to standard output.

    Args:
        listing: what to write; without rows, only JSON (`[]`) and CSV (the header) write anything.
        fmt: None chooses table on a terminal and plain elsewhere.
        stream: instead of standard output.

    Raises:
        UsageError: ids were asked for and the listing has none.
        OSError: the output cannot be written (the reader has gone, the disk is full).
    """
    out = stream or _stdout()
    _writers(choose(fmt, out))[0](listing, out)


def show_record(record: Record, fmt: Format | None = None, *, stream: TextIO | None = None) -> None:
    """Write one record to standard output.

    Args:
        record: on a terminal an aligned block, then titled tables; in plain `key<TAB>value` lines, then the
            rows of the sections with the section's key first; in JSON one object; in CSV its main section, or
            one row without the sections where it has none.
        fmt: None chooses table on a terminal and plain elsewhere.
        stream: instead of standard output.

    Raises:
        UsageError: ids were asked for and the record has no field `id`.
        OSError: the output cannot be written.
    """
    out = stream or _stdout()
    _writers(choose(fmt, out))[1](record, out)


def choose(fmt: Format | None, stream: TextIO) -> Format:
    """Return the format asked for, else table on a terminal and plain elsewhere."""
    if fmt is not None:
        return Format(fmt)
    return Format.TABLE if stream.isatty() else Format.PLAIN


def _writers(chosen: Format) -> tuple[Callable[[Listing, TextIO], None], Callable[[Record, TextIO], None]]:
    """Return what writes a listing and a record; the one place where the format decides what is imported."""
    if chosen is Format.TABLE:
        from crmcli.render import table

        return table.write_listing, table.write_record
    if chosen is Format.CSV:
        from crmcli.render import delimited

        return delimited.write_listing, delimited.write_record
    if chosen in {Format.JSON, Format.JSONL}:
        from crmcli.render import objects

        if chosen is Format.JSON:
            return objects.write_listing, objects.write_record
        return objects.write_listing_lines, objects.write_record_line
    from crmcli.render import lines

    if chosen is Format.IDS:
        return lines.write_ids, lambda record, out: lines.write_ids(record.as_row(), out)
    return lines.write_listing, lines.write_record


def flush_quietly() -> bool:
    """Hand on what is still buffered; called once, at the end, and also after a BrokenPipeError.

    Returns:
        False when the reader has gone away (`crm list | head -1`): nothing more can be written, and the
        interpreter will end without a complaint.

    Raises:
        OSError: anything else that keeps the output from being written; what was buffered is discarded first.
    """
    if sys.stdout is None or sys.stdout.closed:
        return True
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()
        return False
    except OSError:
        discard_output()
        raise
    return True


def discard_output() -> None:
    """Send what is still buffered for standard output nowhere, so that the interpreter can end in silence."""
    try:
        target = sys.stdout.fileno()
    except (AttributeError, OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, target)
    finally:
        os.close(nowhere)


def _stdout() -> TextIO:
    stream: TextIO | None = sys.stdout
    if stream is None:  # the program was started with descriptor 1 closed
        raise OSError(errno.EBADF, os.strerror(errno.EBADF), "stdout")
    return stream
