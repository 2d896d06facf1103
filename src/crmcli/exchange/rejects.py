"""The rows an import could not take, written so that they can be mended and imported again.

Two columns are put before the original ones, the line in the original file and the reason; the importer skips
them. They stand in front because a row with too many cells would push columns at the end out of place.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from crmcli.errors import Fault
from crmcli.exchange.fields import CRM_LINE, CRM_REASON, is_silent
from crmcli.exchange.parse import RowFault
from crmcli.exchange.writing import CsvLines, atomic_output


class RejectsWriter:
    """Takes faulty rows one by one."""

    def __init__(self, lines: CsvLines, header: Sequence[str]) -> None:
        self._lines = lines
        # A rejects file that is imported again brings last time's two columns: they are replaced, not
        # repeated.
        self._old = {index for index, cell in enumerate(header) if is_silent(cell)}
        self.count = 0
        lines.writerow([CRM_LINE, CRM_REASON, *self._without_old(header)])

    def add(self, row: RowFault) -> None:
        """Write one row with its reason."""
        self.add_row(row.line, row.cells, row.faults)

    def add_row(self, line: int, cells: Sequence[str], faults: Sequence[Fault]) -> None:
        """Write the cells of a row that was refused later, for instance because its customer is not known."""
        self._lines.writerow([line, reason(faults), *self._without_old(cells)])
        self.count += 1

    def _without_old(self, cells: Sequence[str]) -> list[str]:
        return (
            [cell for index, cell in enumerate(cells) if index not in self._old] if self._old else list(cells)
        )


@contextmanager
def open_rejects(path: str, header: Sequence[str]) -> Iterator[RejectsWriter]:
    """Open a rejects file, UTF-8, for its owner only; it appears when the block ends well.

    Raises:
        CannotCreateError: it cannot be written there.
        StorageError: the disk is full or broken.
    """
    with atomic_output(path) as stream:
        yield RejectsWriter(CsvLines(stream), header)


def reason(faults: Sequence[Fault]) -> str:
    """Return all that is wrong with a row, as one line of text."""
    return "; ".join(fault._replace(file="", line=0).text() for fault in faults)
