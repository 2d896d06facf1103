"""Expression tree → SQLAlchemy Core. Values are bound parameters; names come from the given columns only.

Numbers are REAL throughout, so that nothing overflows; a division by zero is NULL; NULL means not known.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Float, Integer, Text, and_, case, cast, func, literal, not_, or_
from sqlalchemy.sql.elements import Grouping

from crmcli.rules.expression import (
    BOOL,
    NUMBER,
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
)

Sql = ColumnElement[Any]


def to_sql(expression: Expression, columns: Mapping[str, Sql]) -> Sql:
    """Return the SQL of an expression over named columns."""
    return _Writer(columns).write(expression)


def _literal(node: Literal) -> Sql:
    if node.type == NUMBER:
        return literal(float(node.value), Float)
    if node.type == BOOL:
        return literal(int(bool(node.value)), Integer)
    return literal(str(node.value), Text)


class _Writer:
    def __init__(self, columns: Mapping[str, Sql]) -> None:
        self.columns = columns

    def write(self, node: Expression) -> Sql:
        match node:
            case Literal():
                return _literal(node)
            case Field(name, _):
                return self.columns[name]
            case Not(item):
                return not_(Grouping(self.write(item)))
            case Every(items):
                return and_(*(Grouping(self.write(item)) for item in items))
            case Some(items):
                return or_(*(Grouping(self.write(item)) for item in items))
            case Compare(op, left, right):
                return self._compare(op, self._operand(left), self._operand(right))
            case Member(item, values):
                return self._operand(item).in_([_literal(value) for value in values])
            case Arithmetic(op, left, right):
                return self._arithmetic(op, self.write(left), self.write(right))
            case Choice(asked, then, otherwise):
                return case((Grouping(self.write(asked)), self.write(then)), else_=self.write(otherwise))
            case Call(name, args, _):
                return self._call(name, args)

    def _operand(self, node: Expression) -> Sql:
        """Keep a condition that is compared with another in brackets."""
        written = self.write(node)
        return Grouping(written) if node.type == BOOL and not isinstance(node, Field | Literal) else written

    @staticmethod
    def _compare(op: str, left: Sql, right: Sql) -> Sql:
        # Bound values are never NULL here, so that == does not turn into IS NULL.
        return {
            "==": left == right,
            "!=": left != right,
            "<": left < right,
            "<=": left <= right,
            ">": left > right,
            ">=": left >= right,
        }[op]

    @staticmethod
    def _arithmetic(op: str, left: Sql, right: Sql) -> Sql:
        if op == "/":
            return left / func.nullif(right, literal(0.0, Float), type_=Float)
        return left + right if op == "+" else left - right if op == "-" else left * right

    def _call(self, name: str, args: tuple[Expression, ...]) -> Sql:
        if name == "round" and len(args) > 1:
            # Our own decimals: SQLite's round(x, n) differs between its versions, round(x) does not.
            places = args[1]
            scale = literal(10.0 ** int(places.value) if isinstance(places, Literal) else 1.0, Float)
            return func.round(self.write(args[0]) * scale, type_=Float) / scale
        if name == "has":
            return self._has(args)
        written = [self.write(arg) for arg in args]
        if name == "days_between":
            first, second = (func.julianday(day, type_=Float) for day in written)
            return second - first
        if name == "months_between":
            return _months_between(*written)
        if name == "missing":
            return Grouping(written[0]).is_(None)
        # With several arguments, min and max are SQLite's scalar functions: unknown if one is unknown.
        return getattr(func, name)(*written, type_=written[0].type)  # type: ignore[no-any-return]  # `func` makes any name

    def _has(self, args: tuple[Expression, ...]) -> Sql:
        """Whether a word is one of a list that a text is, whatever kind of comma stands between them."""
        listed, word = args
        text = self.write(listed)
        for other in ("，", "、", ", "):
            text = func.replace(text, literal(other, Text), literal(",", Text), type_=Text)
        wanted = str(word.value).strip() if isinstance(word, Literal) else ""
        around = literal(",", Text).concat(text).concat(literal(",", Text))
        return Grouping(func.instr(around, literal(f",{wanted},", Text), type_=Integer) > 0)


def _months_between(day: Sql, later: Sql) -> Sql:
    """How many whole calendar months lie between two days: the same both ways, below 0 when the other is earlier.

    A month added to the 31st is the last day of a shorter month (crmcli.months), so the last day of a month always
    completes one.
    """
    forward = later >= day
    return cast(case((forward, _whole_months(day, later)), else_=-_whole_months(later, day)), Float)


def _whole_months(first: Sql, last: Sql) -> Sql:
    """The most calendar months that, added to a day, come to no later than another that is not before it."""

    def part(of: Sql, start: int, length: int) -> Sql:
        return cast(func.substr(of, start, length), Integer)

    begun = (part(last, 1, 4) - part(first, 1, 4)) * 12 + part(last, 6, 2) - part(first, 6, 2)
    last_of_month = func.date(last, "start of month", "+1 month", "-1 day") == last
    full = or_(part(last, 9, 2) >= part(first, 9, 2), last_of_month)
    return begun - case((full, 0), else_=1)
