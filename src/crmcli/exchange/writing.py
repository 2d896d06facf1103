"""Files out of this program: whole or not at all, readable by their owner only, in CSV, JSON or JSON lines.

A target is replaced only after every byte of its successor is on disk. Text is written exactly as it is
stored: no guard against formulas, because a guard would change the data on its way back in.
"""

import csv
import errno
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Literal, TextIO

from crmcli.birthdays import lunar_of, lunar_text
from crmcli.errors import CannotCreateError, CrmError, StorageError, UsageError
from crmcli.exchange.cells import Value
from crmcli.exchange.fields import FieldKind, fields_of
from crmcli.i18n import _
from crmcli.temporaries import temporary_for
from crmcli.values import ValueFault, format_amount, masked, plain_number

STDOUT = "-"
Format = Literal["csv", "json", "jsonl"]
FORMATS: tuple[Format, ...] = ("csv", "json", "jsonl")
_TOGETHER = 500  #: records formatted at once
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def atomic_output(path: str) -> Iterator[TextIO]:
    """Give a UTF-8 text stream that becomes the file `path` when the block ends well.

    Its `.buffer` takes bytes. If the block fails, the file stays as it was. A symbolic link stays, its target
    is replaced. `-` is standard output, and a device or pipe is written directly.

    Raises:
        CannotCreateError: the folder does not exist, or nothing may be written there.
        StorageError: the disk is full or broken.
    """
    if path == STDOUT:
        if sys.stdout is None:
            raise CannotCreateError(_("there is no standard output"), hint=_("name a file instead of -"))
        number = _stdout_number()
        with _direct(_("<stdout>"), os.dup(number) if number >= 0 else None) as stream:
            yield stream
        return
    target = _target(path)
    if target.exists() and not target.is_file():
        with _direct(path, _opened(path, target, os.O_WRONLY)) as stream:
            yield stream
        return
    temporary = temporary_for(target)
    number = _opened(path, temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW)
    try:
        with _failures(path):
            with io.TextIOWrapper(os.fdopen(number, "wb"), encoding="utf-8", newline="") as stream:
                yield stream
                stream.flush()
                os.fsync(number)
            temporary.replace(target)
            _sync_folder(target.parent)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _stdout_number() -> int:
    """Return the descriptor of standard output, -1 when it is not a real file (in a test, in a notebook)."""
    try:
        return sys.stdout.fileno()
    except (AttributeError, OSError, ValueError):
        return -1


@contextmanager
def _direct(name: str, number: int | None) -> Iterator[TextIO]:
    if sys.stdout is not None:
        sys.stdout.flush()  # what was printed before comes first
    raw = os.fdopen(number, "wb") if number is not None else sys.stdout.buffer
    stream = io.TextIOWrapper(raw, encoding="utf-8", newline="")
    with _failures(name):
        try:
            yield stream
            stream.flush()
        finally:
            if number is None:
                with suppress(OSError):
                    stream.detach()
            else:
                with suppress(OSError):
                    stream.close()


@contextmanager
def _failures(name: str) -> Iterator[None]:
    """Turn a full or broken disk into our error; other failures, such as a closed pipe, pass."""
    try:
        yield
    except CrmError:
        raise
    except OSError as error:
        if error.errno in _FULL:
            raise StorageError(
                _("the disk is full"),
                where=name,
                hint=_("free some space and try again"),
            ) from None
        if error.errno == errno.EIO:
            raise StorageError(
                _("writing failed: {reason}").format(reason=error.strerror), where=name
            ) from None
        raise


def _target(path: str) -> Path:
    try:
        target = Path(path).resolve()
        if target.is_dir():
            raise CannotCreateError(_("a folder, not a file"), where=path)
        if not target.parent.is_dir():
            raise CannotCreateError(
                _("the folder {folder} does not exist").format(folder=repr(str(target.parent))),
                where=path,
                hint=_("create it first"),
            )
        if target.exists() and not os.access(target, os.W_OK):
            raise CannotCreateError(_("the file is read-only"), where=path)
    except (ValueError, RuntimeError, OSError) as error:
        raise CannotCreateError(_("not a file name: {reason}").format(reason=error), where=path) from None
    return target


