"""What differs between two rulesets, by what they mean: which term, rule or threshold, and how it was and is.

Compares checked rules, not their text: comments, spelling and the order of indicators are no difference. Nothing is
worded here; names are codes, and values are those of the rules.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from difflib import SequenceMatcher

from crmcli.rules import source
from crmcli.rules.expression import canonical
from crmcli.rules.model import Label, RuleSet
from crmcli.rules.source import Fields, Scalar

ADDED, REMOVED, MOVED = "added", "removed", "moved"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs.

    Attributes:
        part: what it is about: indicator, tier, grade, lifecycle, months, parameter, feature, cadence, urgency …
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
    return tuple(found for part in before for found in _in_part(part, before[part], after[part]))


#: Where the first match wins, so that the place of a line has a meaning.
_ORDERED = {"grade", "lifecycle", "cadence"}


def _in_part(part: str, old: list[_Item], new: list[_Item]) -> Iterator[Difference]:
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
        if part in _ORDERED and name in moved:
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


def _parts(ruleset: RuleSet) -> dict[str, list[_Item]]:
    """Return everything the fingerprint is made of, by part and name, in the order of the files."""
    cadence = ruleset.cadence
    urgency = [
        *cadence.urgency,
        *((f"tier {code}", points) for code, points in cadence.urgency_tier),
        *((f"grade {code}", points) for code, points in cadence.urgency_grade),
    ]
    return {
        "feature": [_item(use.name, use, "of", "window") for use in ruleset.features if use.declared],
        "score": [_item(score.name, score, leave_out={"indicators"}) for score in ruleset.scores],
        "indicator": [
            _item(each.name if score is ruleset.scores[0] else f"{score.name}.{each.name}", each, "weight", "feature",
                  "scale", leave_out={"share"})
            for score in ruleset.scores
            for each in score.indicators
        ],
        "tier": [_item(tier.code, tier, "at_least", leave_out={"code"}) for tier in ruleset.tiers],
        "months": [_single(grade, "months", count) for grade, count in ruleset.grades.months],
        "parameter": [_single(name, "value", value) for name, value in _parameters(ruleset)],
        "grade": [_item(rule.reason, rule, "grade", "when", leave_out={"reason"}) for rule in ruleset.grades.rules],
        "lifecycle": _stages(ruleset),
        "cadence": [
            _item(f"{line.grade} {line.tier} {line.lifecycle}", line, "days", "max_days",
                  leave_out={"grade", "tier", "lifecycle"})
            for line in cadence.rules
        ],
        "unclassified": [
            _single("days", "days", cadence.unclassified[0]), _single("max_days", "max_days", cadence.unclassified[1]),
        ],
        "lead_days": [
            _single("opportunity", "days", cadence.opportunity_lead_days), _single("task", "days", cadence.task_lead_days),
        ],
        "urgency": [_single(name, "points", points) for name, points in urgency],
    }  # fmt: skip


def _single(name: str, what: str, value: object) -> _Item:
    return _Item(name, None, {what: _Value(value, value)}, value)


def _item(name: str, found: object, *told: str, leave_out: frozenset[str] | set[str] = frozenset()) -> _Item:
    """Take the fields of a part of the rules as its values, so that none is forgotten; `told` are the gist."""
    assert is_dataclass(found)  # noqa: S101 - the model is made of them
    given = {each.name: getattr(found, each.name) for each in fields(found)}
    values: dict[str, _Value] = {}
    label: Label | None = None
    for key, value in given.items():
        if isinstance(value, Label):
            label = value
            values["text_en"], values["text_zh"] = _Value(value.en, value.en), _Value(value.zh, value.zh)
        elif key == "when":
            meaning = None if value is None else json.dumps(canonical(value), ensure_ascii=False)
            values[key] = _Value(given["written"], meaning)
        elif key not in {"name", "written", "type", "declared", *leave_out}:
            values[key] = _Value(value, value)
    gist = tuple((key, values[key].shown) for key in told if values[key].shown != "")
    return _Item(name, label, {key: values[key] for key in (*told, *values)}, gist)


def _stages(ruleset: RuleSet) -> list[_Item]:
    """Return the lifecycle rules; a stage with several rules has them numbered."""
    seen: dict[str, int] = {}
    items = []
    for rule in ruleset.lifecycle:
        seen[rule.stage] = seen.get(rule.stage, 0) + 1
        name = rule.stage if seen[rule.stage] == 1 else f"{rule.stage} {seen[rule.stage]}"
        items.append(_item(name, rule, "when", leave_out={"stage"}))
    return items


def _parameters(ruleset: RuleSet) -> list[tuple[str, float]]:
    """Read the numbers that conditions name; in the checked conditions only their values are left."""
    found = []
    for file in ("grades.yaml", "lifecycle.yaml"):
        root, _faults = source.parse(ruleset.files[file], file)
        node = root.get("parameters") if isinstance(root, Fields) else None
        for key, value in node.entries if isinstance(node, Fields) else ():
            if isinstance(value, Scalar) and isinstance(value.value, int | float):
                found.append((f"{file.removesuffix('.yaml')}.{key.text}", float(value.value)))
    return found
