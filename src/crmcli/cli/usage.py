"""Wrong command lines in our words: Typer's complaints, translated and with the way to the help."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

import typer
from typer._click import exceptions as complaints
from typer.exceptions import TyperException

from crmcli.errors import UsageError
from crmcli.i18n import _

_NOT_A = re.compile(r"('.*'|\".*\") is not a valid (\w+)(?: range)?\.?", re.DOTALL)
_OUTSIDE = re.compile(r"(\S+) is not in the range (?:(\d+)<=)?x(?:<=(\d+))?\.?")
_NOT_ONE_OF = re.compile(r"('.*'|\".*\") is not one of (.*)\.?", re.DOTALL)


@contextmanager
def translated() -> Iterator[None]:
    """Turn Typer's exceptions about the command line into ours; help asked for by giving nothing is printed."""
    try:
        yield
    except complaints.NoArgsIsHelpError as error:
        typer.echo(error.message)
        raise UsageError(_("no command given"), hint=_("one of those above")) from None
    except complaints.ClickException as error:
        context = getattr(error, "ctx", None)
        help_line = f"{context.command_path} --help" if context is not None else "crm --help"
        what = _sentence(error)
        raise UsageError(
            what, hint=_suggestion(error, context) or _("see '{command}'").format(command=help_line)
        ) from None
    except TyperException as error:
        raise UsageError(error.message) from None


def _sentence(error: Any) -> str:
    if isinstance(error, complaints.MissingParameter):
        return _("missing: {name}").format(name=_name(error))
    if isinstance(error, complaints.NoSuchOption):
        return _("no such option: {name}").format(name=error.option_name)
    message = str(error.message)
    if isinstance(error, complaints.BadParameter):
        return f"{_name(error)}: {_bad_value(message)}"
    if isinstance(error, complaints.BadOptionUsage):
        if "does not take" in message:
            return _("option {name} takes no value").format(name=error.option_name)
        return _("option {name} needs a value").format(name=error.option_name)
    command = _unknown_command(message)
    if command:
        return _("no such command: {name}").format(name=repr(command))
    extra = re.match(r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)", message)
    if extra:
        return _("more words than expected: {words}").format(words=extra.group(1))
    return message.rstrip(".")


def _unknown_command(message: str) -> str:
    """Return the command that Typer did not find; it says so in the language in force, from our catalogue."""
    before = _("No such command {name!r}.").partition("{")[0]
    match = re.match(re.escape(before) + r"('.*?'|\".*?\")", message)
    return match.group(1)[1:-1] if match else ""


def _bad_value(message: str) -> str:
    match = _NOT_A.fullmatch(message)
    if match:
        whole = _("a whole number")
        kinds = {"integer": whole, "int": whole, "float": _("a number")}
        return _("{value} is not {kind}").format(
            value=match.group(1), kind=kinds.get(match.group(2), match.group(2))
        )
    match = _OUTSIDE.fullmatch(message)
    if match:
        return _out_of_range(*match.groups())
    match = _NOT_ONE_OF.fullmatch(message)
    if match:
        return _("{value} is not one of {choices}").format(
            value=match.group(1), choices=match.group(2).rstrip(".").replace("'", "")
        )
    return message.rstrip(".")


def _out_of_range(value: str, least: str | None, most: str | None) -> str:
    if least and most:
        return _("{value} is not from {least} to {most}").format(value=value, least=least, most=most)
    if least:
        return _("{value} is less than {least}").format(value=value, least=least)
    return _("{value} is more than {most}").format(value=value, most=most)


def _name(error: Any) -> str:
    parameter = error.param
    if parameter is None:
        return str(error.param_hint or "")
    return (
        str(parameter.make_metavar(error.ctx))
        if parameter.param_type_name == "argument"
        else str(parameter.opts[0])
    )


def _suggestion(error: Any, context: Any) -> str:
    if isinstance(error, complaints.NoSuchOption) and error.possibilities:
        return _("did you mean {names}?").format(names=", ".join(sorted(error.possibilities)))
    command = _unknown_command(str(getattr(error, "message", "")))
    if command and context is not None and hasattr(context.command, "list_commands"):
        near = get_close_matches(command, context.command.list_commands(context), n=3)
        if near:
            return _("did you mean {names}?").format(names=", ".join(near))
    return ""
