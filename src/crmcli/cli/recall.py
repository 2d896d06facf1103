"""The command lines that a shell's prompt asks at every turn, and the answer of before. Light: nothing else is loaded for it."""

import sys
from collections.abc import Sequence

from crmcli.workflows.answers import recall

_PROMPTS = (["agenda", "--short"], ["agenda", "--quiet"])


def is_prompt(argv: Sequence[str]) -> bool:
    """Tell whether a command line is answered without Typer (see `prompt`)."""
    return list(argv) in _PROMPTS


def recalled(argv: Sequence[str]) -> int | None:
    """Give a prompt the answer that it had before, if it still holds, and return its status; None if there is none."""
    known = recall(argv) if is_prompt(argv) else None
    if known is None:
        return None
    text, status = known
    try:
        if text:
            sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")  # type: ignore[union-attr]
            sys.stdout.write(text)
            sys.stdout.flush()
    except (OSError, AttributeError):  # gone, full or no file: the long way knows what to do
        return None
    return status
