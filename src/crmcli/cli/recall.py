"""The command lines that a shell's prompt asks at every turn, and the answer of before. Light: nothing else is loaded for it."""

import sys
from collections.abc import Sequence

from crmcli.streams import prepare_streams
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
            prepare_streams()
            sys.stdout.write(text)
            sys.stdout.flush()
    except (OSError, AttributeError):  # gone, full or no file: the long way knows what to do
        return None
    return status
