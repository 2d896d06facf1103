"""Customers: add, show, list, edit, archive, delete; `crm add`, `crm list` and `crm show` are the same by a shorter name."""

from typing import Annotated, Any

import typer

from crmcli.cli.common import (
    BackOption,
    CustomerArgument,
    FormatOption,
    LimitOption,
    NextOption,
    NotesOption,
    YesOption,
    code_of,
    command,
    database,
    echo_days,
    echo_notes,
    group,
    limit_of,
    pairs,
    report,
    single,
)
from crmcli.i18n import _
from crmcli.vocabulary import RECORDS

NAME = Annotated[str, typer.Argument(metavar="NAME", help=_("The customer's name."))]
NEW_NAME = Annotated[str | None, typer.Option("--name", help=_("The customer's name."))]
KIND = Annotated[str | None, typer.Option("--kind", help=_("person or organization."))]
COMPANY = Annotated[str | None, typer.Option("--company", help=_("The company a person works for."))]
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
ID_NUMBER = Annotated[
    str | None,
    typer.Option("--id-number", metavar="NUMBER", help=_("Identity number; shown masked unless --reveal.")),
]
PHONE = Annotated[str | None, typer.Option("--phone", help=_("Telephone number."))]
EMAIL = Annotated[str | None, typer.Option("--email", help=_("E-mail address."))]
WECHAT = Annotated[str | None, typer.Option("--wechat", help=_("WeChat id."))]
REGION = Annotated[str | None, typer.Option("--region", help=_("Region or city."))]
ADDRESS = Annotated[str | None, typer.Option("--address", help=_("Address."))]
INDUSTRY = Annotated[str | None, typer.Option("--industry", help=_("Industry."))]
SIZE = Annotated[str | None, typer.Option("--size", help=_("micro_small, medium or large."))]
HEADCOUNT = Annotated[
    str | None, typer.Option("--headcount", metavar="NUMBER", help=_("Number of employees."))
]
SOURCE = Annotated[str | None, typer.Option("--source", help=_("Where the customer came from."))]
REFERRED = Annotated[
    str | None, typer.Option("--referred-by", metavar="CUSTOMER", help=_("Who referred the customer."))
]
TAGS = Annotated[str | None, typer.Option("--tags", help=_("Tags, separated by commas."))]
NEEDS = Annotated[str | None, typer.Option("--needs", help=_("What the customer needs."))]
INTENT = Annotated[
    str | None,
    typer.Option(
        "--intent", help=_("Your judgement: potential, target, interested, high_hope, won, poor, invalid.")
    ),
]
EXTERNAL = Annotated[
    str | None, typer.Option("--external-id", help=_("The customer's number in another system."))
]
SET = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help=_("A custom field, by name or label; may be repeated.")),
]

app = group(_("Customers: who they are and where they stand."))
add_app, list_app, show_app = single(), single(), single()
APPS = {"customer": app, "add": add_app, "list": list_app, "show": show_app}


