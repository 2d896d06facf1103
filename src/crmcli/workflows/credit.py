"""Credit 信用, looked at: what customers owe and may owe, and the payments there are. Reads only, light."""

import sqlite3
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crmcli import clock
from crmcli.store.light import reading
from crmcli.store.reads import credit as reads
from crmcli.store.reads.credit import CreditLine, OnTime, Owed, PaymentLine
from crmcli.store.settings import read_settings
from crmcli.workflows.find import find_customer


@dataclass(frozen=True, slots=True)
class Standing:
    """What one customer owes and may owe.

    Attributes:
        customer: the id.
        name: the name.
        credit: limit and terms, None if none was set.
        owed: what is owed, one for each currency; none when nothing is open.
        paid: how many sales on account were paid, and how many of them in time.
        currency: the one of the limit, or else the base currency.
    """

    customer: int
    name: str
    credit: CreditLine | None
    owed: tuple[Owed, ...]
    paid: OnTime
    currency: str

    @property
    def main(self) -> Owed | None:
        """What is owed in the currency of the limit."""
        return next((each for each in self.owed if each.currency == self.currency), None)

    @property
    def outstanding(self) -> int:
        """The same in minor units."""
        return self.main.outstanding if self.main else 0

    @property
    def available(self) -> int | None:
        """What is left of the limit in minor units, below 0 when it is passed; None without a limit."""
        if self.credit is None or self.credit.limit_minor is None:
            return None
        return self.credit.limit_minor - self.outstanding


def standing(database: Path, which: str) -> Standing:
    """Return how a customer stands today.

    Raises:
        NotFoundError, AmbiguousError: the customer.
    """
    with reading(database) as connection:
        settings = read_settings(connection)
        match = find_customer(connection, which, settings.country)
        return standing_of(connection, match.id, match.name, clock.today(settings.time_zone))


def standing_of(connection: sqlite3.Connection, customer: int, name: str, today: date) -> Standing:
    """Return how a customer stands on a day, on a connection that is open."""
    credit = reads.credit_of(connection, customer)
    return Standing(
        customer,
        name,
        credit,
        tuple(reads.owed(connection, customer, today)),
        reads.on_time(connection, customer, today),
        credit.currency if credit else read_settings(connection).currency,
    )


def ageing(database: Path, *, overdue: bool) -> tuple[tuple[Owed, ...], dict[int, CreditLine]]:
    """Return what everybody owes by currency, most overdue first, and the credit of everybody who has one.

    Whoever has credit and owes nothing is there too.

    `overdue` leaves out those who are not late.
    """
    with reading(database) as connection:
        today = clock.today(read_settings(connection).time_zone)
        found = reads.owed(connection, None, today)
        credits_given = {line.customer_id: line for line in reads.credits_given(connection)}
        owing = {(each.customer_id, each.currency) for each in found}
        clear = [
            reads.nothing(line)
            for line in credits_given.values()
            if (line.customer_id, line.currency) not in owing
        ]
        lines = [each for each in (*found, *clear) if each.overdue_days > 0 or not overdue]
        lines.sort(key=lambda each: (each.currency, -each.overdue_days, -each.outstanding, each.customer_id))
        return tuple(lines), credits_given


def payments(database: Path, which: str | None, sale: int | None, limit: int) -> tuple[PaymentLine, ...]:
    """Return payments, newest first: of a customer, of a transaction, or all."""
    with reading(database) as connection:
        country = read_settings(connection).country
        number = None if which is None else find_customer(connection, which, country).id
        return tuple(reads.payments(connection, number, sale, limit))
