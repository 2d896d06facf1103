"""Contacts: the people to talk to at a customer."""

from typing import Annotated, Any

import typer

from crmcli.cli.common import (
    CustomerArgument,
    CustomersArgument,
    FormatOption,
    LimitOption,
    NotesOption,
    command,
    database,
    echo_notes,
    group,
    limit_of,
    report_recorded,
)
from crmcli.i18n import _

CONTACT = Annotated[str, typer.Argument(metavar="CONTACT", help=_("The contact's id or external id."))]
TITLE = Annotated[str | None, typer.Option("--title", help=_("Job title."))]
GENDER = Annotated[str | None, typer.Option("--gender", help=_("female, male or other."))]
BIRTHDAY = Annotated[
    str | None,
    typer.Option(
        "--birthday", metavar="DATE", help=_("Date of birth; solar, or lunar such as 农历1990年闰五月十五.")
    ),
]
CALENDAR = Annotated[
    str | None,
    typer.Option(
        "--birthday-calendar", help=_("Whether the birthday is kept by the solar or the lunar calendar.")
    ),
]
PHONE = Annotated[str | None, typer.Option("--phone", help=_("Telephone number."))]
EMAIL = Annotated[str | None, typer.Option("--email", help=_("E-mail address."))]
WECHAT = Annotated[str | None, typer.Option("--wechat", help=_("WeChat id."))]
PRIMARY = Annotated[
    bool | None,
    typer.Option("--primary/--not-primary", show_default=False, help=_("The first person to call there.")),
]

app = group(_("Contacts: the people to talk to at a customer."))
APPS = {"contact": app}


def _given(values: dict[str, Any]) -> dict[str, Any]:
    primary = values.pop("primary")
    return {**values, "is_primary": None if primary is None else str(int(primary))}


@command(
    app,
    "add",
    help=_("Add a contact to a customer."),
    examples="crm contact add 远山贸易 李雷 --title 采购经理 --phone 13900139000",
)
def add(
    customer: CustomerArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help=_("The contact's name."))],
    title: TITLE = None,
    gender: GENDER = None,
    birthday: BIRTHDAY = None,
    birthday_calendar: CALENDAR = None,
    phone: PHONE = None,
    email: EMAIL = None,
    wechat: WECHAT = None,
    primary: PRIMARY = None,
    notes: NotesOption = None,
    format: FormatOption = None,
) -> None:
    values = {name: value for name, value in locals().items() if name != "format"}
    from crmcli.workflows.record import add as record

    done = record(database(), "contact", _given(values))
    report_recorded(done, format)


@command(
    app,
    "list",
    help=_("List contacts, of one customer or of all."),
    examples="crm contact list 远山贸易\ncrm contact list --format csv",
)
def list_contacts(
    customer: CustomersArgument = None,
    limit: LimitOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli import tables
    from crmcli.render.output import show
    from crmcli.workflows.records import contacts

    show(tables.contacts(contacts(database(), customer, limit_of(limit, format))), format)


@command(
    app,
    "edit",
    help=_("Change fields of a contact; an empty value clears one."),
    examples="crm contact edit 3 --phone 13900139000 --primary",
)
def edit(
    contact: CONTACT,
    name: Annotated[str | None, typer.Option("--name", help=_("The contact's name."))] = None,
    title: TITLE = None,
    gender: GENDER = None,
    birthday: BIRTHDAY = None,
    birthday_calendar: CALENDAR = None,
    phone: PHONE = None,
    email: EMAIL = None,
    wechat: WECHAT = None,
    primary: PRIMARY = None,
    notes: NotesOption = None,
    format: FormatOption = None,
) -> None:
    values = {name: value for name, value in locals().items() if name not in {"format", "contact"}}
    from crmcli.cli.edits import report_edit
    from crmcli.workflows.record import edit as record

    done = record(database(), "contact", contact, _given(values))
    report_edit(done, format)
    echo_notes(done)
