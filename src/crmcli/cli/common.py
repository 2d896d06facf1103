"""What commands share: how an application is made, the options that many have, and where files are."""

import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from crmcli.cli.help import CrmCommand, CrmGroup
from crmcli.errors import UsageError
from crmcli.i18n import _, ngettext
from crmcli.render.output import Format
from crmcli.spoken import Direction, parse_spoken_day
from crmcli.values import ValueFault
from crmcli.vocabulary import Vocabulary

_SETTINGS = {"help_option_names": ["-h", "--help"]}

FormatOption = Annotated[
    Format | None,
    typer.Option(
        "--format",
        "-f",
        show_default=False,
        help=_("How to write the result; a table on a terminal, else plain."),
    ),
]
LimitOption = Annotated[
    int | None, typer.Option("--limit", "-n", min=0, help=_("At most so many lines; 0 for all."))
]
CustomerArgument = Annotated[
    str, typer.Argument(metavar="CUSTOMER", help=_("Id, external id, phone, e-mail or part of the name."))
]
OutcomeOption = Annotated[
    str | None,
    typer.Option(
        "--outcome", help=_("connected (the default), no_answer, left_message, postponed or declined.")
    ),
]
MinutesOption = Annotated[
    str | None, typer.Option("--minutes", metavar="NUMBER", help=_("How long it took."))
]
NextOption = Annotated[
    str | None, typer.Option("--next", metavar="DATE", help=_("The day agreed for the next contact."))
]
NotesOption = Annotated[str | None, typer.Option("--notes", help=_("Notes."))]
OnOption = Annotated[str | None, typer.Option("--on", metavar="DATE", help=_("The day, if not today."))]
CustomersArgument = Annotated[
    str | None, typer.Argument(metavar="[CUSTOMER]", help=_("Only those of this customer."))
]
BackOption = Annotated[bool, typer.Option("--back", help=_("Bring it back."))]
ExternalIdOption = Annotated[
    str | None, typer.Option("--external-id", help=_("The id it has in another system."))
]
OwnerOption = Annotated[str, typer.Option("--owner", help=_("Who does it."))]
ByWhenOption = Annotated[str, typer.Option("--due", metavar="DATE", help=_("By when."))]
PromiseOption = Annotated[
    str | None,
    typer.Option("--promise", metavar="WHAT", help=_("What you promised; becomes a task for --by.")),
]
ByOption = Annotated[
    str | None, typer.Option("--by", metavar="DATE", help=_("The day by which it was promised."))
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help=_("Do not ask."))]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help=_("Do everything, show the result, and change nothing."))
]
RulesOption = Annotated[
    Path | None, typer.Option("--rules", metavar="DIR", help=_("Take the rules from this folder."))
]

Body = TypeVar("Body", bound=Callable[..., None])

_NAMED = 4  #: years that are named one by one
SCREENFUL = 50  #: lines of a list on a terminal when --limit says nothing


def single() -> typer.Typer:
    """Return an application for one command that stands at the root."""
    return typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=_SETTINGS,
    )


def group(help_text: str) -> typer.Typer:
    """Return an application for a noun with its verbs."""
    app = typer.Typer(
        cls=CrmGroup,
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=_SETTINGS,
    )
    app.callback(help=help_text)(_nothing)
    return app


def doing_group(app: typer.Typer, *, help: str, examples: str) -> Callable[[Body], Body]:
    """Return the decorator that makes a function what a group does by itself; it asks `passed_on` first."""
    return app.callback(
        cls=CrmGroup, invoke_without_command=True, help=help, epilog=examples, context_settings=_SETTINGS
    )


def passed_on(context: typer.Context) -> bool:
    """Tell whether a command of the group was named, so that the group itself does nothing.

    Raises:
        UsageError: an option of the group stands before the command, which would not heed it.
    """
    if context.invoked_subcommand is None:
        return False
    for name, value in context.params.items():
        if value:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(
                _("not for '{command}'").format(
                    command=f"{context.command_path} {context.invoked_subcommand}"
                ),
                where=option,
            )
    return True


def _nothing() -> None:
    """Groups do nothing by themselves."""


def command(app: typer.Typer, name: str, *, help: str, examples: str) -> Callable[[Body], Body]:
    """Return the decorator that makes a function a command: its first sentence, and examples one a line."""
    return app.command(name, cls=CrmCommand, help=help, epilog=examples, context_settings=_SETTINGS)


def database() -> Path:
    """Return the path of the database in force."""
    from crmcli.workflows.files import database as path

    return path()


