"""Proves R7 and Z6: any text is stored exactly or refused with a reason, and no stored text acts on a terminal.

The naughty strings go in through every door; what would steer a terminal is shown on a real one (a pty, read back
by a terminal emulator), and files get it unchanged.
"""

import csv
import io
import json
import os
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pexpect
import pyte
import pytest

from conftest import Once, Run

OUTSIDE = ["\ud800", "a\udcffb", "nul\0inside", "\0", "x" * 20_001, "y" * 300_000]
SGR = re.compile(rb"\x1b\[[0-9;]*m")
PAYLOADS = {
    "title": "\x1b]0;owned\x07",
    "clipboard": "\x1b]52;c;b3duZWQ=\x07",
    "link": "\x1b]8;;http://evil.example\x1b\\x\x1b]8;;\x1b\\",
    "clear": "\x1b[2J\x1b[H",
    "red": "\x1b[31mred",
    "asks": "\x1b[6n\x1b[c\x1b[>c",
    "alternate": "\x1b[?1049h\x1b[?25l",
    "reset": "\x1bc",
    "c1": "\x9b31mred\x9b2J",
    "c1-osc": "\x9d0;owned\x9c",
    "dcs": "\x90q\x9c\x1bP+q544e\x1b\\",
    "return": "good\rEVIL",
    "back": "abc\b\b\bEVIL",
    "bell": "\x07\x0e\x0f",
    "delete": "a\x7fb",
    "bidi": "\u202elive\u2066x\u2069",
    "marks": "\u200f\u200e\u061c",
    "lines": "a\u2028b\u2029c\x0bd\x0ce\x85f",
    "bom": "a\ufeffb",
    "markup": "[/foo]",
    "bold": "[bold]X[/bold]",
    "style": "[red on blue]y",
    "href": "[link=http://evil.example]z[/link]",
    "emoji": ":pile_of_poo: 😀",
    "percent": "%s%n{0}{name}",
    "tab": "a\tb",
    "newline": "a\nb",
    "joined": "👩‍👩‍👧\u3000全角",
    "stacked": "Z̷̡̢" * 3,
}


def _naughty(shared: Path) -> list[str]:
    lines = (shared / "csv_nasty" / "blns" / "blns.txt").read_text(encoding="utf-8").split("\n")
    return [line for line in lines if line and not line.startswith("#")]


def _column(database: Path, table: str, name: str) -> list[str | None]:
    with closing(sqlite3.connect(database)) as connection:
        return [row[0] for row in connection.execute(f"SELECT {name} FROM {table} ORDER BY id")]  # noqa: S608


def test_naughty_strings_as_arguments(crm: Run, database: Path, shared: Path) -> None:
    given = _naughty(shared)
    assert len(given) > 400
    stored, optionlike = [], 0
    for text in given:
        status, out, err = crm("add", text, "--notes", text, "--company", text)
        if text.startswith("-") and text != "-":
            assert status == (0 if text == "--help" else 2), (text, err)
            optionlike += 1
            status, out, err = crm("add", f"--notes={text}", f"--company={text}", "--", text)
        if not text.strip():
            assert (status, out) == (65, ""), (text, err)
            continue
        assert status == 0, (text, err)
        stored.append(text.strip())
    assert 5 < optionlike < 40
    assert _column(database, "customers", "name") == stored
    assert _column(database, "customers", "notes") == stored
    assert _column(database, "customers", "company") == stored
    for text in stored[::4]:
        status, _out, err = crm("log", "phone", "#1", "--", f" {text}\t")
        assert status == 0, (text, err)
    assert _column(database, "interactions", "summary") == stored[::4]


def test_naughty_strings_in_a_file(crm: Run, database: Path, shared: Path, tmp_path: Path) -> None:
    given = [text for text in _naughty(shared) if text.strip()]
    file = tmp_path / "naughty.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["external_id", "name", "notes", "tags"])
        writer.writerows([f"N{number}", f"客户 {number}", text, text] for number, text in enumerate(given))
    done = crm("import", "customers", str(file))
    assert done.out.startswith(f"customers: {len(given)} read = {len(given)} added + "), done.err
    given = [text.strip() for text in given]  # a file's cells lose the blanks around them
    assert _column(database, "customers", "notes") == given
    exported = list(csv.DictReader(io.StringIO(crm("export", "customers").out, newline="")))
    assert [row["notes"] for row in exported] == given
    assert [row["notes"] for row in json.loads(crm("export", "customers", "--format", "json").out)] == given
    again = crm("import", "customers", str(file))
    assert (
        again.out
        == f"customers: {len(given)} read = 0 added + 0 updated + {len(given)} unchanged + 0 skipped + 0 failed\n"
    )


