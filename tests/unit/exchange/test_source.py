import hashlib
import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from crmcli.errors import DataError, ExitCode, NotFoundError, UsageError
from crmcli.exchange.source import Source, open_source


def opened(folder: Path, content: bytes | str, **options: str) -> Source:
    file = folder / "file.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_source(str(file), **options)


def spectrum(shared: Path) -> list[tuple[Path, list[dict[str, str]]]]:
    """Each file with what it must read as, apart from two slips in that collection itself."""
    found = []
    for file in sorted((shared / "csv_nasty/csv-spectrum/csvs").glob("*.csv")):
        expected = json.loads((shared / f"csv_nasty/csv-spectrum/json/{file.stem}.json").read_text("utf-8"))
        if (
            file.stem == "location_coordinates"
        ):  # this JSON is one object, and its number is not the one in the CSV
            assert expected.pop("Contact Phone Number") == "1234567890"
            expected = [{"Contact Phone Number": "2095257564", **expected}]
        if b"\r" not in file.read_bytes():  # this copy of newlines_crlf.csv lost its carriage returns
            expected = [{key: cell.replace("\r\n", "\n") for key, cell in row.items()} for row in expected]
        found.append((file, expected))
    assert len(found) == 12
    return found


def records(file: Path) -> list[dict[str, str]]:
    with open_source(str(file)) as source:
        return [dict(zip(source.header, cells, strict=True)) for _line, cells in source.rows()]


def test_every_csv_spectrum_file_reads_as_its_json_says(shared: Path) -> None:
    for file, expected in spectrum(shared):
        assert records(file) == expected, file.name


def test_every_csv_spectrum_file_reads_the_same_with_windows_line_ends(shared: Path, tmp_path: Path) -> None:
    for file, expected in spectrum(shared):
        copy = tmp_path / file.name
        copy.write_bytes(file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        crlf = [
            {key: cell.replace("\r\n", "\n").replace("\n", "\r\n") for key, cell in row.items()}
            for row in expected
        ]
        assert records(copy) == crlf, file.name


@pytest.mark.parametrize(
    ("name", "header", "rows"),
    [
        ("blanks.csv", ("a", "b", "c", "d", "e", "f"), [(2, ["", "NA", "N/A", "NONE", "NULL", "."])]),
        ("test_skip_lines.csv", ("a", "b", "c"), [(5, ["1", "2", "3"])]),
        ("mac_newlines.csv", ("a", "b", "c"), [(2, ["1", "2", "3"]), (3, ["Once upon\ra time", "5", "6"])]),
        ("no_header_row.csv", ("1", "2", "3"), []),
        ("null_byte.csv", ("a", "b", "c"), [(2, ["\0", "2", "3"])]),
        ("test_utf8_bom.csv", ("foo", "bar", "baz"), [(2, ["1", "2", "3"]), (3, ["4", "5", "ʤ"])]),
        ("test_utf16_big.csv", ("a", "b", "c"), [(2, ["1", "2", "3"]), (3, ["4", "5", "ʤ"])]),
        ("test_utf16_little.csv", ("a", "b", "c"), [(2, ["1", "2", "3"]), (3, ["4", "5", "ʤ"])]),
        ("test_extra_header.csv", ("a", "b", "c", "d"), [(2, ["1", "2", "3"])]),
        ("test_empty_columns_long_row.csv", ("a", "b", "c"), [(2, ["", "", "", ""])]),
        ("test_no_leading_zeroes.csv", ("a", "b", "c"), [(2, ["01", "00.11", "0.1"])]),
        ("test_locale.csv", ("a", "b", "c"), [(2, ["1,7", "200.000.000", ""])]),
    ],
)
def test_awkward_files(
    shared: Path, name: str, header: tuple[str, ...], rows: list[tuple[int, list[str]]]
) -> None:
    with open_source(str(shared / "csv_nasty/csvkit" / name)) as source:
        assert source.header == header
        assert list(source.rows()) == rows


def test_latin_1_is_a_question_not_chinese(shared: Path) -> None:
    file = shared / "csv_nasty/csvkit/test_latin1.csv"
    with pytest.raises(DataError, match="byte 16") as caught:
        open_source(str(file))
    assert caught.value.faults[0].line == 3
    assert "--encoding" in caught.value.hint
    with open_source(str(file), encoding="latin-1") as source:
        assert [cells for _line, cells in source.rows()] == [["1", "2", "3"], ["4", "5", "©"]]


def test_naughty_strings_come_through_quoted_cells(shared: Path, tmp_path: Path) -> None:
    strings = (shared / "csv_nasty/blns/blns.txt").read_text("utf-8").split("\n")
    body = "".join(f'"{text.replace(chr(34), chr(34) * 2)}",x\n' for text in strings)
    with opened(tmp_path, "text,mark\n" + body) as source:
        assert [cells[0] for _line, cells in source.rows()] == strings


def test_lines_are_those_of_an_editor(tmp_path: Path) -> None:
    with opened(tmp_path, '\n\na,b\n1,"x\ny\r\nz"\n\n2,"p\rq"\n3,c\n') as source:
        assert source.header_line == 3
        assert [(line, cells[0]) for line, cells in source.rows()] == [(4, "1"), (8, "2"), (10, "3")]
        assert list(source.rows()) == list(source.rows())


def test_batches_hold_every_row_once_and_in_order(tmp_path: Path) -> None:
    lines = "".join(f"{number},{chr(10) if number % 7 == 0 else ''}\n" for number in range(1000))
    with opened(tmp_path, "a,b\n" + lines) as source:
        for size in (1, 3, 999, 5000):
            batches = list(source.batches(size))
            assert all(len(numbers) == len(records) <= size for numbers, records in batches)
            assert [cells[0] for _numbers, records in batches for cells in records] == [
                str(n) for n in range(1000)
            ]
            numbered = [pair for batch in batches for pair in zip(*batch, strict=True)]
            assert numbered == list(source.rows())


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("姓名;电话\n王;1\n", ";"),
        ("姓名\t电话\n王\t1\n", "\t"),
        ("姓名|电话\n王|1\n", "|"),
        ('"a;b;c",电话\n王,1\n', ","),
        ("sep=;\r\n姓名;电话\r\n王;1\r\n", ";"),
        ("\ufeffsep=|\n姓名|电话\n王|1\n", "|"),
    ],
)
def test_the_delimiter_is_seen_in_the_header(tmp_path: Path, text: str, delimiter: str) -> None:
    with opened(tmp_path, text) as source:
        assert source.delimiter == delimiter
        assert [cells for _line, cells in source.rows()] == [["王", "1"]]
        assert len(source.header) == 2


