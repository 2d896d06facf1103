"""Why, on its way to the renderer: the judgements, then the terms of the score, the thresholds and the facts."""

import math
import sys
from typing import Any

from crmcli import vocabulary as words
from crmcli.cli import pins, tables, tiers
from crmcli.cli.customer_file import intent
from crmcli.i18n import _, ngettext
from crmcli.render.output import Column, Format, Listing, Record, choose
from crmcli.vocabulary import INTENT

_MAIN = "indicators"  #: the terms of the value score: what a spreadsheet gets
#: What a program is told of the next tier beside the ways to it.
_NEXT = ("next_tier_code", "next_tier_from", "next_tier_from_later", "next_tier_status")
#: Feature or judgement → the closed list that its words are of; tiers are called as the rules do.
_LISTS = {
    "kind": words.KIND, "gender": words.GENDER, "size": words.SIZE, "intent_stage": words.INTENT_STAGE,
    "lifecycle": words.LIFECYCLE_STAGE, "grade": words.GRADE,
    "next_stage": words.OPPORTUNITY_STAGE, "best_stage": words.OPPORTUNITY_STAGE,
}  # fmt: skip


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
        *_place(found, coded=coded),
        *_next_tier(found, coded=coded),
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
        _terms(
            found.terms,
            _MAIN,
            _("Where the score comes from"),
            found.total,
            labels=labels,
            coded=coded,
        ),
    ]
    sections += [_classes(found, coded=coded)] if found.classes else []
    if coded or _is_below(found):
        sections.append(_steps(found, coded=coded))
    if found.tiering.by == "condition":
        sections.append(_asked(found, labels=labels, coded=coded))
    sections.append(
        tiers.listing(found.tiers, found.tiering, key="thresholds", here=found.tier, summed=found.summed)
    )
    sections += [
        _terms(each.terms, each.name, each.label, each.score, labels=labels, coded=coded)
        for each in found.further
    ]
    sections += [_segments(found, coded=coded)] if found.segments else []
    return Record(fields, [*sections, _facts(found, labels=labels, coded=coded)], main=_MAIN)


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
        *((name, "", None) for name in _NEXT),
        ("grade", _("Grade"), classes["grade"]),
        *((name, "", None) for name in ("grade_reason", "grade_rule")),
        ("lifecycle_stage", _("Lifecycle"), classes["lifecycle_stage"]),
        *((name, "", None) for name in ("intent_stage", "period", "as_of", "fingerprint")),
        *((f"computed_{name}", "", None) for name in unknown),
    ]
    overrides = pins.of_customer(found.overrides, unknown, coded=coded)
    if not coded:
        return Record([field for field in fields if field[2] is not None], [overrides])
    terms = _terms((), _MAIN, "", 0.0, labels={}, coded=True)
    empty = [Listing([], [], key=key) for key in ("next_tier", "thresholds", "facts")]
    return Record(fields, [overrides, terms, *empty], main=_MAIN)


