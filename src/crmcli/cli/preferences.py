"""Preferences on their way to the renderer."""

from collections.abc import Iterable
from typing import Any

from crmcli.cli import tables
from crmcli.i18n import _
from crmcli.render.output import Column, Listing
from crmcli.vocabulary import PREFERENCE_ORIGIN, PREFERENCE_TOPIC
from crmcli.workflows.preferences import evidence


def preferences(lines: Iterable[Any], *, coded: bool) -> Listing:
    """List preferences; `coded` leaves codes as they are, for programs."""
    columns = [
        Column("id", "#"),
        Column("customer", _("Customer"), wrap=True),
        Column("topic", _("Topic")),
        Column("value", _("Preference"), wrap=True, min_width=8),
        Column("origin", _("Origin")),
        Column("noted_on", _("Noted"), spare=1),
        Column("notes", _("Notes"), wrap=True, spare=2),
    ]
    rows = [
        (
            line.id, line.customer, line.topic if coded else PREFERENCE_TOPIC.label(line.topic), line.value,
            line.origin if coded else PREFERENCE_ORIGIN.label(line.origin), tables.day(line.noted_on), line.notes,
        )
        for line in lines
    ]  # fmt: skip
    return Listing(columns, rows, key="preferences")


def in_short(lines: Iterable[Any]) -> str:
    """Say preferences in one line, topic by topic; what was only inferred is marked."""
    said: dict[str, list[str]] = {}
    for line in lines:
        mark = "?" if line.origin == "inferred" else ""
        said.setdefault(PREFERENCE_TOPIC.label(line.topic), []).append(f"{line.value}{mark}")
    return "; ".join(f"{topic}: {', '.join(values)}" for topic, values in said.items())


def bought(lines: Iterable[Any], *, coded: bool) -> Listing:
    """List what purchases suggest, with the evidence."""
    columns = [
        Column("customer_id", "#"),
        Column("customer", _("Customer"), wrap=True),
        Column("topic", _("Topic")),
        Column("value", _("Preference"), wrap=True, min_width=8),
        *([Column("times", _("Times")), Column("orders", _("Orders"))] if coded else []),
        Column("evidence", _("Evidence"), wrap=True),
    ]
    rows = []
    for line in lines:
        numbers = (line.times, line.orders) if coded else ()
        topic = line.topic if coded else PREFERENCE_TOPIC.label(line.topic)
        rows.append((line.customer_id, line.customer, topic, line.value, *numbers, evidence(line)))
    ids = list(dict.fromkeys(row[0] for row in rows))
    return Listing(columns, rows, ids=ids, key="suggestions")
