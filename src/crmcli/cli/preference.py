"""Preferences: what customers like, stated or inferred from what they buy."""

import sys
from typing import Annotated

import typer

from crmcli.cli.common import (
    CustomerArgument,
    CustomersArgument,
    FormatOption,
    LimitOption,
    NotesOption,
    command,
    database,
    group,
    limit_of,
    report,
)
from crmcli.i18n import _

PREFERENCE = Annotated[str, typer.Argument(metavar="PREFERENCE", help=_("The preference's id."))]

app = group(_("Preferences: what customers like, said by them or inferred from what they buy."))
APPS = {"preference": app}


@command(
    app,
    "add",
    help=_("Note what a customer likes."),
    examples="crm preference add 张三 颜色 深蓝\ncrm preference add 'Ann Lee' service 'mornings only'",
)
def add(
    customer: CustomerArgument,
    topic: Annotated[
        str,
        typer.Argument(
            metavar="TOPIC",
            help=_("What it is about: category, product, color, style, service, or any word."),
        ),
    ],
    value: Annotated[str, typer.Argument(metavar="VALUE", help=_("What the customer likes there."))],
    notes: NotesOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.record import add as record

    given = {"customer": customer, "topic": topic, "value": value, "notes": notes}
    done = record(database(), "preference", given)
    report(done.summary, [("id", "#", done.id), ("customer", _("Customer"), done.customer)], format)


@command(
    app,
    "list",
    help=_("List preferences, of one customer or of all."),
    examples="crm preference list 张三\ncrm preference list --format csv",
)
def list_preferences(
    customer: CustomersArgument = None, limit: LimitOption = None, format: FormatOption = None
) -> None:
    from crmcli.cli.preferences import preferences as listing
    from crmcli.render.output import Format, choose, show
    from crmcli.workflows.preferences import preferences

    lines = preferences(database(), customer, limit_of(limit, format))
    show(listing(lines, coded=choose(format, sys.stdout) is not Format.TABLE), format)


@command(
    app,
    "edit",
    help=_("Change a preference; empty notes are cleared."),
    examples="crm preference edit 3 --value 浅蓝",
)
def edit(
    preference: PREFERENCE,
    topic: Annotated[str | None, typer.Option("--topic", help=_("What it is about."))] = None,
    value: Annotated[str | None, typer.Option("--value", help=_("What the customer likes there."))] = None,
    notes: NotesOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.edits import report_edit
    from crmcli.workflows.record import edit as record

    given = {"topic": topic, "value": value, "notes": notes}
    report_edit(record(database(), "preference", preference, given), format)


@command(
    app,
    "confirm",
    help=_("Take an inferred preference for one that the customer stated."),
    examples="crm preference confirm 3",
)
def confirm(preference: PREFERENCE, format: FormatOption = None) -> None:
    from crmcli.cli.edits import report_edit
    from crmcli.workflows.record import edit as record

    report_edit(record(database(), "preference", preference, {"origin": "stated"}, "confirm"), format)


@command(
    app,
    "delete",
    help=_("Delete a preference; undo brings it back."),
    examples="crm preference delete 3",
)
def delete(preference: PREFERENCE, format: FormatOption = None) -> None:
    from crmcli.workflows.record import delete as record

    done = record(database(), "preference", preference)
    report(done.summary, [("id", "#", done.id)], format)


@command(
    app,
    "infer",
    help=_(
        "Suggest preferences from what customers buy: categories and products in at least half of the orders of the last "
        "12 months, of customers with 3 orders or more. --save notes them as inferred."
    ),
    examples="crm preference infer\ncrm preference infer 张三 --save",
)
def infer(
    customer: CustomersArgument = None,
    save: Annotated[bool, typer.Option("--save", help=_("Note what was found."))] = False,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.preferences import bought
    from crmcli.render.notes import say
    from crmcli.render.output import Format, choose, show
    from crmcli.workflows.preferences import infer as look
    from crmcli.workflows.preferences import save_inferred

    found = save_inferred(database(), customer) if save else look(database(), customer)
    show(bought(found, coded=choose(format, sys.stdout) is not Format.TABLE), format)
    if not found:
        say(_("nothing is bought often enough that is not noted yet"))
    elif save:
        say(_("noted as inferred; 'crm preference confirm ID' when the customer says so"))
    else:
        say(_("nothing was changed; --save notes them"))