def day_option(
    text: str | None, option: str, direction: Direction = Direction.FUTURE, *, echo: bool = True
) -> date | None:
    """Read a day that an option gave, such as `--date tomorrow`, and say which day that is; `echo` is off for prompts.

    `direction` says which of several 周三 are meant.

    Raises:
        UsageError: it cannot be understood.
    """
    if text is None:
        return None
    from crmcli.workflows.upkeep import today

    try:
        day = parse_spoken_day(text, today(database()), direction)
    except ValueFault as fault:
        raise UsageError(fault.what, where=option, hint=fault.hint) from None
    if echo and text.strip() != day.isoformat():
        echo_days(((option, day),))
    return day


def limit_of(limit: int | None, format: Format | None) -> int:
    """Return SQLite's limit: all when 0 was asked for, or when nothing was and the result is not for a screen."""
    from crmcli.render.output import choose

    if limit is not None:
        return limit or -1
    return SCREENFUL if choose(format, sys.stdout) is Format.TABLE else -1


def pairs(texts: list[str] | None, option: str, shape: str = "NAME=VALUE") -> tuple[tuple[str, str], ...]:
    """Read what an option that may be repeated gave, such as `--set NAME=VALUE`.

    Raises:
        UsageError: one has no equals sign.
    """
    found = []
    for text in texts or ():
        left, equals, right = text.partition("=")
        if not equals:
            raise UsageError(
                _("no = in {value}").format(value=repr(text)),
                where=option,
                hint=_("write {option} {shape}").format(option=option, shape=shape),
            )
        found.append((left.strip(), right.strip()))
    return tuple(found)


def promised(promise: str | None, by: str | None) -> Any:
    """Return the promise that `--promise WHAT --by DATE` stands for, None without one.

    Raises:
        UsageError: one of the two is missing.
    """
    if promise is None and by is None:
        return None
    if promise is None or by is None:
        missing = "--promise" if promise is None else "--by"
        raise UsageError(
            _("--promise and --by go together"),
            where=missing,
            hint=_("write --promise WHAT --by DATE"),
        )
    from crmcli.workflows.record import Promise

    return Promise(promise, by)


def code_of(vocabulary: Vocabulary, text: str | None, option: str) -> str | None:
    """Read a word of a closed list that an option gave, such as `--grade a`.

    Raises:
        UsageError: it is not in the list.
    """
    if text is None:
        return None
    code = vocabulary.parse(text)
    if code is None:
        what = _("{value} is not one of {choices}").format(
            value=repr(text), choices=", ".join(vocabulary.codes)
        )
        raise UsageError(what, where=option)
    return code


def report(summary: str, fields: list[tuple[str, str, Any]], format: Format | None) -> None:
    """Write what a recording command did: a sentence, or with --format a record."""
    from crmcli.render.output import Record, show_record
    from crmcli.render.safe import safe

    if format is None:
        typer.echo(safe(summary))
    else:
        show_record(Record([*fields, ("summary", _("Summary"), summary)]), format)


def report_recorded(done: Any, format: Format | None) -> None:
    """Write what a command recorded with a customer, say how its days were understood, and what else there is to say."""
    report(done.summary, [("id", "#", done.id), ("customer", _("Customer"), done.customer)], format)
    echo_days(done.resolved)
    echo_notes(done)


def echo_notes(done: Any) -> None:
    """Say what else there is to say about what was recorded, and warn of what the user may not have meant."""
    from crmcli.render.notes import say, warn

    for note in getattr(done, "notes", ()):
        say(note)
    for warning in getattr(done, "warnings", ()):
        warn(warning)


def echo_days(resolved: tuple[tuple[str, date], ...]) -> None:
    """Say how days were understood that were not written as dates: with the weekday, and the time if there is one."""
    from crmcli.render.notes import say

    for name, day in resolved:
        say(f"{name}: {day_said(day)}")


def day_said(day: date) -> str:
    """Return a day with its weekday in the language in force, and the time of a datetime: 2026-11-25 Wed 15:00."""
    said = f"{day:%Y-%m-%d} {weekday(day)}"
    return f"{said} {day:%H:%M}" if isinstance(day, datetime) else said


def say_unannounced(years: Sequence[int], country: str) -> None:
    """Say of which years nobody has announced the days off."""
    from crmcli.render.notes import say

    if not years:
        return
    text = ngettext(
        "{years} is not announced yet in {country}: weekends and the days that the law names are taken",
        "{years} are not announced in {country}: weekends and the days that the law names are taken",
        len(years),
    )
    named = ", ".join(map(str, years)) if len(years) <= _NAMED else f"{years[0]} … {years[-1]}"
    say(text.format(years=named, country=country))


def weekday(day: date) -> str:
    """Return the short name of the weekday."""
    return (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))[day.weekday()]
