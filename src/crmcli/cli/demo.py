"""What `crm demo` shows: every step on sample data, the agenda it leads to, and what to try next.

Called from the command in setup.py. Sets the day of the samples for this process; the user's own database and
settings are neither read nor written.
"""

import os
import sys
from pathlib import Path
from shlex import quote
from shutil import which
from typing import Any

from crmcli.cli import runs
from crmcli.cli.agenda import listing, say_how_many
from crmcli.i18n import _
from crmcli.render.notes import say
from crmcli.render.output import Format, choose, show
from crmcli.workflows.agenda import agenda
from crmcli.workflows.demo import DAY, build
from crmcli.workflows.rule_folder import rules_folder

_LINES = 8  #: of the agenda, so that all of it stays on a screen


def run(keep: str | None, format: Format | None) -> None:
    """Build the sample database, show its agenda, and say what to try next.

    Raises:
        CannotCreateError: there is something at `keep` already.
    """
    os.environ["CRM_TODAY"] = DAY.isoformat()
    say(_("sample data: a salesperson of coffee machines, on {day}").format(day=DAY))
    rules = rules_folder()
    demo = build(rules, Path(keep) if keep else None)
    _say_steps(demo)
    found = agenda(demo.database, rules, day=DAY, limit=_LINES)
    say(_("whom to contact today (crm agenda):"))
    show(listing(found, coded=choose(format, sys.stdout) is not Format.TABLE), format)
    sys.stdout.flush()
    say_how_many(found)
    _say_what_next(demo.database, kept=keep is not None)


def _say_steps(demo: Any) -> None:
    for step in demo.files:
        text = _("{file}: {added} added, read as {encoding}")
        say(text.format(file=step.file, added=step.imported.added, encoding=step.imported.encoding))
    for task in demo.tasks:
        say(task.summary)
    runs.note(demo.classified, dry_run=False, shown=3)


def _say_what_next(database: Path, *, kept: bool) -> None:
    start = f"{_program()} --db {quote(str(database))} --today {DAY}"
    say(_("try next:"))
    for words in ("why 远山贸易", "show 'Harbour & Finch'", "agenda --days 7"):
        say(f"  {start} {words}")
    if not kept:
        say(_("delete {folder} when you have seen enough").format(folder=database.parent))


def _program() -> str:
    """Return what must be typed to run this program again: the name where it is on the path."""
    called = Path(sys.argv[0])
    if called.name not in {"crm", "crmcli"}:
        return f"{quote(sys.executable)} -m crmcli"
    found = which(called.name)
    if found and Path(found).resolve() == called.resolve():
        return called.name
    return quote(sys.argv[0])
