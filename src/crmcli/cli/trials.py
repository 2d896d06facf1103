"""A backtest and a tuning on their way to the renderer: codes and bare numbers for programs, words and percent for people."""

import sys
from typing import Any

import typer

from crmcli.i18n import _, language, ngettext
from crmcli.render.notes import say, warn
from crmcli.render.output import Amount, Column, Format, Listing, Record, choose
from crmcli.render.safe import safe


def coded(format: Format | None) -> bool:
    """Tell whether a program reads the result."""
    return choose(format, sys.stdout) is not Format.TABLE


def _share(value: float | None, *, plain: bool) -> Any:
    """A share of 0 to 1; for people in percent."""
    if plain:
        return value
    return _("not enough data") if value is None else f"{value:.1%}"


def _number(value: float | None, *, plain: bool, decimals: int = 3) -> Any:
    if plain:
        return value
    return _("not enough data") if value is None else f"{value:.{decimals}f}"


def _figure(key: str, heading: str) -> Column:
    return Column(key, heading, align="right")


def _figures(total: Any, currency: str, *, plain: bool) -> list[tuple[str, str, Any]]:
    """What all months came to: key, heading, value."""
    return [
        ("customers", _("Customers, once a month"), total.customers),
        ("people", _("Different customers"), total.people),
        ("buyers", _("Of those bought afterwards, once a month"), total.buyers),
        ("orders", _("Orders"), total.orders),
        ("revenue", _("Revenue"), Amount(total.revenue, currency)),
        ("top_tier_share", _("Revenue caught by the top tier"), _share(total.top_tier_share, plain=plain)),
        (
            "top_decile_share",
            _("Revenue caught by the top tenth"),
            _share(total.top_decile_share, plain=plain),
        ),
        ("lift", _("Lift of the top tenth"), _number(total.lift, plain=plain, decimals=2)),
        ("gini", _("Gini coefficient of the score"), _number(total.gini, plain=plain)),
        ("gini_best", _("Gini coefficient of a perfect order"), _number(total.gini_best, plain=plain)),
    ]


# --- backtest ----------------------------------------------------------------------------------------------


def record_backtest(found: Any, format: Format | None) -> Record:
    """Build the record: how it was looked at, what all months came to, then tiers, grades and months."""
    plain = coded(format)
    mine, *others = found.judged
    months = mine.months
    fields: list[tuple[str, str, Any]] = [
        ("from", _("From"), months[0].period),
        ("to", _("To"), months[-1].period),
        ("months", _("Months"), len(months)),
        ("horizon", _("Horizon"), str(found.horizon)),
        ("minimum", _("Smallest sample"), found.minimum),
        ("rules", _("Rules"), mine.folder),
        ("fingerprint", _("Fingerprint"), mine.fingerprint if plain else mine.fingerprint[:12]),
    ]
    for other in others:
        fields += [
            ("against", _("Against"), other.folder),
            (
                "against_fingerprint",
                _("Its fingerprint"),
                other.fingerprint if plain else other.fingerprint[:12],
            ),
        ]
    figures = [_figures(each.total, found.currency, plain=plain) for each in found.judged]
    sections = [_tiers(found, plain=plain), _grades(found, plain=plain), _months(found, plain=plain)]
    if plain:
        fields += figures[0]
        fields += [(f"against_{key}", heading, value) for each in figures[1:] for key, heading, value in each]
        return Record(fields, [*sections, _left_out(found.left_out)])
    return Record(fields, [_side_by_side(figures), *sections])


def _side_by_side(figures: list[list[tuple[str, str, Any]]]) -> Listing:
    columns = [Column("figure", _("Figure"), wrap=True, min_width=24), _figure("rules", _("Rules"))]
    if len(figures) > 1:
        columns.append(_figure("against", _("Against")))
    rows = [
        (lines[0][1], *(_shown(value) for _key, _heading, value in lines))
        for lines in zip(*figures, strict=True)
    ]
    return Listing(columns, rows, title=_("All months together"), key="figures")


def _shown(value: Any) -> Any:
    """One column holds counts, amounts and shares: all as text, each in its own way."""
    from crmcli.values import group_amount

    if isinstance(value, Amount):
        return f"{group_amount(value.minor, value.currency)} {value.currency}"
    return str(value)


def _which(found: Any, *, plain: bool) -> tuple[list[Column], list[tuple[Any, ...]]]:
    """With two rulesets, the column that says whose a line is."""
    if len(found.judged) == 1:
        return [], [()]
    names = ("rules", "against") if plain else (_("Rules"), _("Against"))
    return [Column("of", _("Of"))], [(name,) for name in names]


