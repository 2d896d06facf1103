"""CSV for spreadsheets and other programs: a header of keys, RFC 4180 quoting, lines that end in LF.

Values are written as they are, formulas included: what goes out must come in again unchanged. (The guarded
form for Excel is an export, not a rendering.) Only on a terminal are control codes made visible.
"""

import csv
from typing import TextIO

from crmcli.i18n import _
from crmcli.render import flat, notes
from crmcli.render.result import Listing, Record
from crmcli.render.safe import safe


class _LineFeeds:
    """Takes rows that end in CR LF and hands them on with LF.

    The csv module (of Python 3.11 at least) quotes a value with a carriage return only if its own line end
    has one, and an unquoted one breaks the row in two for whoever reads it.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, row: str) -> int:
        return self._out.write(row.removesuffix("\r\n") + "\n")


def write_listing(listing: Listing, out: TextIO) -> None:
    """Write the header and the rows."""
    keys, rows = flat.texts(listing)
    writer = csv.writer(_LineFeeds(out), lineterminator="\r\n")
    writer.writerow(keys)
    if out.isatty():
        writer.writerows([safe(field, multiline=True) for field in row] for row in rows)
    else:
        writer.writerows(rows)


def write_record(record: Record, out: TextIO) -> None:
    """Write the record's main list, or without one the fields as one row; a note says what there is no place for."""
    sections = record.named_sections()
    main = next((section for name, section in sections if name == record.main), None)
    left_out = [name for name, section in sections if section.rows and section is not main]
    if main is not None:
        write_listing(main, out)
        names = ", ".join([_("the fields"), *left_out])
        text = _("CSV has place for one list, {name}; left out: {names}")
        notes.say(text.format(name=record.main, names=names))
        return
    write_listing(record.as_row(), out)
    if left_out:
        notes.say(_("CSV has no place for lists; left out: {names}").format(names=", ".join(left_out)))
