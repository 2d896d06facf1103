"""客户档案: everything known about one customer. Reads only, light."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crmcli import clock
from crmcli.birthdays import next_birthday
from crmcli.errors import NotFoundError
from crmcli.i18n import _
from crmcli.months import add_months
from crmcli.store.light import reading
from crmcli.store.reads import customer_file as reads
from crmcli.store.reads import customers, judgements, overrides, records
from crmcli.store.reads import preferences as reads_preferences
from crmcli.store.reads.customer_file import FileComplaint, FileMoney, FileSurvey
from crmcli.store.reads.customers import CustomerRow
from crmcli.store.reads.judgements import Judgement
from crmcli.store.reads.overrides import OverrideLine
from crmcli.store.reads.preferences import PreferenceLine
from crmcli.store.reads.records import (
    ContactLine,
    InteractionLine,
    OpportunityLine,
    TaskLine,
    TransactionLine,
)
from crmcli.store.settings import read_settings
from crmcli.values import masked
from crmcli.workflows.custom import CustomValue, shown_values
from crmcli.workflows.find import find_customer
from crmcli.workflows.judged import Further, further

MONEY_MONTHS = 12  #: revenue and orders are those of the last so many months
_LAST = 5  #: touches and trades shown with a customer
_SURVEYS = 3  #: surveys shown with a customer


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """客户档案: one customer in one view."""

    customer: CustomerRow
    custom: tuple[CustomValue, ...]
    judgement: Judgement | None
    further: Further
    overrides: tuple[OverrideLine, ...]
    contacts: tuple[ContactLine, ...]
    interactions: tuple[InteractionLine, ...]
    transactions: tuple[TransactionLine, ...]
    opportunities: tuple[OpportunityLine, ...]
    tasks: tuple[TaskLine, ...]
    preferences: tuple[PreferenceLine, ...]
    complaints: tuple[FileComplaint, ...]
    surveys: tuple[FileSurvey, ...]
    money: tuple[FileMoney, ...]
    today: date
    next_birthday: date | None


def customer_file(database: Path, which: str, *, reveal: bool = False) -> CustomerFile:
    """Return everything known about one customer; the identity number masked, unless `reveal`.

    Raises:
        NotFoundError, AmbiguousError: who is meant.
    """
    with reading(database) as connection:
        settings = read_settings(connection)
        day = clock.today(settings.time_zone)
        today = day.isoformat()
        number = find_customer(connection, which, settings.country).id
        row = customers.customer(connection, number)
        if row is None:
            raise NotFoundError(_("no customer fits {text}").format(text=repr(which)))
        judged = judgements.judgement(connection, number, today)
        if not reveal:
            row = row._replace(id_number=masked(row.id_number))
        return CustomerFile(
            row,
            shown_values(connection, row.custom),
            judged,
            Further() if judged is None else further(connection, judged, number),
            tuple(overrides.overrides(connection, today, customer=number)),
            tuple(records.contacts(connection, number)),
            tuple(records.interactions(connection, number, _LAST)),
            tuple(records.transactions(connection, number, _LAST)),
            tuple(records.opportunities(connection, number)),
            tuple(records.tasks(connection, number)),
            tuple(reads_preferences.preferences(connection, number)),
            tuple(reads.complaints(connection, number, today)),
            tuple(reads.surveys(connection, number, _SURVEYS)),
            tuple(
                reads.money(connection, number, since=add_months(day, -MONEY_MONTHS).isoformat(), today=today)
            ),
            day,
            _next_birthday(row, day, settings.leap_birthday),
        )


def _next_birthday(row: CustomerRow, today: date, leap_birthday: str) -> date | None:
    if row.birthday is None:
        return None
    return next_birthday(date.fromisoformat(row.birthday), row.birthday_calendar, today, feb29=leap_birthday)
