"""Standard output in bad circumstances: odd locales, readers that go away, full disks, closed descriptors."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from crmcli.render import Column, Format, Listing, discard_output, flush_quietly, say, show
from crmcli.streams import prepare_streams
prepare_streams()
rows = [[n, "王小明 🙂 \\udcff"] for n in range(int(sys.argv[1]))]
status = 0
try:
    show(Listing([Column("id", "编号"), Column("name", "名称")], rows), Format(sys.argv[2]))
except BrokenPipeError:
    status = 141
except OSError as problem:
    discard_output()
    say(f"failed: {problem.strerror}")
    sys.exit(74)
try:
    status = status if flush_quietly() else 141
except OSError as problem:
    say(f"failed: {problem.strerror}")
    status = 74
flush_quietly()
sys.exit(status)
"""


@pytest.fixture(autouse=True)
def buffered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a buffer nothing is left to be written at the end, and half of these tests could not fail."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("program") / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


@pytest.mark.parametrize("fmt", ["plain", "csv", "json", "jsonl", "table"])
def test_the_same_bytes_in_every_locale(program: Path, fmt: str) -> None:
    found = set()
    for extra in (
        {},
        {"LC_ALL": "C"},
        {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"LC_ALL": "zh_CN.GBK", "PYTHONIOENCODING": "gbk"},
        {"PYTHONIOENCODING": "ascii:strict"},
        {"LANG": "zh_CN.UTF-8"},
    ):
        environment = {"PATH": "/usr/bin:/bin", **extra}
        command = [sys.executable, str(program), "3", fmt]
        done = subprocess.run(
            command, capture_output=True, env=environment, stdin=subprocess.DEVNULL, check=True
        )
        assert done.stderr == b""
        found.add(done.stdout)
    (output,) = found
    assert "王小明 🙂 \\udcff" in output.decode()


@pytest.mark.parametrize(
    ("rows", "fmt"), [(5, "plain"), (200_000, "plain"), (50_000, "json"), (50_000, "csv")]
)
def test_a_reader_that_goes_away_is_no_trouble(program: Path, rows: int, fmt: str) -> None:
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, str(program), str(rows), fmt],
        stdout=writing,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    os.close(writing)
    if rows > 5:
        os.read(reading, 100)
    os.close(reading)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, b"")


@pytest.mark.parametrize("rows", [3, 20_000])
def test_a_full_disk_is_an_error_with_one_line(program: Path, rows: int) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, str(program), str(rows), "plain"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (74, b"failed: No space left on device\n")


def test_a_closed_standard_output_is_an_error_too(program: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" "$1" 3 plain >&-', sys.executable, str(program)],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (74, b"failed: Bad file descriptor\n")
