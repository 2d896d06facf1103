"""Headings and cells of every list: what a line of a read becomes on its way to the renderer. Light."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from crmcli import vocabulary as words
from crmcli.i18n import _
from crmcli.render.output import Amount, Cell, Column, Listing

PINNED = " *"  #: behind a class in a list of customers that was pinned by hand


def day(text: str | None) -> date | None:
    """Return a stored day as a date."""
    return date.fromisoformat(text) if text else None


def moment(day_text: str | None, time: str | None, *, coded: bool) -> date | str | None:
    """Return a stored day with its time of day; a program gets the time in a field of its own."""
    return f"{day_text} {time}" if day_text and time and not coded else day(day_text)


def word(vocabulary: words.Vocabulary, code: str | None) -> str | None:
    """Return the word for a code in the language in force."""
    return vocabulary.label(code) if code else None


def amount(minor: int | None, currency: str) -> Amount | None:
    """Return an amount, or nothing."""
    return None if minor is None else Amount(minor, currency)


def customers(lines: Iterable[Any], *, coded: bool) -> Listing:
    """List customers; `coded` leaves codes as they are, for programs. A class pinned by hand is marked, or named."""
    columns = [
        Column("id", "#"),
        Column("name", _("Name"), wrap=True, min_width=8),
        Column("company", _("Company"), wrap=True),
        Column("score", _("Score"), spare=3),
        Column("tier", _("Tier")),
        Column("grade", _("Grade")),
        Column("lifecycle_stage", _("Lifecycle"), spare=4),
        Column("last_contacted_on", _("Last contact"), spare=2),
        Column("next_contact_on", _("Next contact"), spare=1),
        Column("phone", _("Phone")),
        *([Column("pinned", _("Pinned"))] if coded else []),
    ]
    if coded:
        return Listing(columns, list(lines), key="customers")  # a line of the read is a row already
    rows = [
        (
            line.id, line.name, line.company, line.score, *_classes(line), day(line.last_contacted_on),
            day(line.next_contact_on), line.phone,
        )
        for line in lines
    ]  # fmt: skip
    return Listing(columns, rows, key="customers")


def _classes(line: Any) -> list[str | None]:
    """Tier, grade and stage in words, and a star on what is pinned by hand."""
    codes = {name: getattr(line, name) for name in words.CLASSES}
    pinned = (line.pinned or "").split(", ")
    shown = {name: word(words.CLASSES[name], code) for name, code in codes.items()}
    return [f"{text}{PINNED}" if name in pinned else text for name, text in shown.items()]


def contacts(lines: Iterable[Any]) -> Listing:
    """List contacts."""
    columns = [
        Column("id", "#"),
        Column("name", _("Name"), wrap=True),
        Column("title", _("Title"), wrap=True),
        Column("customer", _("Customer"), wrap=True),
        Column("phone", _("Phone")),
        Column("email", _("E-mail")),
        Column("wechat", _("WeChat")),
        Column("is_primary", _("Primary")),
    ]
    rows = [(*line[:7], bool(line.is_primary)) for line in lines]
    return Listing(columns, rows, key="contacts")


def products(lines: Iterable[Any]) -> Listing:
    """List products."""
    columns = [
        Column("id", "#"),
        Column("external_id", _("Code")),
        Column("name", _("Name"), wrap=True),
        Column("category", _("Category")),
        Column("price", _("Price"), money=True),
    ]
    rows = [
        (line.id, line.external_id, line.name, line.category, amount(line.price_minor, line.currency))
        for line in lines
    ]
    return Listing(columns, rows, key="products")


def interactions(lines: Iterable[Any], *, coded: bool) -> Listing:
    """List interactions."""
    columns = [
        Column("id", "#"),
        Column("occurred_on", _("Date")),
        Column("customer", _("Customer"), wrap=True),
        Column("channel", _("Channel")),
        Column("outcome", _("Outcome")),
        Column("summary", _("Summary"), wrap=True, min_width=12),
        Column("minutes", _("Minutes")),
    ]
    rows = [
        (
            line.id, day(line.occurred_on), line.customer, _code(words.CHANNEL, line.channel, coded),
            _code(words.OUTCOME, line.outcome, coded), line.summary, line.minutes,
        )
        for line in lines
    ]  # fmt: skip
    return Listing(columns, rows, key="interactions")


def transactions(lines: Iterable[Any], *, coded: bool) -> Listing:
    """List transactions."""
    columns = [
        Column("id", "#"),
        Column("occurred_on", _("Date")),
        Column("customer", _("Customer"), wrap=True),
        Column("kind", _("Kind")),
        Column("amount", _("Amount"), money=True),
        Column("product", _("Product"), wrap=True),
        Column("quantity", _("Quantity")),
        Column("order_number", _("Order")),
    ]
    rows = [
        (
            line.id, day(line.occurred_on), line.customer, _code(words.TRANSACTION_KIND, line.kind, coded),
            amount(line.amount_minor, line.currency), line.product, line.quantity, line.order_number,
        )
        for line in lines
    ]  # fmt: skip
    return Listing(columns, rows, key="transactions")


def opportunities(lines: Iterable[Any], *, coded: bool) -> Listing:
    """List opportunities."""
    columns = [
        Column("id", "#"),
        Column("name", _("Opportunity"), wrap=True),
        Column("customer", _("Customer"), wrap=True),
        Column("stage", _("Stage")),
        Column("amount", _("Amount"), money=True),
        Column("expected_close_on", _("Expected close")),
        Column("closed_on", _("Closed"), spare=2),
        Column("waiting_for", _("Waiting for"), wrap=True, spare=1),
    ]
    rows = [
        (
            line.id, line.name, line.customer, _code(words.OPPORTUNITY_STAGE, line.stage, coded),
            amount(line.amount_minor, line.currency), day(line.expected_close_on), day(line.closed_on), line.waiting_for,
        )
        for line in lines
    ]  # fmt: skip
    return Listing(columns, rows, key="opportunities")


def tasks(lines: Iterable[Any], *, coded: bool) -> Listing:
    """List tasks."""
    columns = [
        Column("id", "#"),
        Column("due_on", _("Due")),
        Column("title", _("Task"), wrap=True, min_width=12),
        Column("customer", _("Customer"), wrap=True),
        Column("channel", _("Channel")),
        Column("done_on", _("Done")),
        *([Column("due_time", _("Time"))] if coded else []),
    ]
    rows = [
        (
            line.id,
            moment(line.due_on, line.due_time, coded=coded),
            line.title,
            line.customer,
            _code(words.CHANNEL, line.channel, coded),
            day(line.done_on),
            *([line.due_time] if coded else []),
        )
        for line in lines
    ]
    return Listing(columns, rows, key="tasks")


def journal(lines: Iterable[Any]) -> Listing:
    """List journal entries."""
    columns = [
        Column("id", "#"),
        Column("at", _("When (UTC)")),
        Column("command", _("Command")),
        Column("summary", _("What"), wrap=True, min_width=16),
        Column("undone_by", _("Undone by")),
    ]
    rows = [
        (line.id, line.at[:16].replace("T", " "), line.command, line.summary, line.undone_by)
        for line in lines
    ]
    return Listing(columns, rows, key="journal")


def _code(vocabulary: words.Vocabulary, code: str | None, coded: bool) -> Cell:
    return code if coded else word(vocabulary, code)
