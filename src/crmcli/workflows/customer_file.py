"""客户档案: everything known about one customer. Reads only, light."""

from dataclasses import dataclass
from pathlib import Path

from crmcli import clock
from crmcli.errors import NotFoundError
from crmcli.i18n import _
from crmcli.store.light import reading
from crmcli.store.reads import customers, judgements, overrides, records
from crmcli.store.reads.customers import CustomerRow
from crmcli.store.reads.judgements import Judgement
from crmcli.store.reads.overrides import OverrideLine
from crmcli.store.reads.records import (
    ContactLine,
    InteractionLine,
    OpportunityLine,
    TaskLine,
    TransactionLine,
)
from crmcli.store.settings import read_settings
from crmcli.workflows.custom import CustomValue, shown_values
from crmcli.workflows.find import find_customer
from crmcli.workflows.judged import Further, further

_LAST = 5  #: touches and trades shown with a customer


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


def customer_file(database: Path, which: str) -> CustomerFile:
    """Return everything known about one customer.

    Raises:
        NotFoundError, AmbiguousError: who is meant.
    """
    with reading(database) as connection:
        settings = read_settings(connection)
        today = clock.today(settings.time_zone).isoformat()
        number = find_customer(connection, which, settings.country).id
        row = customers.customer(connection, number)
        if row is None:
            raise NotFoundError(_("no customer fits {text}").format(text=repr(which)))
        judged = judgements.judgement(connection, number, today)
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
        )