def _tiers(found: Any, *, plain: bool) -> Listing:
    of, names = _which(found, plain=plain)
    columns = [
        *of, Column("tier", _("Tier")), Column("customers", _("Customers")), Column("people", _("Different")),
        _figure("customer_share", _("Share")), Column("orders", _("Orders")), Column("revenue", _("Revenue"), money=True),
        _figure("revenue_share", _("Share of revenue")), _figure("lift", _("Lift")),
    ]  # fmt: skip
    rows = [
        (
            *name,
            line.tier if plain else line.label_zh if language() == "zh_CN" else line.label_en,
            line.customers, line.people, _share(line.customer_share, plain=plain), line.orders,
            Amount(line.revenue, found.currency), _share(line.revenue_share, plain=plain),
            _number(line.lift, plain=plain, decimals=2),
        )
        for name, judged in zip(names, found.judged, strict=True)
        for line in judged.tiers
    ]  # fmt: skip
    return Listing(columns, rows, title=_("What each tier did next"), key="tiers")


def _grades(found: Any, *, plain: bool) -> Listing:
    of, names = _which(found, plain=plain)
    columns = [
        *of, Column("grade", _("Grade")), Column("within_months", _("Within months")), Column("months", _("Months looked at")),
        Column("customers", _("Customers")), Column("people", _("Different")), Column("won", _("Won a deal")),
        _figure("rate", _("Rate")),
    ]  # fmt: skip
    rows = [
        (
            *name, line.grade, line.months, line.periods, line.customers, line.people, line.won,
            _share(line.rate, plain=plain),
        )
        for name, judged in zip(names, found.judged, strict=True)
        for line in judged.grades
    ]  # fmt: skip
    return Listing(columns, rows, title=_("Did the grades come true?"), key="grades")


def _months(found: Any, *, plain: bool) -> Listing:
    of, names = _which(found, plain=plain)
    columns = [
        *of, Column("period", _("Month")), Column("as_of", _("As of"), spare=5), Column("until", _("Until"), spare=4),
        Column("customers", _("Customers")), Column("buyers", _("Buyers")), Column("orders", _("Orders"), spare=3),
        Column("revenue", _("Revenue"), money=True), _figure("top_tier_share", _("Top tier")),
        _figure("top_decile_share", _("Top tenth")), Column("lift", _("Lift"), align="right", spare=2),
        _figure("gini", _("Gini")), Column("gini_best", _("Perfect"), align="right", spare=1),
    ]  # fmt: skip
    rows = [
        (
            *name, line.period, line.as_of, line.until, line.customers, line.buyers, line.orders,
            Amount(line.revenue, found.currency), _share(line.top_tier_share, plain=plain),
            _share(line.top_decile_share, plain=plain), _number(line.lift, plain=plain, decimals=2),
            _number(line.gini, plain=plain), _number(line.gini_best, plain=plain),
        )
        for name, judged in zip(names, found.judged, strict=True)
        for line in judged.months
    ]  # fmt: skip
    return Listing(columns, rows, title=_("Month by month"), key="by_month")


def _left_out(months: Any) -> Listing:
    columns = [Column("period", _("Month")), Column("reason", _("Reason")), Column("until", _("Until"))]
    rows = [(month.period, month.reason, month.until) for month in months]
    return Listing(columns, rows, key="left_out")


def note_backtest(found: Any) -> None:
    """Say what was left out, and what a reader must know to trust the figures."""
    _say_left_out(found.left_out)
    if found.minimum > 1:
        text = _(
            "'not enough data' stands where fewer than {minimum} different customers stand behind a figure"
        )
        say(text.format(minimum=found.minimum))
    last = found.judged[0].months[-1]
    if found.last_sale is not None and found.last_sale < last.until:
        say(
            _("no transaction after {day}: months whose horizon ends later may lack some").format(
                day=found.last_sale
            )
        )
    if not any(line.won for judged in found.judged for line in judged.grades):
        say(_("no deal was won in these months: the grades cannot be judged"))
    if found.other_currencies:
        text = ngettext(
            "{count} transaction in another currency was not counted",
            "{count} transactions in other currencies were not counted",
            found.other_currencies,
        )
        warn(text.format(count=found.other_currencies))