def test_a_given_delimiter_wins(tmp_path: Path) -> None:
    with opened(tmp_path, "a,b;c\n1,2;3\n", delimiter=";") as source:
        assert source.header == ("a,b", "c")
    with opened(tmp_path, "a\tb,c,d\n", delimiter="tab") as source:
        assert source.header == ("a", "b,c,d")
    with pytest.raises(UsageError, match="not a delimiter"):
        opened(tmp_path, "a\n", delimiter="ab")


def test_an_unclosed_quote_is_a_fault_with_the_line_it_starts_on(tmp_path: Path) -> None:
    with opened(tmp_path, 'a,b\n1,2\n3,"open\n4,5\n') as source, pytest.raises(DataError) as caught:
        list(source.rows())
    assert (caught.value.faults[0].line, caught.value.faults[0].code) == (3, "unclosed-quote")


def test_a_giant_unclosed_cell_is_the_same_fault(tmp_path: Path) -> None:
    content = 'a,b\n1,"open\n' + "0123456789,\n" * 400_000
    with opened(tmp_path, content) as source, pytest.raises(DataError) as caught:
        list(source.rows())
    assert (caught.value.faults[0].line, caught.value.faults[0].code) == (2, "unclosed-quote")


def test_text_after_a_closing_quote_is_a_fault(tmp_path: Path) -> None:
    with opened(tmp_path, 'a,b\n1,2\n"x" y,5\n') as source, pytest.raises(DataError) as caught:
        list(source.rows())
    assert (caught.value.faults[0].line, caught.value.faults[0].code) == (3, "bad-quote")


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n\r\n", b"\xef\xbb\xbf", b" , \n,,\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DataError, match="empty"):
        opened(tmp_path, content)


def test_a_workbook_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"\.xlsx") as caught:
        opened(tmp_path, b"PK\x03\x04\x14\x00\x06\x00")
    assert "CSV" in caught.value.hint


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as missing:
        open_source(str(tmp_path / "no.csv"))
    assert missing.value.status is ExitCode.FINDINGS
    with pytest.raises(UsageError, match="folder"):
        open_source(str(tmp_path))
    with pytest.raises(UsageError):
        open_source("a\0b")
    with pytest.raises(UsageError, match="unknown encoding"):
        opened(tmp_path, "a\n", encoding="klingon")
    with pytest.raises(UsageError, match="unknown encoding"):
        opened(tmp_path, "a\n", encoding="base64")


def test_hash_and_size_are_those_of_the_bytes(tmp_path: Path) -> None:
    with opened(tmp_path, b"\xef\xbb\xbfa,b\r\n1,2\r\n") as source:
        assert source.total_bytes == 13
        assert source.sha256 == hashlib.sha256(b"\xef\xbb\xbfa,b\r\n1,2\r\n").hexdigest()
        list(source.rows())
        assert source.position() == 13


READ_STDIN = """
from crmcli.exchange.source import open_source
with open_source("-") as source:
    counts = [sum(1 for _ in source.rows()) for _time in range(2)]
    print(source.name, source.encoding, source.total_bytes, *counts)
"""


@pytest.mark.parametrize("rows", [2, 700_000])
def test_standard_input_is_read_as_bytes(rows: int) -> None:
    content = ("姓名,电话\n" + "王五,1380013\n" * rows).encode("gb18030")
    done = subprocess.run([sys.executable, "-c", READ_STDIN], input=content, capture_output=True, check=True)
    assert done.stdout.decode().split() == ["<stdin>", "GB18030", str(len(content)), str(rows), str(rows)]


def test_a_terminal_on_standard_input_is_a_hint_not_a_wait() -> None:
    code = (
        "from crmcli.errors import UsageError\nfrom crmcli.exchange.source import open_source\n"
        "try:\n    open_source('-')\nexcept UsageError as error:\n    print(error.what, '|', error.hint)\n"
    )
    leader, follower = os.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], stdin=follower, capture_output=True, check=True, timeout=30
        )
    finally:
        os.close(leader)
        os.close(follower)
    assert "terminal" in done.stdout.decode()


def test_a_named_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = subprocess.Popen([sys.executable, "-c", f"open({str(pipe)!r}, 'w').write('a,b\\n1,2\\n')"])
    with open_source(str(pipe)) as source:
        assert list(source.rows()) == [(2, ["1", "2"])]
    assert writer.wait() == 0


def test_a_large_file_streams(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    with file.open("w") as out:
        out.write("a,b,c,d\n")
        out.writelines(f"C{n:06},2026-01-{n % 28 + 1:02},{n},{n}.25\n" for n in range(200_000))
    tracemalloc.start()
    try:
        with open_source(str(file)) as source:
            count = sum(len(lines) for lines, _records in source.batches())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 200_000
    assert peak < 30_000_000
