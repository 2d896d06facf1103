"""Custom fields: facts about customers that the program has no column for."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from crmcli.cli.common import FormatOption, YesOption, command, database, group, report
from crmcli.i18n import _
from crmcli.vocabulary import FIELD_KIND

NAME = Annotated[
    str, typer.Argument(metavar="NAME", help=_("The field's name: small letters, digits and _."))
]

app = group(_("Custom fields: facts about customers that crm has no column for."))
APPS = {"field": app}


@command(
    app,
    "add",
    help=_(
        "Add a custom field for customers.\n\n"
        "It is set with 'crm add' and 'crm customer edit --set', is a column of files of customers, and rules can use it."
    ),
    examples=(
        "crm field add contract_end --type date --label 合同到期\n"
        'crm field add shirt --type choice --choices "s,m,l"\n'
        "crm customer edit 张三 --set contract_end=2027-06-30 --set shirt=m"
    ),
)
def add(
    name: NAME,
    type: Annotated[str, typer.Option("--type", help=_("text, number, date or choice."))],
    choices: Annotated[
        str | None, typer.Option("--choices", metavar="WORDS", help=_("The words of a choice, with commas."))
    ] = None,
    label: Annotated[
        str, typer.Option("--label", help=_("What people call it; also a column's header."))
    ] = "",
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.custom_field import add_field

    done = add_field(database(), name, type, choices, label)
    report(done.summary, [("name", _("Name"), done.name)], format)


@command(
    app,
    "list",
    help=_("List custom fields and how many customers have a value."),
    examples="crm field list\ncrm field list --format json",
)
def list_fields(format: FormatOption = None) -> None:
    import sys

    from crmcli.render.notes import say
    from crmcli.render.output import Format, choose, show
    from crmcli.workflows.custom import list_fields as found

    lines = found(database())
    show(_listing(lines, coded=choose(format, sys.stdout) is not Format.TABLE), format)
    if not lines:
        say(_("no custom fields here"))
        raise typer.Exit(1)


@command(
    app,
    "delete",
    help=_("Delete a custom field; undo brings it back with its values."),
    examples="crm field delete shirt\ncrm field delete shirt --yes",
)
def delete(name: NAME, yes: YesOption = False, format: FormatOption = None) -> None:
    from crmcli.render.ask import confirm
    from crmcli.workflows.custom_field import delete_field, plan_deletion

    plan = plan_deletion(database(), name)
    question = _("delete custom field {name}?").format(name=plan.name)
    # With values only --yes will do: the workflow refuses, there is nothing to ask.
    if not plan.customers and not confirm(question, yes=yes):
        raise typer.Exit(1)
    done = delete_field(database(), plan.name, with_values=yes)
    report(done.summary, [("name", _("Name"), done.name)], format)


def _listing(lines: Iterable[Any], *, coded: bool) -> Any:
    from crmcli.render.output import Column, Listing

    columns = [
        Column("name", _("Name")),
        Column("label", _("Label"), wrap=True),
        Column("type", _("Type")),
        Column("choices", _("Choices"), wrap=True),
        Column("customers", _("Customers")),
    ]
    rows = [
        (
            line.name, line.label or None, line.kind if coded else FIELD_KIND.label(line.kind),
            ",".join(line.choices) or None, line.customers,
        )
        for line in lines
    ]  # fmt: skip
    return Listing(columns, rows, ids=[row[0] for row in rows], key="fields")
