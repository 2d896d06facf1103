"""What the agenda of a stretch of days holds although it is put off: the day on which each reason comes back."""

import sqlite3
from collections.abc import Mapping
from datetime import date

from crmcli.store.reads.agenda import deferrals_ending
from crmcli.workflows.urgency import Reason

#: What is put off → the day on which it comes back.
ComesBack = Mapping[tuple[object, ...], date]


def comes_back(connection: sqlite3.Connection, today: date, until: date) -> ComesBack:
    """Return what is put off today and comes back by a day."""
    days: dict[tuple[object, ...], date] = {}
    for each in deferrals_ending(connection, today, until):
        if each.task_id is not None:
            key: tuple[object, ...] = ("task", each.task_id)
        elif each.opportunity_id is not None:
            key = ("opportunity", each.opportunity_id)
        else:
            key = ("customer", each.customer_id, each.trigger, each.record_id)
        days[key] = date.fromisoformat(each.until_on)
    return days


def back_on(days: ComesBack, customer: int | None, reason: Reason, today: date) -> date:
    """Return the day on which a reason comes back, today if it was not put off."""
    keys = (
        (reason.kind, reason.record),
        ("customer", customer, None, None),
        ("customer", customer, reason.trigger, None),
        ("customer", customer, reason.trigger, reason.record),
    )
    return max(days.get(key, today) for key in keys)