def _say_left_out(months: Any) -> None:
    reasons = {
        "not_over": _("left out, the horizon is not over: {months}"),
        "nobody": _("left out, nobody was known then: {months}"),
        "few_buyers": _("left out, too few bought afterwards: {months}"),
        "overlaps": _("left out, within the horizon of a month that was learned from: {months}"),
    }
    for reason, text in reasons.items():
        names = [month.period for month in months if month.reason == reason]
        if names:
            say(text.format(months=_stretches(names)))


def _stretches(names: list[str]) -> str:
    """Months one after another as first … last; the names are in order."""
    from crmcli.workflows.periods import stretches

    return ", ".join(first if first == last else f"{first} … {last}" for first, last in stretches(names))


# --- tune --------------------------------------------------------------------------------------------------


def record_tune(found: Any, format: Format | None) -> Record:
    """Build the record: which months, both results on the later ones, the weights; for programs the lines too."""
    plain = coded(format)
    fields: list[tuple[str, str, Any]] = [
        ("learned_from", _("Learned from"), found.learned[0]),
        ("learned_to", _("up to"), found.learned[-1]),
        ("learned_months", _("Months"), len(found.learned)),
        ("tested_from", _("Judged on"), found.tested[0]),
        ("tested_to", _("up to"), found.tested[-1]),
        ("tested_months", _("Months"), len(found.tested)),
        ("horizon", _("Horizon"), str(found.horizon)),
        ("minimum", _("Smallest sample"), found.minimum),
        ("seed", _("Seed"), found.seed),
        ("rules", _("Rules"), found.folder),
        ("fingerprint", _("Fingerprint"), found.fingerprint if plain else found.fingerprint[:12]),
        ("better", _("Better on the later months"), found.better),
        ("better_in", _("Months in which better"), found.better_in),
    ]
    sections = [_results(found, plain=plain), _weights(found, plain=plain)]
    if plain:
        lines = Listing([Column("line", _("Line"))], [(line,) for line in found.lines], key="yaml")
        return Record(fields, [*sections, lines, _left_out(found.left_out)])
    return Record(fields, sections)


def _results(found: Any, *, plain: bool) -> Listing:
    columns = [
        Column("weights", _("Weights")), _figure("gini", _("Gini")), _figure("gini_best", _("Perfect")),
        _figure("top_decile_share", _("Top tenth")), _figure("lift", _("Lift")),
        Column("buyers", _("Buyers")),
    ]  # fmt: skip
    named = (("now", _("as they are"), found.now), ("found", _("as found"), found.proposed))
    rows = [
        (
            code if plain else words, _number(total.gini, plain=plain), _number(total.gini_best, plain=plain),
            _share(total.top_decile_share, plain=plain), _number(total.lift, plain=plain, decimals=2), total.buyers,
        )
        for code, words, total in named
    ]  # fmt: skip
    return Listing(
        columns, rows, title=_("On the later months, which nothing was learned from"), key="results"
    )


def _weights(found: Any, *, plain: bool) -> Listing:
    remarks = {
        "tells_nothing": _("the same for everybody: left as it is"),
        "weight_0": _("weight 0: left out"),
        "": "",
    }
    columns = [
        Column("indicator", _("Indicator"), wrap=True), Column("now", _("Now")), Column("proposed", _("Proposed")),
        Column("remark", _("Remark"), wrap=True),
    ]  # fmt: skip
    rows = [
        (
            weight.indicator if plain else weight.label.text(), weight.now, weight.proposed,
            (weight.remark if plain else remarks[weight.remark]) or None,
        )
        for weight in found.weights
    ]  # fmt: skip
    return Listing(columns, rows, title=_("Weights, of 100"), key="weights")


def write_lines(found: Any, format: Format | None) -> None:
    """Under the tables of a terminal: the lines to paste, as they must stand."""
    if found.lines and not coded(format):
        typer.echo()
        for line in found.lines:
            typer.echo(safe(line))


def note_tune(found: Any) -> None:
    """Say which months had no part, and what to do with the lines, or why there are none."""
    from crmcli.workflows.tune import GAIN

    _say_left_out(found.left_out)
    if not found.better:
        text = _(
            "the weights found are not better on the later months (by a Gini of {gain}, and in most of them): nothing is "
            "proposed"
        )
        say(text.format(gain=GAIN))
        return
    text = ngettext(
        "better in {better} of {count} month", "better in {better} of {count} months", len(found.tested)
    )
    say(text.format(better=found.better_in, count=len(found.tested)))
    say(
        _(
            "put these lines in the place of the indicators in value.yaml; then look at the tiers with 'crm rules backtest', "
            "and at the examples with 'crm rules test'"
        )
    )
