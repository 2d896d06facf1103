"""What is wrong with a text that is no YAML, in plain words: the parser's own are English and about its insides.

PyYAML has two parsers, whose words for one fault differ. What no words are known for is shown as it came.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import yaml
from yaml.reader import Reader

from crmcli.i18n import _

_NOT_ENDED = re.compile("end of stream|document (separator|indicator)|simple key")
_BRACKET = re.compile("flow sequence|flow mapping")
_COLON = re.compile("mapping values are not allowed|could not find expected ':'")
_WIDE_COLON = "："
_KEY = re.compile(r"\s*(?:- +)?[A-Za-z0-9_]+\s*")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and what to do about it; line and column from 1, 0 where they are not known."""

    what: str
    hint: str = ""
    line: int = 0
    column: int = 0


def problem(error: Exception, text: str, lines: Sequence[str]) -> Problem:
    """Return what is wrong with a text that a parser gave up with an error.

    Args:
        error: what the parser raised.
        text: what it read.
        lines: the lines of the text.
    """
    if isinstance(error, yaml.MarkedYAMLError):
        return _marked(error, lines)
    character = Reader.NON_PRINTABLE.search(text)
    if character is None:
        return Problem(_unknown(str(error)))
    before = text[: character.start()]
    what = _("holds a character that cannot be stored")
    return Problem(what, "", before.count("\n") + 1, len(before) - before.rfind("\n"))


def _marked(error: yaml.MarkedYAMLError, lines: Sequence[str]) -> Problem:
    said = f"{error.problem} {error.context or ''}"
    mark, opened = error.problem_mark or error.context_mark, error.context_mark
    if mark is None:
        return Problem(_unknown(said))
    if opened is not None and (
        _NOT_ENDED.search(said) or (_BRACKET.search(said) and not _stands_behind(mark, opened, lines))
    ):
        mark = opened  # where it begins, not where the parser noticed that it does not end
    if _COLON.search(said):
        wide = _wide_colon(lines, opened.line if opened is not None else mark.line - 1, mark.line)
        if wide is not None:
            return wide
    line = lines[mark.line] if mark.line < len(lines) else ""
    sign = line[mark.column : mark.column + 1]
    for pattern, what, hint in _words(sign):
        if re.search(pattern, said):
            return Problem(what, hint, mark.line + 1, mark.column + 1)
    return Problem(_unknown(error.problem or ""), "", mark.line + 1, mark.column + 1)


def _stands_behind(mark: yaml.Mark, opened: yaml.Mark, lines: Sequence[str]) -> bool:
    """Tell whether there is something at a place, on the line on which a bracket was opened."""
    return mark.line == opened.line < len(lines) and mark.column < len(lines[mark.line])


def _unknown(said: str) -> str:
    return _("cannot be read as YAML ({problem})").format(problem=said[:200])


def _wide_colon(lines: Sequence[str], first: int, last: int) -> Problem | None:
    """Return the fault of a Chinese colon between two lines (from 0) that stands where the key's own is missing."""
    for at in range(max(first, 0), min(last + 1, len(lines))):
        key, wide, _rest = lines[at].partition(_WIDE_COLON)
        if wide and _KEY.fullmatch(key):
            hint = _("use plain signs, not {value}").format(value=_WIDE_COLON)
            return Problem(_("a key without its colon"), hint, at + 1, len(key) + 1)
    return None


def _words(sign: str) -> tuple[tuple[str, str, str], ...]:
    """Return what the parsers say, what is wrong then, and what helps; the first that fits is meant.

    Args:
        sign: the character that the parser stopped at.
    """
    tab = (_("a tab cannot stand here"), _("indent with blanks"))
    beginning = (_("a text cannot begin with {sign}").format(sign=sign), _("quote it"))
    return (
        ("mapping values are not allowed", _("a colon cannot stand here"),
            _("quote a text with a colon in it, and indent the keys of one mapping alike")),
        ("could not find expected ':'", _("a key without its colon"), _("write name: value")),
        ("tab character", *tab),
        ("cannot start any token", *(tab if sign == "\t" else beginning)),
        ("scanning an alias", _("aliases (*name) are not allowed"), _("write the value out; quote a star: '*'")),
        ("scanning an anchor", _("anchors (&name) are not allowed"), _("write the value out")),
        ("(end of stream|document (separator|indicator)) .*quoted scalar", _("a quotation mark without its counterpart"), ""),
        ("quoted scalar", _("a backslash that means nothing here"),
            _("write it twice, or use single quotation marks")),
        (r"expected ',' or '\]'", _("a list in [ ] lacks a comma or its end"), ""),
        ("expected ',' or '}'", _("a mapping in { } lacks a comma or its end"), ""),
        ("sequence entries are not allowed", _("a list (- item) cannot begin here"), _("begin it on the next line")),
        ("mapping keys are not allowed", *beginning),
        ("node content", _("a value is missing here"), ""),
        ("block scalar", _("a text after | or > begins on the next line"), ""),
        ("directive|incompatible YAML", _("YAML directives are not allowed"), ""),
        ("(scanning|parsing) a tag|tag handle", _("tags (!name) are not allowed"), _("quote the text")),
        ("expected <block end>|expected key|expected '-' indicator|document start",
            _("this does not fit what stands before it"),
            _("indent what belongs together alike, and close quotation marks and brackets")),
    )  # fmt: skip
