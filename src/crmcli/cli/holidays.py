"""Holidays: the days off, the make-up workdays and the festivals ahead."""

import sys
from typing import Annotated, Any

import typer

from crmcli.cli.common import (
    FormatOption,
    LimitOption,
    command,
    database,
    day_option,
    limit_of,
    say_unannounced,
    single,
)
from crmcli.i18n import _

app = single()
APPS = {"holidays": app}


@command(
    app,
    "holidays",
    help=_(
        "List the days off, make-up workdays and festivals ahead, with how many days away they are.\n\n"
        "China's days off are announced each autumn for the year that follows. Of a year that is not announced yet the days "
        "that the law names are listed, with a note; how the bridging days and the make-up workdays fall is not known then. "
        "Other countries need: pip install 'crmcli[calendar]'."
    ),
    examples="crm holidays\ncrm holidays --from 2027-01-01 --to 2027-12-31\ncrm holidays --country DE --format csv",
)
def holidays(
    first: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help=_("The first day; today if not given.")),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="DATE", help=_("The last day; a year later if not given.")),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option("--country", metavar="CODE", help=_("Another country than that of the settings.")),
    ] = None,
    limit: LimitOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.render.notes import say
    from crmcli.render.output import Format, choose, show
    from crmcli.workflows.holidays import holidays as look

    page = look(database(), day_option(first, "--from"), day_option(last, "--to"), country)
    most = limit_of(limit, format)
    days = page.found.days if most < 0 else page.found.days[:most]
    show(_listing(days, page.today, coded=choose(format, sys.stdout) is not Format.TABLE), format)
    say_unannounced(page.found.unannounced, page.country)
    if len(days) < len(page.found.days):
        say(_("the first {count} are shown; --limit 0 shows all").format(count=len(days)))
    if not page.found.days:
        say(_("no days with a name here"))
        raise typer.Exit(1)


def _listing(days: Any, today: Any, *, coded: bool) -> Any:
    """Build the lines; `coded` leaves codes as they are, for programs."""
    from crmcli.cli.common import weekday
    from crmcli.render.output import Column, Listing
    from crmcli.vocabulary import DAY_KIND, FESTIVAL

    columns = [
        Column("day", _("Date")),
        Column("weekday", _("Weekday")),
        Column("name", _("Name"), wrap=True, min_width=8),
        Column("kind", _("Kind")),
        Column("days_ahead", _("Days ahead")),
        Column("announced", _("Announced")),
    ]
    rows = [
        (
            each.day, each.day.isoweekday() if coded else weekday(each.day), each.name if coded else FESTIVAL.label(each.name),
            each.kind if coded else DAY_KIND.label(each.kind), (each.day - today).days, each.announced,
        )
        for each in days
    ]  # fmt: skip
    return Listing(columns, rows, key="holidays")
