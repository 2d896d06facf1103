"""Credit 信用: `crm credit set`, `show`, `list` and `review`."""

import sys
from typing import Annotated

import typer

from crmcli.cli.common import CustomerArgument, FormatOption, NotesOption, command, database, group
from crmcli.errors import ExitCode
from crmcli.i18n import _

LIMIT = Annotated[
    str | None,
    typer.Option("--limit", metavar="AMOUNT", help=_("The most that may be owed; '' for no limit.")),
]
TERMS = Annotated[
    str | None,
    typer.Option(
        "--terms", metavar="DAYS", help=_("Days from a sale until it is to be paid; '' for no terms.")
    ),
]
CURRENCY = Annotated[
    str | None, typer.Option("--currency", help=_("Currency of the limit, if not the usual one."))
]

app = group(_("Credit: what customers may owe, what they owe, and since when."))
APPS = {"credit": app}


@command(
    app,
    "set",
    help=_(
        "Give a customer credit: a limit, and terms that a sale without --due takes its due day from.\n\n"
        "A sale that passes the limit is recorded with a warning; with crm sell --strict-credit it is not."
    ),
    examples='crm credit set 张三 --limit 50000 --terms 30\ncrm credit set 12 --limit "" --notes "prepaid only"',
)
def set_credit(
    customer: CustomerArgument,
    limit: LIMIT = None,
    terms: TERMS = None,
    currency: CURRENCY = None,
    notes: NotesOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.edits import report_edit
    from crmcli.workflows.credit_terms import give

    given = {"limit": limit, "terms": terms, "currency": currency, "notes": notes}
    report_edit(give(database(), customer, given), format)


@command(
    app,
    "review",
    help=_("Note that the credit of a customer was looked at today, with a new limit or terms if you like."),
    examples="crm credit review 张三\ncrm credit review 张三 --limit 80000",
)
def review(
    customer: CustomerArgument,
    limit: LIMIT = None,
    terms: TERMS = None,
    notes: NotesOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.edits import report_edit
    from crmcli.workflows.credit_terms import give

    given = {"limit": limit, "terms": terms, "notes": notes}
    report_edit(give(database(), customer, given, "review"), format)


@command(
    app,
    "show",
    help=_("Show what a customer may owe and owes, what is late, and how sales were paid so far."),
    examples="crm credit show 张三\ncrm credit show 12 --format json",
)
def show(customer: CustomerArgument, format: FormatOption = None) -> None:
    from crmcli.cli import money
    from crmcli.render.output import Format, choose, show_record
    from crmcli.workflows.credit import standing

    coded = choose(format, sys.stdout) is not Format.TABLE
    show_record(money.standing(standing(database(), customer), coded=coded), format)


@command(
    app,
    "list",
    help=_(
        "List what customers owe by age: not due yet, and overdue by up to 30, 60, 90 days and more.\n\n"
        "A line is one customer in one currency; a table ends with the sum of each currency."
    ),
    examples="crm credit list\ncrm credit list --overdue --format csv",
)
def list_credit(
    overdue: Annotated[
        bool, typer.Option("--overdue", help=_("Only customers with something overdue."))
    ] = False,
    format: FormatOption = None,
) -> None:
    from crmcli.cli import money
    from crmcli.render.notes import say
    from crmcli.render.output import Format, choose
    from crmcli.render.output import show as show_listing
    from crmcli.workflows.credit import ageing

    lines, given = ageing(database(), overdue=overdue)
    coded = choose(format, sys.stdout) is not Format.TABLE
    show_listing(money.ageing(lines, given, coded=coded), format)
    if not lines:
        say(_("nothing is overdue") if overdue else _("nothing is owed"))
        raise typer.Exit(ExitCode.FINDINGS if overdue else ExitCode.OK)
