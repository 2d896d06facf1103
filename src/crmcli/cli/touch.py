"""What happened with a customer: `crm log`, `crm sell`, and the lists of interactions and transactions."""

import sys
from typing import Annotated

import typer

from crmcli.cli.common import (
    ByOption,
    CustomerArgument,
    CustomersArgument,
    FormatOption,
    LimitOption,
    MinutesOption,
    NextOption,
    NotesOption,
    OutcomeOption,
    PromiseOption,
    command,
    database,
    group,
    limit_of,
    promised,
    report_recorded,
    single,
)
from crmcli.i18n import _

log_app, sell_app = single(), single()
interaction_app = group(_("Interactions: calls, visits, messages."))
transaction_app = group(_("Transactions: sales and refunds."))
APPS = {"log": log_app, "sell": sell_app, "interaction": interaction_app, "transaction": transaction_app}


@command(
    log_app,
    "log",
    help=_(
        "Record a contact with a customer, or a try at one; only one that got through resets the cadence."
    ),
    examples=_(
        'crm log phone 张三 "asked for a quote" --minutes 12 --next +7d\ncrm log visit 12 --outcome no_answer\n'
        'crm log phone 张三 "wants to see it" --promise "send samples" --by +3d'
    ),
)
def log(
    channel: Annotated[
        str,
        typer.Argument(
            metavar="CHANNEL",
            help=_("phone, email, sms, wechat, visit, meeting, online, social, event or gift."),
        ),
    ],
    customer: CustomerArgument,
    summary: Annotated[
        str | None, typer.Argument(metavar="[SUMMARY]", help=_("What happened, in your words."))
    ] = None,
    outcome: OutcomeOption = None,
    minutes: MinutesOption = None,
    cost: Annotated[
        str | None, typer.Option("--cost", metavar="AMOUNT", help=_("What it cost, a gift or a trip."))
    ] = None,
    direction: Annotated[
        str | None, typer.Option("--direction", help=_("outbound (the default) or inbound."))
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help=_("sales (the default), service, care or other."))
    ] = None,
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help=_("The day it happened, if not today."))
    ] = None,
    next_day: NextOption = None,
    promise: PromiseOption = None,
    by: ByOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.record import log as record

    given = {
        "channel": channel, "customer": customer, "summary": summary, "outcome": outcome, "minutes": minutes, "cost": cost,
        "direction": direction, "kind": kind, "occurred_on": on,
    }  # fmt: skip
    done = record(database(), given, next_day, promised(promise, by))
    report_recorded(done, format)


@command(
    sell_app,
    "sell",
    help=_("Record a sale, or a refund."),
    examples='crm sell 张三 1280.50 --product "GTX Pro" --cost 800\ncrm sell 12 1.2万 --on yesterday\ncrm sell 12 300 --refund',
)
def sell(
    customer: CustomerArgument,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help=_("The amount, such as 1280.50 or 1.2万."))],
    product: Annotated[str | None, typer.Option("--product", help=_("What was sold: name or code."))] = None,
    cost: Annotated[
        str | None, typer.Option("--cost", metavar="AMOUNT", help=_("What it cost you; the margin needs it."))
    ] = None,
    quantity: Annotated[str | None, typer.Option("--quantity", metavar="NUMBER", help=_("How many."))] = None,
    currency: Annotated[
        str | None, typer.Option("--currency", help=_("Currency code, if not the usual one."))
    ] = None,
    order: Annotated[str | None, typer.Option("--order", help=_("Order number."))] = None,
    category: Annotated[str | None, typer.Option("--category", help=_("Category."))] = None,
    due: Annotated[str | None, typer.Option("--due", metavar="DATE", help=_("When payment is due."))] = None,
    paid: Annotated[str | None, typer.Option("--paid", metavar="DATE", help=_("When it was paid."))] = None,
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help=_("The day of the sale, if not today."))
    ] = None,
    refund: Annotated[bool, typer.Option("--refund", help=_("The amount is given back."))] = False,
    strict: Annotated[
        bool, typer.Option("--strict-credit", help=_("Record nothing if it passes the credit limit."))
    ] = False,
    notes: NotesOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.record import sell as record

    given = {
        "customer": customer, "amount": amount, "product": product, "cost": cost, "quantity": quantity, "currency": currency,
        "order_number": order, "category": category, "due_on": due, "paid_on": paid, "occurred_on": on, "notes": notes,
    }  # fmt: skip
    done = record(database(), given, refund=refund, within_limit=strict)
    report_recorded(done, format)


@command(
    interaction_app,
    "list",
    help=_("List interactions, newest first."),
    examples="crm interaction list 张三\ncrm interaction list --limit 20 --format json",
)
def list_interactions(
    customer: CustomersArgument = None, limit: LimitOption = None, format: FormatOption = None
) -> None:
    from crmcli.cli import tables
    from crmcli.render.output import Format, choose, show
    from crmcli.workflows.records import interactions

    lines = interactions(database(), customer, limit_of(limit, format))
    show(tables.interactions(lines, coded=choose(format, sys.stdout) is not Format.TABLE), format)


@command(
    transaction_app,
    "list",
    help=_("List transactions, newest first."),
    examples="crm transaction list 张三\ncrm transaction list --limit 20 --format csv",
)
def list_transactions(
    customer: CustomersArgument = None, limit: LimitOption = None, format: FormatOption = None
) -> None:
    from crmcli.cli import tables
    from crmcli.render.output import Format, choose, show
    from crmcli.workflows.records import transactions

    lines = transactions(database(), customer, limit_of(limit, format))
    show(tables.transactions(lines, coded=choose(format, sys.stdout) is not Format.TABLE), format)
