"""The documentation that is made, not written: help pages, tables, the output of every console block, the picture.

    python tools/docs.py write [FILE…]    bring the files up to date
    python tools/docs.py check [FILE…]    change nothing; exit 1 and name what is stale

What is made comes from the program itself, so it cannot say something else than the program does. Around it the
files are written by hand: only what stands between markers, in console blocks, or in a file that is made as a
whole is touched.
"""

import difflib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import docs_console
import docs_picture
import docs_tables

PROJECT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Page:
    """One file and how its text follows from what stands there now.

    Attributes:
        file: its path inside the project.
        made: the text that should stand there, given the text that does.
        same: whether two texts say the same.
    """

    file: str
    made: Callable[[str], str]
    same: Callable[[str, str], bool] = str.__eq__


def _drawn(name: str, command: str, width: int = docs_picture.WIDTH) -> Page:
    """Return the page of a picture, docs/NAME.svg."""
    return Page(
        f"docs/{name}.svg", lambda _text: docs_picture.picture(name, command, width), docs_picture.same_words
    )


PAGES = (
    Page("docs/cli.md", lambda _text: docs_tables.cli_page()),
    Page("docs/exit-statuses.md", docs_tables.filled),
    Page("docs/import.md", docs_tables.filled),
    Page("docs/rules.md", docs_tables.filled),
    _drawn("agenda", "agenda --limit 7"),
    _drawn("why", "why --agenda 北岸律师事务所", width=100),
    _drawn("show", "show 北岸律师事务所", width=110),
    Page("README.md", docs_console.with_output),
    Page("docs/walkthrough.md", docs_console.with_output),
    Page("docs/agenda.md", docs_console.with_output),
)


def main(arguments: Sequence[str]) -> int:
    """Run `write` or `check` on all pages or those named; return the exit status."""
    if not arguments or arguments[0] not in {"write", "check"}:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    known = {page.file for page in PAGES}
    if unknown := sorted(set(arguments[1:]) - known):
        sys.stderr.write(f"no such page: {', '.join(unknown)}; known: {', '.join(sorted(known))}\n")
        return 2
    chosen = [page for page in PAGES if page.file in arguments[1:] or not arguments[1:]]
    act = _write if arguments[0] == "write" else _check
    results = [act(page) for page in chosen]
    return 0 if all(results) else 1


def _texts(page: Page) -> tuple[str, str]:
    path = PROJECT / page.file
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return text, page.made(text)


def _write(page: Page) -> bool:
    text, made = _texts(page)
    if not page.same(text, made):
        (PROJECT / page.file).write_text(made, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{page.file}: written\n")
    return True


def _check(page: Page) -> bool:
    text, made = _texts(page)
    if page.same(text, made):
        return True
    sys.stdout.write(f"{page.file}: stale; run 'make docs'\n")
    changes = difflib.unified_diff(
        text.splitlines(), made.splitlines(), page.file, "as it should be", lineterm="", n=1
    )
    for number, line in enumerate(changes):
        if number == 60:
            sys.stdout.write("…\n")
            break
        sys.stdout.write(f"{line}\n")
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
