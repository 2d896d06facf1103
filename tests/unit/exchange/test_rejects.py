import csv
import stat
from pathlib import Path

from crmcli.errors import Fault
from crmcli.exchange.columns import plan_columns
from crmcli.exchange.parse import RowFault, parse
from crmcli.exchange.rejects import open_rejects
from crmcli.exchange.source import open_source

DAY = "write 2026-11-22"
POINT = "use a point for decimals: 1234.50"
QUOTES = "put quotes around a cell that holds the delimiter"
FILL = "fill it in, or leave the row out"


def faults_of(file: Path) -> tuple[tuple[str, ...], list[RowFault], int]:
    with open_source(str(file)) as source:
        plan = plan_columns("transactions", source.header)
        chunks = list(parse(source, plan, currency="CNY"))
    return source.header, [row for chunk in chunks for row in chunk.faults], sum(len(c.rows) for c in chunks)


def write(path: Path, header: tuple[str, ...], rows: list[RowFault]) -> int:
    with open_rejects(str(path), header) as writer:
        for row in rows:
            writer.add(row)
    return writer.count


def test_rejected_rows_are_written_unchanged_with_line_and_reason(tmp_path: Path) -> None:
    file, rejects = tmp_path / "in.csv", tmp_path / "rejects.csv"
    file.write_bytes(
        '客户;日期;金额;x\n王;2026-01-01;5;\n"李\r\n四";bad; 1,5 ;=1+1\n赵;2026-01-02;5;a;b\n孙;;\n'.encode(
            "gb18030"
        )
    )
    header, faults, kept = faults_of(file)
    assert (write(rejects, header, faults), kept) == (3, 1)
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600
    with rejects.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows == [
        ["crm_line", "crm_reason", "客户", "日期", "金额", "x"],
        [
            "3",
            f"日期: not a date: 'bad' ({DAY}); 金额: not an amount: '1,5' ({POINT})",
            "李\r\n四", "bad", " 1,5 ", "=1+1",
        ],
        ["5", f"5 cells, but the header has 4 ({QUOTES})", "赵", "2026-01-02", "5", "a", "b"],
        ["6", f"日期: occurred_on is empty ({FILL}); 金额: amount is empty ({FILL})", "孙", "", ""],
    ]  # fmt: skip


def test_mended_rejects_import_to_exactly_the_missing_rows(tmp_path: Path) -> None:
    file, rejects, again = tmp_path / "in.csv", tmp_path / "rejects.csv", tmp_path / "again.csv"
    file.write_text(
        "customer,date,amount\n"
        + "".join(f"c{n},{'bad' if n % 3 == 0 else '2026-01-01'},{n}\n" for n in range(30))
    )
    header, faults, kept = faults_of(file)
    assert (write(rejects, header, faults), kept) == (10, 20)
    header, faults, kept = faults_of(rejects)
    assert (len(faults), kept) == (10, 0)
    write(again, header, faults)
    with again.open() as stream:
        assert stream.readline() == "crm_line,crm_reason,customer,date,amount\n"
    again.write_text(again.read_text().replace(",bad,", ",2026-01-01,"))
    with open_source(str(again)) as source:
        plan = plan_columns("transactions", source.header)
        (chunk,) = parse(source, plan, currency="CNY")
    assert plan.ignored == ()
    assert [row[0] for row in chunk.rows] == [f"c{n}" for n in range(0, 30, 3)]


def test_a_row_refused_later_can_be_added(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    with open_rejects(str(path), ["name"]) as writer:
        writer.add_row(7, ["王五"], [Fault("no such customer", column="客户"), Fault("again")])
    assert path.read_text("utf-8") == "crm_line,crm_reason,name\n7,客户: no such customer; again,王五\n"
