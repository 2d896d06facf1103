"""JSON: a list of objects, one object, or one object a line; UTF-8 as it is, numbers as numbers.

Rows are written one by one, so a long listing needs no second copy in memory. Characters that could act on
a terminal are written as JSON escapes: the same value to any reader, harmless to a screen.
"""

import json
from collections.abc import Iterator, Sequence
from typing import TextIO

from crmcli.render import flat
from crmcli.render.result import Listing, Record
from crmcli.render.safe import safe_json

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def write_listing(listing: Listing, out: TextIO) -> None:
    """Write a list of objects, indented by two."""
    out.writelines(_list(listing, ""))
    out.write("\n")


def write_record(record: Record, out: TextIO) -> None:
    """Write one object; each section is a list under its key."""
    keys, rows = flat.rows(record.as_row())
    members = [f"  {_encode(key)}: {_encode(value)}" for key, value in zip(keys, next(rows), strict=True)]
    members += [f"  {_encode(name)}: {''.join(_list(each, '  '))}" for name, each in record.named_sections()]
    out.write("{\n" + ",\n".join(members) + "\n}\n" if members else "{}\n")


def write_listing_lines(listing: Listing, out: TextIO) -> None:
    """Write one object a line."""
    keys, rows = flat.rows(listing)
    out.writelines(_line(keys, row) + "\n" for row in rows)


def write_record_line(record: Record, out: TextIO) -> None:
    """Write one object, its sections included, on one line."""
    keys, rows = flat.rows(record.as_row())
    members = [f"{_encode(key)}: {_encode(value)}" for key, value in zip(keys, next(rows), strict=True)]
    for name, section in record.named_sections():
        section_keys, section_rows = flat.rows(section)
        objects = ", ".join(_line(section_keys, row) for row in section_rows)
        members.append(f"{_encode(name)}: [{objects}]")
    out.write("{" + ", ".join(members) + "}\n")


def _list(listing: Listing, indent: str) -> Iterator[str]:
    keys, rows = flat.rows(listing)
    names = [f"{indent}    {_encode(key)}: " for key in keys]
    before = "[\n"
    for row in rows:
        members = ",\n".join([name + _encode(value) for name, value in zip(names, row, strict=True)])
        yield f"{before}{indent}  {{\n{members}\n{indent}  }}"
        before = ",\n"
    yield "[]" if before == "[\n" else f"\n{indent}]"


def _line(keys: Sequence[str], row: Sequence[flat.Plain]) -> str:
    members = [f"{_encode(key)}: {_encode(value)}" for key, value in zip(keys, row, strict=True)]
    return "{" + ", ".join(members) + "}"


def _encode(value: flat.Plain) -> str:
    return safe_json(_ENCODER.encode(value))
