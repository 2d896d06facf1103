"""A progress bar on standard error, drawn with rich; imported only once a piece of work has taken its time.

It leaves nothing behind: when the work ends, the line is empty again.
"""

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Bar:
    """One bar, for one piece of work."""

    def __init__(self, label: str, total: int | None) -> None:
        console = Console(file=sys.stderr, markup=False, highlight=False, emoji=False)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._progress.add_task(label, total=total)
        self._progress.start()

    def update(self, done: int, total: int | None) -> None:
        """Tell how much is done, and of how much (None: not known)."""
        self._progress.update(self._task, completed=done, total=total)

    def close(self) -> None:
        """Take the bar away."""
        self._progress.stop()
