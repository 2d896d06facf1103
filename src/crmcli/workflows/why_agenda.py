"""Why somebody stands on the agenda, term by term; or why not, and when next. Reads only, light."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from crmcli.store.light import reading
from crmcli.store.reads import agenda as reads
from crmcli.store.settings import read_settings
from crmcli.workflows.agenda import Item, item
from crmcli.workflows.agenda_basis import asked, basis_of, by_line
from crmcli.workflows.comes_back import back_on, comes_back
from crmcli.workflows.find import find_customer
from crmcli.workflows.urgency import Reason, Term, standing, weights_of

_AHEAD = 366  #: days looked ahead for the next time


class WhyAgenda(NamedTuple):
    """Why somebody stands on the agenda of a day, or why not.

    Attributes:
        customer: the number.
        name: of the customer.
        day: the day of the agenda.
        line: the line as the agenda has it, None when there is none.
        terms: what adds up to its urgency.
        absent: why there is none: archived, do_not_contact, put_off, agreed, invalid or not_due; "" when there is one.
        next_on: the first day on which there will be one, as far as is known and within a year; None if there is none.
    """

    customer: int
    name: str
    day: date
    line: Item | None
    terms: tuple[Term, ...]
    absent: str
    next_on: date | None


def why_agenda(database: Path, rules: Path, which: str, *, day: date | None) -> WhyAgenda:
    """Explain the place of a customer on the agenda of a day.

    Raises:
        NotFoundError: the customer is unknown.
        AmbiguousError: several fit.
    """
    with reading(database) as connection:
        number = find_customer(connection, which, read_settings(connection).country).id
        basis = basis_of(connection, rules, day)
        weights = weights_of(basis.program)
        lines = by_line(reads.agenda(connection, basis.program, asked(basis, basis.today, -1, number)))
        about = reads.agenda_customer(connection, number, basis.today)
        if lines:
            found = standing(lines[0], weights, basis.today, basis.today)
            shown = item(lines[0], weights, basis.today, basis.today)
            return WhyAgenda(number, about.name, basis.today, shown, found.terms, "", basis.today)
        until = basis.today + timedelta(days=_AHEAD)
        later = by_line(reads.agenda(connection, basis.program, asked(basis, until, -1, number)))
        ahead = standing(later[0], weights, basis.today, until).reasons if later else ()
        put_off = comes_back(connection, basis.today, until)
    back = {each: back_on(put_off, number, each, basis.today) for each in ahead}
    return WhyAgenda(
        number,
        about.name,
        basis.today,
        None,
        (),
        _absent(about, basis.today),
        _next(about, back, basis.today),
    )


def _absent(about: reads.AgendaCustomer, today: date) -> str:
    day = today.isoformat()
    reasons = {
        "archived": about.archived_at is not None,
        "do_not_contact": bool(about.do_not_contact),
        "put_off": (about.put_off_until or "") > day,
        "agreed": (about.next_contact_on or "") > day,
        "invalid": about.intent_stage == "invalid",
    }
    return next((code for code, holds in reasons.items() if holds), "not_due")


def _next(about: reads.AgendaCustomer, ahead: Mapping[Reason, date], today: date) -> date | None:
    """Return the first day of any of the reasons that the next year has; an agreed day silences the cadence until then.

    Args:
        about: the customer.
        ahead: each reason with the day on which it comes back, today if it was not put off.
        today: the day of the agenda.
    """
    agreed = date.fromisoformat(about.next_contact_on) if about.next_contact_on else today
    begins = [
        max(back, reason.begins_on if reason.kind else max(reason.begins_on, agreed))
        for reason, back in ahead.items()
        if reason.begins_on is not None
    ]
    return max(min(begins), today) if begins else None
