"""The page of the morning: whom to contact, and why."""

import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from crmcli.cli.common import (
    LimitOption,
    command,
    database,
    day_option,
    limit_of,
    single,
)
from crmcli.errors import UsageError
from crmcli.i18n import _, language, ngettext


class Form(StrEnum):
    """How the agenda is written: as every list, or for another program."""

    TABLE = "table"
    PLAIN = "plain"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    IDS = "ids"
    ICS = "ics"
    MD = "md"


FormOption = Annotated[
    Form | None,
    typer.Option(
        "--format",
        "-f",
        show_default=False,
        help=_(
            "How to write the result; a table on a terminal, else plain. ics is for calendars, md for notes."
        ),
    ),
]
app = single()
APPS = {"agenda": app}


@command(
    app,
    "agenda",
    help=_(
        "Whom to contact today and why, most urgent first.\n\n"
        "Cadence follows grade and tier and counts from the last real contact: an unanswered call does not reset it. Tasks, "
        "deals near or past their expected close, agreed days and customers with no next step are here too."
    ),
    examples="crm agenda\ncrm agenda --week --limit 20\ncrm agenda --overdue\ncrm agenda --format ics > agenda.ics",
)
def agenda(
    date: Annotated[
        str | None, typer.Option("--date", "-d", metavar="DATE", help=_("The day; today if not given."))
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=366, help=_("How many days from then on."))
    ] = None,
    week: Annotated[bool, typer.Option("--week", help=_("Seven days from then on."))] = False,
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            help=_(
                "Print nothing: exit status 1 when something is due, 0 when not, more when it cannot be told."
            ),
        ),
    ] = False,
    short: Annotated[
        bool, typer.Option("--short", help=_("One short line for a prompt; nothing when nothing is due."))
    ] = False,
    overdue: Annotated[
        bool,
        typer.Option("--overdue", help=_("Only those past their maximum, or past the day of something.")),
    ] = False,
    customer: Annotated[
        str | None, typer.Option("--customer", "-c", metavar="CUSTOMER", help=_("Only this customer."))
    ] = None,
    limit: LimitOption = None,
    format: FormOption = None,
) -> None:
    from crmcli.render.notes import say, warn
    from crmcli.render.output import Format, choose, show
    from crmcli.workflows import page
    from crmcli.workflows.agenda import agenda as look
    from crmcli.workflows.rule_folder import rules_folder

    day = day_option(date, "--date", echo=not (quiet or short))
    written = (
        None if format is None else Format.PLAIN if format in {Form.ICS, Form.MD} else Format(format.value)
    )
    if week and days is not None:
        raise UsageError(_("--week and --days together"), hint=_("--week is --days 7"))
    span = 7 if week else days or 1
    if quiet and short:
        raise UsageError(_("--quiet and --short together"), hint=_("--quiet prints nothing"))
    if (quiet or short) and (limit is not None or format is not None):
        where = "--limit" if limit is not None else "--format"
        raise UsageError(
            _("--quiet and --short look at all lines and have one form"),
            where=where,
            hint=_("leave out {option}").format(option=where),
        )
    if quiet or short:
        from crmcli.cli import prompt

        status = prompt.respond(short=not quiet, day=day, days=span, customer=customer, only_late=overdue)
        raise typer.Exit(status)
    found = look(
        database(),
        rules_folder(),
        day=day,
        days=span,
        limit=limit_of(limit, written),
        customer=customer,
        only_late=overdue,
    )
    if format in {Form.ICS, Form.MD}:
        _write_file(found, format)
        return
    chosen = choose(written, sys.stdout)
    if chosen in {Format.TABLE, Format.PLAIN}:
        # First: who has seen enough closes the pipe, and the numbers that were seen are those that count.
        kept = page.keep(database(), found.day, page.lines(found.items))
        if not kept and chosen is Format.TABLE:  # a job has nobody who would type a number
            warn(_("these numbers could not be noted: 'crm done' takes them for those of the page before"))
    show(listing(found, coded=chosen is not Format.TABLE), written)
    if found.rules_changed:
        say(_("the rules have changed since the last classification: 'crm classify' puts them in force"))
    if found.classified_as_of is None:
        say(_("nobody has been classified yet: run 'crm classify'"))
    say_how_many(found)
    if customer is not None and not found.items:
        from crmcli.cli.agenda_reasons import say_why_not
        from crmcli.workflows.why_agenda import why_agenda

        say_why_not(why_agenda(database(), rules_folder(), customer, day=day))


def _write_file(found: Any, form: Form) -> None:
    """Write the agenda for another program to standard output."""
    from crmcli.workflows.agenda_file import as_calendar, as_markdown

    content = as_calendar(database(), found) if form is Form.ICS else as_markdown(found).encode()
    sys.stdout.flush()
    sys.stdout.buffer.write(content)


def say_how_many(found: Any) -> None:
    """Say how many lines there are, or that there are more."""
    from crmcli.render.notes import say

    count = len(found.items)
    if not found.items:
        say(_("nothing is due on {day}").format(day=found.day))
    elif found.more:
        say(_("the first {count} are shown; --limit 0 shows all").format(count=count))
    else:
        say(
            ngettext("{count} due on {day}", "{count} due on {day}", count).format(count=count, day=found.day)
        )


def listing(found: Any, *, coded: bool) -> Any:
    """Build the agenda's lines; `coded` leaves codes as they are, for programs."""
    from crmcli.render.output import Column, Listing
    from crmcli.vocabulary import CHANNEL, TIER

    columns = [
        Column("number", _("No.")),
        Column("id", "#", spare=6),
        Column("name", _("Name"), wrap=True, min_width=8),
        Column("tier", _("Tier"), spare=1),
        Column("grade", _("Grade")),
        Column("last_contacted_on", _("Last contact"), spare=3),
        Column("due_on", _("Due")),
        Column("urgency", _("Urgency"), spare=4),
        Column("reasons", _("Why"), wrap=True, min_width=24),
        Column("channel", _("Channel"), spare=5),
        Column("phone", _("Phone"), spare=2),
    ]
    between = "；" if language() == "zh_CN" and not coded else "; "
    rows = [
        (
            number, item.customer, item.name or None, (item.tier if coded else TIER.label(item.tier)) or None, item.grade or None,
            item.last_contacted_on, item.due_on, item.urgency, between.join(item.reasons),
            (item.channel if coded else CHANNEL.label(item.channel)) or None, item.phone or None,
        )
        for number, item in enumerate(found.items, 1)
    ]  # fmt: skip
    return Listing(
        columns, rows, ids=[item.customer for item in found.items if item.customer is not None], key="agenda"
    )
