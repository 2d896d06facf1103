"""What of a condition does not hold for one customer: its parts, one by one, with the value that each asks for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crmcli.rules.expression import (
    BOOL,
    Compare,
    Every,
    Expression,
    Field,
    Literal,
    Member,
    Not,
    Value,
    written_out,
)
from crmcli.rules.truth import holds

_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a condition that does not hold.

    Attributes:
        written: the part in the language of conditions.
        feature: what it compares with values of the rules; "" where it is something else.
        op: a comparison, `in` or `not in`; "" without a feature.
        values: what the feature is compared with.
        holds: False; None where this is not worked out for single customers.
    """

    written: str
    feature: str = ""
    op: str = ""
    values: tuple[Value, ...] = ()
    holds: bool | None = False


def unmet(condition: Expression, facts: Mapping[str, Value | None]) -> tuple[Part, ...]:
    """Return the parts that must all hold and do not, in the order of the condition.

    Args:
        condition: the condition.
        facts: name → its value, None where it is not known; names that are not there are not worked out.
    """
    found = []
    for part in _parts(condition):
        outcome = holds(part, facts)
        if not outcome:
            feature, op, values = _plain(part) or ("", "", ())
            found.append(Part(written_out(part), feature, op, values, outcome))
    return tuple(found)


def _parts(condition: Expression) -> Iterator[Expression]:
    if isinstance(condition, Every):
        for item in condition.items:
            yield from _parts(item)
    else:
        yield condition


def _plain(part: Expression) -> tuple[str, str, tuple[Value, ...]] | None:
    """Return a part as (feature, comparison, values), if that is all it is."""
    match part:
        case Field(name, kind) if kind == BOOL:
            return name, "==", (True,)
        case Compare(op, Field(name, _), Literal(value, _)):
            return name, op, (value,)
        case Compare(op, Literal(value, _), Field(name, _)):
            return name, _TURNED[op], (value,)
        case Member(Field(name, _), values):
            return name, "in", tuple(each.value for each in values)
        case Not(Member(Field(name, _), values)):
            return name, "not in", tuple(each.value for each in values)
        case Not(Field(name, _)):
            return name, "==", (False,)
        case Not(Compare(op, left, right)):
            return _plain(Compare(_OPPOSITE[op], left, right))
        case _:
            return None
