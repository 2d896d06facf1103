"""History and movers on their way to the renderer: codes for programs, words and arrows for people."""

from collections.abc import Mapping
from typing import Any

from crmcli import vocabulary as words
from crmcli.cli.reasons import short_number
from crmcli.i18n import _, language, ngettext
from crmcli.render.notes import say
from crmcli.render.output import Column, Listing, Record
from crmcli.render.sparkline import sparkline

RULES_TOLD = 2  #: differences of rules that a line has room for; `crm rules diff` lists all
#: What is told only where there is room after what moves scores and classes itself.
_TOLD_LAST = {
    "feature": 2,
    "segmentation": 1,
    "segment": 1,
    "cadence": 1,
    "response": 1,
    "unclassified": 1,
    "rest_days": 1,
    "trigger": 1,
    "urgency": 1,
}
#: What a person is shown of a period; programs get every column.
_ON_A_TERMINAL = ("period", "score", "change", "tier", "grade", "lifecycle_stage", "because")


def story(found: Any) -> Record:
    """Build a customer's history for a terminal: who, the scores as bars, then the periods."""
    scores = [period.score for period in found.periods]
    fields = [
        ("id", "#", found.customer),
        ("name", _("Name"), found.name),
        ("scores", _("Scores, 0 to 100"), sparkline(scores, low=0, high=100)),
    ]
    return Record(fields, [periods(found, coded=False).only(_ON_A_TERMINAL)])


def periods(found: Any, *, coded: bool) -> Listing:
    """List the periods of a customer; `coded` leaves codes as they are, for programs."""
    columns = [
        Column("period", _("Period")),
        Column("as_of", _("As of")),
        Column("version", _("Version")),
        Column("score", _("Score")),
        Column("change", _("Change"), align="right"),
        Column("tier", _("Tier")),
        Column("grade", _("Grade")),
        Column("grade_reason", _("Reason")),
        Column("lifecycle_stage", _("Lifecycle"), spare=1),
        Column("rules", _("Rules")),
        Column("because", _("Because"), wrap=True, min_width=24),
        *(Column(f"pinned_{judgement}", _("Pinned")) for judgement in words.CLASSES),
        Column("pins", ""),
    ]
    rows = [
        (
            period.period,
            period.as_of,
            period.version,
            period.score,
            period.change if coded else _signed(period.change),
            period.tier if coded else period.tier_label,
            period.grade,
            period.grade_reason if coded else period.grade_text,
            period.lifecycle_stage if coded else words.LIFECYCLE_STAGE.label(period.lifecycle_stage),
            period.rules,
            _because(period, coded=coded),
            *(period.pinned.get(judgement) for judgement in words.CLASSES),
            _joined([_pin(pin, coded=True) for pin in period.pins], coded=True),
        )
        for period in found.periods
    ]
    if found.since:
        rows.append(_since(found, columns, coded=coded))
    return Listing(columns, rows, ids=[period.period for period in found.periods], key="periods")


def _since(found: Any, columns: list[Column], *, coded: bool) -> tuple[Any, ...]:
    """What was pinned, or is no longer, since the last period: a line without classes of its own."""
    said = _joined([_pin(pin, coded=coded) for pin in found.since], coded=coded)
    known = {"as_of": found.today, "pins": said} if coded else {"period": _("since then"), "because": said}
    return tuple(known.get(column.key) for column in columns)


def movers(found: Any, *, coded: bool) -> Listing:
    """List who moved; programs get before and after in columns of their own."""
    if coded:
        return _movers_in_codes(found)
    columns = [
        Column("id", "#"),
        Column("name", _("Name"), wrap=True, min_width=8),
        Column("tier", _("Tier")),
        Column("grade", _("Grade")),
        Column("score", _("Score"), align="right"),
        Column("because", _("Because"), wrap=True, min_width=24),
    ]
    rows = [
        (
            mover.customer,
            mover.name,
            _from_to(mover.tier_label_before, mover.tier_label),
            _from_to(mover.grade_before, mover.grade),
            _from_to(f"{mover.score_before:.2f}", f"{mover.score:.2f}"),
            _reasons(mover, rules_changed=found.rules_changed),
        )
        for mover in found.movers
    ]
    return Listing(columns, rows, key="movers")


