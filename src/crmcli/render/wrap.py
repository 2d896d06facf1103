"""Wrapping of text in which Chinese and English stand together: help pages and table cells.

Chinese has no spaces to break at, and punctuation that may not begin a line; what wraps English only leaves ragged
lines and full stops alone. Standard library only, because every help page needs it. Never looks at what a text says.
"""

import unicodedata
from collections.abc import Callable

_NEVER_FIRST = " ，。；：、！？）」』》”’…"  #: on a line
_NEVER_LAST = "（「『《“‘"


def width_of(text: str) -> int:
    """Return how many terminal columns a text takes; Chinese characters take two."""
    return sum(2 if _wide(character) else 1 for character in text)


def wrap(text: str, width: int, measure: Callable[[str], int] = width_of) -> list[str]:
    """Return the lines of one paragraph, none wider than `width`; no line for no text."""
    lines, line = [], ""
    for piece in pieces(text):
        if line and measure(line + piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line = line + piece if line else piece.lstrip() if lines else piece
        while measure(line.rstrip()) > width:  # one piece is wider than a line
            fits = _fitting(line, width, measure)
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line.rstrip()] if line.strip() else lines


def pieces(text: str) -> list[str]:
    """Cut a text where a line may end: after a space and beside a wide character.

    Not within brackets `[…]`, not before closing punctuation, and not between a number and what it counts.
    """
    found, piece = [], ""
    for character in text:
        last = piece[-1:]
        wide = _wide(character)
        if last == " ":
            breaks = character != " " and not (wide and piece[-2:-1].isdecimal())
        else:
            glued = character in _NEVER_FIRST or last in _NEVER_LAST or piece.startswith("[")
            breaks = not glued and (wide or _wide(last))
        if piece and breaks:
            found.append(piece)
            piece = ""
        piece += character
    return [*found, piece] if piece else found


def _fitting(text: str, width: int, measure: Callable[[str], int]) -> int:
    """How many characters of a text fit into a line, at least one."""
    count = 1
    while count < len(text) and measure(text[: count + 1]) <= width:
        count += 1
    return count


def _wide(character: str) -> bool:
    return bool(character) and unicodedata.east_asian_width(character) in {"W", "F"}
