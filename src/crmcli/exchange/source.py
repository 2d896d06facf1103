"""A CSV file as text records: its bytes, their encoding, the delimiter, the header, the line numbers.

A file is read twice as a stream, once to know its encoding and its hash, once for its rows, and never held in
memory. What is not certainly recognised is refused with a question, because wrong characters that look right
are worse than an error. Knows nothing about fields or entities.
"""

import codecs
import csv
import hashlib
import io
import re
import stat
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate, islice
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from crmcli.errors import DataError, Fault, NotFoundError, StorageError, UsageError
from crmcli.i18n import _

STDIN = "-"
BATCH = 10_000  #: records handed on together
MAX_CELL = 4 * 1024 * 1024  #: characters in one cell; more is a quote that was never closed
_SMALL_BATCH = 500
_BLOCK = 1 << 20
_SAMPLE = 1 << 16
_SPOOL = 8 << 20
_DELIMITERS = ",;\t|"
_NAMED_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
_SEPARATOR_LINE = re.compile(r"\ufeff?\s*\"?sep=(.)\"?[ \t]*(\r\n|\r|\n|$)", re.IGNORECASE)
# UTF-32 before UTF-16: its little-endian mark begins with the other's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32 LE"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32 BE"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16 LE"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16 BE"),
)
_HUMAN = {codec: human for _mark, codec, human in _MARKS} | {"gb18030": "GB18030"}
_NOT_FOR_FILES = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"})
_NOT_TEXT = {
    b"PK\x03\x04": ".xlsx",
    b"\xd0\xcf\x11\xe0": ".xls",
    b"%PDF": ".pdf",
    b"SQLite format 3": "SQLite",
}
_TESTED_CHARACTERS = 200_000
_UNUSUAL = 5  #: one in so many characters outside the two Chinese levels of GB 2312 makes a text doubtful
_LEAST = 2  #: different characters; one alone can be two accented letters
_FREQUENT = 3  #: at least one in so many must be among the 3,755 characters of daily use


@dataclass(frozen=True, slots=True)
class _Coding:
    codec: str
    human: str
    note: str
    mark: int = 0  #: bytes of the byte-order mark
    sha256: str = ""
    total_bytes: int = 0


@dataclass(slots=True)
class _Decoding:
    """A strict decoder fed block by block, which can say where the first bad byte stands."""

    codec: str
    offset: int = 0
    line: int = 1
    bad: tuple[int, int] | None = None  #: byte position and line of the first bad byte
    decoder: codecs.IncrementalDecoder = field(init=False)

    def __post_init__(self) -> None:
        self.decoder = codecs.getincrementaldecoder(self.codec)("strict")

    def feed(self, block: bytes, *, final: bool = False) -> str:
        """Decode a block; after the first bad byte nothing more is decoded."""
        if self.bad is not None:
            return ""
        pending = self.decoder.getstate()[0]
        try:
            text = self.decoder.decode(block, final)
        except UnicodeDecodeError as error:
            good = (pending + block)[: error.start].decode(self.codec, "replace")
            self.bad = (self.offset - len(pending) + error.start, self.line + good.count("\n"))
            return ""
        except UnicodeError:  # some stateful codecs do not say where
            self.bad = (self.offset, self.line)
            return ""
        self.offset += len(block)
        self.line += text.count("\n")
        return text


