"""Texts for other people, written as they are: no table, no field names, nothing but the text.

In a pipe or a file they are exact; on a terminal what could act on it is made visible.
"""

import sys
from collections.abc import Iterable

from crmcli.render.safe import safe

BETWEEN = "\n---\n\n"  #: between one text and the next


def show_texts(texts: Iterable[str], between: str = BETWEEN) -> None:
    """Write texts to standard output, each ending in a line feed."""
    out = sys.stdout
    terminal = out.isatty()
    for number, text in enumerate(texts):
        whole = (between if number else "") + text
        out.write(safe(whole, multiline=True) if terminal else whole)
    out.flush()
