"""The agenda for a shell's prompt or a status line, which ask at every turn: `agenda --short` and `agenda --quiet`.

With other options they are the command's; just these two words go past Typer, which takes longer to load than they take
to answer.
"""

import sys
from collections.abc import Sequence
from datetime import date

from crmcli.errors import ExitCode
from crmcli.render.safe import safe
from crmcli.workflows.agenda import agenda
from crmcli.workflows.files import database
from crmcli.workflows.rule_folder import rules_folder


def run(argv: Sequence[str]) -> int:
    """Answer one of the command lines of `entry.PROMPTS` and return the exit status."""
    return short(None) if "--short" in argv else quiet(None)


def short(day: date | None, *, days: int = 1, customer: str | None = None, only_late: bool = False) -> int:
    """Write `12 · 张三`, how many lines there are and who comes first; nothing when there is none."""
    found = agenda(
        database(),
        rules_folder(),
        day=day,
        days=days,
        customer=customer,
        only_late=only_late,
        only_first=True,
    )
    if found.items:
        first = found.items[0]
        sys.stdout.write(safe(f"{found.total} · {first.name or first.reasons[0]}") + "\n")
    return ExitCode.OK


def quiet(day: date | None, *, days: int = 1, customer: str | None = None, only_late: bool = False) -> int:
    """Say by the exit status alone whether something is due."""
    found = agenda(
        database(), rules_folder(), day=day, days=days, limit=1, customer=customer, only_late=only_late
    )
    return ExitCode.FINDINGS if found.items else ExitCode.OK
