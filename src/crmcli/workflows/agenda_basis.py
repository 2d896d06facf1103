"""What the agenda of a day stands on, and its lines as the store ranks them. Light: prompts load it at every turn.

Cadence, urgency and the triggers whose condition holds come from the last classification, which stored them. When the
rule files have changed since, the basis says so; before the first classification the rules are compiled in memory.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from crmcli import clock
from crmcli.rules import folder
from crmcli.store.reads import agenda as reads
from crmcli.store.settings import Settings, read_settings
from crmcli.values import exponent


class Basis(NamedTuple):
    """What the agenda of a day stands on."""

    today: date
    settings: Settings
    program: Mapping[str, Any]
    classified_as_of: date | None
    rules_changed: bool


def basis_of(connection: sqlite3.Connection, rules: Path, day: date | None) -> Basis:
    """Return what the agenda of a day stands on: the last classification before it, else the rules in memory."""
    settings = read_settings(connection)
    today = day or clock.today(settings.time_zone)
    stored = reads.stored_ruleset(connection, today.isoformat())
    files = folder.read_files(rules)
    program = None if stored is None else _stored_program(stored.agenda)
    if program is None:
        kept = files if stored is None else json.loads(stored.files)
        program = _compiled(kept, rules, stored=stored is not None)
    as_of = date.fromisoformat(stored.as_of) if stored else None
    return Basis(
        today,
        settings,
        program,
        as_of,
        stored is not None and json.loads(stored.files) != files,
    )


def _stored_program(agenda: str) -> Mapping[str, Any] | None:
    """Return what a run stored for the agenda; None when an older version stored too little."""
    program: Mapping[str, Any] = json.loads(agenda)
    return program if "triggers" in program else None


def _compiled(files: Mapping[str, str], rules: Path, *, stored: bool) -> Mapping[str, Any]:
    from crmcli.rules import agenda_program, load  # YAML is read only when no run stored what is needed

    return agenda_program(load(files, str(rules), stored=stored))


def asked(
    basis: Basis, until: date, limit: int, customer: int | None, *, only_late: bool = False
) -> reads.Asked:
    """Return the question to the store."""
    currency = basis.settings.currency
    return reads.Asked(
        basis.today,
        until,
        limit,
        customer,
        only_late,
        currency,
        float(10 ** exponent(currency)),
        basis.settings.leap_birthday,
        basis.settings.country,
    )


def number_of(connection: sqlite3.Connection, customer: str | None, country: str) -> int | None:
    """Return the number of a customer as written, None for everybody."""
    if customer is None:
        return None
    from crmcli.workflows.find import find_customer  # the agenda of everybody looks nobody up

    return find_customer(connection, customer, country).id


def by_line(rows: Iterable[reads.AgendaRow]) -> list[list[reads.AgendaRow]]:
    """Return the rows of each line: those of a customer, and those of each record that belongs to nobody."""
    found: dict[object, list[reads.AgendaRow]] = {}
    for row in rows:
        key: object = row.id if row.id is not None else (row.kind, row.record)
        found.setdefault(key, []).append(row)
    return list(found.values())


def rank(rows: Sequence[reads.AgendaRow]) -> tuple[float, float, bool, int]:
    """Return the place of a line: the statement's own order, so that a limit cuts it; what is nobody's among them."""
    row = rows[0]
    return -ranked_by(rows), -(row.score or 0.0), row.id is None, row.id or row.record or 0


def ranked_by(rows: Sequence[reads.AgendaRow]) -> float:
    """Return the points by which the store ranked a line; a record of nobody has a row for each of its triggers."""
    return rows[0].urgency if rows[0].id is not None else sum(row.urgency for row in rows)
