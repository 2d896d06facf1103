"""The pictures: real output of the program, drawn by rich as SVG."""

import html
import io
import re

from docs_console import session
from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text

WIDTH = 126
_WORDS = re.compile(r">([^<>]*)</text>")
_LENGTH = re.compile(r'textLength="([\d.]+)"([^>]*>)([^<>]+)(?=</text>)')
_CELL = re.compile(r"\S+(?: \S+)*")


def picture(name: str, command: str, width: int) -> str:
    """Return the SVG of what a command shows of the sample data; `name` makes the classes in it its own."""
    with session(width) as run:
        run("crm demo --keep demo.db")
        shown = run(f"crm --db demo.db {command}")
    console = Console(record=True, width=width, file=io.StringIO(), legacy_windows=False)
    console.print(Text(f"$ crm {command}", style="bold green"), soft_wrap=True)
    for number, line in enumerate(shown.splitlines()):
        console.print(_cells(line, bold=number == 0), soft_wrap=True)
    title = f"crm {command.split(maxsplit=1)[0]}"
    return _LENGTH.sub(_true_length, console.export_svg(title=title, unique_id=f"crm-{name}")) + "\n"


def _true_length(match: re.Match[str]) -> str:
    """Give Chinese text its two columns a character; rich counts one, which a browser squeezes it into."""
    length, between, escaped = match.groups()
    text = html.unescape(escaped)
    return f'textLength="{float(length) / len(text) * cell_len(text):g}"{between}{escaped}'


def _cells(line: str, *, bold: bool) -> Text:
    """A line whose cells are drawn each at its own place: Chinese glyphs are seldom exactly two columns wide."""
    text = Text(line)
    for number, match in enumerate(_CELL.finditer(line)):
        text.stylize(Style(bold=bold, meta={"cell": number}), match.start(), match.end())
    return text


def same_words(one: str, other: str) -> bool:
    """Tell whether two pictures say the same; the drawing differs between versions of rich."""
    return _WORDS.findall(one) == _WORDS.findall(other)
