"""Progress of long work on standard error: silent off a terminal, under --quiet, and for short work.

The bar itself is drawn with rich, which is imported only when there is a bar to draw.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from crmcli.clock import monotonic
from crmcli.render import notes
from crmcli.render.safe import safe

if TYPE_CHECKING:
    from crmcli.render.bar import Bar

PATIENCE = 2.0  #: seconds before a bar appears


class Progress:
    """How far a piece of work is; drawn on a terminal only, and only when the work takes its time."""

    def __init__(self, label: str, total: int | None) -> None:
        self._label = safe(label)
        self._total = total
        wanted = notes.on_terminal() and not notes.is_quiet()
        self._due = monotonic() + PATIENCE if wanted else None
        self._bar: Bar | None = None

    def update(self, done: int, total: int | None = None) -> None:
        """Tell how much is done, and of how much if that was not known before.

        Cheap enough to be called for every batch.
        """
        self._total = total or self._total
        if self._bar is not None:
            self._bar.update(done, self._total)
        elif self._due is not None and monotonic() >= self._due:
            from crmcli.render.bar import Bar

            self._bar = Bar(self._label, self._total)
            self._bar.update(done, self._total)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        self._due = None


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Progress]:
    """Show progress on standard error while a block runs; silent off a terminal and for short work."""
    bar = Progress(label, total)
    try:
        yield bar
    finally:
        bar.close()
