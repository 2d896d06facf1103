"""Payments 回款: `crm payment add`, `list` and `delete`."""

from typing import Annotated

import typer

from crmcli.cli.common import (
    CustomersArgument,
    FormatOption,
    LimitOption,
    NotesOption,
    command,
    database,
    echo_days,
    echo_notes,
    group,
    limit_of,
    report,
)
from crmcli.errors import UsageError
from crmcli.i18n import _

ON = Annotated[
    str | None, typer.Option("--on", metavar="DATE", help=_("The day the money came, if not today."))
]

app = group(_("Payments: what came for sales on account, in parts or at once."))
APPS = {"payment": app}


@command(
    app,
    "add",
    help=_(
        "Record a payment for a sale, or of a customer for the oldest unpaid sales.\n\n"
        "More than is owed is refused. A sale that is paid in parts is on account from then on; it counts as paid on the day "
        "that makes it whole. For a refund it is what you paid out."
    ),
    examples=(
        "crm payment add 12 3000\ncrm payment add 12 1.2万 --on yesterday\ncrm payment add --customer 张三 50000"
    ),
)
def add(
    sale_or_amount: Annotated[
        str,
        typer.Argument(metavar="[TRANSACTION]", help=_("The sale's id or external id; not with --customer.")),
    ],
    amount: Annotated[
        str | None, typer.Argument(metavar="AMOUNT", help=_("The amount, such as 1280.50 or 1.2万."))
    ] = None,
    customer: Annotated[
        str | None,
        typer.Option("--customer", "-c", help=_("Share it among the open sales of this customer.")),
    ] = None,
    currency: Annotated[
        str | None,
        typer.Option("--currency", help=_("With --customer: which currency, if not the usual one.")),
    ] = None,
    on: ON = None,
    notes: NotesOption = None,
    format: FormatOption = None,
) -> None:
    given = {"amount": amount, "paid_on": on, "notes": notes, "currency": currency}
    if customer is None and amount is None:
        raise UsageError(
            _("must be given"),
            where="AMOUNT",
            hint=_("crm payment add 12 3000; crm payment add -c NAME 3000"),
        )
    if customer is not None and amount is not None:
        raise UsageError(_("name the sale or the customer, not both"), where="--customer")
    if customer is None and currency is not None:
        raise UsageError(_("a payment for a sale is in its currency"), where="--currency")
    from crmcli.cli import money
    from crmcli.workflows import payments

    if customer is None:
        done = payments.pay_sale(database(), sale_or_amount, given)
    else:
        done = payments.pay_customer(database(), customer, {**given, "amount": sale_or_amount})
    money.report_paid(done, format)
    echo_days(done.resolved)
    echo_notes(done)


@command(
    app,
    "list",
    help=_("List payments, newest first."),
    examples="crm payment list 张三\ncrm payment list --sale 12\ncrm payment list --format csv",
)
def list_payments(
    customer: CustomersArgument = None,
    sale: Annotated[
        int | None, typer.Option("--sale", metavar="TRANSACTION", help=_("Only those for this sale."))
    ] = None,
    limit: LimitOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli import money
    from crmcli.render.output import show
    from crmcli.workflows.credit import payments

    show(money.payments(payments(database(), customer, sale, limit_of(limit, format))), format)


@command(
    app,
    "delete",
    help=_("Delete a payment; what it paid is owed again."),
    examples="crm payment delete 5",
)
def delete(
    payment: Annotated[str, typer.Argument(metavar="PAYMENT", help=_("The payment's id."))],
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.payments import delete as take_back

    done = take_back(database(), payment)
    report(done.summary, [("id", "#", done.id)], format)
