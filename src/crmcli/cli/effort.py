"""Where the time goes and where the margin comes from, and whom to give less."""

import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from crmcli.cli.common import (
    FormatOption,
    LimitOption,
    command,
    database,
    day_option,
    limit_of,
    single,
)
from crmcli.errors import UsageError
from crmcli.i18n import _, ngettext
from crmcli.spoken import Direction

app = single()
APPS = {"effort": app}


class By(StrEnum):
    """What a line stands for."""

    TIER = "tier"
    CUSTOMER = "customer"


@command(
    app,
    "effort",
    help=_(
        "Compare the share of your time with the share of the margin, by tier or by customer.\n\n"
        "Time is the minutes of interactions; margin less the cost of service is what is left. Unprofitable is who leaves "
        "less than nothing, unless a sale lacks its cost. Junk is who the rules call so (a class 'junk'), or else who is "
        "in the lowest tier and takes more minutes than the median of those whose time is known. For both a smaller time "
        "is suggested, in minutes a month: as much for the margin as the tier above gets on average, but not less than "
        "one usual contact in the longest cadence of the class. Who takes most for what is brought comes first."
    ),
    examples=_(
        "crm effort\ncrm effort --by customer --flagged\ncrm effort --months 6 --by customer --limit 20\n"
        "crm effort --customer 张三"
    ),
)
def effort(
    by: Annotated[By, typer.Option("--by", help=_("A line for each tier or each customer."))] = By.TIER,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help=_("The first day, instead of --months."))
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help=_("The last day; today if not given."))
    ] = None,
    months: Annotated[
        int | None,
        typer.Option("--months", min=1, max=1200, help=_("How many months up to then; 12 if not given.")),
    ] = None,
    customer: Annotated[
        str | None, typer.Option("--customer", metavar="CUSTOMER", help=_("Only this customer."))
    ] = None,
    flagged: Annotated[
        bool, typer.Option("--flagged", help=_("Only unprofitable and junk customers."))
    ] = False,
    limit: LimitOption = None,
    format: FormatOption = None,
) -> None:
    from crmcli.render.output import Format, choose, show
    from crmcli.workflows.effort import effort as look

    since = day_option(first, "--from", Direction.PAST)
    until = day_option(last, "--to", Direction.PAST)
    found: Any = look(
        database(),
        first=since,
        last=until,
        months=months,
        customer=customer,
        flagged=flagged,
        limit=limit_of(limit, format),
    )
    coded = choose(format, sys.stdout) is not Format.TABLE
    if by is By.CUSTOMER or customer is not None or flagged:
        show(_customers(found, coded=coded), format)
    else:
        if choose(format, sys.stdout) is Format.IDS:
            raise UsageError(_("tiers have no ids"), where="--format", hint=_("add --by customer"))
        show(_tiers(found, coded=coded), format)
    _say(found)


def _tiers(found: Any, *, coded: bool) -> Any:
    from crmcli.render.output import Amount, Column, Listing
    from crmcli.render.share import share

    if coded:
        columns = [
            Column("tier", ""), Column("customers", ""), *_sum_columns(), Column("unprofitable", ""),
            Column("junk", ""), Column("minutes_cut", ""),
        ]  # fmt: skip
        rows: list[tuple[Any, ...]] = [
            (
                each.tier, each.sums.customers, *_sum_cells(each.sums, found.currency), each.unprofitable, each.junk,
                each.minutes_cut,
            )
            for each in found.tiers
        ]  # fmt: skip
        return Listing(columns, rows, key="tiers")
    columns = [
        Column("tier", _("Tier")),
        Column("customers", _("Customers")),
        Column("minutes", _("Minutes"), spare=4),
        Column("time_share", _("Time")),
        Column("margin_share", _("Margin")),
        Column("net", _("Margin less service"), money=True),
        Column("unprofitable", _("Unprofitable"), spare=2),
        Column("junk", _("Junk"), spare=1),
        Column("minutes_cut", _("Minutes a month to save"), wrap=True, spare=3),
    ]
    rows = [
        (
            each.label or _("not classified"), each.sums.customers, each.sums.minutes, share(each.sums.time_share),
            share(each.sums.margin_share), Amount(each.sums.net, found.currency), each.unprofitable or None,
            each.junk or None, each.minutes_cut or None,
        )
        for each in found.tiers
    ]  # fmt: skip
    total = found.total
    rows.append(
        (
            _("Sum"), total.customers, total.minutes, share(total.time_share), share(total.margin_share),
            Amount(total.net, found.currency), *(sum(each[at] for each in found.tiers) or None for at in (3, 4, 5)),
        )
    )  # fmt: skip
    return Listing(columns, rows, key="tiers")


