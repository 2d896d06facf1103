"""Improvement tasks, which complaints and surveys give the reason for: how they are added and listed. No command."""

from collections.abc import Iterable, Mapping
from typing import Any

from crmcli.cli.common import database, echo_days, report
from crmcli.i18n import _
from crmcli.render.output import Format


def add_measure(entity: str, which: str, given: Mapping[str, str | None], format: Format | None) -> None:
    """Add a task that a complaint or a survey gives the reason for, and say so."""
    from crmcli.workflows.record import improve

    done = improve(database(), entity, which, given)
    report(done.summary, [("id", "#", done.id), ("customer", _("Customer"), done.customer)], format)
    echo_days(done.resolved)


def measures(tasks: Iterable[Any]) -> Any:
    """List the improvement tasks of one record."""
    from crmcli.cli.tables import day
    from crmcli.render.output import Column, Listing

    columns = [
        Column("id", "#"),
        Column("due_on", _("Due")),
        Column("title", _("Task"), wrap=True, min_width=12),
        Column("owner", _("Owner")),
        Column("done_on", _("Done")),
    ]
    rows = [(task.id, day(task.due_on), task.title, task.owner, day(task.done_on)) for task in tasks]
    return Listing(columns, rows, title=_("Improvement"), key="improvements")
