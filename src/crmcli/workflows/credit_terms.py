"""Credit 信用, decided: limit and terms of a customer, and that it was looked at again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crmcli import values
from crmcli.errors import DataError, Fault, RefusedError
from crmcli.i18n import _
from crmcli.store import schema
from crmcli.store.work import Work, unit_of_work
from crmcli.workflows import ledger
from crmcli.workflows.record import Edited, customer_named, validated


def give(database: Path, which: str, given: Mapping[str, str | None], command: str = "set") -> Edited:
    """Set limit, terms, currency or notes of a customer's credit; today becomes the day of its review.

    Args:
        database: the file.
        which: the customer.
        given: limit, terms, currency and notes as typed; empty text clears one, None leaves it alone.
        command: set or review.

    Raises:
        NotFoundError, AmbiguousError: the customer.
        DataError: a value that cannot be used; every fault is listed.
        RefusedError: nothing is given for a customer without credit.
    """
    with unit_of_work(database, f"credit {command}") as work:
        customer = customer_named(work, which)
        wanted = {name: text.strip() for name, text in given.items() if text is not None}
        row = ledger.credit_row(work, customer.id)
        if not any(wanted.values()) and row is None:
            raise RefusedError(
                _("{name} has no credit yet").format(name=customer.name),
                hint=_("to give some: {command}").format(
                    command=f"crm credit set '#{customer.id}' --limit 50000 --terms 30"
                ),
            )
        before = {} if row is None else row.model_dump()
        row = _written(work, row, customer.id, wanted)
        work.summary = _("credit of {name}: {terms}").format(name=customer.name, terms=_said(row))
        return Edited(customer.id, work.summary, _changes(before, row))


def _written(
    work: Work, row: schema.Credit | None, customer: int, wanted: Mapping[str, str]
) -> schema.Credit:
    stored = {} if row is None else row.model_dump(include=set(schema.CreditIn.model_fields))
    start = {"customer_id": customer, "currency": work.settings.currency, **stored, "reviewed_on": work.today}
    read, faults = _read(wanted, str(start["currency"]))
    _refuse_other_currency(row, read, wanted)
    checked = validated(schema.CreditIn, {**start, **read}, faults)
    if row is None:
        row = schema.Credit.model_validate({**checked.model_dump(), **work.stamps()})
    for name, value in checked.model_dump().items():
        if getattr(row, name) != value:
            setattr(row, name, value)
    work.session.add(row)
    work.session.flush()
    return row


def _read(wanted: Mapping[str, str], currency: str) -> tuple[dict[str, Any], list[Fault]]:
    read: dict[str, Any] = {}
    faults: list[Fault] = []
    try:
        currency = values.parse_currency(wanted["currency"]) if wanted.get("currency") else currency
        read["currency"] = currency
    except values.ValueFault as fault:
        faults.append(Fault(fault.what, column="currency", value=wanted["currency"], hint=fault.hint))
    if "limit" in wanted:
        try:
            read["limit_minor"] = values.parse_amount(wanted["limit"], currency) if wanted["limit"] else None
        except values.ValueFault as fault:
            faults.append(Fault(fault.what, column="limit", value=wanted["limit"], hint=fault.hint))
    if "terms" in wanted:
        read["terms_days"] = wanted["terms"] or None
    if "notes" in wanted:
        read["notes"] = wanted["notes"] or None
    return read, faults


def _refuse_other_currency(
    row: schema.Credit | None, read: Mapping[str, Any], wanted: Mapping[str, str]
) -> None:
    """50,000 CNY must not become 50,000 EUR because only the currency was named."""
    if row is None or row.limit_minor is None or "limit" in wanted:
        return
    if read.get("currency", row.currency) != row.currency:
        raise DataError(
            _("the limit is in {currency}").format(currency=row.currency),
            where="currency",
            hint=_("give --{option} as well").format(option="limit"),
        )


def _changes(before: Mapping[str, Any], row: schema.Credit) -> tuple[tuple[str, Any, Any], ...]:
    found: list[tuple[str, Any, Any]] = []
    for name in ("limit_minor", "currency", "terms_days", "reviewed_on", "notes"):
        old, new = before.get(name), getattr(row, name)
        if old == new:
            continue
        if name == "limit_minor":
            old = None if old is None else values.format_amount(old, before["currency"])
            new = None if new is None else values.format_amount(new, row.currency)
        found.append((name.removesuffix("_minor"), _plain(old), _plain(new)))
    return tuple(found)


def _plain(value: Any) -> Any:
    return None if value is None else str(value)


def _said(row: schema.Credit) -> str:
    limit = (
        _("no limit")
        if row.limit_minor is None
        else _("limit {limit}").format(limit=ledger.money(row.limit_minor, row.currency))
    )
    terms = (
        _("no terms")
        if row.terms_days is None
        else _("to be paid in {days} days").format(days=row.terms_days)
    )
    return _("{limit}, {terms}, reviewed on {day}").format(limit=limit, terms=terms, day=row.reviewed_on)
