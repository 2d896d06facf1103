"""YAML as a person means it: a small, strict subset, with the line and column of everything.

Works on parser events, without recursion and without building Python objects, so that tags, aliases and
deep nesting have nothing to act on. Refused: what YAML 1.1 reads differently from what is written (`no`,
`012`, `1:30`, `=`), duplicate keys, aliases, tags, directives, several documents. Knows nothing about
rules.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import yaml

from crmcli.errors import Fault
from crmcli.i18n import _
from crmcli.rules.folder import MAX_BYTES
from crmcli.rules.syntax import problem

#: The same events twenty times faster, where PyYAML was built with libyaml (its wheels are).
_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
MAX_DEPTH = 30
MAX_FAULTS = 100  #: of one file; after these the reader stops
MAX_VALUES = 5_000  #: keys, values, lists and mappings of one file: more than ten times those of the longest shipped one
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_SMALL_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,13})")  #: the usual number, as said below
_OCTAL = re.compile(r"[-+]?0[0-9_]+")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_DECIMAL_COMMA = re.compile(r"-?[0-9]+,[0-9]+")
_OLD_BOOLEANS = frozenset({"y", "n", "yes", "no", "on", "off"})
_TRUE, _FALSE, _NULL = (
    {"true", "True", "TRUE"},
    {"false", "False", "FALSE"},
    {"", "~", "null", "Null", "NULL"},
)
_SPECIAL = frozenset("+-.0123456789=<yYnNoO")  #: what anything begins with that YAML versions disagree about
MAX_DIGITS = 15  #: more do not survive as a floating point number

Plain = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: file name, line and column from 1."""

    file: str = ""
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value; `text` as written (without quotes), `value` as YAML 1.2 understands it."""

    place: Place
    text: str
    value: Plain
    block: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    place: Place
    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping with text keys, in the order of the file."""

    place: Place
    entries: "tuple[tuple[Scalar, Node], ...]"

    def get(self, name: str) -> "Node | None":
        """Return the value under a key, or None."""
        return next((node for key, node in self.entries if key.text == name), None)


Node = Scalar | Items | Fields


class Marked(Protocol):
    """A position as PyYAML gives it, from 0."""

    line: int
    column: int


class _Refused(Exception):  # noqa: N818 - leaves this module as data, never as an exception
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.what)
        self.fault = fault


def lines_of(text: str) -> list[str]:
    """Return the lines of a file, which faults are shown with; none of one that is too large to be read."""
    return text.splitlines() if len(text) <= MAX_BYTES else []