def _customers(found: Any, *, coded: bool) -> Any:
    from crmcli.render.output import Amount, Column, Listing
    from crmcli.render.share import share

    if coded:
        columns = [
            Column("id", ""), Column("name", ""), Column("tier", ""), *_sum_columns(), Column("unprofitable", ""),
            Column("junk", ""), Column("minutes_a_month", ""), Column("minutes_suggested", ""),
        ]  # fmt: skip
        rows: list[tuple[Any, ...]] = [
            (
                each.id, each.name, each.tier, *_sum_cells(each.sums, found.currency), each.unprofitable, each.junk,
                each.minutes_now, each.minutes_suggested,
            )
            for each in found.customers
        ]  # fmt: skip
        return Listing(columns, rows, key="customers")
    columns = [
        Column("id", "#"),
        Column("name", _("Name"), wrap=True, min_width=8),
        Column("tier", _("Tier"), spare=2),
        Column("time_share", _("Time")),
        Column("margin_share", _("Margin")),
        Column("net", _("Margin less service"), money=True),
        Column("why", _("Flag"), wrap=True),
        Column("minutes_a_month", _("Minutes a month"), wrap=True, decimals=1, spare=3),
        Column("minutes_suggested", _("Suggested"), spare=1),
    ]
    rows = [
        (
            each.id, each.name, each.tier_label or None, share(each.sums.time_share), share(each.sums.margin_share),
            Amount(each.sums.net, found.currency), _flags(each), each.minutes_now, each.minutes_suggested,
        )
        for each in found.customers
    ]  # fmt: skip
    return Listing(columns, rows, key="customers")


def _flags(each: Any) -> str | None:
    flags = [_("unprofitable")] if each.unprofitable else []
    flags += [_("margin not known")] if each.unprofitable is None else []
    flags += [_("junk")] if each.junk else []
    return ", ".join(flags) or None


def _sum_columns() -> list[Any]:
    from crmcli.render.output import Column

    money = {"cost", "revenue", "margin", "net"}
    names = (
        "touches", "without_minutes", "minutes", "time_share", "cost", "sales", "sales_without_cost", "revenue",
        "revenue_share", "margin", "margin_share", "net",
    )  # fmt: skip
    return [Column(name, "", money=name in money) for name in names]


def _sum_cells(sums: Any, currency: str) -> tuple[Any, ...]:
    from crmcli.render.output import Amount

    return (
        sums.touches, sums.untimed, sums.minutes, sums.time_share, Amount(sums.cost, currency), sums.sales,
        sums.uncosted, Amount(sums.revenue, currency), sums.revenue_share, Amount(sums.margin, currency),
        sums.margin_share, Amount(sums.net, currency),
    )  # fmt: skip


def _say(found: Any) -> None:
    """Say over which days, what could not be counted, and by what somebody is called junk."""
    from crmcli.render.notes import say

    total = found.total
    say(_("{first} to {last}").format(first=found.first, last=found.last))
    if total.untimed:
        text = ngettext(
            "{count} of {all} interactions has no minutes and counts as no time",
            "{count} of {all} interactions have no minutes and count as no time",
            total.untimed,
        )
        say(text.format(count=total.untimed, all=total.touches))
    if total.uncosted:
        text = ngettext(
            "{count} of {all} sales has no cost: its margin is not counted",
            "{count} of {all} sales have no cost: their margin is not counted",
            total.uncosted,
        )
        say(text.format(count=total.uncosted, all=total.sales))
    if found.elsewhere:
        text = ngettext(
            "{count} record in another currency than {currency} is not counted",
            "{count} records in other currencies than {currency} are not counted",
            found.elsewhere,
        )
        say(text.format(count=found.elsewhere, currency=found.currency))
    if found.junk_by == "rules":
        say(_("junk: as the rules judged on {day}").format(day=found.classified_as_of))
    elif found.junk_by == "tier":
        say(
            _(
                "junk: in the tier {tier} with more than {minutes:g} minutes (the rules have no class 'junk')"
            ).format(tier=found.lowest_tier, minutes=found.junk_minutes)
        )
    else:
        say(_("nobody has been classified yet: run 'crm classify'"))
    if found.more:
        say(_("the first {count} are shown; --limit 0 shows all").format(count=len(found.customers)))
