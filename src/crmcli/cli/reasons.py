"""Why, on its way to the renderer: the judgements, then the terms of the score, the thresholds and the facts."""

import sys
from typing import Any

from crmcli import vocabulary as words
from crmcli.i18n import _
from crmcli.render.output import Column, Format, Listing, Record, choose


def record(found: Any, format: Format | None) -> Record:
    """Build the record; on a terminal codes are words."""
    coded = choose(format, sys.stdout) is not Format.TABLE
    stage = found.lifecycle_stage if coded else words.LIFECYCLE_STAGE.label(found.lifecycle_stage)
    fields = [
        ("id", "#", found.customer),
        ("name", _("Name"), found.name),
        ("score", _("Score"), found.score),
        ("tier", _("Tier"), found.tier if coded else found.tier_label),
        ("grade", _("Grade"), found.grade),
        (
            "grade_reason",
            _("Reason"),
            found.grade_reason if coded else f"{found.grade_text} ({found.grade_reason})",
        ),
        ("grade_rule", _("Rule"), found.grade_rule or _("whoever is left over")),
        ("lifecycle_stage", _("Lifecycle"), stage),
        ("period", _("Period"), found.period),
        ("as_of", _("As of"), found.as_of),
        ("fingerprint", _("Rules"), found.fingerprint if coded else found.fingerprint[:12]),
    ]
    return Record(fields, [_terms(found, coded=coded), _thresholds(found), _facts(found, coded=coded)])


def short_number(value: Any) -> Any:
    """A count is shown without decimals, an amount with two."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def _terms(found: Any, *, coded: bool) -> Listing:
    columns = [
        Column("indicator", _("Indicator"), wrap=True),
        Column("raw", _("Value"), align="right"),
        Column("normalised", _("0 to 1"), decimals=3),
        Column("weight", _("Weight"), decimals=3),
        Column("points", _("Points")),
    ]
    rows: list[tuple[Any, ...]] = [
        (
            term.indicator if coded else term.label,
            term.raw if coded else short_number(term.raw),
            term.normalised,
            term.weight,
            term.points,
        )
        for term in found.terms
    ]
    if not coded:
        rows.append((_("Sum"), None, None, round(sum(term.weight for term in found.terms), 6), found.total))
    return Listing(columns, rows, title=_("Where the score comes from"), key="indicators")


def _thresholds(found: Any) -> Listing:
    columns = [
        Column("tier", _("Code")),
        Column("label", _("Tier")),
        Column("at_least", _("From score")),
        Column("here", _("Here")),
    ]
    rows = [
        (code, label, at_least, "←" if code == found.tier else None)
        for code, label, at_least in found.thresholds
    ]
    return Listing(columns, rows, title=_("Thresholds"), key="thresholds")


def _facts(found: Any, *, coded: bool) -> Listing:
    columns = [
        Column("feature", _("Feature")),
        Column("label", _("Meaning"), wrap=True),
        Column("value", _("Value"), align="right"),
    ]
    rows = [(name, label, value if coded else short_number(value)) for name, label, value in found.facts]
    return Listing(columns, rows, title=_("What grade and lifecycle rest on"), key="facts")
