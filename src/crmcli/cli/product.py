"""Products: what is sold."""

from typing import Annotated

import typer

from crmcli.cli.common import (
    BackOption,
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

PRODUCT = Annotated[str, typer.Argument(metavar="PRODUCT", help=_("The product's id, code or name."))]
CODE = Annotated[str | None, typer.Option("--code", help=_("The product's code (SKU)."))]
CATEGORY = Annotated[str | None, typer.Option("--category", help=_("Category."))]
PRICE = Annotated[str | None, typer.Option("--price", metavar="AMOUNT", help=_("List price."))]
CURRENCY = Annotated[str | None, typer.Option("--currency", help=_("Currency code, if not the usual one."))]

app = group(_("Products: what is sold."))
APPS = {"product": app}


@command(app, "add", help=_("Add a product."), examples='crm product add "GTX Pro" --code GP-1 --price 4821')
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help=_("The product's name."))],
    code: CODE = None,
    category: CATEGORY = None,
    price: PRICE = None,
    currency: CURRENCY = None,
    notes: NotesOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.record import add as record

    given = {
        "name": name,
        "external_id": code,
        "category": category,
        "price": price,
        "currency": currency,
        "notes": notes,
    }
    done = record(database(), "product", given)
    report(done.summary, [("id", "#", done.id)], format)


@command(app, "list", help=_("List products."), examples="crm product list\ncrm product list --format csv")
def list_products(limit: LimitOption = None, format: FormatOption = None) -> None:
    from crmcli.cli import tables
    from crmcli.render.output import show
    from crmcli.workflows.records import products

    show(tables.products(products(database(), limit_of(limit, format))), format)


@command(
    app,
    "edit",
    help=_("Change fields of a product; an empty value clears one."),
    examples='crm product edit "GTX Pro" --price 4999',
)
def edit(
    product: PRODUCT,
    name: Annotated[str | None, typer.Option("--name", help=_("The product's name."))] = None,
    code: CODE = None,
    category: CATEGORY = None,
    price: PRICE = None,
    currency: CURRENCY = None,
    notes: NotesOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.cli.edits import report_edit
    from crmcli.workflows.record import edit as record

    given = {
        "name": name,
        "external_id": code,
        "category": category,
        "price": price,
        "currency": currency,
        "notes": notes,
    }
    report_edit(record(database(), "product", product, given), format)


@command(
    app,
    "archive",
    help=_("Put a product away: off the lists, history kept."),
    examples='crm product archive "MG Special"',
)
def archive(
    product: PRODUCT,
    back: BackOption = False,
    format: FormatOption = None,
) -> None:
    from crmcli.workflows.record import archive as record

    done = record(database(), "product", product, back=back)
    report(done.summary, [("id", "#", done.id)], format)