def _given(values: dict[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in values.items() if name not in {"format", "customer", "own"}}
    values["intent_stage"] = values.pop("intent")
    values["next_contact_on"] = values.pop("next_day")
    return values


def add(
    name: NAME,
    kind: KIND = None,
    company: COMPANY = None,
    title: TITLE = None,
    gender: GENDER = None,
    birthday: BIRTHDAY = None,
    birthday_calendar: CALENDAR = None,
    id_number: ID_NUMBER = None,
    phone: PHONE = None,
    email: EMAIL = None,
    wechat: WECHAT = None,
    region: REGION = None,
    address: ADDRESS = None,
    industry: INDUSTRY = None,
    size: SIZE = None,
    headcount: HEADCOUNT = None,
    source: SOURCE = None,
    referred_by: REFERRED = None,
    tags: TAGS = None,
    needs: NEEDS = None,
    intent: INTENT = None,
    next_day: NextOption = None,
    notes: NotesOption = None,
    external_id: EXTERNAL = None,
    own: SET = None,
    format: FormatOption = None,
) -> None:
    given = _given(dict(locals()))
    from crmcli.workflows.record import add as record

    done = record(database(), "customer", given, pairs(own, "--set"))
    report(done.summary, [("id", "#", done.id)], format)
    echo_days(done.resolved)
    echo_notes(done)


def edit(
    customer: CustomerArgument,
    name: NEW_NAME = None,
    kind: KIND = None,
    company: COMPANY = None,
    title: TITLE = None,
    gender: GENDER = None,
    birthday: BIRTHDAY = None,
    birthday_calendar: CALENDAR = None,
    id_number: ID_NUMBER = None,
    phone: PHONE = None,
    email: EMAIL = None,
    wechat: WECHAT = None,
    region: REGION = None,
    address: ADDRESS = None,
    industry: INDUSTRY = None,
    size: SIZE = None,
    headcount: HEADCOUNT = None,
    source: SOURCE = None,
    referred_by: REFERRED = None,
    tags: TAGS = None,
    needs: NEEDS = None,
    intent: INTENT = None,
    next_day: NextOption = None,
    notes: NotesOption = None,
    external_id: EXTERNAL = None,
    own: SET = None,
    format: FormatOption = None,
) -> None:
    given = _given(dict(locals()))
    from crmcli.cli.edits import report_edit
    from crmcli.workflows.record import edit as record

    done = record(database(), "customer", customer, given, custom=pairs(own, "--set"))
    report_edit(done, format)
    echo_notes(done)


def list_customers(
    search: Annotated[
        str,
        typer.Argument(metavar="[TEXT]", help=_("Only those with this in name, company, phone or e-mail.")),
    ] = "",
    tier: Annotated[str | None, typer.Option("--tier", help=_("Only this tier."))] = None,
    grade: Annotated[str | None, typer.Option("--grade", help=_("Only this grade: A, B, C or D."))] = None,
    tag: Annotated[str | None, typer.Option("--tag", help=_("Only those with this tag."))] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="NAME=VALUE",
            help=_("Only those with exactly this in a custom field; may be repeated."),
        ),
    ] = None,
    segment: Annotated[
        list[str] | None,
        typer.Option(
            "--segment",
            metavar="JUDGEMENT=CLASS",
            help=_(
                "Only those in this class of a further judgement; may be repeated: of one judgement any, of several each."
            ),
        ),
    ] = None,
    archived: Annotated[bool, typer.Option("--archived", help=_("Archived ones too."))] = False,
    sort: Annotated[str, typer.Option("--sort", help=_("By id, name or score."))] = "id",
    limit: LimitOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli import tables
    from crmcli.errors import UsageError
    from crmcli.render.notes import say
    from crmcli.render.output import Format, choose, show
    from crmcli.vocabulary import GRADE, TIER
    from crmcli.workflows.customers import customers

    if sort not in {"id", "name", "score"}:
        raise UsageError(
            _("cannot sort by {key}").format(key=repr(sort)), where="--sort", hint=_("id, name or score")
        )
    filters: dict[str, Any] = {
        "search": search,
        "tier": code_of(TIER, tier, "--tier"),
        "grade": code_of(GRADE, grade, "--grade"),
        "tag": tag,
        "archived": archived,
        "sort": sort,
    }
    page = customers(
        database(),
        limit=limit_of(limit, format),
        where=pairs(where, "--where"),
        segments=pairs(segment, "--segment", "JUDGEMENT=CLASS"),
        **filters,
    )
    import sys

    coded = choose(format, sys.stdout) is not Format.TABLE
    show(tables.customers(page.lines, coded=coded), format)
    if not coded and any(line.pinned for line in page.lines):
        say(_("* pinned by hand: 'crm classify pins' says why and until when"))
    if page.total is not None:
        say(
            _("{shown} of {total} customers; --limit 0 shows all").format(
                shown=len(page.lines), total=page.total
            )
        )
    if not page.lines:
        say(_("no customers here"))
        raise typer.Exit(1)


