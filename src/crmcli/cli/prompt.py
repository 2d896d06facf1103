"""The agenda for a shell's prompt or a status line, which ask at every turn: `agenda --short` and `agenda --quiet`.

With other options they are the command's; just these two words go past Typer, which takes longer to load than they take
to answer, and are not worked out again while nothing changes.
"""

import math
import sys
from collections.abc import Sequence
from datetime import date

from crmcli import clock
from crmcli.errors import CrmError, ExitCode
from crmcli.render.safe import safe
from crmcli.workflows import answers
from crmcli.workflows.files import database
from crmcli.workflows.prompt import Prompt, prompt
from crmcli.workflows.rule_folder import rules_folder


def run(argv: Sequence[str]) -> int:
    """Answer one of the command lines of `recall`, remember the answer, and return the exit status."""
    before = answers.current(argv)
    short = "--short" in argv
    found = _look(short=short, day=None)
    status = _answer(found, short=short)
    ends = clock.end_of_day(found.day, found.time_zone).timestamp() if clock.fixed_day() is None else math.inf
    answers.keep(argv, _line(found) if short else "", status, before, ends)
    return status


def respond(
    *,
    short: bool,
    day: date | None,
    days: int = 1,
    customer: str | None = None,
    only_late: bool = False,
) -> int:
    """Write `12 · 张三` (how many lines there are and who comes first; nothing when there is none), or only return the status."""
    found = _look(short=short, day=day, days=days, customer=customer, only_late=only_late)
    return _answer(found, short=short)


def _look(
    *, short: bool, day: date | None, days: int = 1, customer: str | None = None, only_late: bool = False
) -> Prompt:
    try:
        return prompt(
            database(),
            rules_folder(),
            day=day,
            days=days,
            customer=customer,
            only_late=only_late,
            counted=short,
        )
    except CrmError as error:
        if not short and error.status == ExitCode.FINDINGS:
            error.status = ExitCode.USAGE  # as with grep: 1 is an answer, and there is none
        raise


def _answer(found: Prompt, *, short: bool) -> int:
    if short:
        sys.stdout.write(_line(found))
        return ExitCode.OK
    return ExitCode.FINDINGS if found.lines else ExitCode.OK


def _line(found: Prompt) -> str:
    return safe(f"{found.lines} · {found.first}") + "\n" if found.lines else ""
