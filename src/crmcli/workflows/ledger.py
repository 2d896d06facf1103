"""The money of a sale on account: due days from the terms, payments that settle it, refunds set off against it.

A payment belongs to one transaction and never takes more than is owed on it, so the payments of a transaction and what
is owed on it always add up to its amount. `paid_on` of a transaction follows its payments: it is the day on which the
last of them made it whole, and empty before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import case, func
from sqlmodel import col, select

from crmcli import values
from crmcli.errors import DataError, Fault, RefusedError
from crmcli.i18n import _
from crmcli.store import schema
from crmcli.store.reads import credit as reads
from crmcli.store.reads.credit import Owed
from crmcli.store.work import Work


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a payment: the transaction it goes to, and what is owed on that afterwards, in minor units."""

    payment: schema.Payment
    sale: schema.Transaction
    left: int


def on_account(work: Work, sale: schema.Transaction) -> None:
    """Give a new sale the due day that the customer's terms ask for, unless it has one or is paid."""
    credit = credit_row(work, sale.customer_id)
    if (
        sale.kind == "sale"
        and sale.due_on is None
        and sale.paid_on is None
        and credit
        and credit.terms_days is not None
    ):
        sale.due_on = sale.occurred_on + timedelta(days=credit.terms_days)
        work.session.flush()


def credit_row(work: Work, customer: int) -> schema.Credit | None:
    """Return the credit of a customer, or None."""
    return work.session.exec(select(schema.Credit).where(schema.Credit.customer_id == customer)).first()


def owed_by(work: Work, customer: int, currency: str, day: date) -> Owed | None:
    """Return what a customer owes in a currency on a day, or None if nothing is open."""
    work.session.flush()
    found = reads.owed(work.driver, customer, day)
    return next((each for each in found if each.currency == currency), None)


def over_limit(work: Work, sale: schema.Transaction) -> str:
    """Return a sentence when the customer now owes more than the limit, or ""."""
    credit = credit_row(work, sale.customer_id)
    if credit is None or credit.limit_minor is None or sale.kind != "sale" or sale.due_on is None:
        return ""
    owed = owed_by(work, sale.customer_id, credit.currency, work.today)
    outstanding = owed.outstanding if owed else 0
    if credit.currency != sale.currency or outstanding <= credit.limit_minor:
        return ""
    return _("over the credit limit: {owed} owed, the limit is {limit}").format(
        owed=money(outstanding, credit.currency), limit=money(credit.limit_minor, credit.currency)
    )


def paid_of(work: Work, sale: int) -> int:
    """Return the sum of the payments of a transaction in minor units."""
    total = func.coalesce(func.sum(schema.Payment.amount_minor), 0)
    return int(work.session.exec(select(total).where(schema.Payment.transaction_id == sale)).one())


def owed_on(work: Work, sale: schema.Transaction) -> int:
    """Return what is owed on a transaction, whatever the day, in minor units; below 0 we owe it."""
    paid = paid_of(work, sale.id or 0)
    return 0 if not paid and sale.paid_on is not None else sale.amount_minor - paid


def pay(work: Work, sale: schema.Transaction, amount: int, on: date, notes: str | None) -> Part:
    """Record a payment for one transaction; a sale that was paid on the spot so far is on account from now on.

    Args:
        work: the unit of work.
        sale: what is paid; of a refund, what is paid out.
        amount: in minor units, above 0.
        on: the day of the payment.
        notes: anything.

    Raises:
        DataError: it is not above 0.
        RefusedError: more than is owed.
    """
    if amount <= 0:
        raise DataError(
            _("a payment is more than 0"),
            where="amount",
            hint=_("to take one back: crm payment delete ID"),
        )
    left = owed_on(work, sale)
    sign = -1 if sale.amount_minor < 0 else 1
    if left == 0 and sale.paid_on is not None:
        raise RefusedError(_("#{id} was paid on {day}").format(id=sale.id, day=sale.paid_on))
    if amount > left * sign:
        raise RefusedError(
            _("{amount} is more than the {left} owed on #{id}").format(
                amount=money(amount, sale.currency), left=money(left * sign, sale.currency), id=sale.id
            ),
            hint=_("record what was owed, and the rest with the sale that it is for"),
        )
    given = {
        "customer_id": sale.customer_id, "transaction_id": sale.id, "paid_on": on, "amount_minor": amount * sign, "notes": notes,
    }  # fmt: skip
    checked = schema.PaymentIn.model_validate(given)
    payment = schema.Payment.model_validate({**checked.model_dump(), **work.stamps()})
    work.session.add(payment)
    work.session.flush()
    settle(work, sale)
    return Part(payment, sale, left - amount * sign)


