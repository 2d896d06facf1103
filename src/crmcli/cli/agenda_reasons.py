"""Why somebody stands on the agenda, on its way to the renderer: the line, its reasons, the terms of the urgency."""

import sys
from typing import Any

from crmcli.cli.reasons import short_number
from crmcli.i18n import _
from crmcli.render.notes import say
from crmcli.render.output import Column, Format, Listing, Record, choose
from crmcli.vocabulary import CHANNEL, RECORD, TIER


def record(found: Any, format: Format | None) -> Record:
    """Build the record; the terms add up to the urgency. Without a line on the agenda it says when next."""
    coded = choose(format, sys.stdout) is not Format.TABLE
    line = found.line
    fields = [
        ("id", "#", found.customer),
        ("name", _("Name"), found.name),
        ("day", _("Day"), found.day),
        ("on_agenda", _("On the agenda"), (line is not None) if coded else _("yes") if line else _("no")),
        ("absent", _("Reason"), (found.absent or None) if coded else _absent(found.absent) or None),
        ("next_on", _("Next"), found.next_on),
        ("due_on", _("Due"), line.due_on if line else None),
        ("urgency", _("Urgency"), line.urgency if line else None),
        ("channel", _("Channel"), _channel(line, coded=coded)),
        ("template", _("Template"), (line.template or None) if line else None),
    ]
    if not coded:
        fields = [field for field in fields if field[2] is not None]
    return Record(fields, [_reasons(line, coded=coded), _terms(found, coded=coded)], main="terms")


def say_absent(found: Any) -> None:
    """Say when somebody who is not on the agenda comes onto it."""
    if found.line is None and found.next_on is None:
        say(_("nothing is in sight for {name} within a year").format(name=found.name))


def say_why_not(found: Any) -> None:
    """Say what keeps somebody off the agenda who would stand on it, and until when."""
    if found.line is not None or found.absent in {"", "not_due"}:
        return
    text = _("{name}: {reason}, next on {day}") if found.next_on else _("{name}: {reason}")
    say(text.format(name=found.name, reason=_absent(found.absent), day=found.next_on))


def _channel(line: Any, *, coded: bool) -> str | None:
    if line is None or not line.channel:
        return None
    return line.channel if coded else CHANNEL.label(line.channel)


def _absent(code: str) -> str:
    return {
        "archived": _("archived"),
        "do_not_contact": _("not to be contacted"),
        "put_off": _("put off"),
        "agreed": _("a later day is agreed"),
        "invalid": _("marked as no customer"),
        "not_due": _("nothing is due"),
    }.get(code, "")


def _in_words(term: Any) -> Any:
    """Return the value of a term for people: a number in short, a tier by its word."""
    return TIER.label(term.value) if term.name == "tier" else short_number(term.value)


def _without_day(reason: Any) -> Any:
    """A holiday is no record: its day stands in the number's place, to tell one festival from the next."""
    return reason._replace(kind="", record=None) if reason.kind == "holiday" else reason


def _reasons(line: Any, *, coded: bool) -> Listing:
    columns = [
        Column("trigger", _("Trigger")),
        Column("reason", _("Why"), wrap=True, min_width=24),
        Column("due_on", _("Due")),
        Column("record", _("Record")),
        Column("number", "#"),
    ]
    rows = [
        (
            each.trigger,
            each.text,
            each.due_on,
            (each.kind if coded else RECORD.label(each.kind)) or None,
            each.record,
        )
        for each in map(_without_day, line.matters if line else ())
    ]
    return Listing(columns, rows, title=_("Reasons"), key="reasons")


def _terms(found: Any, *, coded: bool) -> Listing:
    columns = [
        Column("term", _("Term")),
        Column("quantity", _("Quantity")),
        Column("value", _("Value"), align="right"),
        Column("ramp_from", _("0 at")),
        Column("ramp_to", _("1 at")),
        Column("share", _("0 to 1"), decimals=3),
        Column("coefficient", _("Coefficient")),
        Column("points", _("Points")),
    ]
    rows: list[tuple[Any, ...]] = [
        (
            each.name, each.quantity or None, each.value if coded else _in_words(each), each.start, each.end,
            each.share, each.coefficient, each.points,
        )
        for each in found.terms
    ]  # fmt: skip
    if not coded and found.line is not None:
        rows.append((_("Sum"), None, None, None, None, None, None, found.line.urgency))
    return Listing(columns, rows, title=_("Where the urgency comes from"), key="terms")
