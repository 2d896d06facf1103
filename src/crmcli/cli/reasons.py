"""Why, on its way to the renderer: the judgements, then the terms of the score, the thresholds and the facts."""

import math
import sys
from typing import Any

from crmcli import vocabulary as words
from crmcli.cli import pins, tables, tiers
from crmcli.cli.customer_file import intent
from crmcli.i18n import _
from crmcli.render.output import Column, Format, Listing, Record, choose
from crmcli.vocabulary import INTENT


def record(found: Any, format: Format | None) -> Record:
    """Build the record; on a terminal codes are words.

    A class that is pinned by hand stands where the computed one would, and that one beside it.
    """
    coded = choose(format, sys.stdout) is not Format.TABLE
    computed = {name: getattr(found, name) for name in words.JUDGEMENT.codes}
    labels = {tier.code: tier.label.text() for tier in found.tiers}
    shown = computed
    if not coded:
        stage = words.LIFECYCLE_STAGE.label(found.lifecycle_stage)
        shown = {"tier": found.tier_label, "grade": found.grade, "lifecycle_stage": stage}
    classes = pins.classes(found.overrides, shown, coded=coded, labels=labels)
    fields = [
        ("id", "#", found.customer),
        ("name", _("Name"), found.name),
        ("score", _("Score"), found.score),
        ("tier", _("Tier"), classes["tier"]),
        *([("tier_kept_from", _("Tier kept from"), found.tier_kept_from)] if found.tiering.kept else []),
        ("grade", _("Grade"), classes["grade"]),
        (
            "grade_reason",
            _("Reason"),
            found.grade_reason if coded else f"{found.grade_text} ({found.grade_reason})",
        ),
        ("grade_rule", _("Rule"), found.grade_rule or _("whoever is left over")),
        ("lifecycle_stage", _("Lifecycle"), classes["lifecycle_stage"]),
        *_intent(found, coded=coded),
        ("period", _("Period"), found.period),
        ("as_of", _("As of"), found.as_of),
        ("fingerprint", _("Rules"), found.fingerprint if coded else found.fingerprint[:12]),
    ]
    if coded:
        fields += [(f"computed_{name}", "", code) for name, code in computed.items()]
    overrides = pins.of_customer(found.overrides, computed, coded=coded, labels=labels)
    sections = [
        overrides,
        _terms(found.terms, "indicators", _("Where the score comes from"), found.total, coded=coded),
    ]
    sections += [_steps(found, coded=coded)] if found.steps else []
    sections.append(tiers.listing(found.tiers, found.tiering, key="thresholds", here=found.tier))
    sections += [_terms(each.terms, each.name, each.label, each.score, coded=coded) for each in found.further]
    sections += [_segments(found, coded=coded)] if found.segments else []
    return Record(fields, [*sections, _facts(found, coded=coded)])


def _intent(found: Any, *, coded: bool) -> list[tuple[str, str, Any]]:
    """The intent stage set by hand beside the suggested one; a terminal is told where the rules suggest one."""
    suggested = next((word for name, _label, _code, word, _when in found.segments if name == INTENT), None)
    if coded:
        return [("intent_stage", "", found.intent_stage)]
    if suggested is None:
        return []
    by_hand = tables.word(words.INTENT_STAGE, found.intent_stage)
    return [("intent_stage", _("Intent"), intent(by_hand, suggested))]


