"""What became of one customer over time, and who moved between two periods."""

import sys
from typing import Annotated

import typer

from crmcli.cli.common import (
    CustomerArgument,
    FormatOption,
    LimitOption,
    command,
    database,
    limit_of,
    single,
)
from crmcli.errors import ExitCode, UsageError
from crmcli.i18n import _

history_app, movers_app = single(), single()
APPS = {"history": history_app, "movers": movers_app}


@command(
    history_app,
    "history",
    help=_(
        "Show a customer's score, tier, grade and stage in every period, and what changed them.\n\n"
        "Oldest period first. Named are the two indicators whose points changed most against the period before, with their "
        "values before and after, other rules, and the reason for another grade. --limit keeps the newest periods."
    ),
    examples="crm history 张三\ncrm history 12 --limit 6\ncrm history 12 --format csv",
)
def history(customer: CustomerArgument, limit: LimitOption = None, format: FormatOption = None) -> None:
    from crmcli.cli.changes import periods, story
    from crmcli.render.notes import say
    from crmcli.render.output import Format, choose, show, show_record
    from crmcli.workflows.history import history as look

    found = look(database(), customer, limit=limit_of(limit, format))
    if choose(format, sys.stdout) is Format.TABLE:
        show_record(story(found), format)
    else:
        show(periods(found, coded=True), format)
    if found.more:
        say(_("there are older periods; --limit 0 shows all"))


@command(
    movers_app,
    "movers",
    help=_(
        "List who changed tier or grade between two periods, the biggest change of score first.\n\n"
        "A period is a month or a day that was classified; of one that was classified several times the newest version "
        "counts, and PERIOD@VERSION names another: --from 2026-10@1 --to 2026-10 says what moved between two versions. "
        "Up and down go by the tier, and by the grade where the tier stayed."
    ),
    examples="crm movers\ncrm movers --from 2026-06 --to 2026-10 --down\ncrm movers --matrix --format csv",
)
def movers(
    before: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="PERIOD",
            help=_("The period to start from; the one before --to if not given."),
        ),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option("--to", metavar="PERIOD", help=_("The period to arrive at; the last if not given.")),
    ] = None,
    up: Annotated[bool, typer.Option("--up", help=_("Only who moved up."))] = False,
    down: Annotated[bool, typer.Option("--down", help=_("Only who moved down."))] = False,
    matrix: Annotated[
        bool,
        typer.Option(
            "--matrix", help=_("Count instead how many went from which tier (rows) to which (columns).")
        ),
    ] = False,
    limit: LimitOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli import changes
    from crmcli.render.output import Format, choose, show
    from crmcli.workflows import movers as work

    if up and down:
        raise UsageError(_("--up and --down exclude each other"))
    coded = choose(format, sys.stdout) is not Format.TABLE
    if matrix:
        if up or down or limit is not None:
            raise UsageError(_("--matrix counts everybody: leave out --up, --down and --limit"))
        counted = work.matrix(database(), before, after)
        show(changes.matrix(counted, coded=coded), format)
        changes.say_periods(counted)
        return
    direction = work.UP if up else work.DOWN if down else work.BOTH
    found = work.movers(database(), before, after, direction=direction, limit=limit_of(limit, format))
    show(changes.movers(found, coded=coded), format)
    changes.say_periods(found)
    changes.say_how_many(found)
    if not found.movers:
        raise typer.Exit(ExitCode.FINDINGS)