def test_naughty_strings_as_a_question(crm: Run, shared: Path) -> None:
    assert crm("add", "张三").status == 0
    for text in _naughty(shared)[::3]:
        for line in (["show", "--", text], ["list", "--", text]):
            status, _out, err = crm(*line)
            assert status in {0, 1}, (line, err)


@pytest.mark.parametrize("text", OUTSIDE, ids=lambda text: ascii(text[:8]))
def test_what_no_database_should_hold_is_refused_with_its_field(crm: Run, database: Path, text: str) -> None:
    assert crm("add", "张三").status == 0
    for field, line in (
        ("name", ["add", text]),
        ("notes", ["add", "x", "--notes", text]),
        ("summary", ["log", "phone", "#1", text]),
        ("title", ["task", "add", text]),
        ("company", ["customer", "edit", "#1", "--company", text]),
        ("order_number", ["sell", "#1", "5", "--order", text]),
        ("name", ["product", "add", text]),
    ):
        status, out, err = crm(*line)
        assert (status, out) == (65, ""), (line[:3], err[:200])
        assert err.startswith(f"crm: error[data]: {field}: "), err[:200]
    for line in (
        ["show", text],
        ["list", text],
        ["log", "phone", text],
        ["why", text],
        ["list", "--tag", text],
        ["customer", "edit", text, "--name", "y"],
    ):
        status, _out, err = crm(*line)
        assert status in {1, 65}, (line[0], err[:200])
    assert _column(database, "customers", "name") == ["张三"]


def test_bytes_that_are_no_text_on_the_command_line(crm: Run, database: Path) -> None:
    import subprocess

    assert crm("add", "张三").status == 0
    for line, expected in (
        ([b"add", b"\xff\xfe"], 65),
        ([b"show", b"\xc3\x28"], 65),
        ([b"add", b"x", b"--notes", b"a\x80"], 65),
        ([b"list", b"\xff"], 65),
        ([b"\xff"], 2),
        ([b"--\xff"], 2),
        ([b"import", b"customers", b"\xff.csv"], 1),
        ([b"add", b"x" * 130_000], 65),
        ([b"show", b"x" * 130_000], 1),
    ):
        done = subprocess.run(
            [os.fsencode(sys.executable), b"-m", b"crmcli", *line], capture_output=True, timeout=60
        )
        assert done.returncode == expected, (line[:2], done.stderr[:200])
        assert b"Traceback" not in done.stderr
        done.stderr.decode()  # what is said is text
    assert _column(database, "customers", "name") == ["张三"]


HUGE = "9" * 30
BIG = str(2**63)
NUMBERS = [
    ["show", BIG],
    ["show", f"#{HUGE}"],
    ["undo", BIG],
    ["undo", HUGE],
    ["undo", "0"],
    ["undo", "1" * 5000],
    ["journal", "--limit", HUGE],
    ["list", "--limit", BIG],
    ["agenda", "--limit", BIG],
    ["done", BIG],
    ["done", f"#{HUGE}"],
    ["done", "²"],
    ["customer", "edit", BIG, "--name", "x"],
    ["opportunity", "move", HUGE, "won"],
    ["sell", "#1", BIG],
    ["sell", "#1", HUGE],
    ["sell", "#1", "1" * 300_000],
    ["sell", "#1", "5", "--quantity", HUGE],
    ["sell", "#1", "5", "--quantity", "1e999"],
    ["sell", "#1", "5", "--quantity", "nan"],
    ["sell", "#1", "5", "--cost", BIG],
    ["log", "phone", "#1", "x", "--minutes", HUGE],
    ["add", "x", "--headcount", "1" * 5000],
    ["add", "x", "--headcount", "-1"],
    ["opportunity", "add", "#1", "--probability", HUGE],
    ["log", "phone", "#1", "--next", "+9999m"],
    ["log", "phone", "#1", "--next", "+999999999999d"],
    ["agenda", "--date", "9999-12-31"],
    ["agenda", "--date", "9999-12-31", "--days", "366"],
    ["agenda", "--date", "0001-01-01"],
    ["agenda", "--days", HUGE],
    ["classify", "--month", "0000-01"],
    ["classify", "--month", "9999-12"],
    ["classify", "--month", "٢٠٢٦-01"],
    ["classify", "--as-of", "0001-01-01"],
    ["--today", "0001-01-01", "classify"],
    ["--today", "9999-12-31", "agenda"],
    ["--today", "9999-12-31", "log", "phone", "#1", "--next", "tomorrow"],
    ["--today", "9999-12-31", "agenda", "--date", "tomorrow"],
    ["--today", "0001-01-01", "log", "phone", "#1", "--on", "yesterday"],
]


