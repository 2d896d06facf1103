"""What is said on standard error: errors with hints and faults, warnings, notes, progress, questions."""

import io
import os
import pty
import subprocess
import sys
import time

import pytest

from crmcli.errors import AmbiguousError, DataError, Fault, NotFoundError, UsageError
from crmcli.render import ask, confirm, error, notes, quiet, say, warn
from crmcli.render.progress import progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def said(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_notes_warnings_and_errors_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    say("3 added")
    warn("the clock\nis \x1b[31mwrong")
    error(NotFoundError("no customer 9", where="--id", hint="crm list"))
    assert said(capsys) == (
        "3 added\ncrm: warning: the clock⏎is ␛[31mwrong\n"
        "crm: error[not-found]: --id: no customer 9\nhint: crm list\n"
    )


def test_quiet_silences_notes_only(capsys: pytest.CaptureFixture[str]) -> None:
    quiet()
    try:
        say("3 added")
        warn("odd")
        error(NotFoundError("gone"))
    finally:
        quiet(on=False)
    assert said(capsys) == "crm: warning: odd\ncrm: error[not-found]: gone\n"


def test_faults_stand_one_a_line_and_are_not_endless(capsys: pytest.CaptureFixture[str]) -> None:
    faults = [
        Fault(f"bad {n}", file="a\x1b.csv", line=n, column="name", hint="fix it", source="x")
        for n in range(1, 24)
    ]
    error(DataError("23 rows are wrong", where="a.csv", faults=faults))
    lines = said(capsys).splitlines()
    assert lines[0] == "crm: error[data]: a.csv: 23 rows are wrong"
    assert lines[1] == "a␛.csv:1:name: bad 1 (fix it)"
    assert lines[20] == "a␛.csv:20:name: bad 20 (fix it)"
    assert lines[21:] == ["… and 3 more"]


@pytest.mark.parametrize(
    ("source", "column", "shown", "caret"),
    [
        ("tier: gold", 7, "  tier: gold", "        ^"),
        ("名称: 王小明  # x", 5, "  名称: 王小明  # x", "        ^"),
        ("a\tb\x1bc", 5, "  a b␛c", "      ^"),
        ("é" * 30 + "!" + "x" * 100, 31, "  …" + "é" * 24 + "!" + "x" * 9 + "…", " " * 27 + "^"),
    ],
)  # fmt: skip
def test_a_caret_points_at_the_column(source: str, column: int, shown: str, caret: str) -> None:
    problem = DataError("wrong", faults=[Fault("odd", file="r.yaml", line=3, column=column, source=source)])
    lines = notes.error_lines(problem, width=40)
    assert lines[1] == f"r.yaml:3:{column}: odd"
    assert lines[2:] == [shown, caret]
    assert notes.width_of(lines[2]) <= 40
    assert notes.error_lines(problem)[2:] == []


def test_the_caret_is_drawn_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    error(DataError("wrong", faults=[Fault("odd", line=1, column=2, source="abc")]))
    assert stream.getvalue() == "crm: error[data]: wrong\n1:2: odd\n  abc\n   ^\n"


def test_candidates_are_listed_with_their_ids(capsys: pytest.CaptureFixture[str]) -> None:
    candidates = [(7, "Wang Wei"), (123, "王\n\x1b伟")]
    error(AmbiguousError("two customers are called Wang", candidates, hint="give the id"))
    assert said(capsys).splitlines() == [
        "crm: error[ambiguous]: two customers are called Wang",
        "hint: give the id",
        "  7  Wang Wei",
        "123  王⏎␛伟",
    ]


def test_many_candidates_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    error(AmbiguousError("many", [(n, "x") for n in range(25)]))
    assert said(capsys).splitlines()[-2:] == ["19  x", "… and 5 more"]


def test_a_closed_standard_error_loses_the_talk_only() -> None:
    code = "from crmcli.render import *; say('x'); show(Listing([Column('a', 'A')], [['1']]))"
    for redirect in ("2>&-", "2>/dev/full"):
        command = ["sh", "-c", f'exec "$0" -c "$1" {redirect}', sys.executable, code]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        assert done.stdout == b"1\n"


def test_a_question_off_a_terminal_is_an_error_that_names_the_option() -> None:
    with pytest.raises(UsageError) as caught:
        confirm("Delete 3 customers?", yes=False)
    assert caught.value.hint == "give --yes"
    assert "Delete 3 customers?" in caught.value.what
    assert confirm("Delete?", yes=True)
    with pytest.raises(UsageError) as caught:
        ask("Currency", option="--currency")
    assert caught.value.hint == "give --currency"


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("y\n", True),
        ("YES\n", True),
        ("是\n", True),
        ("n\n", False),
        ("\n", False),
        ("yep\n", False),
        ("", False),
    ],
)
def test_a_question_on_a_terminal(typed: str, answer: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    assert confirm("Delete \x1b[31m?") is answer
    assert stream.getvalue() == "Delete ␛[31m? [y/N] " + ("" if typed else "\n")


def test_asking_for_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(sys, "stdin", Terminal(" EUR \n\n\n"))
    assert ask("Currency", option="--currency", default="CNY") == "EUR"
    assert ask("Currency", option="--currency", default="CNY") == "CNY"
    assert ask("Name", option="--name") == ""
    assert stream.getvalue() == "Currency [CNY] Currency [CNY] Name: "


def test_progress_is_silent_off_a_terminal_and_for_short_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with progress("Reading", 10) as bar:
        bar.update(10)
    assert said(capsys) == ""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress("Reading", 10) as bar:
        for done in range(10):
            bar.update(done)
    assert stream.getvalue() == ""


def test_progress_appears_on_a_terminal_when_work_takes_its_time() -> None:
    code = """
import sys, time
from crmcli.render.progress import progress
with progress("Reading [/foo] \\x1b]0;pwned\\x07") as bar:
    bar.update(1)
    assert "rich" not in sys.modules
    time.sleep(2.05)
    bar.update(4)
    time.sleep(0.2)
    bar.update(5, 10)  # how much there is became known later
    time.sleep(0.3)
print("rich.progress" in sys.modules)
"""
    leader, follower = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=follower, env=environment
    )
    os.close(follower)
    raw = b""
    started = time.monotonic()
    while time.monotonic() - started < 30:
        try:
            piece = os.read(leader, 65536)
        except OSError:
            break
        if not piece:
            break
        raw += piece
    out, _ = process.communicate(timeout=30)
    os.close(leader)
    assert (process.returncode, out) == (0, b"True\n")
    text = raw.decode()
    assert "Reading [/foo] ␛]0;pwned␇" in text
    assert "5/10" in text
    assert "\x1b]" not in text
