"""What these tests share: processes that begin at once, whole-database pictures, generated files.

A command of its own takes a second to start and a fraction of one to work; a test that kills it would mostly kill
the start. `Nursery` is a process with everything imported that forks one child per command: each child is a real
process, with its own descriptors, locks and signals, and is at work within milliseconds.
"""

import csv
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

RECORDS = (
    "customers",
    "contacts",
    "products",
    "interactions",
    "transactions",
    "opportunities",
    "tasks",
    "settings",
    "runs",
    "indicator_values",
    "classifications",
)

_NURSERY = """
import json, os, signal, sys
from crmcli import entry
import importlib, pkgutil, alembic.command, rich.console, sqlalchemy.dialects.sqlite, crmcli
for found in pkgutil.walk_packages(crmcli.__path__, "crmcli."):
    if ".migrations" not in found.name and not found.name.endswith("__main__"):
        importlib.import_module(found.name)

signal.signal(signal.SIGINT, signal.SIG_IGN)
print("ready", flush=True)
for line in sys.stdin:
    order = json.loads(line)
    if "wait" in order:
        _child, ended = os.waitpid(order["wait"], 0)
        print(os.waitstatus_to_exitcode(ended), flush=True)
        continue
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.umask(order["umask"])
        os.chdir(order["cwd"])
        for number, name in enumerate(("/dev/null", order["out"], order["err"])):
            flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            opened = os.open(name, flags, 0o600)
            os.dup2(opened, number)
            os.close(opened)
        sys.stdin = open(0, closefd=False)
        os.environ.clear()
        os.environ.update(order["env"])
        status = 99
        try:
            exec(order["before"])
            for argv in order["lines"]:
                status = entry.main(argv)
                if status:
                    break
        finally:
            sys.stdout.flush()
            os._exit(status)
    print(child, flush=True)
"""


class Running:
    """Command lines under way, one after the other, in a process of their own."""

    def __init__(self, nursery: "Nursery", order: dict[str, Any]) -> None:
        self._nursery = nursery
        self._out, self._err = Path(order["out"]), Path(order["err"])
        self.pid = int(nursery.ask(order))
        self.started = time.monotonic()

    def send(self, number: signal.Signals, after: float) -> None:
        """Send a signal when `after` seconds have passed since the start."""
        time.sleep(max(self.started + after - time.monotonic(), 0))
        os.kill(self.pid, number)  # nobody has waited for it yet, so the number is still its own

    def wait(self) -> int:
        """Return the exit status, negative for a signal."""
        return int(self._nursery.ask({"wait": self.pid}))

    @property
    def out(self) -> str:
        return self._out.read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        return self._err.read_text(encoding="utf-8")


class Nursery:
    """A process with the program imported, which begins commands without delay, as many at once as asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._number = folder, 0
        self._process = subprocess.Popen(
            [sys.executable, "-c", _NURSERY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._read() == "ready"

    def ask(self, order: Mapping[str, Any]) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def start(
        self,
        *argv: str,
        env: Mapping[str, str] | None = None,
        before: str = "",
        umask: int = 0o022,
        out: str = "",
        lines: Sequence[Sequence[str]] = (),
    ) -> Running:
        """Begin a command, or several `lines` in one process; `before` is Python that it runs first."""
        self._number += 1
        order = {
            "lines": [list(line) for line in lines or [argv]],
            "out": out or str(self._folder / f"{self._number}-out"),
            "err": str(self._folder / f"{self._number}-err"),
            "env": {**os.environ, **(env or {})},
            "cwd": str(Path.cwd()),
            "before": before,
            "umask": umask,
        }
        return Running(self, order)

    def run(self, *argv: str, **options: Any) -> tuple[int, str, str]:
        """Run a command to its end: status, standard output, standard error."""
        running = self.start(*argv, **options)
        status = running.wait()
        return status, running.out if not options.get("out") else "", running.err

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


def picture(database: Path, tables: tuple[str, ...] = RECORDS) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of the record tables, as stored."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
            for table in tables
        }


def count(database: Path, table: str) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608


def sound(database: Path) -> None:
    """Assert that SQLite finds nothing wrong with the file."""
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def write_transactions(path: Path, rows: int, customers: list[str], seed: int = 1) -> int:
    """Write a CSV of transactions and return the sum of its amounts in minor units."""
    source, total = random.Random(seed), 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["customer", "date", "amount", "external_id"])
        for number in range(rows):
            minor = source.randint(-(10**9), 10**9)
            total += minor
            sign, whole, fraction = "-" if minor < 0 else "", abs(minor) // 100, abs(minor) % 100
            day = f"2026-{source.randint(1, 10):02d}-{source.randint(1, 28):02d}"
            writer.writerow([source.choice(customers), day, f"{sign}{whole}.{fraction:02d}", f"T{number}"])
    return total


def write_customers(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["external_id", "name", "phone", "notes"])
        for number in range(rows):
            writer.writerow(
                [f"C{number}", f"客户{number}", f"139{number:08d}", f"note {number}, with 'marks' and 字"]
            )
