import errno
import io
import json
import os
import re
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmcli.errors import CannotCreateError, StorageError, UsageError
from crmcli.exchange.writing import as_file_rows, atomic_output, write_records
from crmcli.values import plain_number

NAMES = ("name", "notes", "amount", "quantity")
ROWS = [
    ('O\'Brien, "Bob"', "line\nbreak", "0.10", 2.0),
    ("=1+1", None, "-5.00", 2.5),
    ("王😀", "a\rb", None, 1e-05),
    ("+8613800138000", "tab\there", "007", None),
]


def written(form: str, rows: list[tuple[object, ...]]) -> str:
    stream = io.StringIO(newline="")
    assert write_records(stream, form, NAMES, iter(rows)) == len(rows)  # type: ignore[arg-type]
    return stream.getvalue()


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(1e16)
@example(-1.5e-7)
@example(123456789012345680000.0)
@settings(max_examples=200, deadline=None)
def test_a_number_is_written_without_an_exponent_and_read_back(number: float) -> None:
    text = plain_number(number)
    assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text)
    assert float(text) == number
    assert not text.endswith(".0")


def test_csv_byte_for_byte() -> None:
    assert written("csv", ROWS) == (
        "name,notes,amount,quantity\n"
        '"O\'Brien, ""Bob""","line\nbreak",0.10,2\n'
        "=1+1,,-5.00,2.5\n"
        '王😀,"a\rb",,0.00001\n'
        "+8613800138000,tab\there,007,\n"
    )


def test_json_lines_byte_for_byte() -> None:
    assert written("jsonl", ROWS[1:3]) == (
        '{"name": "=1+1", "notes": null, "amount": "-5.00", "quantity": 2.5}\n'
        '{"name": "王😀", "notes": "a\\rb", "amount": null, "quantity": 1e-05}\n'
    )
    assert written("jsonl", []) == ""


def test_json_is_one_array() -> None:
    assert json.loads(written("json", ROWS)) == [dict(zip(NAMES, row, strict=True)) for row in ROWS]
    assert written("json", ROWS[:1]).startswith('[\n{"name": ')
    assert json.loads(written("json", [])) == []
    assert "王😀" in written("json", ROWS)


def test_an_unknown_format_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        written("xml", [])


def test_amounts_become_decimal_text_in_their_currency() -> None:
    names = ("customer", "amount", "cost", "currency")
    rows = [("a", 123450, None, "CNY"), ("b", 500, 30, "JPY"), ("c", -5, 0, None)]
    assert list(as_file_rows("transactions", names, rows, "CNY")) == [
        ["a", "1234.50", None, "CNY"],
        ["b", "500", "30", "JPY"],
        ["c", "-0.05", "0.00", None],
    ]
    assert list(as_file_rows("products", ("name", "price"), [("x", 1)], "BHD")) == [["x", "0.001"]]


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_file_appears_whole_and_for_its_owner_only(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    old = os.umask(0)
    try:
        with atomic_output(str(target)) as stream:
            stream.write("一\r\n二\r")
            stream.flush()
            assert not target.exists()
            assert len(names_in(tmp_path)) == 1
    finally:
        os.umask(old)
    assert target.read_bytes() == "一\r\n二\r".encode()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert names_in(tmp_path) == ["out.csv"]


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_output(str(target)) as stream:
        write_records(stream, "csv", ["n"], ([1 // (50_000 - number)] for number in range(100_000)))
    assert target.read_text() == "old"
    assert names_in(tmp_path) == ["out.csv"]


def test_bytes_can_be_written(tmp_path: Path) -> None:
    with atomic_output(str(tmp_path / "out.bin")) as stream:
        stream.buffer.write(b"\xff\x00")
    assert (tmp_path / "out.bin").read_bytes() == b"\xff\x00"


def test_a_symbolic_link_stays_and_its_target_changes(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "file.csv", tmp_path / "link.csv"
    real.write_text("old")
    link.symlink_to(real)
    with atomic_output(str(link)) as stream:
        stream.write("new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert names_in(tmp_path) == ["link.csv", "real"]


def test_where_nothing_can_be_created(tmp_path: Path) -> None:
    for path in (tmp_path / "no" / "out.csv", tmp_path, tmp_path / ("n" * 300)):
        with pytest.raises(CannotCreateError), atomic_output(str(path)) as stream:
            stream.write("x")
    with pytest.raises(CannotCreateError), atomic_output("a\0b"):
        pass
    assert names_in(tmp_path) == []


def test_a_full_device_is_a_storage_error() -> None:
    with pytest.raises(StorageError, match="full"), atomic_output("/dev/full") as stream:
        stream.write("x" * 100)


def test_a_disk_that_fills_up_keeps_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, hard))
    try:
        with pytest.raises(StorageError, match="full"), atomic_output(str(target)) as stream:
            write_records(stream, "csv", ["a"], ([str(number)] for number in range(1_000_000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)
    assert target.read_text() == "old"
    assert names_in(tmp_path) == ["out.csv"]


def test_what_a_killed_command_left_is_removed(tmp_path: Path) -> None:
    code = (
        "import os, sys\nfrom crmcli.exchange.writing import atomic_output\n"
        "with atomic_output(sys.argv[1]) as stream:\n    stream.write('half')\n    stream.flush()\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    target, other = tmp_path / "out.csv", tmp_path / "other.csv"
    for path in (target, target, other):
        done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
        assert done.returncode == -signal.SIGKILL
    assert len(names_in(tmp_path)) == 2  # the second try removed what the first left
    with atomic_output(str(target)) as stream:
        stream.write("whole")
    left = names_in(tmp_path)
    assert len(left) == 2
    assert target.read_text() == "whole"
    with atomic_output(str(other)) as stream:
        stream.write("whole")
    assert names_in(tmp_path) == ["other.csv", "out.csv"]


TO_STDOUT = (
    "import sys\nfrom crmcli.exchange.writing import atomic_output\nprint('first')\n"
    "with atomic_output('-') as stream:\n    stream.write('\\u738b\\r\\n' * int(sys.argv[1]))\n"
    "print('last')\n"
)


def test_standard_output_is_utf_8_whatever_the_locale() -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", TO_STDOUT, "2"], capture_output=True, check=True, env=environment
    )
    assert done.stdout == "first\n王\r\n王\r\nlast\n".encode()


def test_standard_output_may_be_replaced_by_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", fake)
    with atomic_output("-") as stream:
        stream.write("王")
    fake.flush()
    assert fake.buffer.getvalue() == "王".encode()  # type: ignore[attr-defined]


def test_a_reader_that_goes_away_is_a_broken_pipe() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.Popen(
        [sys.executable, "-c", TO_STDOUT, "100000"], stdout=writer, stderr=subprocess.PIPE
    )
    os.close(writer)
    error = process.communicate()[1].decode()
    assert "BrokenPipeError" in error  # the entry point makes a quiet status of it
    assert errno.EPIPE == 32
