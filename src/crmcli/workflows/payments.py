"""Payments 回款: recording them against sales, all at once or in parts, and taking one back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlmodel import select

from crmcli import values
from crmcli.errors import DataError, NotFoundError
from crmcli.i18n import _
from crmcli.spoken import Direction, parse_spoken_day
from crmcli.store import schema
from crmcli.store.work import Work, unit_of_work
from crmcli.workflows import ledger
from crmcli.workflows.ledger import Part
from crmcli.workflows.record import Edited, ahead, customer_named

_LONGEST = 17  #: digits of a number that can be an id


@dataclass(frozen=True, slots=True)
class Share:
    """What one transaction got of a payment, and what is owed on it afterwards, in minor units."""

    payment: int
    transaction: int
    amount: int
    left: int
    currency: str


@dataclass(frozen=True, slots=True)
class Paid:
    """What was recorded: the customer, the line for the user, each share, days as they were understood, what may be wrong."""

    customer: str
    summary: str
    shares: tuple[Share, ...]
    resolved: tuple[tuple[str, date], ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def pay_sale(database: Path, which: str, given: Mapping[str, str | None]) -> Paid:
    """Record a payment for one transaction; `given` has amount, paid_on and notes as typed.

    Raises:
        NotFoundError: there is no such transaction.
        DataError, RefusedError: an amount or a day that cannot be read, or more than is owed.
    """
    with unit_of_work(database, "payment add") as work:
        sale = _sale(work, which)
        amount = _amount(given.get("amount") or "", sale.currency)
        day, resolved = _day(work, given.get("paid_on"))
        part = ledger.pay(work, sale, amount, day, given.get("notes"))
        return _paid(work, [part], amount, day, resolved)


def pay_customer(database: Path, which: str, given: Mapping[str, str | None]) -> Paid:
    """Record a payment of a customer, shared among the open sales, the earliest due day first.

    `given` has amount, paid_on, currency and notes as typed.

    Raises:
        NotFoundError, AmbiguousError: the customer.
        DataError, RefusedError: as `pay_sale`.
    """
    with unit_of_work(database, "payment add") as work:
        customer = customer_named(work, which)
        currency = _currency(work, given.get("currency"))
        amount = _amount(given.get("amount") or "", currency)
        day, resolved = _day(work, given.get("paid_on"))
        parts = ledger.pay_oldest(work, customer.id, amount, currency, day, given.get("notes"))
        return _paid(work, parts, amount, day, resolved)


def delete(database: Path, which: str) -> Edited:
    """Delete a payment: what it paid is owed again.

    Raises:
        NotFoundError: there is none.
    """
    with unit_of_work(database, "payment delete") as work:
        payment = work.session.get(schema.Payment, _number(which))
        if payment is None:
            raise NotFoundError(
                _("no payment {which}").format(which=repr(which)),
                hint=_("'crm payment list' shows them with their ids"),
            )
        number = payment.id or 0
        sale = work.session.get_one(schema.Transaction, payment.transaction_id)
        text = _("deleted payment #{id}: {amount} for #{sale}")
        amount = ledger.money(abs(payment.amount_minor), sale.currency)
        work.session.delete(payment)
        work.session.flush()
        ledger.settle(work, sale)
        work.summary = text.format(id=number, amount=amount, sale=sale.id)
        return Edited(number, work.summary, ())


def _paid(
    work: Work, parts: list[Part], amount: int, day: date, resolved: tuple[tuple[str, date], ...]
) -> Paid:
    sale = parts[0].sale
    customer = work.session.get_one(schema.Customer, sale.customer_id).name
    text = (
        _("paid out {amount} to {name} on {day}")
        if sale.amount_minor < 0
        else _("{amount} came from {name} on {day}")
    )
    work.summary = text.format(amount=ledger.money(amount, sale.currency), name=customer, day=day)
    shares = tuple(
        Share(
            part.payment.id or 0,
            part.sale.id or 0,
            abs(part.payment.amount_minor),
            abs(part.left),
            sale.currency,
        )
        for part in parts
    )
    return Paid(customer, work.summary, shares, resolved, warnings=ahead(work, day))


def _sale(work: Work, which: str) -> schema.Transaction:
    sale = work.session.get(schema.Transaction, _number(which))
    if sale is None:
        query = select(schema.Transaction).where(schema.Transaction.external_id == which.strip())
        sale = work.session.exec(query).first()
    if sale is None:
        raise NotFoundError(
            _("no transaction {which}").format(which=repr(which)),
            hint=_("'crm transaction list' shows them with their ids; of a customer: --customer NAME"),
        )
    return sale


def _number(text: str) -> int:
    digits = text.strip().removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST else 0


def _amount(text: str, currency: str) -> int:
    try:
        return values.parse_amount(text, currency)
    except values.ValueFault as fault:
        raise DataError(fault.what, where="amount", hint=fault.hint) from None


def _currency(work: Work, text: str | None) -> str:
    try:
        return values.parse_currency(text) if text else work.settings.currency
    except values.ValueFault as fault:
        raise DataError(fault.what, where="currency", hint=fault.hint) from None


def _day(work: Work, text: str | None) -> tuple[date, tuple[tuple[str, date], ...]]:
    if text is None:
        return work.today, ()
    try:
        day = parse_spoken_day(text, work.today, Direction.PAST)
    except values.ValueFault as fault:
        raise DataError(fault.what, where="--on", hint=fault.hint) from None
    return day, () if text.strip() == day.isoformat() else (("paid_on", day),)
