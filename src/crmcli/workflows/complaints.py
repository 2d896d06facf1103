"""Looking at complaints: the list, one with what was done about it, the statistics by cause. Reads only, light."""

from datetime import date
from pathlib import Path

from crmcli import clock
from crmcli.errors import NotFoundError
from crmcli.i18n import _
from crmcli.store.light import reading
from crmcli.store.reads import complaints as reads
from crmcli.store.reads.complaints import CauseLine, ComplaintInFull, ComplaintLine, MeasureLine
from crmcli.store.settings import read_settings
from crmcli.vocabulary import RECORD
from crmcli.workflows.find import find_customer

_ALWAYS = date.min


def complaints(
    database: Path, which: str | None, *, everything: bool, overdue: bool, limit: int
) -> tuple[ComplaintLine, ...]:
    """Return the open complaints, or all, or those whose reply is overdue; of one customer or of all."""
    with reading(database) as connection:
        settings = read_settings(connection)
        number = None if which is None else find_customer(connection, which, settings.country).id
        today = clock.today(settings.time_zone).isoformat()
        found = reads.complaints(
            connection, today, number, everything=everything, overdue=overdue, limit=limit
        )
        return tuple(found)


def complaint(database: Path, which: str) -> tuple[ComplaintInFull, tuple[MeasureLine, ...]]:
    """Return one complaint and its improvement tasks.

    Raises:
        NotFoundError: there is none with this id or external id.
    """
    with reading(database) as connection:
        today = clock.today(read_settings(connection).time_zone).isoformat()
        found = reads.complaint(connection, today, number_of(which), which)
        if found is None:
            raise not_found("complaint", which)
        return found, tuple(reads.measures(connection, complaint=found.id))


def causes(database: Path, since: date | None) -> tuple[CauseLine, ...]:
    """Return the statistics by cause of the complaints received since a day, None for all."""
    with reading(database) as connection:
        today = clock.today(read_settings(connection).time_zone)
        return tuple(reads.causes(connection, today.isoformat(), (since or _ALWAYS).isoformat()))


def number_of(which: str) -> int:
    """Return the id that a word may be, 0 if it cannot be one."""
    number = which.strip().removeprefix("#")
    return int(number) if number.isdecimal() and len(number) < 18 else 0


def not_found(entity: str, which: str) -> NotFoundError:
    """Return the error for a record that is not there."""
    return NotFoundError(
        _("no {entity} {which}").format(entity=RECORD.label(entity), which=repr(which)),
        hint=_("'crm {entity} list' shows them with their ids").format(entity=entity),
    )
