"""Tables as a terminal shows them: aligned with Chinese, complete at any width, and deaf to hostile data."""

import io
import os
import pty
import re
import subprocess
import sys
from datetime import date

import pyte
import pytest

from crmcli.render import Amount, Column, Format, Listing, Record, show, show_record
from crmcli.render.safe import safe

PEOPLE = Listing(
    [
        Column("id", "编号"),
        Column("name", "名称"),
        Column("total", "成交额"),
        Column("due", "到期"),
        Column("note", "备注", wrap=True),
    ],
    [
        [
            1,
            "王小明",
            Amount(123450, "CNY"),
            date(2026, 11, 22),
            "客户对产品很满意，希望下周再谈一次，需要准备报价单和合同",
        ],
        [1024, "Zoë 🙂 & Söhne", Amount(-500, "CNY"), None, "short"],
        [
            7,
            "深圳市大地科技有限公司",
            None,
            date(2026, 1, 2),
            "second order expected before the end of the year",
        ],
    ],
    title="客户",
)
HOSTILE = [
    "\x1b[31mred", "\x1b[2J", "\x1b[H", "\x1b[10A", "\x1b[?25l", "\x1b[?1049h", "\x1b]0;pwned\x07",
    "\x1b]2;pwned\x1b\\", "\x1b]52;c;cHduZWQ=\x07",
    "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "\x1bc", "\x1b7\x1b8", "\x1b(0", "\x1b[?5h",
    "\x1bP$q\x1b\\", "\x1b_x\x1b\\", "\x1b^x\x1b\\", "\x1b[6n", "\x1b[5;10r", "\x9b31mred",
    "\x9d0;pwned\x9c", "\x90q\x9c", "a\rb", "a\x08b", "a\x0bb\x0c", "\x07", "\x0e\x0f", "a\u202egnp.exe",
    "\u2066a\u2069", "[/foo]", "[bold]x[/bold]", "[link=http://evil.example]x[/link]", ":smile:",
    "\ufeffa", "half \ud83d", "\x00", "a\nb\tc", "\u2028", "\x7f",
]  # fmt: skip


class Terminal(io.StringIO):
    """A stream that says it is a terminal and keeps what was written."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def drawn(what: Listing | Record, width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    out = Terminal()
    if isinstance(what, Listing):
        show(what, stream=out)
    else:
        show_record(what, stream=out)
    return out.getvalue()


def screen_of(raw: str, width: int) -> pyte.Screen:
    screen = pyte.Screen(width, 400)
    stream = pyte.Stream(screen)
    stream.feed(raw.replace("\n", "\r\n"))
    return screen


def places(screen: pyte.Screen, text: str) -> list[tuple[int, int]]:
    """Where a text starts on the screen, as (line, column) of cells."""
    found = []
    for line in range(screen.lines):
        cells = [screen.buffer[line][column].data for column in range(screen.columns)]
        for column in range(screen.columns):
            if cells[column] and "".join(cells[column:]).startswith(text):
                found.append((line, column))
    return found


def test_columns_line_up_under_their_headings(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = screen_of(drawn(PEOPLE, 120, monkeypatch), 120)
    (title,) = places(screen, "客户 ")[:1]
    assert title == (0, 0)
    ((_, name),) = places(screen, "名称")
    ((_, due),) = places(screen, "到期")
    ((_, note),) = places(screen, "备注")
    assert [
        column for _, column in places(screen, "王小明") + places(screen, "Zoë") + places(screen, "深圳市")
    ] == [name] * 3
    assert [column for _, column in places(screen, "2026-")] == [due] * 2
    assert [places(screen, text)[0][1] for text in ("客户对产品", "short", "second order")] == [note] * 3


def test_numbers_end_in_the_same_column(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = screen_of(drawn(PEOPLE, 120, monkeypatch), 120)
    ((_, one),) = places(screen, "1,234.50")
    ((_, other),) = places(screen, "-5.00")
    ((_, heading),) = places(screen, "成交额 (CNY)")
    assert one + len("1,234.50") == other + len("-5.00") == heading + len("成交额 (CNY)") + 3


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = drawn(PEOPLE, width, monkeypatch)
    screen = screen_of(raw, width)
    assert screen.cursor.y == raw.count("\n")  # no line ran over into the next one
    shown = "".join("".join(screen.display).split())
    # A wrapped text stands in pieces among other cells: each word must be there, Chinese ones by character.
    words = "1,234.50 -5.00 2026-11-22 1024 Söhne short second order expected before the end of year"
    for each in words.split():
        assert each in shown
    assert set("客户对产品很满意希望下周再谈一次需要准备报价单和合同深圳市大地科技有限公司王小明🙂") <= set(
        shown
    )


def test_long_texts_wrap_first_and_a_very_narrow_terminal_gets_blocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_80 = screen_of(drawn(PEOPLE, 80, monkeypatch), 80)
    assert places(at_80, "深圳市大地科技有限公司")  # the name is whole, the note gave way
    assert not places(at_80, "second order expected before the end of the year")
    at_40 = screen_of(drawn(PEOPLE, 40, monkeypatch), 40)
    assert len(places(at_40, "编号")) == 3
    ((_, name),) = places(at_40, "深圳市大地科技有限公司")
    assert [column for _, column in places(at_40, "short")] == [name]


def test_one_long_word_is_folded_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    word = "abcdefghij" * 12
    listing = Listing([Column("id", "id"), Column("word", "word")], [[1, word]])
    screen = screen_of(drawn(listing, 40, monkeypatch), 40)
    assert "".join("".join(screen.display).split()).endswith("1" + word)


def test_hostile_data_does_not_steer_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(HOSTILE) >= 30
    listing = Listing(
        [Column("id", "id"), Column("text", HOSTILE[0])],
        [[number, text] for number, text in enumerate(HOSTILE)],
        title=HOSTILE[6],
    )
    record = Record([("text", "Text", text) for text in HOSTILE], [listing])
    for what in (listing, record):
        raw = drawn(what, 120, monkeypatch)
        without_style = re.sub(r"\x1b\[(0|1|2)m", "", raw)
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]", without_style
        )
        screen = screen_of(raw, 120)
        fresh = pyte.Screen(120, 400)
        assert (screen.title, screen.icon_name, screen.mode, screen.margins) == (
            "",
            "",
            fresh.mode,
            fresh.margins,
        )
        assert (screen.cursor.x, screen.cursor.y) == (0, raw.count("\n"))
        assert not screen.cursor.hidden
        assert {cell.fg for line in screen.buffer.values() for cell in line.values()} == {"default"}
        assert {cell.bg for line in screen.buffer.values() for cell in line.values()} == {"default"}


@pytest.mark.parametrize("payload", HOSTILE)
def test_each_hostile_text_is_shown_whole(payload: str, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = screen_of(drawn(Listing([Column("text", "Text")], [[payload]]), 120, monkeypatch), 120)
    assert screen.display[2].rstrip() == safe(payload)


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb"), ("TERM", "unknown")])
def test_no_escape_at_all_where_none_is_wanted(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert "\x1b" not in drawn(PEOPLE, 80, monkeypatch)


def test_force_colour_styles_a_table_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, forced = io.StringIO(), io.StringIO()
    show(PEOPLE, Format.TABLE, stream=plain)
    monkeypatch.setenv("FORCE_COLOR", "1")
    show(PEOPLE, Format.TABLE, stream=forced)
    assert "\x1b" not in plain.getvalue()
    assert "\x1b[1m" in forced.getvalue()
    assert re.sub(r"\x1b\[[012]m", "", forced.getvalue()) == plain.getvalue()


def test_a_table_in_a_pipe_is_as_wide_as_it_needs() -> None:
    out = io.StringIO()
    show(
        Listing([Column("a", "A"), Column("b", "B", wrap=True)], [["x" * 200, "y " * 200]]),
        Format.TABLE,
        stream=out,
    )
    assert ("y " * 200).strip() in out.getvalue()
    assert out.getvalue().count("\n") == 3


def test_on_a_real_terminal_its_width_is_used() -> None:
    code = (
        "from crmcli.render import Column, Listing, show\n"
        "show(Listing([Column('a', 'A', wrap=True), Column('n', 'N')], [['word ' * 20, 5]]))"
    )
    leader, follower = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm"}
    subprocess.run(["stty", "cols", "33", "rows", "20"], stdin=follower, check=True)
    subprocess.run([sys.executable, "-c", code], stdout=follower, stdin=follower, env=environment, check=True)
    os.close(follower)
    raw = os.read(leader, 100_000).decode()
    os.close(leader)
    screen = pyte.Screen(33, 20)
    pyte.Stream(screen).feed(raw)
    assert screen.display[1].rstrip() == "─" * 33
    assert "".join(screen.display).count("word") == 20