def _movers_in_codes(found: Any) -> Listing:
    columns = [
        Column("id", "#"),
        Column("name", _("Name")),
        Column("from_tier", _("Tier")),
        Column("to_tier", _("Tier")),
        Column("from_grade", _("Grade")),
        Column("to_grade", _("Grade")),
        Column("from_grade_reason", _("Reason")),
        Column("to_grade_reason", _("Reason")),
        Column("from_score", _("Score")),
        Column("to_score", _("Score")),
        Column("change", _("Change")),
        Column("indicator", _("Indicator")),
        Column("from_points", _("Points")),
        Column("to_points", _("Points")),
        Column("kept", _("Kept")),
    ]
    rows = [
        (
            mover.customer, mover.name, mover.tier_before, mover.tier, mover.grade_before, mover.grade,
            mover.grade_reason_before, mover.grade_reason, mover.score_before, mover.score, mover.change,
            *_points(mover.shift), _joined(_keeping(mover, coded=True), coded=True),
        )
        for mover in found.movers
    ]  # fmt: skip
    return Listing(columns, rows, key="movers")


def matrix(counted: Any, *, coded: bool) -> Listing:
    """List the tiers before as rows and the tiers after as columns; who is new has a row, who is gone a column."""
    columns = [
        Column("from", _("From ↓ To →")),
        *(Column(tier, tier if coded else label) for tier, label in counted.columns.items()),
        Column("gone", _("(gone)")),
    ]
    rows: list[tuple[Any, ...]] = [
        (
            before if coded else label,
            *(counted.counts.get((before, after), 0) for after in (*counted.columns, None)),
        )
        for before, label in counted.rows.items()
    ]
    arrived = (counted.counts.get((None, after), 0) for after in counted.columns)
    rows.append(("new" if coded else _("(new)"), *arrived, None))
    return Listing(columns, rows, key="matrix")


def say_periods(found: Any) -> None:
    """Say which two periods were compared, and whether the rules are the same."""
    say(_("from {before} to {after}").format(before=found.before, after=found.after))
    if found.rules_changed:
        say(_("the rules changed in between"))


def say_how_many(found: Any) -> None:
    """Say how many moved, or that there are more than are shown."""
    count = len(found.movers)
    if found.more:
        say(_("the first {count} are shown; --limit 0 shows all").format(count=count))
    elif count:
        say(ngettext("{count} customer moved", "{count} customers moved", count).format(count=count))
    else:
        say(_("nobody moved"))


def _because(period: Any, *, coded: bool) -> str | None:
    """Say what changed a period against the one before, a person also what was pinned; nothing where nothing was."""
    if coded:
        return _changes(period, coded=True)
    told = [pin for pin in period.pins if pin.last or period.pinned.get(pin.judgement) != pin.value]
    said = [
        _changes(period, coded=False),
        _pinned(period.pinned),
        *(_pin(pin, coded=False) for pin in told),
    ]
    return _joined([each for each in said if each], coded=False)


def _pinned(pinned: Mapping[str, str]) -> str | None:
    if not pinned:
        return None
    said = (
        f"{words.JUDGEMENT.label(judgement)} {vocabulary.label(pinned[judgement])}"
        for judgement, vocabulary in words.CLASSES.items()
        if judgement in pinned
    )
    return _("pinned by hand: {classes}").format(classes=", ".join(said))


def _pin(pin: Any, *, coded: bool) -> str:
    """Say from when to when a class was pinned by hand, as far as the period saw it."""
    if coded:
        first = f" from {pin.first}" if pin.first and pin.last else f" since {pin.first}" if pin.first else ""
        return f"{pin.judgement} {pin.value}{first}" + (f" to {pin.last}" if pin.last else "")
    if pin.first and pin.last:
        text = _("pinned by hand from {first} to {last}: {judgement} {value}")
    elif pin.first:
        text = _("pinned by hand since {first}: {judgement} {value}")
    else:
        text = _("pinned by hand to {last}: {judgement} {value}")
    value = words.CLASSES[pin.judgement].label(pin.value)
    return text.format(
        first=pin.first, last=pin.last, judgement=words.JUDGEMENT.label(pin.judgement), value=value
    )


