"""The root of the command line: which command lives in which file, loaded only when it is asked for.

A Typer application of sixty commands takes longer to build than the command takes to run, so the root knows names
and modules only, and imports the one that is called (`crm --help` imports all).
"""

import os
from collections.abc import Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Annotated, Any

import typer
from typer.main import get_command, get_group

from crmcli import __version__
from crmcli.cli.help import CrmGroup
from crmcli.i18n import _

#: Command → the module of this folder that holds it, in the order of the help page.
COMMANDS = MappingProxyType(
    {
        "agenda": "agenda",
        "add": "customer",
        "list": "customer",
        "show": "customer",
        "log": "touch",
        "sell": "touch",
        "done": "working",
        "next": "working",
        "snooze": "working",
        "skip": "working",
        "classify": "classify",
        "why": "classify",
        "history": "history",
        "movers": "history",
        "plan": "plan",
        "holidays": "holidays",
        "import": "files",
        "export": "files",
        "undo": "journal",
        "journal": "journal",
        "customer": "customer",
        "contact": "contact",
        "opportunity": "opportunity",
        "preference": "preference",
        "product": "product",
        "task": "task",
        "complaint": "complaint",
        "survey": "survey",
        "template": "template",
        "interaction": "touch",
        "transaction": "touch",
        "payment": "payment",
        "credit": "credit",
        "field": "field",
        "rules": "rules",
        "effort": "effort",
        "backup": "backup",
        "cron": "cron",
        "init": "setup",
        "path": "setup",
        "demo": "setup",
    }
)


class Root(CrmGroup):
    """The root group, which finds its commands in COMMANDS."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - signature of the base
        """Return every command's name."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - signature of the base
        """Import a command's module and build the command."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        found = import_module(f"crmcli.cli.{module}").APPS[cmd_name]
        command: Any = (
            get_group(found)
            if found.registered_callback or len(found.registered_commands) > 1
            else get_command(found)
        )
        command.name = cmd_name
        return command


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"crm {__version__}")
        raise typer.Exit


def build() -> Any:
    """Build the root command; its help is in the language in force."""
    app = typer.Typer(
        cls=Root,
        name="crm",
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback(
        help=_(
            "Record what happened; the rules tell you who matters, why, and whom to contact today.\n\n"
            "A customer is named by id, external id, phone, e-mail or part of the name. Days are written 2026-11-22, "
            "today, tomorrow, next fri, +3d, 2w, eom, 下周三, 月底, 11月20号下午三点. A week begins on Monday, and of a day that "
            "comes again and again the nearest one is meant: the next for plans, the last for what happened. Standard output "
            "holds data, standard error talk."
        ),
        epilog=_(
            'crm agenda\ncrm log phone 张三 "asked for a quote" --next +7d\ncrm import customers contacts.csv'
        ),
    )
    def root(
        db: Annotated[
            str | None, typer.Option("--db", metavar="FILE", help=_("Use this database file (CRM_DB)."))
        ] = None,
        today: Annotated[
            str | None,
            typer.Option("--today", metavar="DATE", help=_("Take this day for today (CRM_TODAY).")),
        ] = None,
        trust: Annotated[
            bool,
            typer.Option("--trust", help=_("Open a database with triggers or views that crm did not make.")),
        ] = False,
        quiet: Annotated[
            bool, typer.Option("--quiet", "-q", help=_("No notes and no progress bar."))
        ] = False,
        version: Annotated[  # noqa: ARG001 - the callback acts on it
            bool,
            typer.Option(
                "--version", callback=_show_version, is_eager=True, help=_("Show the version and exit.")
            ),
        ] = False,
    ) -> None:
        if db:
            os.environ["CRM_DB"] = db
        if today:
            os.environ["CRM_TODAY"] = _day(today)
        if trust:
            os.environ["CRM_TRUST"] = "1"
        if quiet:
            from crmcli.render import notes

            notes.quiet()

    return get_group(app)


def _day(text: str) -> str:
    """Return a day as CRM_TODAY takes it.

    Raises:
        UsageError: it is none.
    """
    from crmcli.errors import UsageError
    from crmcli.values import ValueFault, parse_day

    try:
        return parse_day(text.strip()).isoformat()
    except ValueFault as fault:
        raise UsageError(fault.what, where="--today", hint=fault.hint) from None


def run(argv: Sequence[str]) -> int:
    """Run one command line and return its exit status.

    Raises:
        CrmError: anything a user can do something about; a wrong command line is a UsageError.
        BrokenPipeError: the reader of standard output has gone.
    """
    from crmcli.cli.usage import translated

    with translated():
        try:
            status = build().main(args=list(argv), prog_name="crm", standalone_mode=False)
        except (
            SystemExit
        ):  # Typer's way with a closed pipe, and with nothing else when it does not stand alone
            raise BrokenPipeError from None
    return status if isinstance(status, int) else 0
