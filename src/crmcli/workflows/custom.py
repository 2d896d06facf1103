"""Custom fields of customers: which there are, and how a value that a person wrote becomes one that is kept.

Values live in one JSON object per customer, name → text or number, days as ISO text. Light: both lanes use it; it
writes nothing.
"""

import json
import sqlite3
from collections.abc import Container, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from crmcli.errors import Fault, NotFoundError, UsageError
from crmcli.exchange.cells import Value, converter
from crmcli.exchange.fields import FieldSpec, custom_spec, header_key
from crmcli.i18n import _
from crmcli.spoken import Direction, parse_spoken_day
from crmcli.store.light import reading
from crmcli.store.reads.custom_fields import FieldLine, custom_fields, values_of_fields
from crmcli.values import ValueFault, custom_path

Pairs = Sequence[tuple[str, str]]  #: (name, text) as the user wrote them; an empty text empties the field


class ListedField(NamedTuple):
    """One custom field, and how many customers have a value of it."""

    name: str
    label: str
    kind: str
    choices: tuple[str, ...]
    customers: int


class CustomValue(NamedTuple):
    """What one customer has in one custom field; None for nothing."""

    name: str
    label: str
    value: Value


class Given(NamedTuple):
    """What the user set: name → value (None empties it), days that were not written as dates, and what is wrong."""

    values: dict[str, Value]
    resolved: tuple[tuple[str, date], ...]
    faults: list[Fault]


def list_fields(database: Path) -> tuple[ListedField, ...]:
    """Return the custom fields in the order in which they were added."""
    with reading(database) as connection:
        counts = values_of_fields(connection)
        return tuple(
            ListedField(line.name, line.label, line.kind, line.choices, counts.get(line.name, 0))
            for line in custom_fields(connection)
        )


def fields_of(database: Path) -> tuple[FieldLine, ...]:
    """Return the custom fields; none while there is no database."""
    try:
        with reading(database, older=True) as connection:
            return custom_fields(connection)
    except NotFoundError:
        return ()


def spec_of(line: FieldLine) -> FieldSpec:
    """Return how the cells of a custom field are read."""
    return custom_spec(line.name, line.kind, line.label, line.choices)


def as_json(found: Mapping[str, Value]) -> str:
    """Write the values of a customer as they are kept: nothing for an empty field, 2 rather than 2.0."""
    kept = {name: _whole(value) for name, value in found.items() if value is not None}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def shown_values(connection: sqlite3.Connection, custom: str) -> tuple[CustomValue, ...]:
    """Return every custom field with its value in a customer's JSON object."""
    found = json.loads(custom)
    return tuple(
        CustomValue(line.name, line.label, found.get(line.name)) for line in custom_fields(connection)
    )


def read_given(connection: sqlite3.Connection, pairs: Pairs, today: date) -> Given:
    """Read what `--set` gave; what is wrong is collected, each fault with its field and value."""
    given = Given({}, (), [])
    if not pairs:
        return given
    lines = custom_fields(connection)
    resolved: list[tuple[str, date]] = []
    for name, text in pairs:
        try:
            line = named_field(lines, name, given.values)
            given.values[line.name] = value = _read(line, text, today)
        except ValueFault as fault:
            given.faults.append(Fault(fault.what, column=name, value=text, hint=fault.hint))
            continue
        if line.kind == "date" and isinstance(value, str) and value != text.strip():
            resolved.append((line.name, date.fromisoformat(value)))
    return given._replace(resolved=tuple(resolved))


def wanted_values(connection: sqlite3.Connection, pairs: Pairs, today: date) -> str | None:
    """Return the filter that `--where` gave, for the list of customers: JSON pairs of path and value.

    Raises:
        UsageError: a name or value that cannot be understood.
    """
    given = read_given(connection, pairs, today)
    if given.faults:
        fault = given.faults[0]
        raise UsageError(fault.what, where=f"--where {fault.column}", hint=fault.hint)
    found = [[custom_path(name), value] for name, value in given.values.items()]
    return json.dumps(found, ensure_ascii=False) if found else None


def named_field(lines: Sequence[FieldLine], name: str, already: Container[str] = ()) -> FieldLine:
    """Return the field of a name or label.

    Raises:
        ValueFault: there is none, or it is one of those that were named already.
    """
    key = header_key(name)
    for line in lines:
        if key in {header_key(line.name), header_key(line.label)} - {""}:
            if line.name in already:
                raise ValueFault(_("given twice"), _("leave one of them out"))
            return line
    known = [word for line in lines for word in (line.name, line.label) if word]
    near = get_close_matches(name.strip().casefold(), known, n=1, cutoff=0.5)
    hint = _("did you mean {name}?").format(name=near[0]) if near else _("'crm field list' shows them")
    if not lines:
        hint = _("'crm field add NAME' adds one")
    raise ValueFault(_("no custom field {name}").format(name=repr(name[:60])), hint)


def _read(line: FieldLine, text: str, today: date) -> Value:
    if line.kind == "date":
        return parse_spoken_day(text, today, Direction.EITHER).isoformat() if text.strip() else None
    return _whole(converter(spec_of(line))(text))


def _whole(value: Value) -> Value:
    return int(value) if isinstance(value, float) and value.is_integer() else value
