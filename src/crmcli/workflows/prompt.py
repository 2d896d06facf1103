"""How many lines the agenda has and who comes first, for a shell's prompt. Reads only; lighter than the agenda itself."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from crmcli.store.light import reading
from crmcli.store.reads import agenda as reads
from crmcli.workflows.agenda_basis import asked, basis_of, by_line, number_of, rank


class Prompt(NamedTuple):
    """What a prompt says of the agenda.

    Attributes:
        day: the day it is for.
        time_zone: the one that says what day it is.
        lines: how many lines there are; where they were not counted, no less than one if there is any.
        first: who comes first, or what, where it is nobody's; "" when there is no line.
    """

    day: date
    time_zone: str
    lines: int
    first: str


def prompt(
    database: Path,
    rules: Path,
    *,
    day: date | None,
    days: int = 1,
    customer: str | None = None,
    only_late: bool = False,
    counted: bool = True,
) -> Prompt:
    """Return how long the agenda of a day is, or of the `days` days that begin with it, and what it begins with.

    Args:
        database: the file.
        rules: the folder of the rules in force.
        day: None for today.
        days: how many days to look at, 1 for the day alone.
        customer: as written; only this one.
        only_late: only those past their maximum, or past the day of a matter.
        counted: count the lines; else only find out whether there is one, which takes less time with many customers.
    """
    with reading(database) as connection:
        basis = basis_of(connection, rules, day)
        one = number_of(connection, customer, basis.settings.country)
        until = basis.today + timedelta(days=days - 1)
        question = asked(basis, until, 1, one, only_late=only_late)._replace(counted=counted)
        lines = sorted(by_line(reads.agenda(connection, basis.program, question)), key=rank)
    count = sum(own[0].due_customers or 1 for own in lines)  # a line that is nobody's stands for itself
    first = _said(lines[0], basis.program, basis.today, until) if lines else ""
    return Prompt(basis.today, basis.settings.time_zone, count, first)


def _said(rows: Sequence[reads.AgendaRow], program: Mapping[str, Any], today: date, until: date) -> str:
    if rows[0].id is not None:
        return rows[0].name
    from crmcli.workflows.urgency import standing, weights_of  # what is nobody's has no name, only a reason

    return standing(rows, weights_of(program), today, until).reasons[0].text
