"""What differs between two rulesets, by what they mean: which term, rule or threshold, and how it was and is.

Compares checked rules, not their text: comments, spelling and the order of indicators are no difference. Nothing is
worded here; names are codes, and values are those of the rules.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from difflib import SequenceMatcher

from crmcli.rules import source
from crmcli.rules.expression import Expression, canonical
from crmcli.rules.model import (
    CONDITION,
    CUSTOMERS,
    SCORE,
    SUM,
    VALUE,
    Aggregate,
    Custom,
    Label,
    RuleSet,
    Score,
)
from crmcli.rules.occasions import Points
from crmcli.rules.source import Fields, Node, Scalar

ADDED, REMOVED, MOVED = "added", "removed", "moved"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs.

    Attributes:
        part: what it is about: indicator, tier, grade, lifecycle, segment, months, parameter, feature, cadence …
        name: which one, by its code.
        label: the words the rules have for it, those of the new rules if there are any.
        change: `added`, `removed`, `moved` (an earlier or later place where the first match wins), or the name of what
            differs: weight, at_least, when …
        before: as it was; None if it was not there. Of something removed, what matters of it as (name, value) pairs.
        after: as it is now, in the same way.
    """

    part: str
    name: str
    label: Label | None
    change: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class _Item:
    """One indicator, tier, rule … of a ruleset; `gist` is what is told of it when it is added or removed."""

    name: str
    label: Label | None
    values: Mapping[str, "_Value"]
    gist: object


@dataclass(frozen=True, slots=True)
class _Value:
    """A value with its meaning: of two conditions that are written differently, the meaning may be the same."""

    shown: object
    meaning: object


def differences(old: RuleSet, new: RuleSet) -> tuple[Difference, ...]:
    """Return everything that differs, in the order of the files; nothing for rules that mean the same."""
    if old.fingerprint == new.fingerprint:
        return ()
    before, after = _parts(old), _parts(new)
    ordered = _ORDERED | ({"tier"} if old.tiering.by == new.tiering.by == CONDITION else set())
    return tuple(
        found
        for key in {**before, **after}
        for found in _in_part(key[0], before.get(key, []), after.get(key, []), ordered=key[0] in ordered)
    )


#: Where the first match wins, so that the place of a line has a meaning.
_ORDERED = {"grade", "lifecycle", "segment", "cadence", "response"}


def _in_part(part: str, old: list[_Item], new: list[_Item], *, ordered: bool) -> Iterator[Difference]:
    before, after = {item.name: item for item in old}, {item.name: item for item in new}
    places = {item.name: at for at, item in enumerate(old, 1)}
    moved = _moved([name for name in before if name in after], [name for name in after if name in before])
    for at, (name, item) in enumerate(after.items(), 1):
        was = before.get(name)
        if was is None:
            yield Difference(part, name, item.label, ADDED, None, item.gist)
            continue
        for change in {**was.values, **item.values}:
            first, second = was.values.get(change), item.values.get(change)
            if _differ(first, second):
                yield Difference(part, name, item.label, change, _shown(first), _shown(second))
        if ordered and name in moved:
            yield Difference(part, name, item.label, MOVED, places[name], at)
    for name, item in before.items():
        if name not in after:
            yield Difference(part, name, item.label, REMOVED, item.gist, None)


def _moved(old: list[str], new: list[str]) -> set[str]:
    """Return the fewest names that must change their place to turn one order into the other."""
    kept = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return set(new) - {name for block in kept for name in new[block.b : block.b + block.size]}


def _differ(first: _Value | None, second: _Value | None) -> bool:
    if first is None or second is None:
        return first is not second
    # The same words with another meaning: a parameter or month that they name has changed, and is listed itself.
    return first.meaning != second.meaning and first.shown != second.shown


def _shown(value: _Value | None) -> object:
    return None if value is None else value.shown


# --- a ruleset as lists of named values ---------------------------------------------------------------------


def _parts(ruleset: RuleSet) -> dict[tuple[str, str], list[_Item]]:
    """Return everything the fingerprint is made of, by part and name, in the order of the files.

    The second half of a key is the segmentation, which has a list of rules of its own; else "".
    """
    cadence = ruleset.cadence
    triggers = ruleset.triggers
    urgency = [
        *((f"tier {code}", points) for code, points in triggers.tier),
        *((f"grade {code}", points) for code, points in triggers.grade),
    ]
    scores = (ruleset.value, *(score for score in ruleset.scores if score is not ruleset.value))
    parts = {
        "feature": [
            _item(use.name, use, "of", "from", "take", "field", "where", "window", "custom", "type", "choices")
            for use in ruleset.features if use.declared
        ],
        "score": [_item(score.name, score, leave_out={"indicators", "groups"}) for score in scores],
        "indicator": [
            _item(_in_score(score, each.name), each, "weight", "feature", "scale", leave_out={"share", "meant"})
            for score in scores
            for each in score.indicators
        ],
        "group": [_item(_in_score(score, each.name), each, "cap") for score in scores for each in score.groups],
        "tiering": [_item("tiers", ruleset.tiering, "by")],
        "tier": [
            _item(tier.code, tier, _TELLS_APART[ruleset.tiering.by], leave_out={"code"}) for tier in ruleset.tiers
        ],
        "months": [_single(grade, "months", count) for grade, count in ruleset.grades.months],
        "parameter": [_single(name, "value", value) for name, value in _parameters(ruleset)],
        "grade": [_item(rule.reason, rule, "grade", "when", leave_out={"reason"}) for rule in ruleset.grades.rules],
        "lifecycle": _numbered([(rule.stage, rule) for rule in ruleset.lifecycle], "stage"),
        "segmentation": [_item(each.name, each, leave_out={"rules"}) for each in ruleset.segments],
        "cadence": [
            _item(f"{line.grade} {line.tier} {line.lifecycle}", line, "days", "max_days",
                  leave_out={"grade", "tier", "lifecycle"})
            for line in cadence.rules
        ],
        "response": [
            _item(f"{line.tier} {line.severity}", line, "days", leave_out={"tier", "severity"})
            for line in cadence.response
        ],
        "unclassified": [
            _single("days", "days", cadence.unclassified[0]), _single("max_days", "max_days", cadence.unclassified[1]),
        ],
        "trigger": [
            _item(each.name, each, "on", "when", "lead_days", "after_days", "for_days", "channel", "points",
                  leave_out={"name"})
            for each in triggers.triggers
        ],
        "rest_days": [_single("rest_days", "days", triggers.rest_days)],
        "urgency": [
            *(_single(name, "points", points) for name, points in urgency),
            *(_single(name, "points", _written_points(points)) for name, points in triggers.terms),
        ],
    }  # fmt: skip
    segments = {
        ("segment", each.name): _numbered(
            [(f"{each.name}.{rule.segment}", rule) for rule in each.rules], "segment"
        )
        for each in ruleset.segments
    }
    return {**{(part, ""): items for part, items in parts.items()}, **segments}


