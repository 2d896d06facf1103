"""A user's value.yaml with other weights: the lines of its indicators as they stand, only the weights replaced.

Text in, text out: comments and layout stay, and no file is written. What was made is checked like any rule file.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from crmcli.i18n import _
from crmcli.rules.checker import check
from crmcli.rules.model import RuleSet
from crmcli.rules.source import Fields, Items, Node, Scalar, parse

FILE = "value.yaml"


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Lines of the file, from 0, the last one not in it."""

    start: int
    end: int


def reweighted_lines(ruleset: RuleSet, weights: Sequence[int]) -> tuple[str, ...]:
    """Return the lines from `indicators:` on, as far as they go, with these weights in the order of the indicators.

    An indicator of weight 0 becomes a comment. Where a file is laid out in a way that this cannot follow, the lines are
    comments that name each weight, to be written in by hand.
    """
    text = ruleset.files[FILE]
    made = _made(text, weights)
    if made is not None:
        lines, stretch = made
        whole = text.splitlines()
        replaced = "\n".join([*whole[: stretch.start], *lines, *whole[stretch.end :]]) + "\n"
        found, _faults = check({**ruleset.files, FILE: replaced})
        kept = [float(weight) for weight in weights if weight]
        if found is not None and [each.weight for each in found.value.indicators] == kept:
            return tuple(lines)
    names = [indicator.name for indicator in ruleset.value.indicators]
    return tuple(f"# {name}: weight: {weight}" for name, weight in zip(names, weights, strict=True))


def _made(text: str, weights: Sequence[int]) -> tuple[list[str], _Stretch] | None:
    root, _faults = parse(text, FILE)
    if not isinstance(root, Fields):
        return None
    items = root.get("indicators")
    if not isinstance(items, Items) or len(items.items) != len(weights):
        return None
    lines = text.splitlines()
    stretch = _stretch(root, lines)
    starts = [item.place.line - 1 for item in items.items]
    for at in reversed(
        range(len(starts))
    ):  # from the end: on one line a longer weight moves what comes after it
        if not _write(lines, items.items[at], weights[at]):
            return None
        if not weights[at]:
            end = starts[at + 1] if at + 1 < len(starts) else stretch.end
            _comment_out(lines, starts[at], end)
    return lines[stretch.start : stretch.end], stretch


def _stretch(root: Fields, lines: Sequence[str]) -> _Stretch:
    """From the key to the line before the next one, without the blank lines and comments that belong to that."""
    keys = [key for key, _value in root.entries]
    at = next(at for at, key in enumerate(keys) if key.text == "indicators")
    end = keys[at + 1].place.line - 1 if at + 1 < len(keys) else len(lines)
    while end > keys[at].place.line and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return _Stretch(keys[at].place.line - 1, end)


def _write(lines: list[str], item: Node, weight: int) -> bool:
    node = item.get("weight") if isinstance(item, Fields) else None
    if not isinstance(node, Scalar):
        return False
    at, column = node.place.line - 1, node.place.column - 1
    before, after = lines[at][:column], lines[at][column + len(node.text) :]
    lines[at] = f"{before}{weight}{after}"
    return True


def _comment_out(lines: list[str], start: int, end: int) -> None:
    indent = len(lines[start]) - len(lines[start].lstrip())
    for at in range(start, end):
        if lines[at].strip():
            lines[at] = f"{lines[at][:indent]}# {lines[at][indent:]}"
    lines[start] += "  # " + _("weight 0: left out")
