"""What a change of rules would do, on its way to the renderer: what differs, the counts, and who changes."""

from typing import Any

from crmcli.cli.runs import class_rows, class_word, names_of_judgements
from crmcli.i18n import _, ngettext
from crmcli.render.notes import say
from crmcli.render.output import Cell, Column, Listing, Record
from crmcli.vocabulary import LIFECYCLE_STAGE, SEVERITY


def record(found: Any, *, coded: bool) -> Record:
    """Build the record; `coded` leaves codes as they are and every value in a column of its own, for programs."""
    moved = found.comparison.moved
    sides = [("old", _("Old rules"), found.old), ("new", _("New rules"), found.new)]
    if coded:
        rules = [
            field
            for name, heading, side in sides
            for field in (
                (f"{name}_folder", heading, side.folder or None),
                (f"{name}_fingerprint", heading, side.fingerprint),
            )
        ]
    else:
        rules = [
            (
                name,
                heading,
                f"{side.folder} ({side.fingerprint[:12]})" if side.folder else side.fingerprint[:12],
            )
            for name, heading, side in sides
        ]
    fields: list[tuple[str, str, Cell]] = [
        *rules,
        ("same", _("Mean the same"), found.same),
        ("as_of", _("As of"), found.as_of),
        ("customers", _("Customers"), found.comparison.customers),
        ("other_class", _("Other class"), moved["any"]),
        *((f"other_{kind}", "  " + heading, moved[kind]) for kind, heading in _judgements(found).items()),
    ]
    sections = [
        _differences(found, coded=coded),
        _classes(found, coded=coded),
        moves(found, coded=coded),
        _changes(found, coded=coded),
    ]
    return Record(fields, sections)


def _judgements(found: Any) -> dict[str, str]:
    """Return the heading of every judgement that both rules make, by its code."""
    own = {kind: heading.text() for kind, heading in found.headings.items()}
    named = {**names_of_judgements(), **own}
    return {kind: named.get(kind, kind) for kind in found.comparison.moved if kind != "any"}


def note(found: Any) -> None:
    """Say what a table cannot: that the rules mean the same, or that more customers move than are shown."""
    if found.same:
        say(
            _("both rules mean the same (fingerprint {fingerprint})").format(
                fingerprint=found.new.fingerprint[:12]
            )
        )
    elif not found.comparison.moved["any"]:
        say(_("the rules differ, but everybody stays in the same classes"))
    left_out = found.comparison.moved["any"] - len(found.comparison.moves)
    if left_out:
        text = ngettext(
            "… and {count} more customer moves; --limit 0 shows all",
            "… and {count} more customers move; --limit 0 shows all",
            left_out,
        )
        say(text.format(count=left_out))


def _classes(found: Any, *, coded: bool) -> Listing:
    columns = [
        Column("judgement", _("Judgement")),
        Column("class", _("Class")),
        Column("before", _("Before")),
        Column("after", _("After")),
        Column("change", _("Change")),
    ]
    rows = class_rows(found, found.comparison.before, found.comparison.after, coded=coded)
    return Listing(columns, rows, title=_("Customers in each class"), key="classes")


_KINDS = ("score", "tier", "grade", "lifecycle_stage")


def moves(found: Any, *, coded: bool) -> Listing:
    """List who changes a class, the biggest change of score first; programs get before and after apart."""
    return _people(found, found.comparison.moves, _("Who moves"), "moves", coded=coded)


def _changes(found: Any, *, coded: bool) -> Listing:
    title = _("Biggest changes of score")
    return _people(found, found.comparison.changes, title, "changes", coded=coded)


def _people(found: Any, people: Any, title: str, key: str, *, coded: bool) -> Listing:
    own = {kind: heading for kind, heading in _judgements(found).items() if kind not in names_of_judgements()}
    if coded:
        columns = [Column("id", "#"), Column("name", _("Name"))]
        columns += [Column(f"{when}_{kind}", "") for kind in _KINDS for when in ("old", "new")]
        columns += [Column("segments", "")] if own else []
        rows: list[list[Cell]] = [
            [
                each.customer,
                each.name,
                *(getattr(each, f"{when}_{kind}") for kind in _KINDS for when in ("old", "new")),
                *(["; ".join(f"{kind} {old} → {new}" for kind, old, new in each.segments)] if own else []),
            ]
            for each in people
        ]
        return Listing(columns, rows, title=title, key=key, ids=[each.customer for each in people])
    columns = [
        Column("id", "#"), Column("name", _("Name"), wrap=True, min_width=8), Column("score", _("Score"), align="right"),
        Column("change", _("Change")), Column("tier", _("Tier"), wrap=True), Column("grade", _("Grade")),
        Column("lifecycle_stage", _("Lifecycle"), wrap=True, spare=1),
        *(Column(kind, heading, wrap=True) for kind, heading in own.items()),
    ]  # fmt: skip
    rows = [
        [
            each.customer,
            each.name,
            f"{each.old_score:.2f} → {each.new_score:.2f}",
            round(each.new_score - each.old_score, 2),
            _step(*(class_word(found, "tier", code) for code in (each.old_tier, each.new_tier))),
            _step(each.old_grade, each.new_grade),
            _step(*map(LIFECYCLE_STAGE.label, (each.old_lifecycle_stage, each.new_lifecycle_stage))),
            *(_segment(found, each, kind) for kind in own),
        ]
        for each in people
    ]
    return Listing(columns, rows, title=title, key=key)


