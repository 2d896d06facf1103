"""The language of conditions: Python's own parser, a closed list of what may stand in it, and types.

The result is a small tree of frozen nodes that a compiler turns into SQL. Nothing is ever evaluated here,
and what is not on the list is refused with its column. A value that is not known makes what is built on it
unknown.
"""

import ast
import difflib
import keyword
import math
import re
import unicodedata
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from crmcli import vocabulary as words
from crmcli.i18n import _, ngettext

NUMBER, TEXT, BOOL, DATE = "number", "text", "bool", "date"
MAX_LENGTH = 2_000  #: characters of one expression
MAX_DEPTH = 30  #: levels of one expression, far below Python's own limit
MAX_STACK = (
    60  #: of SQLite's parser, which has room for 100 (before 3.46) and needs some for the statement around
)
MAX_NODES = 500  #: names, values and operations of one condition
MAX_TERMS = 100  #: of one sum or product
MAX_MIDDLE = 20  #: of what stands in the middle of a chain, `0 < revenue / orders < 5`: it is written twice
MAX_NUMBER = 10**15
FUNCTIONS = ("abs", "coalesce", "days_between", "has", "max", "min", "missing", "months_between", "round")
BETWEEN = ("days_between", "months_between")  #: from a day to a later one; below 0 when it is earlier
#: What is no name of a feature: it means something in a condition (which is read as a Python expression) already.
WORDS = frozenset({*FUNCTIONS, *(word.lower() for word in keyword.kwlist)})

_ALSO_CALLED = {"score": "value"}  #: what lists call a name, and what rules call it

Value = float | str | bool


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the rule (or a parameter of the rule file)."""

    value: Value
    type: str


@dataclass(frozen=True, slots=True)
class Field:
    """A feature."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Not:
    """Logical not; unknown stays unknown."""

    item: "Expression"
    type: str = BOOL


@dataclass(frozen=True, slots=True)
class Every:
    """Logical and."""

    items: "tuple[Expression, ...]"
    type: str = BOOL


@dataclass(frozen=True, slots=True)
class Some:
    """Logical or."""

    items: "tuple[Expression, ...]"
    type: str = BOOL


@dataclass(frozen=True, slots=True)
class Compare:
    """`left op right`, both of one type."""

    op: str
    left: "Expression"
    right: "Expression"
    type: str = BOOL