class Source:
    """An open CSV file. Iterate `rows()` or `batches()` as often as needed; close it, or use it in a `with`.

    Attributes:
        name: as the user gave it; `<stdin>` for `-`.
        encoding: what the bytes were read as, e.g. `UTF-8`, `GB18030`.
        encoding_note: how that was known, a sentence for people.
        sha256: of the bytes, in hexadecimal.
        delimiter: one character.
        header: the cells of the first record, as they stand in the file.
        header_line: the line the header starts on.
        total_bytes: the size, for a progress bar.
    """

    def __init__(self, name: str, stream: BinaryIO, coding: _Coding, delimiter: str | None) -> None:
        self.name = name
        self.encoding = coding.human
        self.encoding_note = coding.note
        self.sha256 = coding.sha256
        self.total_bytes = coding.total_bytes
        self._stream = stream
        self._coding = coding
        self._skip_lines = 0
        self.delimiter = delimiter or ","
        self._sniff(delimiter)
        self.header_line, self.header = self._first_record()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        self._stream.close()

    def position(self) -> int:
        """Return how many bytes have been read, near enough for a progress bar."""
        return 0 if self._stream.closed else self._stream.tell()

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (the line a record starts on, its cells) for each record after the header.

        Blank lines are no records. One iteration at a time: each starts the file again.

        Raises:
            DataError: a quote that is not closed, or text after a closing quote, with its line.
        """
        for lines, records in self.batches(_SMALL_BATCH):
            yield from zip(lines, records, strict=True)

    def batches(self, size: int = BATCH) -> Iterator[tuple[list[int], list[list[str]]]]:
        """Yield the same records as `rows()`, up to `size` together: their lines and their cells."""
        header = True
        for first, after, records in self._raw_batches(size):
            lines = _lines_of(records, first, after)
            if header or not all(records):
                kept = [(line, cells) for line, cells in zip(lines, records, strict=True) if cells]
                if header:
                    kept = [pair for pair in kept if pair[0] > self.header_line]
                    header = not kept
                if not kept:
                    continue
                yield [line for line, _cells in kept], [cells for _line, cells in kept]
            else:
                yield lines, records

    def _text(self) -> io.TextIOWrapper:
        self._stream.seek(self._coding.mark)
        return io.TextIOWrapper(self._stream, encoding=self._coding.codec, errors="strict", newline="")

    def _first_record(self) -> tuple[int, tuple[str, ...]]:
        for first, _after, records in self._raw_batches(1):
            if any(map(str.strip, records[0])):
                return first, tuple(records[0])
        raise DataError(
            _("the file is empty: it has no header line"),
            where=self.name,
            hint=_("the first line must name the columns"),
        )

    def _raw_batches(self, size: int) -> Iterator[tuple[int, int, list[list[str]]]]:
        """Yield (line of the first record, line after the last, records); a blank line is an empty record."""
        text = self._text()
        try:
            for _line in range(self._skip_lines):
                next(text, "")
            before = self._skip_lines + 1
            reader = csv.reader(text, delimiter=self.delimiter, strict=True)
            csv.field_size_limit(MAX_CELL)
            first = before
            while True:
                records: list[list[str]] = []
                try:
                    records.extend(islice(reader, size))  # on an error the records before it stay
                except csv.Error as error:
                    start = first + sum(map(_lines_in, records))
                    raise self._broken(start, reader.line_num + before - 1, str(error)) from None
                except UnicodeError:
                    raise DataError(_("the file changed while it was read"), where=self.name) from None
                except OSError as error:
                    raise _unreadable(self.name, error) from None
                if not records:
                    return
                after = reader.line_num + before
                yield first, after, records
                first = after
        finally:
            if not self._stream.closed:
                text.detach()

    def _broken(self, start: int, end: int, reason: str) -> DataError:
        if "expected after" in reason:
            fault = Fault(
                _("text stands after a closing quote, in the record that starts on line {line}").format(
                    line=start
                ),
                self.name,
                end,
                hint=_('write a quote inside a quoted cell twice: ""'),
                code="bad-quote",
            )
        else:
            fault = Fault(
                _("a quote opened in the record that starts here is never closed"),
                self.name,
                start,
                hint=_('close the cell with a quote, and write a quote inside a quoted cell twice: ""'),
                code="unclosed-quote",
            )
        return DataError(fault.what, where=fault.where, hint=fault.hint, faults=(fault,))

    def _sniff(self, delimiter: str | None) -> None:
        text = self._text()
        try:
            head = text.read(_SAMPLE)
        finally:
            text.detach()
        separator = _SEPARATOR_LINE.match(head)
        if separator:
            self._skip_lines = 1
            self.delimiter = delimiter or separator.group(1)
        elif delimiter is None:
            self.delimiter = _likely_delimiter(head)


def open_source(path: str, *, encoding: str | None = None, delimiter: str | None = None) -> Source:
    """Open a CSV file, or standard input for `-`, and recognise its encoding, delimiter and header.

    Raises:
        NotFoundError: there is no such file.
        UsageError: a folder, standard input on a terminal, an unknown encoding or delimiter.
        StorageError: the file cannot be read.
        DataError: the encoding is not certain, or there is no header.
    """
    codec = _given_codec(encoding) if encoding else None
    separator = _given_delimiter(delimiter) if delimiter else None
    name, stream = (_("<stdin>"), _standard_input()) if path == STDIN else (path, _open(path))
    try:
        return Source(name, stream, _examine(name, stream, codec, encoding or ""), separator)
    except OSError as error:
        stream.close()
        raise _unreadable(name, error) from None
    except BaseException:
        stream.close()
        raise


def read_text(path: str) -> str:
    """Return the whole text of a file, or of standard input for `-`; its encoding is recognised as that of a CSV file.

    Raises:
        NotFoundError, UsageError, StorageError, DataError: as `open_source`.
    """
    try:
        name, stream = (_("<stdin>"), _standard_input()) if path == STDIN else (path, _open(path))
        with stream:
            try:
                coding = _examine(name, stream, None, "")
                stream.seek(coding.mark)
                return stream.read().decode(coding.codec).replace("\r\n", "\n")
            except OSError as error:
                raise _unreadable(name, error) from None
    except (DataError, UsageError) as error:  # what open_source advises is for CSV
        raise type(error)(error.what, where=error.where, hint=_("give a text file in UTF-8")) from None


def _lines_in(record: list[str]) -> int:
    """Return how many lines of the file a record takes."""
    text = "\x1f".join(record)
    return 1 + text.count("\n") + text.count("\r") - text.count("\r\n")


def _lines_of(records: list[list[str]], first: int, after: int) -> list[int]:
    """Return the line each record starts on; nearly always one line is one record."""
    if after - first == len(records):
        return list(range(first, after))
    return list(accumulate(map(_lines_in, records[:-1]), initial=first))


def _given_codec(encoding: str) -> str:
    try:
        codec = codecs.lookup(encoding).name
        "".encode(codec)
        codecs.getincrementaldecoder(codec)
    except (LookupError, ValueError):
        codec = ""
    if not codec or codec in _NOT_FOR_FILES:
        raise UsageError(
            _("unknown encoding: {name}").format(name=repr(encoding)),
            where="--encoding",
            hint=_("write utf-8, gb18030, big5, utf-16, shift_jis, cp1252 …"),
        )
    if codec in {"gb2312", "gbk"}:
        return "gb18030"  # what programs call GBK today reaches into its successor
    return {"utf-8-sig": "utf-8", "utf_8_sig": "utf-8", "ascii": "utf-8"}.get(codec, codec)


def _given_delimiter(delimiter: str) -> str:
    separator = _NAMED_DELIMITERS.get(delimiter.lower(), delimiter)
    if len(separator) != 1 or separator in '"\r\n\0 ' or separator.isalnum():
        raise UsageError(
            _("not a delimiter: {value}").format(value=repr(delimiter)),
            where="--delimiter",
            hint=_("write one character, such as ; or |, or the word tab"),
        )
    return separator


def _unreadable(name: str, error: OSError) -> StorageError:
    return StorageError(_("cannot be read: {reason}").format(reason=error.strerror or str(error)), where=name)


def _open(path: str) -> BinaryIO:
    try:
        stream = Path(path).open("rb")  # noqa: SIM115 - the Source closes it
    except (FileNotFoundError, NotADirectoryError):
        raise NotFoundError(_("no such file: {path}").format(path=repr(path))) from None
    except IsADirectoryError:
        raise UsageError(
            _("a folder, not a file: {path}").format(path=repr(path)), hint=_("name a CSV file")
        ) from None
    except ValueError:
        raise UsageError(_("not a file name: {path}").format(path=repr(path))) from None
    except OSError as error:
        raise _unreadable(path, error) from None
    if stat.S_ISREG(Path(path).stat().st_mode):
        return stream
    with stream:  # a pipe or a device is read once only
        return _spool(path, stream)


def _standard_input() -> BinaryIO:
    hint = _("give a file name, or send the data in: crm import … - < file.csv")
    if sys.stdin is None or sys.stdin.closed:
        raise UsageError(_("there is no standard input"), hint=hint)
    if sys.stdin.isatty():
        raise UsageError(_("standard input is the terminal: there is nothing to read"), hint=hint)
    return _spool(_("<stdin>"), sys.stdin.buffer)


def _spool(name: str, stream: BinaryIO) -> BinaryIO:
    """Copy what can be read only once to memory, or when large to a nameless temporary file."""
    spool = tempfile.SpooledTemporaryFile(_SPOOL)  # noqa: SIM115 - the Source closes it
    try:
        while block := stream.read(_BLOCK):
            spool.write(block)
    except OSError as error:
        spool.close()
        raise _unreadable(name, error) from None
    return spool  # type: ignore[return-value] # it has every method of BinaryIO that is used here


# --- encoding -----------------------------------------------------------------------------------------------


def _examine(name: str, stream: BinaryIO, given: str | None, given_name: str) -> _Coding:
    stream.seek(0)
    head = stream.read(_SAMPLE)
    for magic, kind in _NOT_TEXT.items():
        if head.startswith(magic):
            what = _("a {kind} file, not CSV").format(kind=kind)
            raise DataError(what, where=name, hint=_("save it as CSV UTF-8 first"))
    mark, codec, human, note = _first_guess(head, given, given_name)
    digest = hashlib.sha256()
    decoding = _Decoding(codec, offset=mark)
    stream.seek(0)
    total = 0
    while block := stream.read(_BLOCK):
        digest.update(block)
        decoding.feed(block[mark:] if total == 0 else block)
        total += len(block)
    decoding.feed(b"", final=True)
    if decoding.bad is not None:
        if given is not None or mark or codec != "utf-8":
            raise _undecodable(name, human, decoding.bad, given is not None)
        codec, human, note = "gb18030", "GB18030", _try_gb18030(name, stream, decoding.bad)
    return _Coding(codec, human, note, mark, digest.hexdigest(), total)


def _first_guess(head: bytes, given: str | None, given_name: str) -> tuple[int, str, str, str]:
    """Return the length of the byte-order mark, the codec, its name for people, and how it was known."""
    for mark, codec, human in _MARKS:
        if head.startswith(mark) and (
            given is None or given in {codec, codec.removesuffix("-le").removesuffix("-be")}
        ):
            note = _("given") if given else _("recognised by its byte-order mark")
            return len(mark), codec, human, note
    if given is not None:
        codec = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(given, given)
        return 0, codec, _HUMAN.get(codec, given_name.upper()), _("given")
    wide = _wide_codec(head)
    if wide:
        return 0, wide, _HUMAN[wide], _("recognised without a byte-order mark")
    return 0, "utf-8", "UTF-8", _("recognised")


def _wide_codec(head: bytes) -> str | None:
    """Tell UTF-16 without a mark: each ASCII character (delimiter, line end) brings a NUL, on one side."""
    pairs = len(head) // 2
    even, odd = head[0 : pairs * 2 : 2].count(0), head[1 : pairs * 2 : 2].count(0)
    if pairs < 2 or max(even, odd) * 20 < pairs or min(even, odd) * 20 > max(even, odd):
        return None
    codec = "utf-16-le" if odd > even else "utf-16-be"
    try:
        text = head[: pairs * 2 - 2].decode(codec)
    except UnicodeDecodeError:
        return None
    return codec if "\0" not in text and max(even, odd) > 1 else None


def _undecodable(name: str, human: str, bad: tuple[int, int], was_given: bool) -> DataError:
    hint = _("give the encoding the file was saved in, e.g. --encoding gb18030 or --encoding cp1252")
    if not was_given:
        hint = _("the file may be cut off; save it again as UTF-8")
    fault = Fault(
        _("not {encoding}: byte {position} cannot be read").format(encoding=human, position=bad[0]),
        name,
        bad[1],
        hint=hint,
        code="bad-encoding",
    )
    return DataError(fault.what, where=fault.where, hint=hint, faults=(fault,))


def _try_gb18030(name: str, stream: BinaryIO, utf8_bad: tuple[int, int]) -> str:
    """Check that a file which is not UTF-8 is Chinese in GB18030, and return the note.

    Raises:
        DataError: it is not, or it may as well be something else.
    """
    decoding = _Decoding("gb18030")
    seen: Counter[str] = Counter()
    stream.seek(0)
    while block := stream.read(_BLOCK):
        text = decoding.feed(block)
        if seen.total() < _TESTED_CHARACTERS:
            seen.update("".join(re.findall("[^\\0-\x7f]+", text)))
    decoding.feed(b"", final=True)
    hint = _(
        "say what it was saved in: --encoding cp1252 (Western), big5, shift_jis, euc_kr, cp1251, gb18030 …"
    )
    if decoding.bad is not None:
        what = _(
            "neither UTF-8 (byte {utf8}) nor GB18030 (byte {gb18030}): the encoding is not known"
        ).format(utf8=utf8_bad[0], gb18030=decoding.bad[0])
    elif not _is_likely_chinese(seen):
        what = _(
            "not UTF-8 (byte {utf8}), and hardly Chinese in GB18030: the encoding is not certain"
        ).format(utf8=utf8_bad[0])
    else:
        return _("recognised: not UTF-8, and plausible Chinese")
    fault = Fault(what, name, utf8_bad[1], hint=hint, code="unknown-encoding")
    raise DataError(what, where=fault.where, hint=hint, faults=(fault,))


def _is_likely_chinese(seen: Counter[str]) -> bool:
    """Tell Chinese from another encoding that happens to be valid GB18030, by how common its characters are.

    Western text gives rare characters, because a lone accented letter swallows the letter after it; Cyrillic
    and Big5 give few of the characters of daily use; Korean none from the last third of their pinyin order;
    Japanese kana.
    """
    total = frequent = unusual = kana = late = 0
    for character, count in seen.items():
        code = character.encode("gb18030")
        total += count
        if len(code) != 2 or code[1] < 0xA1 or code[0] > 0xF7 or 0xAA <= code[0] < 0xB0:
            unusual += count
        elif 0xB0 <= code[0] <= 0xD7 or 0xA1 <= code[0] <= 0xA3:
            frequent += count
            late += count * (0xC9 <= code[0] <= 0xD7)
        elif code[0] in {0xA4, 0xA5}:
            kana += count
    if (
        len(seen) < _LEAST
        or unusual * _UNUSUAL > total
        or kana * _UNUSUAL > total
        or frequent * _FREQUENT < total
    ):
        return False
    return total < 30 or late * 10 > total


def _likely_delimiter(head: str) -> str:
    """Return the delimiter found most often in the first record, outside quotes; a comma when none is."""
    counts = dict.fromkeys(_DELIMITERS, 0)
    quoted = False
    for character in head.lstrip("\r\n \ufeff"):
        if character == '"':
            quoted = not quoted
        elif not quoted:
            if character in "\r\n":
                break
            if character in counts:
                counts[character] += 1
    best = max(counts, key=lambda delimiter: counts[delimiter])
    return best if counts[best] else ","