@pytest.mark.parametrize("line", NUMBERS, ids=lambda line: " ".join(line)[:50])
def test_numbers_and_days_beyond_all_bounds_are_no_defect(crm: Run, line: list[str]) -> None:
    assert crm("add", "张三").status == 0
    status, _out, err = crm(*line)
    assert status in {0, 1, 2, 65}, err
    if status:
        assert err.startswith("crm: error["), err
    assert crm("list", "--format", "ids").out == "1\n"


@pytest.fixture
def hostile(once: Once, crm: Run, tmp_path: Path) -> list[str]:
    """Customers whose names attack the terminal, with something due, logged, sold and classified."""
    names = [f"Q{number} {text}" for number, text in enumerate(PAYLOADS.values())]

    @once
    def _built() -> None:
        file = tmp_path / "hostile.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["name", "company", "phone", "notes", "next_contact_on"])
            writer.writerows(
                [name, name, "13800138000" if number == 1 else "", name, "2026-11-20"]
                for number, name in enumerate(names)
            )
        done = crm("import", "customers", str(file))
        assert done.status == 0, done.err
        for number, name in enumerate(names, 1):
            assert crm("task", "add", name, "--customer", f"#{number}", "--due", "today").status == 0
            assert crm("log", "phone", f"#{number}", name, "--outcome", "no_answer").status == 0
        assert crm("classify").status == 0

    return names


def test_a_terminal_shows_them_and_is_unharmed(hostile: list[str]) -> None:
    lines = [
        ["list"],
        ["agenda"],
        ["journal"],
        ["interaction", "list"],
        ["task", "list"],
        *(["show", f"#{n}"] for n in (1, 2, 4, 9, 12, 16, 20)),
        ["why", "#1"],
        ["why", "#9"],
        ["show", "Q"],
        ["log", "phone", "Q1"],
        ["show", f"nobody {PAYLOADS['title']}"],
        ["list", PAYLOADS["c1"]],
        ["add", f"Z{''.join(PAYLOADS.values())}"],
        ["customer", "edit", "#1", "--birthday", PAYLOADS["clear"]],
        ["import", "customers", f"{PAYLOADS['red']}.csv"],
        [PAYLOADS["title"]],
        [f"--{PAYLOADS['asks']}"],
        ["export", "customers"],
    ]
    for line in lines:
        raw, screen, status = _on_terminal(line)
        assert status in {0, 1, 2, 65, 74}, (line, raw[-300:])
        if line[0] == "export":
            continue  # a file's content, asked for by name: that is data, byte for byte
        bare = SGR.sub(b"", raw)
        assert b"\x1b" not in bare, line
        text = bare.decode()
        acting = {ascii(character) for character in text if character != "\n" and _acts(character)} - {
            "'\\r'"
        }
        assert not acting, (line, acting)
        assert text.count("\r") == text.count("\r\n"), line
        assert screen.title == ""
        assert screen.icon_name == ""
        assert not screen.cursor.hidden
        assert screen.cursor.attrs == pyte.Screen(1, 1).cursor.attrs, line
        assert screen.mode == pyte.Screen(1, 1).mode, line
        assert {cell.fg for row in screen.buffer.values() for cell in row.values()} <= {"default"}, line
        assert "[bold]X[/bold]" in text or line != ["list"]
        assert "[/foo]" in text or line != ["list"]


def test_files_get_them_unchanged(crm: Run, hostile: list[str]) -> None:
    kept = [name.strip() for name in hostile]
    listed = json.loads(crm("list", "--format", "json").out)
    assert [row["name"] for row in listed] == kept
    rows = list(csv.DictReader(io.StringIO(crm("list", "--format", "csv").out, newline="")))
    assert [row["name"] for row in rows] == kept
    rows = list(csv.DictReader(io.StringIO(crm("export", "customers").out, newline="")))
    assert [row["name"] for row in rows] == kept


def _acts(character: str) -> bool:
    code = ord(character)
    return (
        code < 0x20
        or 0x7F <= code < 0xA0
        or 0x2028 <= code <= 0x202E
        or 0x2066 <= code <= 0x2069
        or code in {0x61C, 0x200E, 0x200F, 0xFEFF}
    )


def _on_terminal(line: list[str]) -> tuple[bytes, pyte.Screen, int]:
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "160"}
    child = pexpect.spawn(
        sys.executable, ["-m", "crmcli", *line], env=env, dimensions=(50, 160), timeout=60, echo=False
    )
    raw = child.read()
    child.close()
    screen = pyte.Screen(160, 50)
    pyte.ByteStream(screen).feed(raw)
    return raw, screen, child.exitstatus if child.exitstatus is not None else -(child.signalstatus or 0)
