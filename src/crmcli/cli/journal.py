"""What was done, and taking it back."""

from typing import Annotated

import typer

from crmcli.cli.common import FormatOption, LimitOption, command, database, limit_of, report, single
from crmcli.i18n import _

undo_app, journal_app = single(), single()
APPS = {"undo": undo_app, "journal": journal_app}


@command(
    undo_app,
    "undo",
    help=_(
        "Take back the last command, or the journal entry named; refused when a later change stands in the way."
    ),
    examples="crm undo\ncrm undo 12",
)
def undo(
    number: Annotated[
        int | None,
        typer.Argument(metavar="[NUMBER]", min=1, help=_("A journal entry; the last one if not given.")),
    ] = None,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.setting_up import undo as take_back

    done = take_back(database(), number)
    summary = _("undid #{number}: {summary}").format(number=done.entry, summary=done.summary)
    report(summary, [("id", "#", done.entry), ("rows", _("Rows"), done.rows)], format)


@command(
    journal_app,
    "journal",
    help=_("List what was done, newest first."),
    examples="crm journal\ncrm journal --limit 5 --format json",
)
def journal(limit: LimitOption = None, format: FormatOption = None) -> None:
    from crmcli.cli import tables
    from crmcli.render.output import show
    from crmcli.workflows.upkeep import journal as entries

    show(tables.journal(entries(database(), limit_of(limit, format))), format)