def parse(text: str, file: str, lines: list[str] | None = None) -> tuple[Node | None, tuple[Fault, ...]]:
    """Read one YAML document; return its root and the faults; a root may come with faults inside it.

    Args:
        text: the document.
        file: its name, for faults.
        lines: its lines, if somebody has them already.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        what = _("larger than {limit} bytes").format(limit=MAX_BYTES)
        return None, (Fault(what, file, code="too-large"),)
    builder = _Builder(file, lines_of(text) if lines is None else lines)
    try:
        for event in _events(text):
            builder.take(event)
    except _Refused as refused:
        return None, (*builder.faults, refused.fault)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        found = problem(error, text, builder.lines)
        place = Place(file, found.line, found.column)
        return None, (*builder.faults, builder.fault(found.what, place, "yaml-syntax", hint=found.hint))
    return builder.root, tuple(builder.faults)


def _events(text: str) -> Iterator[yaml.Event]:
    loader = _LOADER(text)
    try:
        while loader.check_event():
            event: yaml.Event | None = loader.get_event()
            if event is not None:
                yield event
    finally:
        loader.dispose()


class _Open:
    """A list or mapping that is being read."""

    def __init__(self, place: Place, *, mapping: bool) -> None:
        self.place = place
        self.mapping = mapping
        self.key: Scalar | None = None
        self.skip_value = False
        self.items: list[Node] = []
        self.entries: list[tuple[Scalar, Node]] = []
        self.seen: set[str] = set()


class _Builder:
    """Puts events together; a fault that leaves the structure intact does not stop it."""

    def __init__(self, file: str, lines: list[str]) -> None:
        self.file = file
        self.lines = lines
        self.faults: list[Fault] = []
        self.root: Node | None = None
        self._stack: list[_Open] = []
        self._documents = 0
        self._values = 0

    def fault(self, what: str, place: Place | None, code: str, *, hint: str = "", value: str = "") -> Fault:
        line, column = (place.line, place.column) if place else (0, 0)
        source = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return Fault(what, self.file, line, column or "", value[:200], hint, code, source)

    def _refuse(self, what: str, event: yaml.Event, code: str, hint: str = "") -> None:
        raise _Refused(self.fault(what, self._place(event), code, hint=hint))

    def _note(self, what: str, place: Place, code: str, *, hint: str = "", value: str = "") -> None:
        fault = self.fault(what, place, code, hint=hint, value=value)
        if len(self.faults) >= MAX_FAULTS:
            raise _Refused(fault)
        self.faults.append(fault)

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._no_extras(event)
            self._put(self._scalar(event), event)
        elif isinstance(event, yaml.AliasEvent):
            self._refuse(
                _("aliases (*name) are not allowed"),
                event,
                "yaml-alias",
                _("write the value out; quote a star: '*'"),
            )
        elif isinstance(event, yaml.DocumentStartEvent):
            self._document(event)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            self._no_extras(event)
            if len(self._stack) >= MAX_DEPTH:
                self._refuse(
                    _("nested deeper than {limit} levels").format(limit=MAX_DEPTH), event, "yaml-depth"
                )
            self._stack.append(_Open(self._place(event), mapping=isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            done = self._stack.pop()
            node: Node = (
                Fields(done.place, tuple(done.entries))
                if done.mapping
                else Items(done.place, tuple(done.items))
            )
            self._put(node, event)

    def at(self, mark: Marked | None) -> Place:
        return Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file)

    def _place(self, event: yaml.Event) -> Place:
        return self.at(event.start_mark)

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            self._refuse(
                _("a rule file is one document"), event, "yaml-documents", _("take out the line ---")
            )
        if event.version or event.tags:
            self._refuse(_("YAML directives are not allowed"), event, "yaml-directive")

    def _no_extras(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            self._refuse(_("more than {limit} keys and values").format(limit=MAX_VALUES), event, "too-large")
        if event.anchor is not None:
            self._refuse(_("anchors (&name) are not allowed"), event, "yaml-anchor", _("write the value out"))
        if event.tag is not None:
            self._refuse(_("tags (!name) are not allowed"), event, "yaml-tag", _("quote the text"))

    def _put(self, node: Node, event: yaml.Event) -> None:
        if not self._stack:
            self.root = node
            return
        top = self._stack[-1]
        if not top.mapping:
            top.items.append(node)
        elif top.key is None:
            self._key(top, node, event)
        else:
            if not top.skip_value:
                top.entries.append((top.key, node))
            top.key = None

    def _key(self, top: _Open, node: Node, event: yaml.Event) -> None:
        if not isinstance(node, Scalar):
            self._refuse(_("a key must be a word"), event, "yaml-key")
            return
        top.key = node
        top.skip_value = node.text in top.seen
        if top.skip_value:
            what = _("the key {name} stands here twice").format(name=repr(node.text[:80]))
            self._note(what, self._place(event), "duplicate-key", value=node.text)
        top.seen.add(node.text)

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        text = event.value
        if _UNSTORABLE.search(text):
            self._refuse(_("holds a character that cannot be stored"), event, "yaml-character")
        place = self._place(event)
        value = self._plain(text, place) if event.implicit[0] else text
        return Scalar(place, text, value, block=event.style in {"|", ">"})

    def _plain(self, text: str, place: Place) -> Plain:
        """Read an unquoted scalar; what YAML versions disagree about is a fault."""
        if text in _NULL:
            return None
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        if _SMALL_INTEGER.fullmatch(text):
            return int(text)
        if text[0] not in _SPECIAL:
            return text
        if text.lower() in _OLD_BOOLEANS:
            hint = _('write true or false, or quote the word: "{value}"').format(value=text)
            what = _("{value} means true or false in some YAML and a word in other").format(value=repr(text))
            self._note(what, place, "yaml-boolean", hint=hint, value=text)
        elif _OCTAL.fullmatch(text):
            hint = _("take away the leading 0, or quote it")
            what = _("{value} is an octal number in some YAML").format(value=repr(text[:80]))
            self._note(what, place, "yaml-octal", hint=hint, value=text)
        elif _SEXAGESIMAL.fullmatch(text):
            what = _("{value} is a number of base 60 in some YAML").format(value=repr(text[:80]))
            self._note(what, place, "yaml-sexagesimal", hint=_("quote it"), value=text)
        elif text in {"=", "<<"}:
            what = _("{value} has a meaning of its own in some YAML").format(value=repr(text))
            self._note(what, place, "yaml-special", hint=_("quote it"), value=text)
        elif _DECIMAL_COMMA.fullmatch(text):
            hint = _("write {value}").format(value=text.replace(",", ".")[:80])
            what = _("expected a number with a point, got {value}").format(value=repr(text[:80]))
            self._note(what, place, "decimal-comma", hint=hint, value=text)
        elif _NUMBER.fullmatch(text):
            return self._number(text, place)
        return text

    def _number(self, text: str, place: Place) -> Plain:
        digits = sum(character.isdigit() for character in re.split("[eE]", text)[0])
        if digits > MAX_DIGITS or abs(float(text)) >= 10**MAX_DIGITS:
            what = _("a number of more than {limit} digits: {value}").format(
                limit=MAX_DIGITS, value=repr(text[:40])
            )
            self._note(what, place, "number-too-large", value=text)
            return 0
        return int(text) if _INTEGER.fullmatch(text) else float(text)
