"""One nasty listing in every format, byte for byte, and the rules that all formats share."""

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.errors import UsageError
from crmcli.render import Amount, Cell, Column, Format, Listing, Record, show, show_record

COLUMNS = [
    Column("id", "No."),
    Column("name", "Name"),
    Column("total", "Total", money=True),
    Column("note", "Note", wrap=True),
    Column("score", "Score"),
    Column("vip", "VIP"),
    Column("due", "Due"),
]
ROWS: list[list[Cell]] = [
    [1, 'O\'Brien, "Ann" é', Amount(123450, "CNY"), "=1+1", 72.5, True, date(2026, 11, 22)],
    [20, "王小明[/foo]", None, "", None, False, None],
    [
        3,
        "🙂 \x1b[31mred",
        Amount(-5, "CNY"),
        "a\tb\nc\\d\r",
        1234.5,
        None,
        datetime(2026, 1, 2, 9, 5, tzinfo=UTC),
    ],
    [4, "\x1b]0;pwn\x07 \u202egnp \x9b", Amount(700, "JPY"), "half \udcff", float("nan"), True, None],
]
LISTING = Listing(COLUMNS, ROWS, title="Everybody", key="customers")
RECORD = Record(
    [
        ("id", "No.", 7),
        ("name", "Name", "王\n小明"),
        ("total", "Total", Amount(100, "CNY")),
        ("gone", "Gone", None),
    ],
    [
        Listing([Column("day", "Day"), Column("text", "Text")], [[date(2026, 1, 2), "x\ty"]], key="contacts"),
        Listing([Column("a", "A")], [], key="empty"),
    ],
)