def pay_oldest(
    work: Work, customer: int, amount: int, currency: str, on: date, notes: str | None
) -> list[Part]:
    """Share a payment among the open sales of a customer, the earliest due day first.

    Raises:
        DataError, RefusedError: as `pay`.
    """
    sales = _open(work, customer, currency, refunds=False)
    owed = sum(left for _sale, left in sales)
    if not sales:
        raise RefusedError(
            _("nothing is owed in {currency}").format(currency=currency),
            hint=_("a sale is on account with --due, or when the customer has terms: crm credit set"),
        )
    if amount > owed:
        raise RefusedError(
            _("{amount} is more than the {owed} owed").format(
                amount=money(amount, currency), owed=money(owed, currency)
            ),
            hint=_("record what was owed, and the rest with the sale that it is for"),
        )
    parts: list[Part] = []
    rest = amount
    for sale, left in sales:
        if rest > 0 or not parts:
            parts.append(pay(work, sale, min(rest, left), on, notes))
            rest -= min(rest, left)
    return parts


def set_off(work: Work, new: schema.Transaction) -> tuple[Part, ...]:
    """Set a refund off against what the customer owes, or a new sale on account against what we owe; the sales' parts.

    A refund that says when it was paid out is not set off.
    """
    if new.paid_on is not None or (new.kind == "sale" and new.due_on is None):
        return ()
    refund = new.amount_minor < 0
    others = _open(work, new.customer_id, new.currency, refunds=not refund)
    parts = []
    for other, left in others:
        amount = min(abs(left), abs(owed_on(work, new)))
        if amount == 0 or other.id == new.id:
            continue
        day = max(new.occurred_on, other.occurred_on)
        pair = [
            pay(work, mine, amount, day, _("set off against #{id}").format(id=theirs.id))
            for mine, theirs in ((other, new), (new, other))
        ]
        parts.append(pair[0] if refund else pair[1])
    return tuple(parts)


def settle(work: Work, sale: schema.Transaction) -> None:
    """Let `paid_on` follow the payments; a transaction with a payment is on account."""
    total = func.coalesce(func.sum(schema.Payment.amount_minor), 0)
    last = func.max(schema.Payment.paid_on)
    query = select(total, last).where(schema.Payment.transaction_id == sale.id)
    paid, day = work.session.exec(query).one()
    sale.paid_on = day if day is not None and paid == sale.amount_minor else None
    if day is not None and sale.due_on is None:
        sale.due_on = sale.occurred_on
    work.session.add(sale)
    work.session.flush()


def settle_all(work: Work) -> None:
    """Let `paid_on` of all transactions follow their payments, after many were written or taken back at once.

    Raises:
        DataError: more was paid than was owed.
    """
    work.session.flush()
    payment = schema.Payment
    sums = (
        select(
            col(payment.transaction_id).label("sale"),
            func.sum(payment.amount_minor).label("paid"),
            func.max(payment.paid_on).label("day"),
        )
        .group_by(col(payment.transaction_id))
        .subquery()
    )
    sale = schema.Transaction
    whole = sums.c.paid == sale.amount_minor
    over = (sums.c.paid * func.sign(sale.amount_minor)) > func.abs(sale.amount_minor)
    against = sums.c.paid * func.sign(sale.amount_minor) < 0
    rows = select(sale, sums.c.paid).join(sums, sums.c.sale == col(sale.id)).order_by(col(sale.id))
    _refuse_overpaid(work.session.exec(rows.where(over | against)))
    follows = case((whole, sums.c.day), else_=None)
    stale = col(sale.paid_on).is_distinct_from(follows) | col(sale.due_on).is_(None)
    for found, _paid in work.session.exec(rows.where(stale)).all():
        settle(work, found)


def sold(work: Work) -> Mapping[Any, tuple[int, str]]:
    """Return the customer and the currency of every transaction by id."""
    query = select(schema.Transaction.id, schema.Transaction.customer_id, schema.Transaction.currency)
    return {number: (customer, currency) for number, customer, currency in work.session.exec(query)}


def money(minor: int, currency: str) -> str:
    """Write an amount for a sentence."""
    return f"{values.group_amount(minor, currency)} {currency}"


def _refuse_overpaid(rows: Iterable[Any]) -> None:
    faults = [
        Fault(
            _("{paid} paid for #{id}, which is over {amount}").format(
                paid=money(paid, sale.currency), id=sale.id, amount=money(sale.amount_minor, sale.currency)
            )
        )
        for sale, paid in rows
    ]
    if faults:
        raise DataError(
            faults[0].what, hint=_("nothing was changed; mend the amounts of these payments"), faults=faults
        )


def _open(work: Work, customer: int, currency: str, *, refunds: bool) -> list[tuple[schema.Transaction, int]]:
    """Return the open sales (or refunds) of a customer with what is owed on each, the earliest due day first."""
    work.session.flush()
    sale = schema.Transaction
    query = (
        select(sale)
        .where(sale.customer_id == customer, sale.currency == currency, col(sale.due_on).is_not(None))
        .where(col(sale.paid_on).is_(None), (sale.amount_minor < 0) == refunds)
        .order_by(col(sale.due_on), col(sale.occurred_on), col(sale.id))
    )
    found = [(each, owed_on(work, each)) for each in work.session.exec(query)]
    return [(each, left) for each, left in found if left != 0]
