"""Headings and cells of every list: what a line of a read becomes on its way to the renderer. Light."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from crmcli import vocabulary as words
from crmcli.i18n import _, ngettext
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
        *([Column("waiting_until", _("Waiting until"))] if coded else []),
    ]
    rows = [
        (
            line.id, line.name, line.customer, _code(words.OPPORTUNITY_STAGE, line.stage, coded),
            amount(line.amount_minor, line.currency), day(line.expected_close_on), day(line.closed_on),
            *((line.waiting_for, day(line.waiting_until)) if coded else (_waiting(line),)),
        )
        for line in lines
    ]  # fmt: skip
    return Listing(columns, rows, key="opportunities")


def _waiting(line: Any) -> str | None:
    """What a deal waits for, and until when, in one cell."""
    if line.waiting_until is None:
        return str(line.waiting_for) if line.waiting_for else None
    if not line.waiting_for:
        return _("until {day}").format(day=line.waiting_until)
    return _("{what}, until {day}").format(what=line.waiting_for, day=line.waiting_until)


def tasks(lines: Iterable[Any], *, coded: bool) -> Listing:
    """List tasks; a person sees kind, owner and rhythm only where a task of the list has one worth saying."""
    columns = [
        Column("id", "#"),
        Column("due_on", _("Due")),
        Column("title", _("Task"), wrap=True, min_width=12),
        Column("customer", _("Customer"), wrap=True),
        Column("channel", _("Channel")),
        Column("done_on", _("Done")),
    ]
    rows = [
        (
            line.id, moment(line.due_on, line.due_time, coded=coded), line.title, line.customer,
            _code(words.CHANNEL, line.channel, coded), day(line.done_on),
            *(_task_coded(line) if coded else _task_said(line)),
        )
        for line in lines
    ]  # fmt: skip
    if coded:
        further = ("kind", "minutes", "owner", "every", "on_day", "counted_from")
        return Listing(
            [*columns, Column("due_time", _("Time")), *(Column(key, "") for key in further)],
            rows,
            key="tasks",
        )
    columns += [
        Column("kind", _("Kind")),
        Column("owner", _("Owner"), wrap=True, spare=1),
        Column("every", _("Repeats"), wrap=True),
    ]
    always = len(columns) - 3
    kept = [
        column.key
        for index, column in enumerate(columns)
        if index < always or any(row[index] for row in rows)
    ]
    return Listing(columns, rows, key="tasks").only(kept)


def _task_coded(line: Any) -> tuple[Cell, ...]:
    every = None if line.repeat_every is None else f"{line.repeat_every}{line.repeat_unit[0]}"
    on_day = line.repeat_day
    if on_day is not None:
        on_day = words.WEEKDAY.codes[on_day - 1] if line.repeat_unit == "week" else str(on_day)
    return (line.due_time, line.kind, line.minutes, line.owner, every, on_day, line.repeat_from)


def _task_said(line: Any) -> tuple[Cell, ...]:
    kind = None if line.kind == "task" else words.TASK_KIND.label(line.kind)
    return (kind, line.owner, rhythm(line))


def rhythm(line: Any) -> str | None:
    """Say how often a task comes back, nothing for once."""
    every, on_day = line.repeat_every, line.repeat_day
    if every is None:
        return None
    if line.repeat_unit == "day":
        said = ngettext("every {count} day", "every {count} days", every).format(count=every)
    elif line.repeat_unit == "week":
        said = ngettext("every {count} week", "every {count} weeks", every).format(count=every)
        if on_day is not None:
            weekday = words.WEEKDAY.label(words.WEEKDAY.codes[on_day - 1])
            said = _("{rhythm} on {weekday}").format(rhythm=said, weekday=weekday)
    else:
        said = ngettext("every {count} month", "every {count} months", every).format(count=every)
        if on_day is not None:
            said = _("{rhythm} on day {day}").format(rhythm=said, day=on_day)
    return _("{rhythm}, from completion").format(rhythm=said) if line.repeat_from == "done" else said


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