def _changes(period: Any, *, coded: bool) -> str | None:
    if period.change is None:
        return "first" if coded else _("first classification")
    parts = [_shift(shift, coded=coded) for shift in period.shifts]
    keeping = _keeping(period, coded=coded)
    parts += keeping
    if period.tier_before is not None and not keeping and not period.rules_changed:
        change = _from_to(period.tier_label_before, period.tier_label)
        parts.append(f"tier {_from_to(period.tier_before, period.tier)}" if coded else _not_of_points(change))
    if period.rules_changed:
        named = {shift.indicator for shift in period.shifts}
        changes = sorted(
            period.rule_changes, key=lambda each: (each.name not in named, _TOLD_LAST.get(each.part, 0))
        )
        parts.append(_other_rules(changes, coded=coded))
    if period.grade != period.grade_before:
        change = _from_to(period.grade_before, period.grade)
        reasons = f"{period.grade_reason_before} → {period.grade_reason}"
        parts.append(f"grade {change} ({reasons})" if coded else _grade(change, period.grade_text))
    return _joined(parts, coded=coded)


def _other_rules(changes: Any, *, coded: bool) -> str:
    """Say what differs in the rules, as far as a few words can."""
    from crmcli.cli.whatif import rule_change

    told = [rule_change(each, coded=coded) for each in changes[:RULES_TOLD]]
    left = len(changes) - len(told)
    if left:
        told.append(f"{left} more" if coded else _("{count} more").format(count=left))
    return ("rules" if coded else _("other rules")) + (f" ({', '.join(told)})" if told else "")


def _shift(shift: Any, *, coded: bool) -> str:
    before, after = shift.raw_before, shift.raw
    if coded:
        return f"{shift.indicator} {_signed(shift.change)} ({_raw(before)} → {_raw(after)})"
    values = (
        _("still {value}").format(value=_raw(short_number(after)))  # others moved: it is compared with theirs
        if before == after
        else f"{_raw(short_number(before))} → {_raw(short_number(after))}"
    )
    return f"{shift.label} {_signed(shift.change)} ({values})"


def _keeping(found: Any, *, coded: bool) -> list[str]:
    """Say that a tier was kept against the score, or is no longer: what no indicator can tell."""
    said = []
    if found.kept_until is not None:
        tier = found.kept_until.tier if coded else found.kept_until.label
        said.append(f"no longer kept {tier}" if coded else _("{tier} is no longer kept").format(tier=tier))
    if found.kept is not None:
        kept = found.kept
        said.append(
            f"kept {kept.tier} (by score {kept.by_score})"
            if coded
            else _("{tier} is kept, the score alone gives {other}").format(
                tier=kept.label, other=kept.by_score_label
            )
        )
    return said


def _raw(value: Any) -> str:
    return "–" if value is None else str(value)


def _reasons(mover: Any, *, rules_changed: bool) -> str | None:
    """Say what moved somebody: the points of one indicator, what else moved the tier, and the reason for another grade."""
    parts = []
    if mover.shift is not None:
        parts.append(f"{mover.shift.label} {mover.shift.points_before:.2f} → {mover.shift.points:.2f}")
    keeping = _keeping(mover, coded=False)
    parts += keeping
    if not mover.by_points and not keeping:
        change = _from_to(mover.tier_label_before, mover.tier_label)
        parts.append(_("other rules") if rules_changed else _not_of_points(change))
    if mover.grade != mover.grade_before:
        parts.append(_grade(mover.grade, mover.grade_text))
    return _joined(parts, coded=False)


def _not_of_points(change: str) -> str:
    """Say that a tier moved otherwise than the score: by shares of all, or by a condition."""
    return _("tier {change}, not by points of its own: 'crm why' shows the place or the condition").format(
        change=change
    )


def _points(shift: Any) -> tuple[str | None, float | None, float | None]:
    return (None, None, None) if shift is None else (shift.indicator, shift.points_before, shift.points)


def _grade(change: str, reason: str) -> str:
    return _("grade {change}: {reason}").format(change=change, reason=reason)


def _joined(parts: list[str], *, coded: bool) -> str | None:
    return ("；" if language() == "zh_CN" and not coded else "; ").join(parts) or None


def _from_to(before: str, after: str) -> str:
    return after if before == after else f"{before} → {after}"


def _signed(change: float | None) -> str | None:
    return None if change is None else f"{change:+.2f}"