def _segment(found: Any, each: Any, kind: str) -> str | None:
    """Say how somebody's class in a judgement of the rules changes; nothing where it does not."""
    steps = ((old, new) for own, old, new in each.segments if own == kind)
    return next((_step(*(class_word(found, kind, code) for code in step)) for step in steps), None)


def _step(old: str, new: str) -> str:
    return old if old == new else f"{old} → {new}"


# --- what differs in the rules ------------------------------------------------------------------------------


def _differences(found: Any, *, coded: bool) -> Listing:
    columns = [
        Column("part", _("Part")),
        Column("name", _("Which"), wrap=True),
        Column("change", _("What changed")),
        Column("before", _("Before"), wrap=True),
        Column("after", _("After"), wrap=True),
    ]
    rows: list[list[Cell]] = [
        [
            each.part if coded else _part(each.part),
            each.name if coded else _which(found, each),
            each.change if coded else _change(each.change),
            each.before if coded else _value(each.part, each.before),
            each.after if coded else _value(each.part, each.after),
        ]
        for each in found.differences
    ]
    return Listing(columns, rows, title=_("What differs in the rules"), key="differences")


def rule_change(each: Any, *, coded: bool) -> str:
    """Say in a few words what differs: `purchase amount: weight 40 → 20`."""
    name = each.name if coded or each.label is None else each.label.text()
    change = each.change if coded else _change(each.change)
    if each.change in {"added", "removed"}:
        return f"{name}: {change}"
    before, after = (
        (each.before, each.after)
        if coded
        else (_value(each.part, each.before), _value(each.part, each.after))
    )
    return f"{name}: {change} {before} → {after}"


def _part(code: str) -> str:
    return {
        "feature": _("Feature"),
        "score": _("Score"),
        "indicator": _("Indicator"),
        "group": _("Group"),
        "tiering": _("Tiers"),
        "tier": _("Tier"),
        "segmentation": _("Judgement"),
        "segment": _("Segment"),
        "months": _("Months"),
        "parameter": _("Parameter"),
        "grade": _("Grade"),
        "lifecycle": _("Lifecycle"),
        "cadence": _("Cadence"),
        "response": _("Reply to complaints"),
        "unclassified": _("Not classified"),
        "trigger": _("Trigger"),
        "rest_days": _("Rest"),
        "urgency": _("Urgency"),
    }.get(code, code)


def _which(found: Any, each: Any) -> str:
    """Name a thing by its words: those of the rules, else those of the vocabulary."""
    if each.part == "cadence":
        grade, tier, stage = each.name.split()
        words = (grade, class_word(found, "tier", tier), LIFECYCLE_STAGE.label(stage))
        return " / ".join(word for word in words if word != "*") or _("everybody")
    if each.part == "response":
        tier, severity = each.name.split()
        said = (class_word(found, "tier", tier), SEVERITY.label(severity))
        return " / ".join(word for word in said if word != "*") or _("everybody")
    if each.part == "lifecycle":
        stage, _space, number = each.name.partition(" ")
        return " ".join(part for part in (LIFECYCLE_STAGE.label(stage), number) if part)
    return each.label.text() if each.label is not None else str(each.name)


def _change(code: str) -> str:
    return {
        "added": _("added"),
        "removed": _("taken out"),
        "moved": _("place in the list"),
        "weight": _("weight"),
        "feature": _("feature"),
        "scale": _("scale"),
        "missing": _("if missing"),
        "text_en": _("English text"),
        "text_zh": _("Chinese text"),
        "at_least": _("from score"),
        "share": _("share in %"),
        "by": _("told apart by"),
        "sticky": _("kept within points"),
        "cap": _("at most points"),
        "group": _("group"),
        "months": _("within months"),
        "value": _("value"),
        "grade": _("grade"),
        "when": _("condition"),
        "of": _("feature"),
        "window": _("window"),
        "from": _("taken from"),
        "take": _("worked out as"),
        "field": _("field"),
        "where": _("condition"),
        "custom": _("custom field"),
        "type": _("type"),
        "choices": _("choices"),
        "days": _("days"),
        "max_days": _("at most days"),
        "points": _("points"),
    }.get(code, code)


def _value(part: str, value: Any) -> Cell:
    """Write a value for a reader; a rule without a condition is the last one."""
    if value == "":
        return _("whoever is left over") if part in {"grade", "lifecycle", "segment"} else None
    return f"{value:g}" if isinstance(value, int | float) else value