def only_pinned(found: Any, format: Format | None) -> Record:
    """Build the record of somebody whom no run knows yet; for a program it has the fields of every other."""
    coded = choose(format, sys.stdout) is not Format.TABLE
    unknown = dict.fromkeys(words.JUDGEMENT.codes)
    classes = pins.classes(found.overrides, unknown, coded=coded)
    fields = [
        ("id", "#", found.customer),
        ("name", _("Name"), found.name),
        ("score", "", None),
        ("tier", _("Tier"), classes["tier"]),
        ("grade", _("Grade"), classes["grade"]),
        *((name, "", None) for name in ("grade_reason", "grade_rule")),
        ("lifecycle_stage", _("Lifecycle"), classes["lifecycle_stage"]),
        *((name, "", None) for name in ("intent_stage", "period", "as_of", "fingerprint")),
        *((f"computed_{name}", "", None) for name in unknown),
    ]
    overrides = pins.of_customer(found.overrides, unknown, coded=coded)
    if not coded:
        return Record([field for field in fields if field[2] is not None], [overrides])
    empty = [Listing([], [], key=key) for key in ("indicators", "thresholds", "facts")]
    return Record(fields, [overrides, *empty])


def short_number(value: Any) -> Any:
    """A count is shown without decimals, an amount with two."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def _terms(terms: Any, key: str, title: str, total: float, *, coded: bool) -> Listing:
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
        for term in terms
    ]
    if not coded:
        rows.append((_("Sum"), None, None, round(sum(term.weight for term in terms), 6), total))
    return Listing(columns, rows, title=title, key=key)


def _steps(found: Any, *, coded: bool) -> Listing:
    """What would lead to the next tier: any one of these, everything else as it is."""
    label, least = found.next_tier
    columns = [
        Column("indicator", _("Indicator"), wrap=True),
        Column("now", _("Now"), align="right"),
        Column("needed", _("Needed"), align="right"),
        Column("beyond", _("More than that")) if coded else Column("change", _("Change"), align="right"),
    ]
    rows: list[tuple[Any, ...]] = [
        (step.indicator, step.now, round(step.needed, 6), step.beyond)
        if coded
        else (step.label, short_number(step.now), _needed(step), _change(step, found.currency))
        for step in found.steps
    ]
    if found.tiering.periods:
        said = _("To {tier} (from {score:g} in {count} periods on end) any one of these would be enough")
    else:
        said = _("To {tier} (from {score:g}) any one of these would be enough")
    title = said.format(tier=label, score=least, count=found.tiering.periods)
    return Listing(columns, rows, title=title, key="next_tier")


def _needed(step: Any) -> str:
    value = _rounded(step.needed, down=step.down) if step.unit == "money" else step.needed
    if not step.beyond:
        return str(short_number(value))
    return f"{'<' if step.down else '>'} {short_number(value)}"


def _change(step: Any, currency: str) -> str | None:
    """Say by how much, in the unit of the feature."""
    if step.now is None:
        return None
    change = (
        _rounded(step.needed - step.now, down=step.down) if step.unit == "money" else step.needed - step.now
    )
    sign = "+" if change > 0 else ""
    unit = {
        "money": currency, "days": _("days"), "months": _("months"), "minutes": _("minutes"),
    }.get(step.unit, "")  # fmt: skip
    return f"{sign}{short_number(change)} {unit}".strip()


def _rounded(value: float, *, down: bool) -> float:
    """An amount is rounded to hundredths, away from too little."""
    return (math.floor(value * 100) if down else math.ceil(value * 100 - 1e-6)) / 100


def _segments(found: Any, *, coded: bool) -> Listing:
    columns = [
        Column("judgement", _("Judgement")),
        Column("segment", _("Segment")),
        Column("when", _("Rule"), wrap=True),
    ]
    rows = [
        (name if coded else label, segment if coded else word, written or _("whoever is left over"))
        for name, label, segment, word, written in found.segments
    ]
    return Listing(columns, rows, title=_("Further judgements"), key="segments")


def _facts(found: Any, *, coded: bool) -> Listing:
    columns = [
        Column("feature", _("Feature")),
        Column("label", _("Meaning"), wrap=True),
        Column("value", _("Value"), align="right"),
    ]
    rows = [(name, label, value if coded else short_number(value)) for name, label, value in found.facts]
    return Listing(columns, rows, title=_("What the conditions rest on"), key="facts")