#: What tells one tier from another, by the way they are given out.
_TELLS_APART = {SCORE: "at_least", CUSTOMERS: "share", SUM: "share", CONDITION: "when"}


def _written_points(points: Points) -> str:
    """Write a term as the rules do: its points and its ramp."""
    ramp = f"{points.of} {points.start:g} → {points.end:g}" if points.of else ""
    return " ".join(
        part for part in (f"{points.base:g}", f"+ {points.points:g} x {ramp}" if ramp else "") if part
    )


def _in_score(score: Score, name: str) -> str:
    return name if score.name == VALUE else f"{score.name}.{name}"


def _single(name: str, what: str, value: object) -> _Item:
    return _Item(name, None, {what: _Value(value, value)}, value)


def _item(name: str, found: object, *told: str, leave_out: frozenset[str] | set[str] = frozenset()) -> _Item:
    """Take the fields of a part of the rules as its values, so that none is forgotten; `told` are the gist."""
    assert is_dataclass(found)  # noqa: S101 - the model is made of them
    given = {each.name: getattr(found, each.name) for each in fields(found) if each.name not in leave_out}
    values: dict[str, _Value] = {}
    label: Label | None = None
    for key, value in given.items():
        if isinstance(value, Label):
            label = value
            values["text_en"], values["text_zh"] = _Value(value.en, value.en), _Value(value.zh, value.zh)
        elif isinstance(value, Aggregate):
            own = {"from": value.source, "take": value.function, "field": value.field}
            values |= {name: _Value(each, each) for name, each in own.items()}
            values["where"] = _condition(value.written, value.where)
        elif isinstance(value, Custom):
            own = {"custom": value.field, "type": value.kind, "choices": ", ".join(value.choices)}
            values |= {name: _Value(each, each) for name, each in own.items()}
        elif key == "when":
            values[key] = _condition(given["written"], value)
        elif isinstance(value, Points):
            values[key] = _Value(_written_points(value), tuple(value))
        elif isinstance(value, tuple) and all(isinstance(each, str) for each in value):
            values[key] = _Value(", ".join(value), value)
        elif key not in {"name", "written", "type", "declared", "aggregate", "custom"}:
            values[key] = _Value(value, value)
    there = [key for key in told if key in values]
    gist = tuple((key, values[key].shown) for key in there if values[key].shown not in {"", None})
    return _Item(name, label, {key: values[key] for key in (*there, *values)}, gist)


def _condition(written: str, condition: Expression | None) -> _Value:
    return _Value(
        written, None if condition is None else json.dumps(canonical(condition), ensure_ascii=False)
    )


def _numbered(rules: Iterable[tuple[str, object]], word: str) -> list[_Item]:
    """Return rules by their result; where several lead to one, the second and later have a number."""
    seen: dict[str, int] = {}
    items = []
    for name, rule in rules:
        seen[name] = seen.get(name, 0) + 1
        items.append(
            _item(name if seen[name] == 1 else f"{name} {seen[name]}", rule, "when", leave_out={word})
        )
    return items


def _parameters(ruleset: RuleSet) -> Iterator[tuple[str, float]]:
    """Read the numbers that conditions name; in the checked conditions only their values are left."""
    for file in ("grades.yaml", "lifecycle.yaml", "segments.yaml"):
        root, _faults = source.parse(ruleset.files.get(file, ""), file)
        name = file.removesuffix(".yaml")
        yield from _numbers(root, name)
        own = root.get("segments") if isinstance(root, Fields) else None
        for key, node in own.entries if isinstance(own, Fields) else ():
            yield from _numbers(node, f"{name}.{key.text}")


def _numbers(node: Node | None, name: str) -> Iterator[tuple[str, float]]:
    found = node.get("parameters") if isinstance(node, Fields) else None
    for key, value in found.entries if isinstance(found, Fields) else ():
        if isinstance(value, Scalar) and isinstance(value.value, int | float):
            yield f"{name}.{key.text}", float(value.value)
