"""What a condition can come to, whoever is judged: for everybody, for nobody, or only for whom a rule above takes.

A feature's values fall into cells: the values that conditions compare it with, the stretches between them, and not known.
Within one cell every plain comparison has one outcome, so that trying each cell tries everybody. What is worked out from
features (arithmetic, functions) is kept as the stretch its value must lie in, which may say too little and never too much.
A single customer is a cell of its own.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise, product
from types import MappingProxyType

from crmcli.rules.catalogue import CATALOGUE
from crmcli.rules.expression import (
    BETWEEN,
    BOOL,
    DATE,
    TEXT,
    Arithmetic,
    Call,
    Choice,
    Compare,
    Every,
    Expression,
    Field,
    Literal,
    Member,
    Not,
    Some,
    canonical,
    walk,
)

TRUE, FALSE, UNKNOWN = 1, 2, 4  #: outcomes; several are added up
MOST_STEPS = 20_000  #: nodes that are looked at for one question; beyond, there is no answer
MOST_CELLS = 500  #: of features that only the rules above look at
OTHER = "\0"  #: any text that no condition names
#: Features that are known for everybody, whatever was recorded.
ALWAYS_KNOWN = frozenset(
    {
        "orders",
        "revenue",
        "categories",
        "unpaid_amount",
        "settled_sales",
        "late_payments",
        "touches",
        "unanswered",
        "open_opportunities",
        "undated_opportunities",
        "open_complaints",
        "complaints",
        "unanswered_surveys",
        "open_pipeline",
        "has_next_step",
        "referrals",
        "completeness",
        "today",
        "kind",
    }
)
#: Of these, the ones that count: whole and never below 0.
COUNTS = frozenset(
    {
        "orders",
        "categories",
        "settled_sales",
        "late_payments",
        "touches",
        "unanswered",
        "open_opportunities",
        "undated_opportunities",
        "open_complaints",
        "complaints",
        "unanswered_surveys",
        "referrals",
    }
)
_NO_NAMES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Value:
    """What a number, day or text can be; a day is counted in days.

    Attributes:
        low, high: the ends of the stretch a number lies in.
        open: the ends themselves are not in it.
        texts: the texts it may be, None for any.
        known, missing: whether it can be known, and whether it can be missing.
    """

    low: float = -math.inf
    high: float = math.inf
    open: bool = False
    texts: frozenset[str] | None = None
    known: bool = True
    missing: bool = False


_MISSING = Value(known=False, missing=True)
Cell = Value | int


class _TooMuchError(Exception):
    pass


def always_true(condition: Expression, of: Mapping[str, str] = _NO_NAMES) -> bool:
    """Say whether a condition certainly holds for everybody.

    Args:
        condition: the condition.
        of: name → the feature of the catalogue that it is, in a window; "" where it is none.
    """
    return _everywhere([condition], of, lambda judge, cell: judge.outcomes(condition, cell) == TRUE)


def never_true(condition: Expression, of: Mapping[str, str] = _NO_NAMES) -> bool:
    """Say whether a condition certainly holds for nobody."""
    return _everywhere([condition], of, lambda judge, cell: not judge.outcomes(condition, cell) & TRUE)


def hidden(condition: Expression, above: tuple[Expression, ...], of: Mapping[str, str] = _NO_NAMES) -> bool:
    """Say whether everybody whom a condition holds for is certainly taken by the ones above it."""
    if not above:
        return False
    parts = [
        canonical(part) for part in (condition, *(condition.items if isinstance(condition, Every) else ()))
    ]
    if any(canonical(before) in parts for before in above):
        return True

    def taken(judge: "_Judge", cell: Mapping[str, Cell]) -> bool:
        if not judge.outcomes(condition, cell) & TRUE:
            return True
        return any(judge.outcomes(before, cell) == TRUE for before in above)

    return _everywhere([condition, *above], of, taken)


def holds(condition: Expression, facts: Mapping[str, float | str | bool | None]) -> bool | None:
    """Say whether a condition holds for one customer; what is not known does not hold.

    None where that cannot be told from these values: a name is missing, or a function is not worked out exactly.
    """
    judge = _Judge(_NO_NAMES)
    fields = {node.name: node.type for node in walk(condition) if isinstance(node, Field)}
    cell = {name: _cell_of(facts[name], kind) for name, kind in fields.items() if name in facts}
    try:
        found = judge.outcomes(condition, cell)
    except _TooMuchError:
        return None
    if found == TRUE:
        return True
    return None if found & TRUE else False


def _cell_of(value: float | str | bool | None, kind: str) -> Cell:
    """Return the cell that holds one value and nothing else."""
    if value is None:
        return UNKNOWN if kind == BOOL else _MISSING
    if kind == BOOL:
        return TRUE if value else FALSE
    if kind == TEXT:
        return Value(texts=frozenset({str(value)}))
    return _point(float(_plain(Literal(value, kind))))


def _everywhere(
    conditions: list[Expression], of: Mapping[str, str], asked: "Callable[[_Judge, Mapping[str, Cell]], bool]"
) -> bool:
    """Say whether the answer is yes in every cell of the features of the first condition (of all, if they are few)."""
    judge = _Judge(of)
    try:
        bounds = _bounds(conditions, judge)
        cells: dict[str, list[Cell]] = {}
        for condition in conditions:
            for name, kind in sorted(
                {(each.name, each.type) for each in walk(condition) if isinstance(each, Field)}
            ):
                own = cells.get(name) or list(judge.cells(name, kind, bounds.get(name, ())))
                if condition is conditions[0] or math.prod(map(len, cells.values())) * len(own) <= MOST_CELLS:
                    cells[name] = own
        return all(asked(judge, dict(zip(cells, chosen, strict=True))) for chosen in product(*cells.values()))
    except _TooMuchError:
        return False


def _bounds(conditions: Iterable[Expression], judge: "_Judge") -> dict[str, set[float | str]]:
    """Return what each feature is compared with: numbers, days as numbers, and texts."""
    found: dict[str, set[float | str]] = {}
    for condition in conditions:
        for node in walk(condition):
            judge.step()
            if not isinstance(node, Compare | Member):
                continue
            parts = list(walk(node))
            values = {_plain(each) for each in parts if isinstance(each, Literal)}
            for each in parts:
                if isinstance(each, Field):
                    found.setdefault(each.name, set()).update(values)
    return found


def _plain(literal: Literal) -> float | str:
    if literal.type == DATE:
        return float(date.fromisoformat(str(literal.value)).toordinal())
    return str(literal.value) if literal.type == TEXT else float(literal.value)


class _Judge:
    """Works out what an expression can come to where features lie in given cells."""

    def __init__(self, of: Mapping[str, str]) -> None:
        self.of = of
        self.steps = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise _TooMuchError

    def _origin(self, name: str) -> str:
        return self.of.get(name, name)

    def cells(self, name: str, kind: str, bounds: Iterable[float | str]) -> Iterator[Cell]:
        """Yield the cells of a feature."""
        origin = self._origin(name)
        known = origin in ALWAYS_KNOWN
        if kind == BOOL:
            yield from (TRUE, FALSE) if known else (TRUE, FALSE, UNKNOWN)
            return
        if kind == TEXT:
            codes = CATALOGUE[origin].codes if origin in CATALOGUE else ()
            texts = codes or (*(each for each in bounds if isinstance(each, str)), OTHER)
            yield from (Value(texts=frozenset({text})) for text in texts)
        else:
            numbers = sorted(each for each in bounds if not isinstance(each, str))
            least = 0.0 if origin in COUNTS else -math.inf
            yield from _stretches(numbers, least, whole=kind == DATE or origin in COUNTS)
        if not known:
            yield _MISSING

    def outcomes(self, node: Expression, cell: Mapping[str, Cell]) -> int:
        """Return what a condition can come to, the outcomes added up."""
        self.step()
        match node:
            case Literal(value, _):
                return TRUE if value else FALSE
            case Field(name, _):
                found = cell.get(name, TRUE | FALSE | (0 if self._origin(name) in ALWAYS_KNOWN else UNKNOWN))
                return found if isinstance(found, int) else TRUE | FALSE | UNKNOWN
            case Not(item):
                return _turned(self.outcomes(item, cell))
            case Every(items):
                return _turned(_either(_turned(self.outcomes(item, cell)) for item in items))
            case Some(items):
                return _either(self.outcomes(item, cell) for item in items)
            case Compare(op, left, right):
                return self._compare(op, left, right, cell)
            case Member(item, values):
                return _either(self._compare("==", item, value, cell) for value in values)
            case Choice(asked, then, otherwise):
                chosen = self.outcomes(asked, cell)
                first = self.outcomes(then, cell) if chosen & TRUE else 0
                return first | (self.outcomes(otherwise, cell) if chosen & ~TRUE else 0)
            case Call("missing", (item,), _):
                return self._missing(item, cell)
            case Call("coalesce", args, _):
                found = UNKNOWN
                for arg in args:
                    if found & UNKNOWN:
                        found = found & ~UNKNOWN | self.outcomes(arg, cell)
                return found
            case _:
                return TRUE | FALSE | UNKNOWN

    def _missing(self, item: Expression, cell: Mapping[str, Cell]) -> int:
        if item.type == BOOL:
            found = self.outcomes(item, cell)
            return (TRUE if found & UNKNOWN else 0) | (FALSE if found & ~UNKNOWN else 0)
        value = self.value(item, cell)
        return (TRUE if value.missing else 0) | (FALSE if value.known else 0)

    def _compare(self, op: str, left: Expression, right: Expression, cell: Mapping[str, Cell]) -> int:
        if left.type == BOOL:
            return _equal_flags(op, self.outcomes(left, cell), self.outcomes(right, cell))
        first, second = self.value(left, cell), self.value(right, cell)
        found = UNKNOWN if first.missing or second.missing else 0
        if not (first.known and second.known):
            return UNKNOWN
        if op in {">", ">="}:
            op, first, second = {">": "<", ">=": "<="}[op], second, first
        if op in {"==", "!="}:
            equal = _equal(first, second)
            return found | (equal if op == "==" else _turned(equal))
        touch = not (first.open or second.open)
        if op == "<":
            return found | _answer(
                first.low < second.high,
                first.high > second.low or (first.high == second.low and touch),
            )
        return found | _answer(
            first.low < second.high or (first.low == second.high and touch), first.high > second.low
        )

    def value(self, node: Expression, cell: Mapping[str, Cell]) -> Value:
        """Return what a number, day or text can be."""
        self.step()
        match node:
            case Literal(value, kind):
                plain = _plain(node)
                return Value(texts=frozenset({str(value)})) if kind == TEXT else _point(float(plain))
            case Field(name, _):
                found = cell.get(name)
                if isinstance(found, Value):
                    return found
                origin = self._origin(name)
                low = 0.0 if origin in COUNTS else -math.inf
                return Value(low=low, missing=origin not in ALWAYS_KNOWN)
            case Arithmetic(op, left, right):
                return _reckoned(op, self.value(left, cell), self.value(right, cell))
            case Choice(asked, then, otherwise):
                chosen = self.outcomes(asked, cell)
                sides = [self.value(then, cell)] if chosen & TRUE else []
                sides += [self.value(otherwise, cell)] if chosen & ~TRUE else []
                return _joined(sides)
            case Call(name, args, _):
                return self._called(name, args, [self.value(arg, cell) for arg in args])
            case _:
                return Value(missing=True)

    @staticmethod
    def _called(name: str, args: tuple[Expression, ...], values: list[Value]) -> Value:
        if name == "coalesce":
            sides: list[Value] = []
            for value in values:
                sides.append(replace(value, missing=False))
                if not value.missing:
                    return _joined([side for side in sides if side.known])
            return replace(_joined(sides), missing=True)
        missing = any(value.missing for value in values)
        if not all(value.known for value in values):
            return _MISSING
        if name in BETWEEN and canonical(args[0]) == canonical(args[1]):
            return replace(_point(0.0), missing=missing)
        if name in {"min", "max"}:
            pick = min if name == "min" else max
            low, high = pick(value.low for value in values), pick(value.high for value in values)
            return Value(low, high, missing=missing)
        if name == "abs":
            low, high = values[0].low, values[0].high
            least = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
            return Value(least, max(abs(low), abs(high)), missing=missing)
        if name == "round":
            return Value(values[0].low - 0.5, values[0].high + 0.5, missing=missing)
        return Value(missing=missing)


def _point(value: float) -> Value:
    return Value(value, value)


def _stretches(bounds: list[float], least: float, *, whole: bool) -> Iterator[Value]:
    """Yield the numbers and the stretches between them; of what is whole, those that hold a whole number."""
    for low, high in pairwise([-math.inf, *bounds, math.inf]):
        if not whole:
            yield Value(low, high, open=True)
        else:
            first = least if low == -math.inf else max(math.floor(low) + 1, least)
            last = high if high == math.inf else math.ceil(high) - 1
            if first <= last:
                yield Value(float(first), float(last))
        if high < math.inf and (not whole or (high >= least and high == math.floor(high))):
            yield _point(high)


def _turned(found: int) -> int:
    """The outcomes of `not`."""
    return found & UNKNOWN | (FALSE if found & TRUE else 0) | (TRUE if found & FALSE else 0)


def _either(sides: Iterable[int]) -> int:
    """The outcomes of `or`."""
    found = FALSE
    for side in sides:
        both = found & side
        some = found | side
        mixed = UNKNOWN if some & UNKNOWN and found & ~TRUE and side & ~TRUE else 0
        found = some & TRUE | both & FALSE | mixed
    return found


def _answer(yes: bool, no: bool) -> int:
    return (TRUE if yes else 0) | (FALSE if no else 0)


def _equal_flags(op: str, first: int, second: int) -> int:
    same = bool(first & second & (TRUE | FALSE))
    other = bool((first & TRUE and second & FALSE) or (first & FALSE and second & TRUE))
    found = _answer(same, other)
    return (found if op == "==" else _turned(found)) | (first | second) & UNKNOWN


def _equal(first: Value, second: Value) -> int:
    if first.texts is not None or second.texts is not None:
        if first.texts is None or second.texts is None or (OTHER in first.texts and OTHER in second.texts):
            return TRUE | FALSE
        return _answer(bool(first.texts & second.texts), len(first.texts | second.texts) > 1)
    low, high = max(first.low, second.low), min(first.high, second.high)
    touch = low < high or (low == high and not (first.open or second.open))
    same = first.low == first.high == second.low == second.high
    return _answer(touch, not same)


def _joined(sides: list[Value]) -> Value:
    """What one of several can be."""
    known = [side for side in sides if side.known]
    missing = any(side.missing for side in sides)
    if not known:
        return _MISSING
    if len(known) == 1:
        return replace(known[0], missing=missing)
    texts = (
        None
        if any(side.texts is None for side in known)
        else frozenset().union(*(s.texts or () for s in known))
    )
    return Value(min(s.low for s in known), max(s.high for s in known), texts=texts, missing=missing)


def _reckoned(op: str, left: Value, right: Value) -> Value:
    """What a sum, difference, product or quotient can be; what no finite number is has no bounds, or is missing."""
    if not (left.known and right.known):
        return _MISSING
    missing = left.missing or right.missing
    if op == "/":
        if right.low <= 0 <= right.high:
            return _MISSING if right.low == right.high else Value(missing=True)
        op, right = "*", Value(1 / right.high, 1 / right.low)
    if op == "-":
        op, right = "+", Value(-right.high, -right.low)
    ends = [
        first + second if op == "+" else first * second
        for first in (left.low, left.high)
        for second in (right.low, right.high)
    ]
    if any(math.isnan(end) for end in ends):
        return Value(missing=True)
    return Value(min(ends), max(ends), missing=missing)
