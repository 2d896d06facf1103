"""Questions to the person at the terminal; elsewhere an error that names the option to use.

Questions go to standard error, so that standard output stays data. Nothing waits for an answer that cannot
come.
"""

import sys

from crmcli.errors import UsageError
from crmcli.i18n import _
from crmcli.render.safe import safe

_YES = {"y", "yes", "是", "好", "对", "确定"}


def interactive() -> bool:
    """Return whether somebody is there to answer: standard input and standard error are terminals."""
    return all(
        stream is not None and not stream.closed and stream.isatty() for stream in (sys.stdin, sys.stderr)
    )


def confirm(question: str, *, yes: bool = False) -> bool:
    """Ask whether to go ahead; no answer is a no.

    Args:
        question: without the `[y/N]`.
        yes: `--yes` was given; nothing is asked.

    Raises:
        UsageError: nobody is there to ask.
    """
    if yes:
        return True
    answer = _answer(question, "[y/N] ", option="--yes")
    return answer.casefold() in _YES


def ask(question: str, *, option: str, default: str = "") -> str:
    """Ask for a text; an empty answer is the default.

    Args:
        question: without the colon.
        option: what to give on the command line instead, named when nobody is there to ask.
        default: shown in brackets.

    Raises:
        UsageError: nobody is there to ask.
    """
    return _answer(question, f"[{safe(default)}] " if default else ": ", option=option) or default


def _answer(question: str, tail: str, *, option: str) -> str:
    if not interactive():
        raise UsageError(
            _("there is nobody to ask: {question}").format(question=question),
            hint=_("give {option}").format(option=option),
        )
    gap = "" if tail.startswith(":") else " "
    sys.stderr.write(f"{safe(question)}{gap}{tail}")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):  # Ctrl-D leaves the cursor behind the question
        sys.stderr.write("\n")
    return answer.strip()
