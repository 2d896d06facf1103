"""Help as this program writes it: the usage, an example first, then what it does and its options.

Typer's own help cannot put an example first, translates only some of its headings, and loads rich for it; this one
is plain text whose columns are aligned for Chinese, the same on a terminal, in a pipe and in the reference.
"""

import os
import re
import textwrap
from typing import Any

from typer.core import TyperCommand, TyperGroup

from crmcli.i18n import _
from crmcli.render.wrap import width_of, wrap

_RANGE = re.compile(
    r"(; )?(\d+<=)?x[<>]=\d+"
)  # a range as Typer writes it; the texts say it where it matters
_INDENT = 2
_WIDEST_NAME = 30


class CrmCommand(TyperCommand):
    """A command whose epilog holds its examples, one a line."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page."""
        formatter.write(command_help(self, ctx))


class CrmGroup(TyperGroup):
    """A group of commands, with the same help."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page with the commands of the group."""
        formatter.write(command_help(self, ctx, self._commands(ctx)))

    def _commands(self, ctx: Any) -> list[tuple[str, str]]:
        found = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                found.append((name, summary_of(command)))
        return found


def summary_of(command: Any) -> str:
    """Return a command's first sentence."""
    return (command.help or "").strip().partition("\n")[0].rstrip(".。")


def command_help(command: Any, ctx: Any, commands: list[tuple[str, str]] | None = None) -> str:
    """Return the help page of a command or a group as text ending with a line feed."""
    width = min(max(_terminal_width() - 2, 40), 100)
    arguments, options = _parameters(command, ctx)
    blocks = [_usage(command, ctx, commands is not None)]
    if command.epilog:
        examples = [line.strip() for line in command.epilog.strip().splitlines()]
        blocks.append("\n".join(f"{' ' * _INDENT}$ {line}" for line in examples))
    blocks.append("\n\n".join(_fill(part, width) for part in (command.help or "").strip().split("\n\n")))
    for title, rows in (
        (_("Arguments"), arguments),
        (_("Options"), options),
        (_("Commands"), commands or []),
    ):
        if rows:
            heading = _("{title}:").format(title=title)
            blocks.append(f"{heading}\n{_columns(rows, width)}")
    return "\n\n".join(block for block in blocks if block) + "\n"


def _usage(command: Any, ctx: Any, group: bool) -> str:
    pieces = [_bare(piece) for piece in command.collect_usage_pieces(ctx) if piece != "[OPTIONS]"]
    if group and command.invoke_without_command:
        return _("Usage: {command}").format(command=f"{ctx.command_path} [OPTIONS] [COMMAND …]")
    if group:
        pieces = ["COMMAND …"]
    return _("Usage: {command}").format(command=" ".join([ctx.command_path, *pieces, "[OPTIONS]"]))


def _parameters(command: Any, ctx: Any) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    arguments, options = [], []
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is None:
            continue
        if parameter.param_type_name == "argument":
            arguments.append((_bare(record[0]), record[1]))
        elif "--help" in parameter.opts:
            options.append((record[0], _("Show this help and exit.")))
        else:
            options.append((_typed(record[0]), _RANGE.sub("", record[1]).removesuffix("[]").rstrip()))
    return arguments, options


def _typed(option: str) -> str:
    """Write what an option takes in capitals, like every other placeholder: `--company TEXT`."""
    return option.replace("<str>", "TEXT").replace("<int range>", "NUMBER").replace("<int>", "NUMBER")


def _bare(metavar: str) -> str:
    return metavar.removeprefix("{").removesuffix("}")


def _columns(rows: list[tuple[str, str]], width: int) -> str:
    first = min(max(width_of(name) for name, _text in rows), _WIDEST_NAME) + _INDENT + 2
    lines = []
    for name, text in rows:
        parts = _wrap(text, width - first) or [""]
        head = " " * _INDENT + name
        if width_of(head) + 2 > first:
            lines.append(head.rstrip())
        else:
            lines.append((head + " " * (first - width_of(head)) + parts.pop(0)).rstrip())
        lines += [" " * first + part for part in parts]
    return "\n".join(lines)


def _fill(paragraph: str, width: int) -> str:
    return "\n".join(_wrap(" ".join(paragraph.split()), width))


def _wrap(text: str, width: int) -> list[str]:
    """Wrap at spaces, and between Chinese characters, which have none."""
    if text.isascii():
        return textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False)
    return wrap(text, width)


def _terminal_width() -> int:
    try:
        return int(os.environ["COLUMNS"])
    except (KeyError, ValueError):
        pass
    try:
        return os.get_terminal_size(1).columns
    except OSError:
        return 80
