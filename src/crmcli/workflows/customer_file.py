"""客户档案: everything known about one customer. Reads only, light."""

import sqlite3
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crmcli import clock
from crmcli.birthdays import next_birthday
from crmcli.errors import NotFoundError
from crmcli.i18n import _
from crmcli.months import add_months
from crmcli.store.light import reading
from crmcli.store.reads import credit as reads_credit
from crmcli.store.reads import customer_file as reads
from crmcli.store.reads import customers, judgements, overrides, records
from crmcli.store.reads import preferences as reads_preferences
from crmcli.store.reads.base import ALL
from crmcli.store.reads.credit import CreditLine, Owed
from crmcli.store.reads.customer_file import FileComplaint, FileSales, FileSurvey
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
_UNUSUAL = frozenset({"event", "gift"})  #: channels that `crm next` never suggests
_LAST = 5  #: touches and trades shown with a customer
_SURVEYS = 3  #: surveys shown with a customer


@dataclass(frozen=True, slots=True)
class Money:
    """The money of a customer in one currency, in minor units.

    Attributes:
        currency: of every amount.
        revenue_minor: sales less refunds of the last MONEY_MONTHS.
        orders: how many orders those are.
        unpaid_minor: what is owed on account, as `crm credit` says it; below 0 when a refund was not paid out.
        overdue_minor: the part of it that should have been paid before today.
        overdue_since: the earliest due day of that part, None without one.
        limit_minor: the most that may be owed; None where none was agreed.
    """

    currency: str
    revenue_minor: int
    orders: int
    unpaid_minor: int
    overdue_minor: int
    overdue_since: str | None
    limit_minor: int | None


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
    money: tuple[Money, ...]
    today: date
    next_birthday: date | None


def usual_channel(found: CustomerFile) -> str:
    """Return how there was a contact or a try last, else the first way that is known; never a refused one, "" for none."""
    row = found.customer
    refused = (row.refused_channels or "").split(",")
    tried = [each.channel for each in found.interactions]
    known = [name for name in ("phone", "wechat", "email") if getattr(row, name)]
    return next((name for name in (*tried, *known) if name not in refused and name not in _UNUSUAL), "")


def customer_file(database: Path, which: str, *, reveal: bool = False, whole: bool = False) -> CustomerFile:
    """Return everything known about one customer; the identity number masked, unless `reveal`.

    Of contacts, trades and surveys it has the last few, or with `whole` all.

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
            tuple(records.interactions(connection, number, ALL if whole else _LAST)),
            tuple(records.transactions(connection, number, ALL if whole else _LAST)),
            tuple(records.opportunities(connection, number)),
            tuple(records.tasks(connection, number)),
            tuple(reads_preferences.preferences(connection, number)),
            tuple(reads.complaints(connection, number, today)),
            tuple(reads.surveys(connection, number, ALL if whole else _SURVEYS)),
            _money(connection, number, day),
            day,
            _next_birthday(row, day, settings.leap_birthday),
        )


def _money(connection: sqlite3.Connection, customer: int, day: date) -> tuple[Money, ...]:
    """Return the money by currency, the most revenue first."""
    since = add_months(day, -MONEY_MONTHS).isoformat()
    sales = {
        line.currency: line for line in reads.sales(connection, customer, since=since, today=day.isoformat())
    }
    owed = {each.currency: each for each in reads_credit.owed(connection, customer, day)}
    credit = reads_credit.credit_of(connection, customer)
    if credit is not None:
        sales.setdefault(credit.currency, FileSales(credit.currency, 0, 0))
    lines = (
        _money_in(
            line, owed.get(line.currency), credit if credit and credit.currency == line.currency else None
        )
        for line in sales.values()
    )
    return tuple(sorted(lines, key=lambda line: (-line.revenue_minor, line.currency)))


def _money_in(sales: FileSales, owed: Owed | None, credit: CreditLine | None) -> Money:
    oldest = owed.oldest if owed and owed.overdue_days > 0 else None
    return Money(
        *sales,
        owed.outstanding if owed else 0,
        owed.overdue if owed else 0,
        oldest.due_on if oldest else None,
        credit.limit_minor if credit else None,
    )


def _next_birthday(row: CustomerRow, today: date, leap_birthday: str) -> date | None:
    if row.birthday is None:
        return None
    return next_birthday(date.fromisoformat(row.birthday), row.birthday_calendar, today, feb29=leap_birthday)
