"""Improvement tasks, which complaints and surveys give the reason for: how they are added and listed. No command."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crmcli.cli.common import database, report_recorded
from crmcli.i18n import _
from crmcli.render.output import Column, Format, Listing, Record, choose, show_record


def add_measure(entity: str, which: str, given: Mapping[str, str | None], format: Format | None) -> None:
    """Add a task that a complaint or a survey gives the reason for, and say so."""
    from crmcli.workflows.record import improve

    done = improve(database(), entity, which, given)
    report_recorded(done, format)


def show_with_measures(
    fields: Iterable[tuple[str, str, Any]], tasks: Sequence[Any], format: Format | None
) -> None:
    """Show a record with its improvement tasks; on a terminal nothing empty is shown."""
    coded = choose(format, sys.stdout) is not Format.TABLE
    kept = [field for field in fields if coded or field[2] is not None]
    show_record(Record(kept, [_measures(tasks)] if tasks or coded else []), format)


def _measures(tasks: Iterable[Any]) -> Any:
    """List the improvement tasks of one record."""
    from crmcli.cli.tables import day

    columns = [
        Column("id", "#"),
        Column("due_on", _("Due")),
        Column("title", _("Task"), wrap=True, min_width=12),
        Column("owner", _("Owner")),
        Column("done_on", _("Done")),
    ]
    rows = [(task.id, day(task.due_on), task.title, task.owner, day(task.done_on)) for task in tasks]
    return Listing(columns, rows, title=_("Improvement"), key="improvements")
