"""Typed access to a YAML tree: each question notes its own fault and answers None, so all come at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from crmcli.errors import Fault
from crmcli.i18n import _
from crmcli.rules.expression import ExpressionFault, nearest
from crmcli.rules.model import Label
from crmcli.rules.source import Fields, Items, Node, Place, Scalar

MAX_GUESSES = 20  #: unknown words for which the nearest known one is looked up: that takes its time


@dataclass(slots=True)
class Reader:
    """The faults found so far, and the source lines to show with them; `let_pass` are codes that are no faults here."""

    lines: Mapping[str, list[str]]
    let_pass: frozenset[str] = frozenset()
    faults: list[Fault] = field(default_factory=list)
    guesses: int = 0

    def fault(self, place: Place, what: str, code: str, *, hint: str = "", value: str = "") -> None:
        """Note one fault."""
        if code in self.let_pass:
            return
        lines = self.lines.get(place.file, [])
        source = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
        self.faults.append(
            Fault(what, place.file, place.line, place.column or "", value[:200], hint, code, source)
        )

    def nearest(self, word: str, known: Sequence[str]) -> str:
        """Return the hint that offers the nearest known word; none after so many unknown ones."""
        self.guesses += 1
        return nearest(word, known) if self.guesses <= MAX_GUESSES else ""

    def fields(
        self, node: Node | None, place: Place, *, required: Iterable[str] = (), optional: Iterable[str] = ()
    ) -> Fields | None:
        """Return a mapping whose keys are all known; keys that must stand there and do not are faults.

        Nothing if it is not there itself: whether it must be, the mapping around it knows.
        """
        if node is None:
            return None
        if not isinstance(node, Fields):
            self._wrong_shape(node, place, _("a mapping (name: value)"))
            return None
        required = tuple(required)
        known = (*required, *optional)
        hints: set[str] = set()
        for key, _value in node.entries:
            if key.text not in known:
                hint = self.nearest(key.text, known) or _("known: {names}").format(names=", ".join(known))
                hints.add(hint)
                what = _("unknown key {name}").format(name=repr(key.text[:80]))
                self.fault(key.place, what, "unknown-key", hint=hint, value=key.text)
        for name in required:
            if node.get(name) is None and nearest(name, (name,)) not in hints:  # a misspelt key is one fault
                what = _("the key {name} is missing").format(name=name)
                self.fault(node.place, what, "missing-key", value=name)
        return node

    def mapping(self, node: Node | None, place: Place) -> tuple[tuple[Scalar, Node], ...]:
        """Return the entries of a mapping whose keys are free; nothing if it is not there."""
        if node is None:
            return ()
        if not isinstance(node, Fields):
            self._wrong_shape(node, place, _("a mapping (name: value)"))
            return ()
        return node.entries

    def items(self, node: Node | None, place: Place, *, at_least: int = 0) -> tuple[Node, ...]:
        """Return the items of a list; nothing if it is not there."""
        if node is None:
            return ()
        if not isinstance(node, Items):
            self._wrong_shape(node, place, _("a list (- item)"))
            return ()
        if len(node.items) < at_least:
            self.fault(node.place, _("an empty list"), "empty-list")
        return node.items

    def _wrong_shape(self, node: Node | None, place: Place, wanted: str) -> None:
        if node is not None:
            place = node.place
        value = repr(node.text[:80]) if isinstance(node, Scalar) else _("something else")
        what = _("expected {wanted}, got {value}").format(wanted=wanted, value=value)
        self.fault(place, what, "wrong-type", value=_written(node))

    def text(self, node: Node | None) -> str | None:
        """Return a text that is not empty."""
        if node is None:
            return None
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.strip():
            return node.value
        hint = _("put it in quotes") if isinstance(node, Scalar) and node.text else ""
        value = repr(node.text[:80]) if isinstance(node, Scalar) else _("something else")
        what = _("expected a text, got {value}").format(value=value)
        self.fault(node.place, what, "wrong-type", hint=hint, value=_written(node))
        return None

    def number(
        self, node: Node | None, *, least: float | None = None, most: float | None = None
    ) -> float | None:
        """Return a number within bounds."""
        if node is None:
            return None
        value = node.value if isinstance(node, Scalar) else None
        if not isinstance(value, int | float) or isinstance(value, bool):
            written = repr(node.text[:80]) if isinstance(node, Scalar) else _("something else")
            what = _("expected a number, got {value}").format(value=written)
            self.fault(node.place, what, "wrong-type", hint=self._number_hint(node), value=_written(node))
            return None
        if (least is not None and value < least) or (most is not None and value > most):
            bounds = _("at least {least}").format(least=least) if most is None else f"{least} … {most}"
            what = _("expected a number {bounds}, got {value}").format(bounds=bounds, value=value)
            self.fault(node.place, what, "out-of-range", value=str(value))
            return None
        return value

    def _number_hint(self, node: Node) -> str:
        if isinstance(node, Scalar) and node.text.rstrip("% ").replace(".", "", 1).isdigit():
            return _("write {value}").format(value=node.text.rstrip("% "))
        return ""

    def whole(self, node: Node | None, *, least: int, most: int) -> int | None:
        """Return a whole number within bounds."""
        value = self.number(node, least=least, most=most)
        if value is None or node is None:
            return None
        if value != int(value):
            what = _("expected a whole number, got {value}").format(value=value)
            self.fault(node.place, what, "wrong-type", value=_written(node))
            return None
        return int(value)

    def choice(self, node: Node | None, known: Iterable[str], code: str = "unknown-value") -> str | None:
        """Return one word of a closed list."""
        word = self.text(node)
        if word is None or node is None:
            return None
        known = tuple(known)
        if word in known:
            return word
        what = _("{value} is not one of {names}").format(value=repr(word[:80]), names=", ".join(known))
        self.fault(node.place, what, code, hint=self.nearest(word, known), value=word)
        return None

    def label(self, node: Node | None, place: Place) -> Label | None:
        """Return a text in both languages: `{en: …, zh: …}`."""
        if node is None:
            self.fault(place, _("no text for people"), "missing-label", hint="text: {en: …, zh: …}")
            return None
        found = self.fields(node, place, required=("en", "zh"))
        if found is None:
            return None
        en, zh = self.text(found.get("en")), self.text(found.get("zh"))
        return None if en is None or zh is None else Label(en, zh)

    def expression(self, node: Scalar, faults: Iterable[ExpressionFault]) -> None:
        """Note the faults of an expression at their place in the file."""
        for fault in faults:
            place = self._inside(node, fault.offset)
            self.fault(place, fault.what, fault.code, hint=fault.hint, value=fault.value)

    def _inside(self, node: Scalar, offset: int) -> Place:
        """Return the place of a character of a scalar; where folding hides it, the scalar's own place."""
        place = node.place
        lines = self.lines.get(place.file, [])
        if not 0 < place.line <= len(lines):
            return place
        line = lines[place.line - 1]
        first = line[place.column - 1 :]
        quoted = first[:1] in {"'", '"'}
        if not node.block:
            start = place.column + (1 if quoted else 0)
            written = line[start - 1 :]
            if written.startswith(node.text) or written[: offset + 1] == node.text[: offset + 1]:
                return Place(place.file, place.line, start + offset)
            return place
        # A block scalar (| or >): its first line of text follows; folding turns line ends into single blanks.
        rest = offset
        for number in range(place.line, len(lines)):
            text = lines[number].strip()
            if rest <= len(text):
                indent = len(lines[number]) - len(lines[number].lstrip())
                return Place(place.file, number + 1, indent + rest + 1)
            rest -= len(text) + 1
        return place


def _written(node: Node | None) -> str:
    """What stands in the file at a value; nothing for a list or a mapping."""
    return node.text if isinstance(node, Scalar) else ""