def short_number(value: Any) -> Any:
    """A count is shown without decimals, an amount with two."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def _terms(terms: Any, key: str, title: str, total: float, *, labels: Any, coded: bool) -> Listing:
    columns = [
        Column("indicator", _("Indicator"), wrap=True),
        Column("raw", _("Value"), align="right"),
        Column("normalised", _("0 to 1"), decimals=3),
        Column("weight", _("Weight"), decimals=3),
        Column("points", _("Points")),
        *([Column("missing", ""), Column("missing_because", "")] if coded else []),
    ]
    if coded:
        return Listing(columns, [_coded_term(term) for term in terms], title=title, key=key)
    rows: list[tuple[Any, ...]] = [
        (
            term.label,
            _spoken(term.raw, term.words, labels),
            term.normalised,
            term.weight,
            term.points,
            _missing(term),
        )
        for term in terms
    ]
    weights = round(sum(term.weight for term in terms), 6)
    rows.append((_("Sum"), None, None, weights, total, None))
    columns.append(Column("missing", _("Not known"), wrap=True, min_width=16))
    found = Listing(columns, rows, title=title, key=key)
    if any(row[-1] for row in rows):
        return found
    return found.only([column.key for column in columns[:-1]])


def _coded_term(term: Any) -> tuple[Any, ...]:
    because = None if term.missing is None else "unknown" if term.too_few is None else "too_few"
    return (
        term.indicator,
        term.raw,
        term.normalised,
        term.weight,
        term.points,
        term.missing,
        because,
    )


def _missing(term: Any) -> str | None:
    """Say what was done where a value is not known, or where too few are known to compare it with."""
    if term.missing is None:
        return None
    done = {
        "zero": _("no points"),
        "neutral": _("half the points"),
        "leave_out": _("left out, the others share its weight"),
    }[term.missing]
    if term.too_few is None:
        return _("missing: {done}").format(done=done)
    known, minimum = term.too_few
    text = ngettext(
        "only {known} value is known, {minimum} are needed: {done}",
        "only {known} values are known, {minimum} are needed: {done}",
        known,
    )
    return text.format(known=known, minimum=minimum, done=done)


def _spoken(value: Any, of: str, labels: Any) -> Any:
    """Write a value for a person: a number short, a code of a closed list as its word."""
    if not isinstance(value, str):
        return short_number(value)
    if of in {"tier", "previous_tier"}:
        return labels.get(value, value)
    return _LISTS[of].label(value) if of in _LISTS else value


def _classes(found: Any, *, coded: bool) -> Listing:
    """The classes of quantile indicators: for a program one row per class, for a person one per indicator."""
    if coded:
        columns = [Column(key, "") for key in ("score", "indicator", "class", "from", "below", "here")]
        return Listing(
            columns,
            [
                (each.score, each.indicator, place, *each.bounds(place), place == each.own)
                for each in found.classes
                for place in range(1, each.classes + 1)
            ],
            key="classes",
        )
    columns = [
        Column("indicator", _("Indicator"), wrap=True),
        Column("class", _("Class"), align="right"),
        Column("cuts", _("Cut points, from the worst class to the best"), wrap=True),
    ]
    rows = [
        (
            each.label,
            _("unknown")
            if each.own is None
            else _("{own} of {count}").format(own=each.own, count=each.classes),
            f"{_cuts(each)} {_unit(each.unit, found.currency)}".strip(),
        )
        for each in found.classes
    ]
    return Listing(columns, rows, title=_("Classes among all customers, 1 the worst"), key="classes")


def _cuts(each: Any) -> str:
    ordered = each.cuts if each.higher else each.cuts[::-1]
    return (" < " if each.higher else " > ").join(str(short_number(cut)) for cut in ordered)


def _place(found: Any, *, coded: bool) -> list[tuple[str, str, Any]]:
    """Where the customer stands among all, where tiers go by share."""
    if found.tiering.by not in {"customers", "sum"}:
        return []
    place = found.place
    if coded:
        keys = ("place", "place_of", "place_above_percent", "place_reached_percent")
        given = (None,) * 4 if place is None else (place.rank, place.count, place.above, place.reached)
        return [(key, "", value) for key, value in zip(keys, given, strict=True)]
    if place is None:
        text = _("not stored: no indicator looks at {feature}").format(feature=found.summed)
    elif found.tiering.by == "customers":
        text = _("{rank} of {count}, {reached:.1f} %; {above:.1f} % of the customers are better").format(
            rank=place.rank, count=place.count, reached=place.reached, above=place.above
        )
    else:
        text = _(
            "{rank} of {count}, up to {reached:.1f} % of the sum; those before bring {above:.1f} %"
        ).format(rank=place.rank, count=place.count, reached=place.reached, above=place.above)
    return [("place", _("Place"), text)]


def _next_tier(found: Any, *, coded: bool) -> list[tuple[str, str, Any]]:
    """What the next tier takes; a person is told here only what the tables below have no row for."""
    above = found.next_tier
    if coded:
        if above is None:
            return [(key, "", None) for key in _NEXT]
        values = (above.tier.code, above.least, above.later, _status(found))
        return [(key, "", value) for key, value in zip(_NEXT, values, strict=True)]
    if above is None or above.steps or above.asked or not _is_below(found):
        return []
    if not above.stored:
        said = _("{tier}: how far is not known, the classification did not store {feature}")
    elif found.tiering.by == "condition":
        said = _("{tier}: what its condition lacks cannot be told")
    elif above.least is None:
        said = _("{tier}: nothing is enough in this period, the tier of the period before is kept")
    else:
        said = _("{tier} (from {score:g}): no single change is enough")
    text = said.format(tier=above.tier.label.text(), feature=found.summed, score=above.least)
    return [("next_tier", _("Next tier"), text)]


def _status(found: Any) -> str:
    """Say in a code whether there is a way to the next tier, and why not."""
    above = found.next_tier
    if not above.stored:
        return "not_stored"
    if not _is_below(found):
        return "waiting"
    if above.steps or above.asked:
        return "reachable"
    if found.tiering.by == "condition":
        return "unknown"
    return "kept" if above.least is None else "no_single_change"


def _is_below(found: Any) -> bool:
    """Whether something is missing for the tier above; somebody may have the score and wait for so many periods."""
    above = found.next_tier
    return above is not None and not (found.tiering.periods and found.score >= above.least)


def _steps(found: Any, *, coded: bool) -> Listing:
    """What would lead to the next tier: any one of these, everything else as it is."""
    columns = [
        Column("indicator", _("Indicator"), wrap=True),
        Column("now", _("Now"), align="right"),
        Column("needed", _("Needed"), align="right"),
        Column("beyond", _("More than that")) if coded else Column("change", _("Change"), align="right"),
    ]
    steps = found.next_tier.steps if _is_below(found) else ()
    rows: list[tuple[Any, ...]] = [
        (step.indicator, step.now, round(step.needed, 6), step.beyond)
        if coded
        else (step.label, short_number(step.now), _needed(step), _change(step, found.currency))
        for step in steps
    ]
    return Listing(columns, rows, title=_steps_title(found) if rows else "", key="next_tier")


def _steps_title(found: Any) -> str:
    above, tiering = found.next_tier, found.tiering
    later: Any = above.later
    if tiering.by == "sum":
        said = _("To {tier} this would be enough, everything else as it is")
        if later is not None:
            said = _("To {tier} this would be enough; from the next period on it takes {later}")
            later = short_number(later)
    elif tiering.periods:
        said = _("To {tier} (from {score:g} in {count} periods on end) any one of these would be enough")
    elif later is not None:
        said = _(
            "To {tier} (from {score:g}, from the next period on {later:g}) any one of these would be enough"
        )
    elif tiering.by == "customers":
        said = _("To {tier} (from {score:g}, the score at its border) any one of these would be enough")
    else:
        said = _("To {tier} (from {score:g}) any one of these would be enough")
    return said.format(tier=above.tier.label.text(), score=above.least, count=tiering.periods, later=later)


def _asked(found: Any, *, labels: Any, coded: bool) -> Listing:
    """What of the condition of the tier above does not hold: all of it is needed."""
    asked = () if found.next_tier is None else found.next_tier.asked
    if coded:
        columns = [Column(key, "") for key in ("condition", "feature", "op", "value", "now", "holds")]
        rows: list[tuple[Any, ...]] = [
            (
                each.part.written,
                each.part.feature or None,
                each.part.op or None,
                _one_or_all(each.part.values),
                each.now,
                each.part.holds,
            )
            for each in asked
        ]
        return Listing(columns, rows, key="next_tier_conditions")
    columns = [
        Column("feature", _("Feature"), wrap=True),
        Column("now", _("Now"), align="right"),
        Column("needed", _("Needed"), wrap=True),
    ]
    rows = [_asked_row(each, labels, found.currency) for each in asked]
    title = (
        _("To {tier} all of this would be needed").format(tier=found.next_tier.tier.label.text())
        if rows
        else ""
    )
    return Listing(columns, rows, title=title, key="next_tier_conditions")


def _one_or_all(values: Any) -> Any:
    return ", ".join(str(value) for value in values) if len(values) > 1 else next(iter(values), None)


def _asked_row(each: Any, labels: Any, currency: str) -> tuple[Any, ...]:
    if not each.part.feature:
        holds = _("must hold") if each.part.holds is not None else _("must hold; it may do so already")
        return each.part.written, None, holds
    said = _asked_of_days() if isinstance(each.part.values[0], str) else _asked_of_numbers()
    value = ", ".join(_plain(_spoken(one, each.words, labels)) for one in each.part.values)
    needed = f"{said.get(each.part.op, '{value}').format(value=value)} {_unit(each.unit, currency)}".strip()
    now = _("unknown") if each.now is None else _spoken(each.now, each.words, labels)
    return each.label, now, needed


def _asked_of_numbers() -> dict[str, str]:
    return {
        ">=": _("at least {value}"),
        ">": _("more than {value}"),
        "<=": _("at most {value}"),
        "<": _("less than {value}"),
        **_asked_of_words(),
    }


def _asked_of_days() -> dict[str, str]:
    return {
        ">=": _("{value} or later"),
        ">": _("after {value}"),
        "<=": _("{value} or earlier"),
        "<": _("before {value}"),
        **_asked_of_words(),
    }


def _asked_of_words() -> dict[str, str]:
    return {"!=": _("not {value}"), "in": _("one of: {value}"), "not in": _("none of: {value}")}


def _plain(value: Any) -> str:
    return (_("yes") if value else _("no")) if isinstance(value, bool) else str(value)


def _needed(step: Any) -> str:
    value = short_number(step.needed)
    return str(value) if not step.beyond else f"{'<' if step.down else '>'} {value}"


def _change(step: Any, currency: str) -> str | None:
    """Say by how much, in the unit of the feature."""
    if step.now is None:
        return None
    change = step.needed - step.now
    if step.unit == "money":  # what is needed is whole amounts, and an average is not
        change = (math.floor(change * 100 + 1e-6) if step.down else math.ceil(change * 100 - 1e-6)) / 100
    sign = "+" if change > 0 else ""
    more = ("<" if step.down else ">") if step.beyond else ""
    return f"{more} {sign}{short_number(change)} {_unit(step.unit, currency)}".strip()


def _unit(unit: str, currency: str) -> str:
    words = {"money": currency, "days": _("days"), "months": _("months"), "minutes": _("minutes")}
    return words.get(unit, "")


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


def _facts(found: Any, *, labels: Any, coded: bool) -> Listing:
    columns = [
        Column("feature", _("Feature")),
        Column("label", _("Meaning"), wrap=True),
        Column("value", _("Value"), align="right"),
    ]
    rows = [
        (name, label, value if coded else _spoken(value, of, labels))
        for name, label, value, of in found.facts
    ]
    return Listing(columns, rows, title=_("What the conditions rest on"), key="facts")
