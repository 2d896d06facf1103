"""Talk on standard error: notes, warnings, errors with their faults.

An error is one line, `crm: error[code]: where: what`, then a hint. The words `crm: error[…]:` and `crm:
warning:` are for scripts and log filters, so they are the same in every language. Nothing here writes to
standard output, and nothing here fails: a closed standard error loses the talk, not the command.
"""

import os
import sys
import unicodedata

from crmcli.errors import AmbiguousError, CrmError, Fault
from crmcli.i18n import _, ngettext
from crmcli.render.safe import safe

SHOWN = 20  #: faults or candidates printed before "… and N more", unless every one was asked for


class _State:
    """Whether notes are wanted; a class attribute so that `quiet` needs no global statement."""

    quiet = False


def quiet(on: bool = True) -> None:
    """Switch notes and progress bars off (`--quiet`); warnings and errors are still written."""
    _State.quiet = on


def is_quiet() -> bool:
    """Return whether notes and progress bars are switched off."""
    return _State.quiet


def say(text: str) -> None:
    """Write a note."""
    if not _State.quiet:
        _write([safe(text, multiline=True)])


def warn(text: str) -> None:
    """Write a warning: the work was done, but something is worth knowing."""
    _write([f"crm: warning: {safe(text)}"])


def warn_at(fault: Fault) -> None:
    """Write a warning about one place in a file, on a terminal with its line and a caret."""
    warn(fault.text())
    if on_terminal():
        _write(_pointed_at(fault, _columns()))


def error(problem: CrmError) -> None:
    """Write what went wrong, the hint, and the faults or candidates one a line."""
    _write(error_lines(problem, _columns() if on_terminal() else 0))


def error_lines(problem: CrmError, width: int = 0) -> list[str]:
    """Return the lines of an error.

    Args:
        problem: what went wrong.
        width: columns of the terminal, where a fault's source line is shown with a caret; 0 shows none.
    """
    where = f"{safe(problem.where)}: " if problem.where else ""
    lines = [f"crm: error[{problem.code}]: {where}{safe(problem.what)}"]
    if problem.hint:
        lines.append(_("hint: {hint}").format(hint=safe(problem.hint)))
    shown = len(problem.faults) if problem.every else SHOWN
    for fault in problem.faults[:shown]:
        if fault.what != problem.what:  # else the first line has said it
            lines.append(safe(fault.text()))
        if width:
            lines += _pointed_at(fault, width)
    left_out = len(problem.faults) - shown
    if isinstance(problem, AmbiguousError):
        digits = max((len(str(number)) for number, _description in problem.candidates), default=0)
        lines += [f"{number:>{digits}}  {safe(text)}" for number, text in problem.candidates[:SHOWN]]
        left_out = max(left_out, len(problem.candidates) - SHOWN)
    if left_out > 0:
        lines.append(ngettext("… and {count} more", "… and {count} more", left_out).format(count=left_out))
    return lines


def width_of(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _pointed_at(fault: Fault, width: int) -> list[str]:
    """The source line and a caret under the column; a long line is cut to the part that matters."""
    if not fault.source or not isinstance(fault.column, int) or fault.column < 1:
        return []
    before = safe(fault.source[: fault.column - 1])
    after = safe(fault.source[fault.column - 1 :].rstrip())
    room = max(width - 4, 10)
    cut = False
    while width_of(before) > room * 2 // 3:
        before, cut = before[1:], True
    if cut:
        before = "…" + before
    shown = before + after
    if width_of(shown) > room:
        while width_of(shown) >= room:
            shown = shown[:-1]
        shown += "…"
    return [f"  {shown}", "  " + " " * width_of(before) + "^"]


def on_terminal() -> bool:
    """Return whether standard error is a terminal."""
    return sys.stderr is not None and not sys.stderr.closed and sys.stderr.isatty()


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _write(lines: list[str]) -> None:
    if sys.stderr is None:
        return
    try:
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.stderr.flush()
    except (OSError, ValueError):
        return  # nobody listens any more