def show_customer(
    customer: CustomerArgument,
    reveal: Annotated[bool, typer.Option("--reveal", help=_("Show the identity number in full."))] = False,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.customer_file import record
    from crmcli.render.output import Format, show_record
    from crmcli.workflows.customer_file import customer_file

    whole = format in (Format.JSON, Format.JSONL)
    show_record(record(customer_file(database(), customer, reveal=reveal, whole=whole), format), format)


def consent(
    customer: CustomerArgument,
    contact: Annotated[
        bool | None,
        typer.Option(
            "--contact/--do-not-contact",
            show_default=False,
            help=_("Whether the customer may be contacted at all; one who may not is never on the agenda."),
        ),
    ] = None,
    refuse: Annotated[
        str | None,
        typer.Option(
            "--refuse",
            metavar="CHANNELS",
            help=_("Ways the customer does not want to be reached by, with commas."),
        ),
    ] = None,
    allow: Annotated[
        str | None,
        typer.Option("--allow", metavar="CHANNELS", help=_("Ways that are welcome again, with commas.")),
    ] = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.customer_file import consent_record
    from crmcli.cli.edits import report_edit
    from crmcli.render.output import show_record

    if contact is None and refuse is None and allow is None:
        from crmcli.workflows.customer_file import customer_file

        show_record(consent_record(customer_file(database(), customer).customer, format), format)
        return
    from crmcli.workflows.consent import consent as record

    report_edit(record(database(), customer, contact=contact, refuse=refuse or "", allow=allow or ""), format)


def archive(
    customer: CustomerArgument,
    back: BackOption = False,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.record import archive as record

    done = record(database(), "customer", customer, back=back)
    report(done.summary, [("id", "#", done.id)], format)


def delete(customer: CustomerArgument, yes: YesOption = False, format: FormatOption = None) -> None:
    from crmcli.render.ask import confirm
    from crmcli.workflows.record import delete_customer, plan_deletion

    plan = plan_deletion(database(), customer)
    along = ", ".join(
        _("{count} {entity}").format(count=count, entity=RECORDS.label(table))
        for table, count in plan.rows
        if count
    )
    question = _("delete customer #{id} {name}?").format(id=plan.id, name=plan.name)
    if along:
        question = _("delete customer #{id} {name} with {rows}?").format(
            id=plan.id, name=plan.name, rows=along
        )
    if not confirm(question, yes=yes):
        raise typer.Exit(1)
    done = delete_customer(database(), plan.id)
    report(done.summary, [("id", "#", done.id)], format)


_ADD = {
    "help": _("Add a customer."),
    "examples": 'crm add 张三 --company 远山贸易 --phone 13800138000\ncrm add "Ann Lee" --email ann@example.com --source fair',
}
_LIST = {
    "help": _("List customers and where they stand."),
    "examples": "crm list --tier high\ncrm list 张 --format json\ncrm list --where shirt=m\ncrm list --segment rfm=champions",
}
_SHOW = {
    "help": _("Show everything about one customer."),
    "examples": "crm show 张三\ncrm show 13800138000 --format json\ncrm show 张三 --reveal",
}
for target in (app, add_app):
    command(target, "add", **_ADD)(add)
for target in (app, show_app):
    command(target, "show", **_SHOW)(show_customer)
for target in (app, list_app):
    command(target, "list", **_LIST)(list_customers)
command(
    app,
    "edit",
    help=_("Change fields of a customer; an empty value clears one."),
    examples="crm customer edit 张三 --phone 13900139000 --next +7d\ncrm customer edit 12 --company '' --set shirt=m",
)(edit)
command(
    app,
    "consent",
    help=_(
        "Record by which ways a customer wants to be reached, or not at all; without options, show it.\n\n"
        "A contact logged against it is recorded with a warning."
    ),
    examples="crm customer consent 张三 --refuse wechat,sms\ncrm customer consent 张三 --allow sms\n"
    "crm customer consent 12 --do-not-contact",
)(consent)
command(
    app,
    "archive",
    help=_("Put a customer away: off the lists and the agenda, history kept."),
    examples="crm customer archive 12\ncrm customer archive 12 --back",
)(archive)
command(
    app,
    "delete",
    help=_("Delete a customer with everything recorded about it; undo brings it back."),
    examples="crm customer delete 12\ncrm customer delete 12 --yes",
)(delete)