def _opened(path: str, file: Path, flags: int) -> int:
    try:
        return os.open(file, flags | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno in _FULL:
            raise StorageError(_("the disk is full"), where=path) from None
        reason = error.strerror or str(error)
        raise CannotCreateError(_("cannot be written: {reason}").format(reason=reason), where=path) from None


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # some file systems cannot; the file itself is on disk
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


# --- records ------------------------------------------------------------------------------------------------


def write_records(stream: TextIO, form: Format, names: Sequence[str], rows: Iterable[Sequence[Value]]) -> int:
    """Write rows, as they come, and return how many.

    CSV follows RFC 4180 with line feeds at line ends; the header is the names, None is an empty cell, text is
    as stored. JSON is one array, JSON lines one object a line, both UTF-8 unescaped, None as null. Amounts
    must come as decimal text, see `as_file_rows`.
    """
    if form == "csv":
        return _write_csv(stream, names, rows)
    if form not in FORMATS:
        raise UsageError(_("unknown format: {name}").format(name=repr(form)), hint=", ".join(FORMATS))
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    count = 0
    first, between, last = ("[\n", ",\n", "\n]\n") if form == "json" else ("", "\n", "\n")
    for row in rows:
        stream.write(between if count else first)
        stream.write(encode(dict(zip(names, row, strict=True))))
        count += 1
    if count:
        stream.write(last)
    elif form == "json":
        stream.write("[]\n")
    return count


def as_file_rows(
    entity: str, names: Sequence[str], rows: Iterable[Sequence[Value]], currency: str, *, reveal: bool = False
) -> Iterator[list[Value]]:
    """Turn rows in database form into rows for a file: minor units become decimal text in the row's currency.

    Args:
        entity: a key of ENTITIES.
        names: field names aligned with the rows.
        rows: as `parse` gives them.
        currency: of rows without a currency of their own.
        reveal: write what identifies a person in full; else it is masked, which import leaves alone.
    """
    kinds = fields_of(entity)
    secret = [i for i, name in enumerate(names) if name in kinds and kinds[name].kind is FieldKind.MASKED]
    born_at = names.index("birthday") if "birthday" in names and "birthday_calendar" in names else -1
    calendar_at = names.index("birthday_calendar") if born_at >= 0 else -1
    amounts = [i for i, name in enumerate(names) if name in kinds and kinds[name].kind is FieldKind.AMOUNT]
    currency_at = names.index("currency") if "currency" in names else -1
    for row in rows:
        out = list(row)
        code = str(row[currency_at] or currency) if currency_at >= 0 else currency
        for index in amounts:
            minor = out[index]
            if isinstance(minor, int):
                out[index] = format_amount(minor, code)
        for index in secret if not reveal else ():
            out[index] = masked(None if out[index] is None else str(out[index]))
        if born_at >= 0 and out[born_at] is not None and out[calendar_at] == "lunar":
            out[born_at] = _lunar(str(out[born_at]))
        yield out


def _lunar(born: str) -> str:
    """Write the lunar date of a solar day; one that the calendar does not reach stays what it is."""
    try:
        return lunar_text(lunar_of(date.fromisoformat(born)))
    except ValueFault:
        return born


class CsvLines:
    """A CSV writer whose lines end in a line feed and which quotes a lone carriage return on every Python."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        # The writer quotes the characters of its line end: so \r is one of them, and is taken off again.
        self._writer = csv.writer(self, lineterminator="\r\n")

    def write(self, line: str) -> int:
        """Take one finished line from the csv module."""
        return self._stream.write(line[:-2] + "\n")

    def writerow(self, cells: Sequence[Value]) -> None:
        """Write one record."""
        self._writer.writerow(_file_cells(cells))

    def writerows(self, rows: Iterable[Sequence[Value]]) -> int:
        """Write records, many together where none holds a carriage return, and return how many."""
        count = 0
        source = iter(rows)
        while some := [_file_cells(row) for row in islice(source, _TOGETHER)]:
            text = io.StringIO(newline="")
            csv.writer(text, lineterminator="\n").writerows(some)
            if "\r" in text.getvalue():
                self._writer.writerows(some)
            else:
                self._stream.write(text.getvalue())
            count += len(some)
        return count


def _file_cells(cells: Sequence[Value]) -> Sequence[Value]:
    return (
        [plain_number(cell) if type(cell) is float else cell for cell in cells]
        if float in map(type, cells)
        else cells
    )


def _write_csv(stream: TextIO, names: Sequence[str], rows: Iterable[Sequence[Value]]) -> int:
    writer = CsvLines(stream)
    writer.writerow(names)
    return writer.writerows(rows)
