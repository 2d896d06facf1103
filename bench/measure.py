"""How it is measured: whole processes, in turn (A B A B …), and the median of each.

In turn, because whatever else the machine does then falls on all of them alike; the median, because one interruption
must not count. The first round warms the disk cache and is thrown away.
"""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """One process that is measured.

    Attributes:
        command: the words; the program first.
        environment: its variables.
        before: what is done before each start, not measured.
    """

    command: Sequence[str | Path]
    environment: dict[str, str]
    before: Callable[[], object] = lambda: None


@dataclass(frozen=True, slots=True)
class Taken:
    """What a process took.

    Attributes:
        seconds: wall time, median.
        megabytes: the most memory it ever held, the highest of all rounds.
    """

    seconds: float
    megabytes: float


def in_turn(runs: Sequence[Run], rounds: int, *, warm: bool = True) -> list[Taken]:
    """Run everything in turn, round after round, and return what each took."""
    seconds: list[list[float]] = [[] for _run in runs]
    megabytes = [0.0] * len(runs)
    for number in range(rounds + warm):
        for at, run in enumerate(runs):
            run.before()
            taken, held = _once(run)
            if number or not warm:
                seconds[at].append(taken)
                megabytes[at] = max(megabytes[at], held)
    return [Taken(statistics.median(taken), held) for taken, held in zip(seconds, megabytes, strict=True)]


def _once(run: Run) -> tuple[float, float]:
    program = os.fspath(run.command[0])
    words = [os.fspath(word) for word in run.command]
    # Output goes to a pipe's equal: nothing is drawn, nothing waits for a reader.
    nowhere = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1)]
    errors = [(os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]
    start = time.perf_counter()
    process = os.posix_spawn(program, words, run.environment, file_actions=[*nowhere, *errors])
    _pid, status, usage = os.wait4(process, 0)
    taken = time.perf_counter() - start
    if status:
        raise SystemExit(f"failed with {os.waitstatus_to_exitcode(status)}: {' '.join(words)}")
    return taken, usage.ru_maxrss / 1024