@dataclass(frozen=True, slots=True)
class Member:
    """`item in (values)`."""

    item: "Expression"
    values: tuple[Literal, ...]
    type: str = BOOL


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left op right` on numbers; a division by zero is unknown."""

    op: str
    left: "Expression"
    right: "Expression"
    type: str = NUMBER


@dataclass(frozen=True, slots=True)
class Choice:
    """`then if condition else otherwise`; an unknown condition chooses `otherwise`."""

    condition: "Expression"
    then: "Expression"
    otherwise: "Expression"
    type: str


@dataclass(frozen=True, slots=True)
class Call:
    """One of FUNCTIONS."""

    name: str
    args: "tuple[Expression, ...]"
    type: str


Expression = Literal | Field | Not | Every | Some | Compare | Member | Arithmetic | Choice | Call


@dataclass(frozen=True, slots=True)
class Known:
    """What a name stands for: its own name, its type, and the closed list of its values if it has one."""

    name: str
    type: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """The names an expression may use: features (by name and by alias) and numbers fixed in the rule file."""

    fields: Mapping[str, Known]
    parameters: Mapping[str, float]
    faulty: frozenset[str] = frozenset()  #: names whose own definition has a fault, which is said there
    unread: frozenset[str] = frozenset()  #: prefixes of names that could not be read; "" for plain ones

    def names(self) -> tuple[str, ...]:
        """Return every name, for suggestions."""
        return (*self.fields, *self.parameters)

    def excuses(self, name: str) -> bool:
        """Tell whether a name that is not known may be one whose definition has a fault: then that is said there."""
        return name in self.faulty or name[: name.find(".") + 1] in self.unread


class ExpressionFault(NamedTuple):
    """One thing wrong in an expression; `offset` counts characters from 0.

    `among` are the names that `value` may be a misspelling of, `advice` is what helps where it is none.
    """

    what: str
    offset: int
    code: str
    advice: str = ""
    value: str = ""
    among: tuple[str, ...] = ()

    @property
    def hint(self) -> str:
        """What to do about it; a near name is only looked for when somebody asks."""
        return (nearest(fold(self.value), self.among) if self.among else "") or self.advice


def fold(name: str) -> str:
    """Return a name as it is looked up: full-width letters and the like are the same as plain ones."""
    return unicodedata.normalize("NFKC", name)


def nearest(name: str, known: Sequence[str]) -> str:
    """Return the hint that offers the nearest known name, whatever the case, or no hint."""
    by_key = {each.casefold(): each for each in reversed(known)}
    own = _ALSO_CALLED.get(name.casefold(), "")
    found = (
        [own] if own in by_key else difflib.get_close_matches(name[:100].casefold(), by_key, n=1, cutoff=0.6)
    )
    return _("did you mean {name}?").format(name=by_key[found[0]]) if found else ""


def parse(text: str, scope: Scope) -> tuple[Expression | None, tuple[ExpressionFault, ...]]:
    """Read a condition; return its tree, or None and everything that is wrong with it."""
    if len(text) > MAX_LENGTH:
        what = _("longer than {limit} characters").format(limit=MAX_LENGTH)
        return None, (ExpressionFault(what, 0, "expression-too-long"),)
    start = len(text) - len(text.lstrip())
    flat = text.strip()
    if not flat.isprintable():
        flat = flat.translate(_BLANKS)
    if not flat:
        return None, (ExpressionFault(_("an empty condition"), 0, "expression-empty"),)
    tree, fault = _tree(flat)
    if tree is None:
        return None, (_moved(fault, start),) if fault else ()
    reader = _Reader(flat, scope)
    try:
        result = reader.read(tree, 1)
    except RecursionError:
        reader.faults.append(ExpressionFault(_("nested too deeply"), 0, "expression-depth"))
        result = None
    if result is not None and not reader.faults:
        reader.faults.extend(oversized(result))
    if reader.faults or result is None:
        return None, tuple(_moved(fault, start) for fault in reader.faults)
    return result, ()


def condition(text: str, scope: Scope) -> tuple[Expression | None, tuple[ExpressionFault, ...]]:
    """Read an expression that must be true or false."""
    result, faults = parse(text, scope)
    if result is not None and result.type != BOOL:
        offset = len(text) - len(text.lstrip())
        what = _("a condition must be true or false, this is a {type}").format(type=kind_words(result.type))
        hint = (
            _("compare it with something: {text} > 0").format(text=text.strip()[:40])
            if result.type == NUMBER
            else ""
        )
        return None, (ExpressionFault(what, offset, "not-a-condition", hint),)
    return result, faults


def kind_words(kind: str) -> str:
    """Return what a type is called in a message: what follows "a" in English."""
    match kind:
        case "number":
            return _("number")
        case "text":
            return _("text")
        case "date":
            return _("date")
        case _other:
            return _("true-or-false value")


def names_in(expression: Expression) -> set[str]:
    """Return the features an expression uses."""
    return {node.name for node in walk(expression) if isinstance(node, Field)}


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield every node of the tree."""
    yield expression
    for child in children(expression):
        yield from walk(child)


def children(expression: Expression) -> "tuple[Expression, ...]":
    """Return the nodes right below one."""
    match expression:
        case Not(item):
            return (item,)
        case Every(items) | Some(items):
            return items
        case Compare(_, left, right) | Arithmetic(_, left, right):
            return (left, right)
        case Member(item, values):
            return (item, *values)
        case Choice(asked, then, otherwise):
            return (asked, then, otherwise)
        case Call(_, args):
            return args
        case _:
            return ()


def oversized(expression: Expression) -> tuple[ExpressionFault, ...]:
    """Return the fault of a condition whose SQL would be too deep or too long for SQLite."""
    if _stack(expression) > MAX_STACK:
        return (ExpressionFault(_("nested too deeply"), 0, "expression-depth"),)
    if size(expression) > MAX_NODES:
        what = _("more than {limit} parts in one condition").format(limit=MAX_NODES)
        return (ExpressionFault(what, 0, "expression-too-long"),)
    return ()


def size(expression: Expression) -> int:
    """Return the number of nodes."""
    return sum(1 for _node in walk(expression))


def _stack(expression: Expression) -> int:
    """Return (an upper bound of) what SQLite's parser keeps on its stack for the SQL of an expression."""
    match expression:
        case Not(item):
            return 2 + _stack(item)
        case Every(items) | Some(items):
            return 3 + max(_stack(item) for item in items)
        case Compare(_, left, right):
            return max(1 + _stack(left), 3 + _stack(right))
        case Arithmetic(op, left, right):
            flat = op in {"+", "*"} and isinstance(left, Arithmetic) and left.op == op
            return max((0 if flat else 1) + _stack(left), (6 if op == "/" else 3) + _stack(right))
        case Member(item, _):
            return 4 + _stack(item)
        case Choice(asked, then, otherwise):
            return 5 + max(_stack(asked), _stack(then), _stack(otherwise))
        case Call(_, args):
            return 6 + max(_stack(arg) for arg in args)
        case _:
            return 1


def canonical(expression: Expression) -> list[object]:
    """Return the tree as nested lists: equal for expressions of one tree, however they are written."""
    head: list[object] = [type(expression).__name__]
    match expression:
        case Literal(value, kind):
            return [*head, kind, float(value) if kind == NUMBER else value]
        case Field(name, _):
            return [*head, name]
        case Compare(op, _, _) | Arithmetic(op, _, _):
            head.append(op)
        case Call(name, _, _):
            head.append(name)
        case _:
            pass
    return head + [canonical(child) for child in children(expression)]


def written_out(expression: Expression) -> str:
    """Return an expression as one may write it; what is put together of parts stands in brackets inside another."""
    match expression:
        case Literal(value, kind):
            if kind == BOOL:
                return "true" if value else "false"
            short = f"{value:.15g}" if kind == NUMBER else repr(value)
            return short if kind != NUMBER or float(short) == value else repr(value)
        case Field(name, _):
            return name
        case Not(item):
            return f"not {_bracketed(item)}"
        case Every(items):
            return " and ".join(_bracketed(item) for item in items)
        case Some(items):
            return " or ".join(_bracketed(item) for item in items)
        case Compare(op, left, right) | Arithmetic(op, left, right):
            return f"{_bracketed(left)} {op} {_bracketed(right)}"
        case Member(item, values):
            return f"{_bracketed(item)} in ({', '.join(written_out(each) for each in values)},)"
        case Choice(asked, then, otherwise):
            return f"{_bracketed(then)} if {_bracketed(asked)} else {_bracketed(otherwise)}"
        case Call(name, args, _):
            return f"{name}({', '.join(written_out(arg) for arg in args)})"


def _bracketed(expression: Expression) -> str:
    text = written_out(expression)
    return text if isinstance(expression, Literal | Field | Call) else f"({text})"


_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


_MAY_WARN = re.compile(
    r"\\|[0-9]\.?[A-Za-z_]"
)  #: what Python's parser may warn of: `"\d"`, `1or 2`, `2.or 1`
_BLANKS = str.maketrans("\r\n\t\f\v", "     ")
#: As far as a condition may be one: names, numbers, quoted texts, and the signs that mean something.
_SIGNS = re.compile(r"""(?:[\w .()\[\]{},+\-*/<>=!]+|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")*""")
_WIDE = "＝＜＞（），＋－＊／！≤≥≠“”‘’；＆｜"
_LOGIC_WORDS = {
    "and": "and", "且": "and", "并且": "and", "和": "and", "or": "or", "或": "or", "或者": "or",
    "not": "not", "非": "not", "不是": "not",
}  # fmt: skip
_LOGIC = re.compile(
    r"""'[^']*'?|"[^"]*"?|(?<!\w)(?P<word>AND|And|OR|Or|NOT|Not|并且|且|和|或者|或|非|不是)(?!\w)"""
)  # not in a quoted text
_SINGLE_EQUALS = re.compile(r"""'[^']*'?|"[^"]*"?|(?<![=<>!])(?P<equals>=)(?!=)""")  # not in a quoted text


def _moved(fault: ExpressionFault, by: int) -> ExpressionFault:
    return fault._replace(offset=fault.offset + by) if by else fault


def _tree(text: str) -> tuple[ast.expr | None, ExpressionFault | None]:
    signs = _SIGNS.match(text)
    end = signs.end() if signs else 0
    if end < len(text):
        return None, _foreign(text[end], end)
    try:
        if not _MAY_WARN.search(text):
            return ast.parse(text, mode="eval").body, None
        with warnings.catch_warnings():  # they are judged by the node list like the rest
            warnings.simplefilter("ignore")
            return ast.parse(text, mode="eval").body, None
    except SyntaxError as error:
        return None, _syntax_fault(text, error)
    except (ValueError, MemoryError, RecursionError, OverflowError):
        return None, ExpressionFault(_("cannot be read as a condition"), 0, "expression-syntax")


def _foreign(sign: str, offset: int) -> ExpressionFault:
    """Return the fault of a character that means nothing in a condition."""
    if sign == "#":
        return ExpressionFault(_("no comments inside a condition"), offset, "expression-comment")
    if sign in "\"'":
        what = _("a quotation mark without its counterpart")
        return ExpressionFault(what, offset, "expression-syntax", value=sign)
    hint = ""
    if sign in _WIDE:
        hint = _("use plain signs, not {value}").format(value=sign)
    elif sign in "&|~":
        hint = _("write and, or, not")
    elif sign in "%^@":
        hint = _("only + - * / are known")
    what = _("this cannot stand in a condition")
    return ExpressionFault(what, offset, "expression-not-allowed", hint, sign)


def _code_for(word: str, codes: Sequence[str]) -> str:
    """Return the hint that names the code of a word in either language, or no hint."""
    for vocabulary in _VOCABULARIES:
        code = vocabulary.parse(word) if set(codes) <= set(vocabulary.codes) else None
        if code in codes:
            return _("write {value}").format(value=repr(code))
    return ""


def _syntax_fault(text: str, error: SyntaxError) -> ExpressionFault:
    what, hint = _("not a condition that can be read"), ""
    offset = max((error.offset or 1) - 1, 0) if error.lineno == 1 else 0
    word = next((match for match in _LOGIC.finditer(text) if match["word"]), None)
    if word is not None:
        offset, hint = word.start(), _("write {value}").format(value=_LOGIC_WORDS[word["word"].lower()])
    single = None
    if "=" in text:
        single = next((match for match in _SINGLE_EQUALS.finditer(text) if match["equals"]), None)
    if single is not None:
        offset, hint = single.start(), _("use == to compare")
    return ExpressionFault(what, min(offset, len(text)), "expression-syntax", hint, text[:200])


#: The closed lists that features and columns take their codes from.
_VOCABULARIES = (
    words.KIND, words.GENDER, words.SIZE, words.INTENT_STAGE, words.LIFECYCLE_STAGE, words.CHANNEL, words.DIRECTION,
    words.OUTCOME, words.INTERACTION_KIND, words.TRANSACTION_KIND, words.OPPORTUNITY_STAGE, words.TIER,
)  # fmt: skip
_OF_ANY_ORDER = ("coalesce", "max", "min")  #: of numbers, and of days
_ARGUMENTS = {"abs": (1, 1), "missing": (1, 1), "round": (1, 2), **dict.fromkeys(("has", *BETWEEN), (2, 2))}


class _Reader:
    """Turns Python's tree into ours; every fault is noted, and a node with a fault below it is None."""

    def __init__(self, text: str, scope: Scope) -> None:
        self.text = text
        self.scope = scope
        self.faults: list[ExpressionFault] = []

    def _fault(
        self,
        node: ast.AST,
        what: str,
        code: str,
        hint: str = "",
        value: str = "",
        among: tuple[str, ...] = (),
    ) -> None:
        prefix = self.text.encode("utf-8", "surrogatepass")[: getattr(node, "col_offset", 0)]
        offset = len(prefix.decode("utf-8", "replace"))
        self.faults.append(ExpressionFault(what, offset, code, hint, value[:200], among))

    def read(self, node: ast.expr, depth: int) -> Expression | None:
        if depth > MAX_DEPTH:
            if not any(fault.code == "expression-depth" for fault in self.faults):
                self._fault(node, _("nested too deeply"), "expression-depth")
            return None
        match node:
            case ast.Constant():
                return self._literal(node)
            case ast.Name() | ast.Attribute():
                return self._name(node)
            case ast.BoolOp():
                return self._logic(node, depth)
            case ast.UnaryOp():
                return self._unary(node, depth)
            case ast.Compare():
                return self._comparison(node, depth)
            case ast.BinOp():
                return self._arithmetic(node, depth)
            case ast.IfExp():
                return self._choice(node, depth)
            case ast.Call():
                return self._call(node, depth)
            case _:
                what = _("this cannot stand in a condition")
                self._fault(node, what, "expression-not-allowed", value=type(node).__name__)
                return None

    def _literal(self, node: ast.Constant) -> Literal | None:
        value = node.value
        if isinstance(value, bool):
            return Literal(value, BOOL)
        if isinstance(value, int | float):
            if abs(value) > MAX_NUMBER or not math.isfinite(value):
                self._fault(node, _("a number that is too large"), "number-too-large")
                return None
            return Literal(float(value), NUMBER)
        if (
            isinstance(value, str)
            and "\0" not in value
            and not any(0xD800 <= ord(c) <= 0xDFFF for c in value)
        ):
            return Literal(unicodedata.normalize("NFC", value), TEXT)
        hint = _("ask with missing(name)") if value is None else ""
        self._fault(node, _("this cannot stand in a condition"), "expression-not-allowed", hint)
        return None

    def _name(self, node: ast.Name | ast.Attribute) -> Expression | None:
        if isinstance(node, ast.Attribute):
            if not isinstance(node.value, ast.Name):
                self._fault(node, _("this cannot stand in a condition"), "expression-not-allowed")
                return None
            written = f"{node.value.id}.{node.attr}"
        else:
            written = node.id
        name = fold(written)
        if name in {"true", "false"}:
            return Literal(name == "true", BOOL)
        if name in self.scope.parameters:
            return Literal(float(self.scope.parameters[name]), NUMBER)
        known = self.scope.fields.get(name)
        if known is None and not self.scope.excuses(name):
            what = _("unknown feature {name}").format(name=repr(written[:80]))
            hint = _("crm rules features lists them")
            self._fault(node, what, "unknown-feature", hint, written, self.scope.names())
        return None if known is None else Field(known.name, known.type)

    def _logic(self, node: ast.BoolOp, depth: int) -> Expression | None:
        items = [self._want(value, BOOL, depth) for value in node.values]
        found = tuple(item for item in items if item is not None)
        if len(found) < len(items):
            return None
        return Every(found) if isinstance(node.op, ast.And) else Some(found)

    def _want(self, node: ast.expr, kind: str, depth: int) -> Expression | None:
        item = self.read(node, depth + 1)
        if item is not None and item.type != kind:
            what = _("expected a {wanted}, this is a {type}").format(
                wanted=kind_words(kind), type=kind_words(item.type)
            )
            self._fault(node, what, "wrong-type")
            return None
        return item

    def _unary(self, node: ast.UnaryOp, depth: int) -> Expression | None:
        if isinstance(node.op, ast.Not):
            item = self._want(node.operand, BOOL, depth)
            return None if item is None else Not(item)
        if isinstance(node.op, ast.USub | ast.UAdd):
            item = self._want(node.operand, NUMBER, depth)
            if item is None or isinstance(node.op, ast.UAdd):
                return item
            if isinstance(item, Literal):
                return Literal(-float(item.value), NUMBER)
            return Arithmetic("-", Literal(0.0, NUMBER), item)
        self._fault(node, _("this cannot stand in a condition"), "expression-not-allowed")
        return None

    def _arithmetic(self, node: ast.BinOp, depth: int) -> Expression | None:
        """Read `a + b - c` from the left: a sum of many is long, not deep."""
        steps = [node]
        while isinstance(steps[-1].left, ast.BinOp):
            steps.append(steps[-1].left)
        if len(steps) > MAX_TERMS:
            what = _("more than {limit} parts in one condition").format(limit=MAX_TERMS)
            self._fault(node, what, "expression-too-long")
            return None
        found = self._want(steps[-1].left, NUMBER, depth)
        for step in reversed(steps):
            op = _ARITHMETIC.get(type(step.op))
            if op is None:
                what, hint = _("this cannot stand in a condition"), _("only + - * / are known")
                self._fault(step, what, "expression-not-allowed", hint)
                return None
            right = self._want(step.right, NUMBER, depth)
            found = None if found is None or right is None else Arithmetic(op, found, right)
        return found

    def _choice(self, node: ast.IfExp, depth: int) -> Expression | None:
        asked = self._want(node.test, BOOL, depth)
        then, otherwise = self.read(node.body, depth + 1), self.read(node.orelse, depth + 1)
        if asked is None or then is None or otherwise is None:
            return None
        if DATE in {then.type, otherwise.type}:
            first = self._as_date(node.body, then, otherwise)
            second = self._as_date(node.orelse, otherwise, then)
            if first is None or second is None:
                return None
            then, otherwise = first, second
        if then.type != otherwise.type:
            what = _("one side is a {left}, the other a {right}").format(
                left=kind_words(then.type), right=kind_words(otherwise.type)
            )
            self._fault(node, what, "wrong-type")
            return None
        return Choice(asked, then, otherwise, then.type)

    def _call(self, node: ast.Call, depth: int) -> Expression | None:
        if not isinstance(node.func, ast.Name) or node.keywords:
            self._fault(node, _("this cannot stand in a condition"), "expression-not-allowed")
            return None
        name = node.func.id
        if name not in FUNCTIONS:
            what = _("unknown function {name}").format(name=repr(name[:80]))
            hint = _("known: {names}").format(names=", ".join(FUNCTIONS))
            self._fault(node, what, "unknown-function", hint, name, FUNCTIONS)
            return None
        items = [self.read(arg, depth + 1) for arg in node.args]
        args = tuple(item for item in items if item is not None)
        return self._checked_call(node, name, args) if len(args) == len(items) else None

    def _checked_call(self, node: ast.Call, name: str, args: "tuple[Expression, ...]") -> Expression | None:
        least, most = _ARGUMENTS.get(name, (2, 20))
        if not least <= len(args) <= most:
            if least == most:
                text = ngettext("{name}() takes {count} value", "{name}() takes {count} values", least)
                what = text.format(name=name, count=least)
            else:
                what = _("{name}() takes {least} to {most} values").format(name=name, least=least, most=most)
            self._fault(node, what, "wrong-arguments")
            return None
        if name == "missing":
            return Call(name, args, BOOL)
        if name in {"has", *BETWEEN}:
            return self._typed_call(node, name, args)
        if name in _OF_ANY_ORDER and any(arg.type == DATE for arg in args):
            pairs = zip(node.args, args, strict=True)
            days = [self._as_date(written, arg, Literal("", DATE)) for written, arg in pairs]
            args = tuple(day for day in days if day is not None)
            if len(args) < len(days):
                return None
        kind = (
            args[0].type if name == "coalesce" or (name in _OF_ANY_ORDER and args[0].type == DATE) else NUMBER
        )
        if any(arg.type != kind for arg in args):
            self._fault(
                node,
                _("{name}() needs values of one type: {type}").format(name=name, type=kind_words(kind)),
                "wrong-type",
            )
            return None
        if name == "round" and len(args) == 2:
            places = args[1]
            if not (isinstance(places, Literal) and places.value in range(7)):
                self._fault(node, _("round() takes 0 to 6 decimals"), "wrong-arguments")
                return None
        return Call(name, args, kind)

    def _typed_call(self, node: ast.Call, name: str, args: "tuple[Expression, ...]") -> Expression | None:
        """Read has(tags, 'vip'), days_between or months_between(day, later day); a day may be written as text."""
        first, second = args
        if name in BETWEEN:
            left = self._as_date(node.args[0], first, Literal("", DATE))
            right = self._as_date(node.args[1], second, Literal("", DATE))
            if left is None or right is None:
                return None
            first, second = left, right
            if name == "months_between" and any(
                isinstance(part, Call) and part.name == name for arg in (first, second) for part in walk(arg)
            ):  # its SQL names each day many times
                self._fault(node, _("nested too deeply"), "expression-depth")
                return None
        wanted = TEXT if name == "has" else DATE
        if (first.type, second.type) != (wanted, wanted):
            what = _("{name}() needs values of one type: {type}").format(name=name, type=kind_words(wanted))
            self._fault(node, what, "wrong-type")
            return None
        if name == "has" and not (isinstance(second, Literal) and str(second.value).strip()):
            self._fault(
                node, _("has() looks for a word that is written out: has(tags, 'vip')"), "wrong-arguments"
            )
            return None
        return Call(name, (first, second), BOOL if name == "has" else NUMBER)

    def _comparison(self, node: ast.Compare, depth: int) -> Expression | None:
        """Read `a < b <= c` as `a < b and b <= c`."""
        links: list[Expression] = []
        left_node, left = node.left, self.read(node.left, depth + 1)
        for at, (op, right_node) in enumerate(zip(node.ops, node.comparators, strict=True)):
            if isinstance(op, ast.In | ast.NotIn):
                link = self._member(op, left, right_node, depth)
                right = None
            elif type(op) not in _COMPARISONS:
                self._fault(
                    node, _("this cannot stand in a condition"), "expression-not-allowed", _("use == or !=")
                )
                return None
            else:
                right = self.read(right_node, depth + 1)
                link = self._link(_COMPARISONS[type(op)], left_node, left, right_node, right)
            if link is None:
                return None
            links.append(link)
            if at + 1 < len(node.ops) and (right is None or size(right) > MAX_MIDDLE):
                # Written out, the middle stands twice in the SQL, and twice in each level around it.
                what = (
                    _("a list cannot stand in the middle of a chain")
                    if right is None
                    else _("the middle of a chain has more than {limit} parts").format(limit=MAX_MIDDLE)
                )
                self._fault(right_node, what, "chain-too-complex", _("join two comparisons with and"))
                return None
            left_node, left = right_node, right
        return links[0] if len(links) == 1 else Every(tuple(links))

    def _link(
        self,
        sign: str,
        left_node: ast.expr,
        left: Expression | None,
        right_node: ast.expr,
        right: Expression | None,
    ) -> Expression | None:
        if left is None or right is None:
            return None
        as_written = left
        left, right = self._as_date(left_node, left, right), self._as_date(right_node, right, as_written)
        if left is None or right is None:
            return None
        if left.type != right.type:
            what = _("a {left} cannot be compared with a {right}").format(
                left=kind_words(left.type), right=kind_words(right.type)
            )
            self._fault(
                left_node,
                what,
                "wrong-type",
                _("write true or false") if BOOL in {left.type, right.type} else "",
            )
            return None
        if sign not in {"==", "!="} and left.type not in {NUMBER, DATE}:
            what = _("a {type} has no order, only == and !=").format(type=kind_words(left.type))
            self._fault(left_node, what, "wrong-type")
            return None
        known_left = self._known_code(right_node, left, right)
        known_right = self._known_code(left_node, right, left)
        return Compare(sign, left, right) if known_left and known_right else None

    def _as_date(self, node: ast.expr, own: Expression, other: Expression) -> Expression | None:
        if other.type != DATE or not isinstance(own, Literal) or own.type != TEXT:
            return own
        text = str(own.value)
        try:
            if date.fromisoformat(text).isoformat() == text:
                return Literal(text, DATE)
        except ValueError:
            pass
        self._fault(
            node,
            _("not a date: {value}").format(value=repr(text[:40])),
            "not-a-date",
            _("write '2026-11-22'"),
        )
        return None

    def _known_code(self, node: ast.expr, field: Expression, value: Expression) -> bool:
        if not isinstance(field, Field) or not isinstance(value, Literal) or field.type != TEXT:
            return True
        codes = self.scope.fields[field.name].codes
        if not codes or value.value in codes:
            return True
        what = _("{field} is never {value}").format(field=field.name, value=repr(str(value.value)[:80]))
        translated = _code_for(str(value.value), codes)
        hint = translated or _("known: {names}").format(names=", ".join(codes))
        self._fault(node, what, "unknown-value", hint, str(value.value), () if translated else codes)
        return False

    def _member(
        self, op: ast.cmpop, left: Expression | None, right_node: ast.expr, depth: int
    ) -> Expression | None:
        if not isinstance(right_node, ast.Tuple | ast.List | ast.Set):
            hint = _("write the values in brackets: in ('a', 'b')")
            self._fault(right_node, _("in needs a list of values"), "in-without-list", hint)
            return None
        values: list[Literal] = []
        for element in right_node.elts:
            value = self.read(element, depth + 1)
            value = None if value is None or left is None else self._as_date(element, value, left)
            if value is None or left is None:
                continue
            if not isinstance(value, Literal) or value.type != left.type:
                what = _("expected a {wanted}, this is a {type}").format(
                    wanted=kind_words(left.type), type=kind_words(value.type)
                )
                self._fault(element, what, "wrong-type")
            elif self._known_code(element, left, value):
                values.append(value)
        if left is None or len(values) < len(right_node.elts):
            return None
        if not values:
            self._fault(right_node, _("in needs a list of values"), "in-without-list")
            return None
        member = Member(left, tuple(values))
        return Not(member) if isinstance(op, ast.NotIn) else member
