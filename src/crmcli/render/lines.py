"""Plain lines for pipes, `cut`, `awk` and `grep`: fields separated by tabs, no header, no decoration.

A value never breaks its line: tab, line feed, carriage return and backslash are written as two characters,
and what could act on a terminal is made visible, because such lines end up in `less`.
"""

from collections.abc import Iterator
from typing import TextIO

from crmcli.render import flat
from crmcli.render.result import Listing, Record
from crmcli.render.safe import safe

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def write_listing(listing: Listing, out: TextIO) -> None:
    """Write one line a row."""
    out.writelines(_lines(listing))


def write_record(record: Record, out: TextIO) -> None:
    """Write `key<TAB>value` lines, then each section's rows with the section's key as first field."""
    keys, rows = flat.rows(record.as_row())
    out.writelines(f"{key}\t{_escape(value)}\n" for key, value in zip(keys, next(rows), strict=True))
    for name, section in record.named_sections():
        out.writelines(f"{name}\t{line}" for line in _lines(section))


def write_ids(listing: Listing, out: TextIO) -> None:
    """Write one id a line.

    Raises:
        UsageError: the rows have no ids.
    """
    out.writelines(f"{safe(str(each))}\n" for each in listing.identities())


def _lines(listing: Listing) -> Iterator[str]:
    for fields in flat.texts(listing)[1]:
        if _harmless("".join(fields)):
            yield "\t".join(fields) + "\n"
        else:
            yield "\t".join(_escape(field) for field in fields) + "\n"


def _escape(value: flat.Plain) -> str:
    text = flat.text(value)
    return text if _harmless(text) else safe(text.translate(_ESCAPES))


def _harmless(text: str) -> bool:
    return text.isprintable() and "\\" not in text
