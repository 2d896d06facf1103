"""Payments and credit on their way to the renderer."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import typer

from crmcli.cli.tables import amount, day
from crmcli.i18n import _
from crmcli.render.output import Amount, Cell, Column, Format, Listing, Record, show_record
from crmcli.render.safe import safe
from crmcli.values import group_amount


def payments(lines: Iterable[Any]) -> Listing:
    """List payments with the transactions they are for."""
    columns = [
        Column("id", "#"),
        Column("paid_on", _("Date")),
        Column("customer", _("Customer"), wrap=True),
        Column("amount", _("Amount"), money=True),
        Column("transaction", _("Sale")),
        Column("occurred_on", _("Of")),
        Column("order_number", _("Order"), spare=1),
        Column("notes", _("Notes"), wrap=True, spare=2),
    ]
    rows = [
        (
            line.id, day(line.paid_on), line.customer, amount(line.amount_minor, line.currency), line.transaction_id,
            day(line.occurred_on), line.order_number, line.notes,
        )
        for line in lines
    ]  # fmt: skip
    return Listing(columns, rows, key="payments")


def report_paid(done: Any, format: Format | None) -> None:
    """Write what a payment went to: a sentence and a line for each sale, or with --format a record."""
    if format is not None:
        columns = [
            Column("id", "#"),
            Column("transaction", _("Sale")),
            Column("amount", _("Amount"), money=True),
            Column("owed", _("Owed"), money=True),
        ]
        rows = [
            (each.payment, each.transaction, Amount(each.amount, each.currency), Amount(each.left, each.currency))
            for each in done.shares
        ]  # fmt: skip
        fields: list[tuple[str, str, Cell]] = [
            ("customer", _("Customer"), done.customer),
            ("summary", _("Summary"), done.summary),
        ]
        show_record(Record(fields, [Listing(columns, rows, key="payments")], main="payments"), format)
        return
    typer.echo(safe(done.summary))
    for each in done.shares:
        text = (
            _("  #{payment}: {amount} for the sale #{sale}, {left} still owed")
            if each.left
            else _("  #{payment}: {amount} for the sale #{sale}, paid in full")
        )
        typer.echo(
            text.format(
                payment=each.payment,
                amount=_written(each.amount, each.currency),
                sale=each.transaction,
                left=_written(each.left, each.currency),
            )
        )


def standing(found: Any, *, coded: bool) -> Record:
    """Show how a customer stands; on a terminal what is unknown is left out."""
    credit, main, currency = found.credit, found.main, found.currency
    share = found.paid.on_time / found.paid.paid if found.paid.paid else None
    oldest = main.oldest if main else None
    fields: list[tuple[str, str, Cell]] = [
        ("id", "#", found.customer),
        ("name", _("Name"), found.name),
        ("limit", _("Limit"), amount(credit.limit_minor if credit else None, currency)),
        ("terms_days", _("Terms (days)"), credit.terms_days if credit else None),
        ("reviewed_on", _("Reviewed"), day(credit.reviewed_on) if credit else None),
        ("outstanding", _("Outstanding"), Amount(found.outstanding, currency)),
        ("available", _("Available"), amount(found.available, currency)),
        ("overdue", _("Overdue"), Amount(main.overdue if main else 0, currency)),
        ("overdue_days", _("Days overdue"), main.overdue_days if main else 0),
        ("oldest_unpaid", _("Oldest unpaid"), _oldest(oldest, coded=coded)),
        ("oldest_due_on", _("Due"), day(oldest.due_on) if oldest else None),
        ("on_time_share", _("Paid on time"), share if coded else _on_time(found.paid)),
        ("paid_sales", _("Sales paid"), found.paid.paid),
        ("notes", _("Notes"), credit.notes if credit else None),
    ]
    others = [each for each in found.owed if each.currency != currency]
    section = ageing(others, {}, coded=True)._replace(key="other_currencies")
    if coded:
        return Record(fields, [section])
    titled = section.only(_AGE_KEYS)._replace(title=_("In other currencies"))
    left = [each for each in fields if each[2] is not None and each[0] != "paid_sales"]
    return Record(left, [titled] if others else [])


_AGE_KEYS = (
    "outstanding",
    "current",
    "days_1_30",
    "days_31_60",
    "days_61_90",
    "days_over_90",
    "overdue_days",
)


def ageing(lines: Sequence[Any], credits: Mapping[int, Any], *, coded: bool) -> Listing:
    """List what is owed by age; a table for people ends with the sum of each currency."""
    columns = [
        Column("id", "#"),
        Column("name", _("Customer"), wrap=True, min_width=8),
        Column("outstanding", _("Outstanding"), money=True),
        Column("current", _("Not due"), money=True),
        Column("days_1_30", _("1–30 days"), money=True),
        Column("days_31_60", _("31–60"), money=True),
        Column("days_61_90", _("61–90"), money=True),
        Column("days_over_90", _("Over 90"), money=True),
        Column("overdue_days", _("Days overdue"), spare=2),
        Column("limit", _("Limit"), money=True, spare=1),
    ]
    rows: list[Sequence[Cell]] = [_aged(line, credits.get(line.customer_id)) for line in lines]
    ids = list(dict.fromkeys(line.customer_id for line in lines))
    if not coded:
        rows += _totals(lines)
    return Listing(columns, rows, ids=ids, key="credit")


def _aged(line: Any, credit: Any) -> Sequence[Cell]:
    limit = credit.limit_minor if credit and credit.currency == line.currency else None
    return (
        line.customer_id,
        line.customer,
        Amount(line.outstanding, line.currency),
        *(Amount(each, line.currency) for each in line.buckets),
        line.overdue_days,
        amount(limit, line.currency),
    )


def _totals(lines: Sequence[Any]) -> list[Sequence[Cell]]:
    found: list[Sequence[Cell]] = []
    for currency in sorted({line.currency for line in lines}):
        own = [line for line in lines if line.currency == currency]
        sums = [sum(each) for each in zip(*(line.buckets for line in own), strict=True)]
        total = _("all, {currency}").format(currency=currency)
        amounts = [Amount(each, currency) for each in (sum(sums), *sums)]
        found.append((None, total, *amounts, max(line.overdue_days for line in own), None))
    return found


def _oldest(item: Any, *, coded: bool) -> Cell:
    if item is None:
        return None
    if coded:
        return int(item.id)
    return _("#{id} of {day}, {owed} owed").format(
        id=item.id, day=item.occurred_on, owed=_written(item.owed_minor, item.currency)
    )


def _on_time(paid: Any) -> str | None:
    if not paid.paid:
        return None
    return _("{on_time} of {paid} ({share} %)").format(
        on_time=paid.on_time, paid=paid.paid, share=round(100 * paid.on_time / paid.paid)
    )


def _written(minor: int, currency: str) -> str:
    return f"{group_amount(minor, currency)} {currency}"