class Bytes(io.TextIOWrapper):
    """A stream set up as prepare_streams sets up standard output, that tells what was written."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors="backslashreplace", newline="\n")

    def content(self) -> str:
        self.flush()
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode()


class Terminal(Bytes):
    """The same, and it says it is a terminal."""

    def isatty(self) -> bool:
        return True


def written(what: Listing | Record, fmt: Format | None, stream: Bytes | None = None) -> str:
    out = stream or Bytes()
    if isinstance(what, Listing):
        show(what, fmt, stream=out)
    else:
        show_record(what, fmt, stream=out)
    return out.content()


GOLDEN = {
    Format.PLAIN: (
        '1\tO\'Brien, "Ann" é\t1234.50\tCNY\t=1+1\t72.5\ttrue\t2026-11-22\n'
        "20\t王小明[/foo]\t\t\t\t\tfalse\t\n"
        "3\t🙂 ␛[31mred\t-0.05\tCNY\ta\\tb\\nc\\\\d\\r\t1234.5\t\t2026-01-02T09:05:00+00:00\n"
        "4\t␛]0;pwn␇ \\u202egnp \\x9b\t700\tJPY\thalf \\udcff\t\ttrue\t\n"
    ),
    Format.CSV: (
        "id,name,total,total_currency,note,score,vip,due\n"
        '1,"O\'Brien, ""Ann"" é",1234.50,CNY,=1+1,72.5,true,2026-11-22\n'
        "20,王小明[/foo],,,,,false,\n"
        '3,🙂 \x1b[31mred,-0.05,CNY,"a\tb\nc\\d\r",1234.5,,2026-01-02T09:05:00+00:00\n'
        "4,\x1b]0;pwn\x07 \u202egnp \x9b,700,JPY,half \\udcff,,true,\n"
    ),
    Format.JSONL: (
        '{"id": 1, "name": "O\'Brien, \\"Ann\\" é", "total": "1234.50", "total_currency": "CNY", '
        '"note": "=1+1", "score": 72.5, "vip": true, "due": "2026-11-22"}\n'
        '{"id": 20, "name": "王小明[/foo]", "total": null, "total_currency": null, "note": "", '
        '"score": null, "vip": false, "due": null}\n'
        '{"id": 3, "name": "🙂 \\u001b[31mred", "total": "-0.05", "total_currency": "CNY", '
        '"note": "a\\tb\\nc\\\\d\\r", "score": 1234.5, "vip": null, "due": "2026-01-02T09:05:00+00:00"}\n'
        '{"id": 4, "name": "\\u001b]0;pwn\\u0007 \\u202egnp \\u009b", "total": "700", '
        '"total_currency": "JPY", "note": "half \\udcff", "score": null, "vip": true, "due": null}\n'
    ),
    Format.IDS: "1\n20\n3\n4\n",
    Format.TABLE: (
        "Everybody\n"
        "No.  Name                            Total  Note            Score  VIP  Due\n"
        "──────────────────────────────────────────────────────────────────────────────────────────────\n"
        "  1  O'Brien, \"Ann\" é         1,234.50 CNY  =1+1            72.50  yes  2026-11-22\n"
        " 20  王小明[/foo]                                                  no\n"
        "  3  🙂 ␛[31mred                 -0.05 CNY  a b⏎c\\d␍     1,234.50       2026-01-02 09:05+00:00\n"
        "  4  ␛]0;pwn␇ \\u202egnp \\x9b       700 JPY  half \\udcff            yes\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("fmt", list(GOLDEN))
def test_every_format_byte_for_byte(fmt: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    assert written(LISTING, fmt) == GOLDEN[fmt]


def test_json_is_what_the_standard_library_writes() -> None:
    text = written(LISTING, Format.JSON)
    lines = [json.loads(line) for line in GOLDEN[Format.JSONL].splitlines()]
    assert json.loads(text) == lines
    assert text.startswith(
        '[\n  {\n    "id": 1,\n    "name": "O\'Brien, \\"Ann\\" é",\n    "total": "1234.50",\n'
    )
    harmless = Listing(COLUMNS, ROWS[:2])
    assert written(harmless, Format.JSON) == json.dumps(lines[:2], ensure_ascii=False, indent=2) + "\n"


def test_csv_comes_back_unchanged() -> None:
    rows = list(csv.reader(io.StringIO(written(LISTING, Format.CSV), newline="")))
    assert rows[0] == ["id", "name", "total", "total_currency", "note", "score", "vip", "due"]
    assert [row[1] for row in rows[1:]] == [row[1] for row in ROWS]
    assert rows[3][4] == "a\tb\nc\\d\r"


def test_on_a_terminal_csv_is_made_safe_and_the_table_is_the_default() -> None:
    assert "\x1b" not in written(LISTING, Format.CSV, Terminal())
    assert "␛[31mred" in written(LISTING, Format.CSV, Terminal())
    assert "Everybody" in written(LISTING, None, Terminal())
    assert written(LISTING, None) == GOLDEN[Format.PLAIN]


def test_a_listing_without_rows() -> None:
    empty = Listing(COLUMNS, [], title="Nobody")
    assert written(empty, Format.JSON) == "[]\n"
    assert written(empty, Format.CSV) == "id,name,total,total_currency,note,score,vip,due\n"
    for fmt in (Format.TABLE, Format.PLAIN, Format.JSONL, Format.IDS):
        assert written(empty, fmt) == ""


def test_ids_come_from_the_listing_or_its_id_column() -> None:
    columns = [Column("name", "Name")]
    assert written(Listing(columns, [["a"], ["b"]], ids=[5, "u-6"]), Format.IDS) == "5\nu-6\n"
    with pytest.raises(UsageError):
        written(Listing(columns, [["a"]]), Format.IDS)


def test_a_money_column_is_seen_without_being_declared() -> None:
    listing = Listing([Column("sum", "Sum")], [[None], [Amount(5, "EUR")]])
    assert written(listing, Format.CSV) == "sum,sum_currency\n,\n0.05,EUR\n"


def test_chosen_columns() -> None:
    chosen = LISTING.only(["name", "id"])
    assert written(chosen, Format.CSV).splitlines()[:2] == ["name,id", '"O\'Brien, ""Ann"" é",1']
    assert written(LISTING.only(["name"]), Format.IDS) == "1\n20\n3\n4\n"
    with pytest.raises(UsageError) as caught:
        LISTING.only(["nam"])
    assert "'nam'" in caught.value.what
    assert "id, name, total, note, score, vip, due" in caught.value.hint


def test_a_list_of_objects_inside_a_row() -> None:
    inner = ({"name": "王\x1b[31m", "minutes": 15}, {"name": None, "minutes": None})
    listing = Listing([Column("id", "#"), Column("items", "Items")], [(1, inner), (2, ())])
    assert json.loads(written(listing, Format.JSON)) == [
        {"id": 1, "items": list(inner)},
        {"id": 2, "items": []},
    ]
    lines = written(listing, Format.JSONL)
    assert "\x1b" not in lines
    assert json.loads(lines.splitlines()[1]) == {"id": 2, "items": []}
    assert list(csv.reader(io.StringIO(written(listing, Format.CSV))))[1:] == [
        ["1", json.dumps(inner, ensure_ascii=False)],
        ["2", "[]"],
    ]
    table = written(listing, Format.TABLE)
    assert "\x1b" not in table
    assert "minutes: 15" in table


def test_a_record_in_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    assert written(RECORD, Format.PLAIN) == (
        "id\t7\nname\t王\\n小明\ntotal\t1.00\ntotal_currency\tCNY\ngone\t\ncontacts\t2026-01-02\tx\\ty\n"
    )
    whole = {
        "id": 7, "name": "王\n小明", "total": "1.00", "total_currency": "CNY", "gone": None,
        "contacts": [{"day": "2026-01-02", "text": "x\ty"}], "empty": [],
    }  # fmt: skip
    assert written(RECORD, Format.JSON) == json.dumps(whole, ensure_ascii=False, indent=2) + "\n"
    assert written(RECORD, Format.JSONL) == json.dumps(whole, ensure_ascii=False) + "\n"
    assert written(RECORD, Format.IDS) == "7\n"
    assert capsys.readouterr().err == ""
    assert written(RECORD, Format.CSV) == 'id,name,total,total_currency,gone\n7,"王\n小明",1.00,CNY,\n'
    assert capsys.readouterr().err == "CSV has no place for lists; left out: contacts\n"
    main = RECORD._replace(main="contacts")
    assert written(main, Format.CSV) == "day,text\n2026-01-02,x\ty\n"
    assert capsys.readouterr().err == "CSV has place for one list, contacts; left out: the fields\n"
    assert written(main, Format.JSON) == written(RECORD, Format.JSON)
    capsys.readouterr()
    assert written(RECORD._replace(main="empty"), Format.CSV).count("\n") == 1
    assert capsys.readouterr().err == "CSV has place for one list, empty; left out: the fields, contacts\n"


def test_a_record_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    lines = [line.rstrip() for line in written(RECORD, None, Terminal()).splitlines()]
    assert lines == [
        "No.    7", "Name   王", "       小明", "Total  1.00 CNY", "Gone   –", "",
        "Day         Text", "────────────────", "2026-01-02  x y",
    ]  # fmt: skip


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.text(st.characters(exclude_categories=())),
    st.builds(Amount, st.integers(-(10**15), 10**15), st.sampled_from(["CNY", "JPY", "KWD"])),
)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5))
def test_plain_lines_and_csv_rows_always_have_the_same_shape(rows: list[tuple[Cell, Cell]]) -> None:
    listing = Listing([Column("a", "A", money=True), Column("b", "B", money=True)], rows)
    lines = written(listing, Format.PLAIN).split("\n")
    assert [line.count("\t") for line in lines] == [3] * len(rows) + [0]
    table = list(csv.reader(io.StringIO(written(listing, Format.CSV), newline="")))
    assert [len(row) for row in table] == [4] * (len(rows) + 1)
    assert len(json.loads(written(listing, Format.JSON))) == len(rows)


@pytest.mark.parametrize("fmt", list(Format))
def test_only_a_table_imports_rich(fmt: Format) -> None:
    code = f"""
import sys
from crmcli.render import Amount, Column, Format, Listing, show, warn
show(Listing([Column("id", "x")], [[1]]), Format("{fmt}"))
warn("x")
heavy = {{"rich", "zoneinfo", "sqlalchemy", "sqlmodel", "yaml", "typer"}} & set(sys.modules)
assert heavy == ({{"rich"}} if "{fmt}" == "table" else set()), heavy
"""
    subprocess.run(
        [sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
