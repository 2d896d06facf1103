"""Opportunities: deals that may happen, their stage and their expected close."""

import sys
from typing import Annotated, Any

import typer

from crmcli.cli.common import (
    CustomerArgument,
    CustomersArgument,
    FormatOption,
    LimitOption,
    NotesOption,
    code_of,
    command,
    database,
    group,
    limit_of,
    report_recorded,
)
from crmcli.i18n import _

OPPORTUNITY = Annotated[
    str, typer.Argument(metavar="OPPORTUNITY", help=_("The opportunity's id or external id."))
]
AMOUNT = Annotated[str | None, typer.Option("--amount", metavar="AMOUNT", help=_("What the deal is worth."))]
CURRENCY = Annotated[str | None, typer.Option("--currency", help=_("Currency code, if not the usual one."))]
CLOSE = Annotated[
    str | None, typer.Option("--close", metavar="DATE", help=_("Expected close; the grade depends on it."))
]
STAGE = Annotated[
    str | None,
    typer.Option(
        "--stage", help=_("prospecting, introduced (the default), approved, negotiating, won or lost.")
    ),
]
PRODUCT = Annotated[str | None, typer.Option("--product", help=_("What it is about: name or code."))]
PROBABILITY = Annotated[
    str | None,
    typer.Option("--probability", metavar="PERCENT", help=_("Your estimate of winning, 0 to 100.")),
]
WAITING = Annotated[
    str | None,
    typer.Option("--waiting-for", help=_("What the customer still waits for: a boss's approval, a budget.")),
]
WAITING_UNTIL = Annotated[
    str | None,
    typer.Option(
        "--waiting-until", metavar="DATE", help=_("The day until which it waits; the agenda names it then.")
    ),
]
NAME = Annotated[str | None, typer.Option("--name", help=_("A name for the deal."))]

app = group(_("Opportunities: deals that may happen."))
APPS = {"opportunity": app}


def _given(values: dict[str, Any]) -> dict[str, Any]:
    values["expected_close_on"] = values.pop("close")
    return {name: value for name, value in values.items() if name not in {"format", "opportunity"}}


@command(
    app,
    "add",
    help=_("Add an opportunity."),
    examples='crm opportunity add 张三 --amount 20000 --close 2026-12-15 --product "GTX Pro"',
)
def add(
    customer: CustomerArgument,
    name: NAME = None,
    amount: AMOUNT = None,
    currency: CURRENCY = None,
    close: CLOSE = None,
    stage: STAGE = None,
    product: PRODUCT = None,
    probability: PROBABILITY = None,
    waiting_for: WAITING = None,
    waiting_until: WAITING_UNTIL = None,
    notes: NotesOption = None,
    format: FormatOption = None,
) -> None:
    given = _given(dict(locals()))
    from crmcli.workflows.record import add as record

    done = record(database(), "opportunity", given)
    report_recorded(done, format)


@command(
    app,
    "list",
    help=_("List open opportunities, the nearest expected close first."),
    examples="crm opportunity list\ncrm opportunity list 张三 --all\ncrm opportunity list --stage won --format csv",
)
def list_opportunities(
    customer: CustomersArgument = None,
    everything: Annotated[bool, typer.Option("--all", help=_("Closed ones too."))] = False,
    stage: Annotated[str | None, typer.Option("--stage", help=_("Only those in this stage."))] = None,
    limit: LimitOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli import tables
    from crmcli.render.output import Format, choose, show
    from crmcli.vocabulary import OPPORTUNITY_STAGE
    from crmcli.workflows.records import opportunities

    code = code_of(OPPORTUNITY_STAGE, stage, "--stage")
    lines = opportunities(
        database(), customer, everything=everything, stage=code, limit=limit_of(limit, format)
    )
    show(tables.opportunities(lines, coded=choose(format, sys.stdout) is not Format.TABLE), format)


@command(
    app,
    "move",
    help=_("Move an opportunity to another stage; won and lost close it."),
    examples="crm opportunity move 4 approved\ncrm opportunity move 4 lost --reason price",
)
def move(
    opportunity: OPPORTUNITY,
    stage: Annotated[
        str,
        typer.Argument(
            metavar="STAGE", help=_("prospecting, introduced, approved, negotiating, won or lost.")
        ),
    ],
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help=_("The day it was won or lost, if not today."))
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help=_("Why it was lost."))] = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.edits import report_edit
    from crmcli.workflows.record import move as record

    report_edit(record(database(), opportunity, stage, on, reason), format)


@command(
    app,
    "edit",
    help=_("Change fields of an opportunity; an empty value clears one."),
    examples="crm opportunity edit 4 --close eom --amount 25000\ncrm opportunity edit 4 --waiting-until 12-01\n"
    "crm opportunity edit 4 --waiting-for ''",
)
def edit(
    opportunity: OPPORTUNITY,
    name: NAME = None,
    customer: Annotated[str | None, typer.Option("--customer", help=_("Whose deal it is."))] = None,
    amount: AMOUNT = None,
    currency: CURRENCY = None,
    close: CLOSE = None,
    product: PRODUCT = None,
    probability: PROBABILITY = None,
    waiting_for: WAITING = None,
    waiting_until: WAITING_UNTIL = None,
    notes: NotesOption = None,
    format: FormatOption = None,
) -> None:
    given = _given(dict(locals()))
    from crmcli.cli.edits import report_edit
    from crmcli.workflows.record import edit as record

    report_edit(record(database(), "opportunity", opportunity, given), format)
