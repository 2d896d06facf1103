"""The documentation is complete and says what the program does."""

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Run
from crmcli.cli import app
from crmcli.rules.catalogue import CATALOGUE
from crmcli.rules.checker import FILES
from crmcli.rules.schema import file_schema
from crmcli.vocabulary import TIER

PROJECT = Path(__file__).parents[2]
#: The walkthrough is left to `make check`: it classifies eighteen months of real data twice.
PAGES = (
    "docs/cli.md", "docs/exit-statuses.md", "docs/import.md", "docs/agenda.svg", "docs/why.svg", "docs/show.svg", "README.md",
)  # fmt: skip
WRITTEN = sorted(
    path.relative_to(PROJECT).as_posix() for path in (*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md"))
)


def pages_of_commands() -> dict[str, str]:
    """Heading → help page, as docs/cli.md has them."""
    text = (PROJECT / "docs/cli.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^##+ (crm[^\n]*)\n\n```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


def docs(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, PROJECT / "tools/docs.py", *arguments], capture_output=True, text=True, timeout=280
    )


@pytest.mark.parametrize("page", PAGES)
def test_made_pages_are_up_to_date(page: str) -> None:
    done = docs("check", page)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_page_of_the_rules_is_up_to_date(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process, which knows what it has read: the page asks the checker some three hundred times."""
    monkeypatch.syspath_prepend(PROJECT / "tools")
    tool = importlib.import_module("docs")
    assert (tool.main(["check", "docs/rules.md"]), *capsys.readouterr()) == (0, "", "")


def test_a_stale_page_is_named(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for file in (PROJECT / "tools").glob("docs*.py"):
        (tools / file.name).write_bytes(file.read_bytes())
    page = tmp_path / "docs" / "exit-statuses.md"
    page.parent.mkdir()
    right = (PROJECT / "docs/exit-statuses.md").read_text(encoding="utf-8")
    page.write_text(right.replace("| 65 | DATA |", "| 64 | DATA |"), encoding="utf-8")

    command = [sys.executable, tools / "docs.py"]
    checked = subprocess.run([*command, "check", "docs/exit-statuses.md"], capture_output=True, text=True)
    assert checked.returncode == 1
    assert checked.stdout.startswith("docs/exit-statuses.md: stale")
    assert "-| 64 | DATA |" in checked.stdout
    assert "64" in page.read_text(encoding="utf-8")

    written = subprocess.run([*command, "write", "docs/exit-statuses.md"], capture_output=True, text=True)
    assert (written.returncode, written.stdout) == (0, "docs/exit-statuses.md: written\n")
    assert page.read_text(encoding="utf-8") == right


def test_every_command_has_a_page_with_an_example() -> None:
    pages = pages_of_commands()
    roots = [heading.split()[1] for heading in pages if len(heading.split()) == 2]
    assert roots == list(app.COMMANDS)
    for heading, page in pages.items():
        assert page.startswith(f"Usage: {heading}"), heading
        if "\nCommands:\n" in page and heading != "crm":
            continue  # a group: its commands have the examples
        words = heading.split()
        # Commands that stand both at the root and under their noun show the short form.
        short = f"crm {words[-1]}" if words[-1] in app.COMMANDS else heading
        assert f"\n  $ {heading}" in page or f"\n  $ {short} " in page, f"{heading} has no example"


def test_every_option_has_words() -> None:
    for heading, page in pages_of_commands().items():
        for section in re.findall(
            r"^(?:Options|Arguments|Commands):\n(.*?)(?:\n\n|\Z)", page, re.DOTALL | re.MULTILINE
        ):
            entries = re.split(r"\n(?=  \S)", section)
            for entry in entries:
                words = entry.split(maxsplit=1)
                assert len(words) == 2, f"{heading}: {entry.strip()} says nothing"


def test_the_two_lines_of_the_readme_are_those_of_the_makefile() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8").replace("$(PYTHON)", "python3")
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    for target, line in (
        ("demo", "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/crm demo"),
        ("test", "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && .venv/bin/pytest -q -n 2"),
    ):
        assert f"\n{target}:\n\t{line}\n" in makefile
        assert f"\n{line}\n" in readme


@pytest.mark.parametrize("page", WRITTEN)
def test_links_lead_somewhere(page: str) -> None:
    text = (PROJECT / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    named = re.findall(r"`((?:tests|tools|docs|src/crmcli)/[\w/.-]+\.\w+)`", text)
    missing = [link for link in links if not ((PROJECT / page).parent / link).exists()]
    missing += [name for name in named if not (PROJECT / name).exists()]
    assert missing == []


def keys_of(schema: Any) -> Iterator[str]:
    """Yield every key that a JSON Schema names."""
    for name, value in schema.items() if isinstance(schema, dict) else ():
        if name == "properties":
            yield from value
        yield from keys_of(value)
    for item in schema if isinstance(schema, list) else ():
        yield from keys_of(item)


@pytest.mark.parametrize("file", FILES)
def test_every_key_of_a_rule_file_stands_in_the_reference(file: str) -> None:
    page = (PROJECT / "docs/rules.md").read_text(encoding="utf-8")
    reference = page[page.index("## Keys of the files") :]
    written = set(re.findall(r"[A-Za-z_]+", " ".join(re.findall(r"`[^`\n]+`", reference))))
    assert set(keys_of(file_schema(file))) - written - {*CATALOGUE, *TIER.codes} == set()


def test_the_crontab_line_of_a_calendar_leaves_a_file_of_ones_own(crm: Run, home: Path) -> None:
    page = (PROJECT / "docs" / "agenda.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"```crontab\n(.+)\n```", page)
    crm("add", "张三")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/sh", "-c", line.split(maxsplit=5)[5]], env={**os.environ, "PATH": path}, check=False
    )
    assert done.returncode == 0
    assert "BEGIN:VEVENT" in (home / "agenda.ics").read_text(encoding="utf-8")
    assert (home / "agenda.ics").stat().st_mode & 0o777 == 0o600
