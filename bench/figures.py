"""What came out, as a table for a terminal and as docs/benchmarks.md. Says of every goal whether it was met."""

import os
import platform
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

LIBRARIES = ("typer", "SQLModel", "SQLAlchemy", "pydantic", "alembic", "rich", "PyYAML", "phonenumberslite")


class Figure(NamedTuple):
    """One line of the table.

    Attributes:
        group: the benchmark it belongs to.
        what: what was measured.
        ours: the program's figure, with its unit.
        other: the figure it is held against, empty when the goal is absolute.
        value: what the goal is about: a ratio, or the figure itself.
        goal: the most that `value` may be; None when it is there for comparison only.
        unit: of value; empty for a ratio.
    """

    group: str
    what: str
    ours: str
    other: str
    value: float
    goal: float | None
    unit: str = ""

    @property
    def met(self) -> str:
        """Yes, no, or a dash when there is no goal."""
        return "–" if self.goal is None else "yes" if self.value <= self.goal else "no"


_HEADINGS = ("benchmark", "what", "crm", "other", "ratio", "goal", "met")


def cells(figure: Figure) -> tuple[str, ...]:
    """Return the cells of one line."""
    ratio = "" if figure.unit else f"{figure.value:.2f}"
    goal = "" if figure.goal is None else f"≤ {figure.goal:g}{' ' + figure.unit if figure.unit else ''}"
    return figure.group, figure.what, figure.ours, figure.other, ratio, goal, figure.met


def plain(figures: Sequence[Figure]) -> str:
    """Return the table for a terminal."""
    lines = [_HEADINGS, *map(cells, figures)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def page(
    figures: Sequence[Figure],
    command: str,
    methods: Sequence[str],
    notes: Sequence[str],
    load: str,
    libraries: str,
) -> str:
    """Return docs/benchmarks.md."""
    missed = [figure for figure in figures if figure.met == "no"]
    lines = [_HEADINGS, ("---", "---", "---:", "---:", "---:", "---:", "---"), *map(cells, figures)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    verdict = (
        "Every goal was met in this run."
        if not missed
        else "Missed in this run: " + "; ".join(f"{f.group}, {f.what} ({_value(f)})" for f in missed) + "."
    )
    parts = [
        "# Benchmarks",
        (
            "Written by `make bench`; do not edit. Each ratio compares the program with an alternative in the same run, on "
            "the same machine and the same data: times alone say more about the machine than about the program."
        ),
        f"{verdict}",
        table,
        "## The run",
        "\n".join(f"* {line}" for line in (*_machine(load, libraries), f"command: `{command}`")),
        *(["\n".join(f"* {note}" for note in notes)] if notes else []),
        "## How each figure is made",
        "\n".join(f"* {method}" for method in methods),
    ]
    return "\n\n".join(parts) + "\n"


def _value(figure: Figure) -> str:
    return f"{figure.value:.2f}{' ' + figure.unit if figure.unit else ''}, goal {figure.goal:g}"


def _machine(load: str, libraries: str) -> list[str]:
    return [
        f"date: {datetime.now(UTC).date().isoformat()}",
        f"machine: {os.cpu_count()} cores ({platform.machine()}), {_memory():.0f} GB memory, {platform.system()}",
        f"others at work on it when the run began: load average {load}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        libraries,
    ]


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def write(path: Path, text: str) -> None:
    """Write the page."""
    path.write_text(text, encoding="utf-8")
