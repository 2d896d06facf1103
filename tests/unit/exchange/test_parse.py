import gc
import random
import tracemalloc
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from crmcli.errors import Fault, UsageError
from crmcli.exchange.columns import plan_columns
from crmcli.exchange.filters import RowFilter
from crmcli.exchange.parse import Chunk, RowFault, parse
from crmcli.exchange.source import open_source


class Read:
    """All chunks of a file together."""

    def __init__(self, entity: str, file: Path, **options: object) -> None:
        mapping, constants = options.pop("mapping", ()), options.pop("constants", ())
        options.setdefault("currency", "CNY")
        with open_source(str(file)) as source:
            self.plan = plan_columns(entity, source.header, mapping, constants)  # type: ignore[arg-type]
            self.chunks: list[Chunk] = list(parse(source, self.plan, **options))  # type: ignore[arg-type]
        self.rows = [row for chunk in self.chunks for row in chunk.rows]
        self.lines = [line for chunk in self.chunks for line in chunk.lines]
        self.raw = [cells for chunk in self.chunks for cells in chunk.raw]
        self.faults: list[RowFault] = [fault for chunk in self.chunks for fault in chunk.faults]
        self.skipped = sum(chunk.skipped for chunk in self.chunks)
        self.read = sum(chunk.read for chunk in self.chunks)

    def records(self) -> list[dict[str, object]]:
        return [dict(zip(self.plan.names, row, strict=True)) for row in self.rows]


def read(entity: str, folder: Path, text: str, **options: object) -> Read:
    file = folder / "file.csv"
    file.write_text(text, "utf-8", newline="")
    return Read(entity, file, **options)


def test_a_chinese_excel_file_becomes_typed_rows(data: Path) -> None:
    found = Read("customers", data / "customers_gb18030.csv")
    assert found.plan.ignored == ()
    assert found.lines == [2, 4, 5]
    first, second, third = found.records()
    assert first == {
        "external_id": "K001", "name": "王鑫婷", "company": "深圳市华远电子有限公司", "title": "采购经理",
        "gender": "female",
        "birthday": "1985-03-07", "phone": "13800138000 / 0755-26001234", "wechat": "wxt_1985",
        "region": "广东省深圳市",
        "industry": "电子", "size": "medium", "headcount": 1200, "source": "展会", "tags": "重点,电子",
        "intent_stage": "interested", "next_contact_on": "2026-12-01", "notes": "喜欢龙井，\r\n每月一次",
    }  # fmt: skip
    assert (second["phone"], second["gender"], second["intent_stage"], second["notes"]) == (
        "0139 0013 9000",
        "male",
        "high_hope",
        None,
    )
    assert (third["external_id"], third["notes"], third["region"]) == ("007", "=1+1", "上海市")


def test_every_kind_of_cell(tmp_path: Path) -> None:
    found = read(
        "transactions",
        tmp_path,
        "customer,date,amount,currency,cost,quantity,type,paid,created\n"
        ' 王五 ,2026年3月1日,"1,234.5",,８０,2,退款,20260302,2026-03-01T08:00:00+08:00\n'
        "007,2026/3/1 10:20,500,jpy,30,.5,,,2026-03-01\n"
        '1e5,2026.03.01,¥1.2万,人民币,,"1,000",Sale,,\n',
        zone=timezone(timedelta(hours=8)),
    )
    assert [
        (r["customer"], r["occurred_on"], r["amount"], r["currency"], r["cost"]) for r in found.records()
    ] == [
        ("王五", "2026-03-01", 123450, "CNY", 8000),
        ("007", "2026-03-01", 500, "JPY", 30),
        ("1e5", "2026-03-01", 1200000, "CNY", None),
    ]
    assert [(r["quantity"], r["kind"], r["paid_on"], r["created_at"]) for r in found.records()] == [
        (2.0, "refund", "2026-03-02", "2026-03-01T00:00:00.000000Z"),
        (0.5, None, None, "2026-02-28T16:00:00.000000Z"),
        (1000.0, "sale", None, None),
    ]


def test_text_is_never_turned_into_a_number(tmp_path: Path) -> None:
    cells = [
        "010-62345678",
        "007",
        "1e5",
        "TRUE",
        "1-2",
        "110101199003070012",
        "+8613800138000",
        "0x1F",
        "NULL",
        "NaN",
    ]
    found = read("customers", tmp_path, "姓名,电话,备注\n" + "".join(f"{c},{c},{c}\n" for c in cells))
    assert found.rows == [(c, c, c) for c in cells]


def test_amounts_read_alike_by_the_quick_and_the_careful_way(tmp_path: Path) -> None:
    plain = ["1.00", "0.10", "-5.25", "123456789.99", "0.00", "-0.00"]
    whole = ["1", "0", "-7", "123456789"]
    for cells in (plain, whole, [*plain, *whole], [*plain, "1.5", ""]):
        for currency in ("CNY", "JPY") if cells is whole else ("CNY",):
            lines = "".join(f"x,2026-01-01,1,{c}\n" for c in cells)
            quick = read("transactions", tmp_path, "customer,date,amount,cost\n" + lines, currency=currency)
            careful = read(
                "transactions",
                tmp_path,
                "customer,date,amount,cost\n" + lines + "x,,1,1\n",
                currency=currency,
            )
            assert len(careful.faults) == 1
            assert quick.rows == careful.rows
            assert len(quick.rows) == len(cells)


def test_faults_say_file_line_column_value_and_hint(tmp_path: Path) -> None:
    found = read(
        "transactions",
        tmp_path,
        "客户,成交日期,金额,类型,数量\n"
        "王五,2026-01-05,100,销售,1\n"
        "\n"
        '"赵\n六",03/04/2026,"0,3",refnud,zwei\n'
        ",2026-02-30,1.999,销售,1\n"
        "孙七,2026-01-07,100,销售,1,extra\n"
        "周八,2026-01-08,200,销售,1,,\n"
        "吴九,2026-01-09,300\n",
    )
    name = str(tmp_path / "file.csv")
    assert [(row[0], line) for row, line in zip(found.rows, found.lines, strict=True)] == [
        ("王五", 2),
        ("周八", 8),
        ("吴九", 9),
    ]
    assert found.raw[1] == ["周八", "2026-01-08", "200", "销售", "1", "", ""]
    assert [row.line for row in found.faults] == [4, 6, 7]
    assert found.faults[0].cells == ["赵\n六", "03/04/2026", "0,3", "refnud", "zwei"]
    four, six, seven = (row.faults for row in found.faults)
    assert four == (
        Fault("not a date: '03/04/2026'", name, 4, "成交日期", "03/04/2026", "write 2026-11-22", "bad-day"),
        Fault(
            "unknown kind: 'refnud'",
            name,
            4,
            "类型",
            "refnud",
            "did you mean refund? known: sale, refund",
            "bad-code",
        ),
        Fault(
            "not an amount: '0,3'", name, 4, "金额", "0,3", "use a point for decimals: 1234.50", "bad-amount"
        ),
        Fault("not a number: 'zwei'", name, 4, "数量", "zwei", "write 2 or 2.5", "bad-decimal"),
    )
    assert [(fault.code, fault.column, fault.value) for fault in six] == [
        ("missing", "客户", ""),
        ("bad-day", "成交日期", "2026-02-30"),
        ("bad-amount", "金额", "1.999"),
    ]
    assert [(fault.code, fault.value) for fault in seven] == [("too-many-cells", "extra")]
    assert found.read == 6


@pytest.mark.parametrize(
    ("entity", "column", "value", "code"),
    [
        ("customers", "headcount", "12.5", "bad-integer"),
        ("customers", "headcount", "-1", "bad-integer"),
        ("customers", "headcount", "99999999999999999999", "bad-integer"),
        ("customers", "birthday", "45000", "bad-birthday"),
        ("customers", "notes", "x" * 20_001, "bad-text"),
        ("customers", "notes", "a\0b", "bad-text"),
        ("customers", "referred_by", "a\0b", "bad-reference"),
        ("customers", "created_at", "yesterday", "bad-instant"),
        ("opportunities", "probability", "101", "bad-percent"),
        ("opportunities", "probability", "0.5", "bad-percent"),
        ("opportunities", "currency", "yuan", "bad-currency"),
        ("opportunities", "amount", "9999999999999999", "bad-amount"),
        ("contacts", "is_primary", "maybe", "bad-flag"),
        ("transactions", "quantity", "1e400", "bad-decimal"),
        ("transactions", "quantity", "nan", "bad-decimal"),
    ],
)
def test_cells_that_are_refused(tmp_path: Path, entity: str, column: str, value: str, code: str) -> None:
    header = f"name,customer,date,amount,{column}"
    if column == "amount":
        header = f"name,customer,date,total,{column}"
    entity_constants = {
        "customers": "客户编号", "contacts": "customer", "opportunities": "customer",
        "transactions": "customer",
    }[entity]  # fmt: skip
    header = header.replace("customer,", entity_constants + ",", 1)
    found = read(entity, tmp_path, f"{header}\nx,y,2026-01-01,1,{value}\nx,z,2026-01-01,1,\n")
    if (entity, column) != ("transactions", "amount"):
        assert len(found.rows) == 1
    (row,) = found.faults
    (fault,) = row.faults
    assert (fault.code, fault.line, fault.column) == (code, 2, column)
    assert fault.hint or code == "bad-amount"


@pytest.mark.parametrize(
    "value", ["x" * 20_000, "\N{PILE OF POO}" * 20_000, "\u202egnp", "'; DROP TABLE customers;--"]
)
def test_text_at_the_limit_is_taken(tmp_path: Path, value: str) -> None:
    found = read("customers", tmp_path, f'name,notes\nx,"{value}"\n')
    assert found.rows == [("x", value)]


def test_naughty_strings_are_taken_or_refused_with_a_fault(shared: Path, tmp_path: Path) -> None:
    strings = (shared / "csv_nasty/blns/blns.txt").read_text("utf-8").split("\n")
    lines = "".join(
        f'{number},"{text.replace(chr(34), chr(34) * 2)}"\n' for number, text in enumerate(strings)
    )
    found = read("customers", tmp_path, "name,notes\n" + lines)
    assert len(found.rows) == len(strings)
    assert [row[1] for row in found.rows] == [text.strip() or None for text in strings]


def test_percent_and_flag_forms(tmp_path: Path) -> None:
    found = read(
        "opportunities",
        tmp_path,
        "name,probability\n" + "".join(f"x,{p}\n" for p in ("50", "50%", "100.0", "５０％", "0")),
    )
    assert [row[1] for row in found.rows] == [50, 50, 100, 50, 0]
    flags = read(
        "contacts",
        tmp_path,
        "customer,name,primary\n" + "".join(f"a,b,{f}\n" for f in ("是", "Yes", "1", "否", "FALSE", "")),
    )
    assert [row[2] for row in flags.rows] == [1, 1, 1, 0, 0, None]


def test_rows_of_white_space_are_no_rows(tmp_path: Path) -> None:
    found = read("opportunities", tmp_path, "name,amount\n , \nx,1\n,\n\t,\n")
    assert (found.rows, found.read) == ([("x", 100)], 1)


def test_a_row_of_zeros_is_a_row(tmp_path: Path) -> None:
    found = read("opportunities", tmp_path, "amount,probability\n0,0\n")
    assert found.rows == [(0, 0)]


def test_names_are_joined_in_the_order_of_their_language(tmp_path: Path) -> None:
    found = read(
        "customers",
        tmp_path,
        "First Name,Middle Name,Last Name,Organization Name,Mobile Phone\n"
        "小明,,王,,\nAda,King,Lovelace,,\n,,,华远电子,\n,,,,13800138000\nCher,,,,\n,,,,\nx,,,,,\n",
    )
    name = found.plan.names.index("name")
    assert [row[name] for row in found.rows] == [
        "王小明",
        "Ada King Lovelace",
        "华远电子",
        "13800138000",
        "Cher",
        "x",
    ]


def test_google_and_outlook_contacts(shared: Path) -> None:
    google = Read("customers", shared / "crm_imports/google_contacts_new_multivalue.csv")
    assert [r["name"] for r in google.records()] == ["Aisha Rahman", "Tan Wei Ming", "No Phone Person"]
    assert google.records()[0]["company"] == "Kedai Aisha"
    outlook = Read("customers", shared / "crm_imports/outlook_contacts.csv").records()[0]
    assert outlook == {
        "name": "Sam Patel", "company": "Example Org", "title": "Director",
        "phone": "07700 900456 / 0113 000 0000",
        "email": "sam@example.org", "region": "United Kingdom", "address": "2 High St, Leeds, LS1 1AA",
        "notes": "Met at the fair",
    }  # fmt: skip


def test_real_files_read_without_a_fault(shared: Path) -> None:
    for entity, name, count in (
        ("transactions", "cdnow/cdnow_sample.csv", 6919),
        ("transactions", "rfm_orders/rfm_data_orders.csv", 4906),
        ("opportunities", "maven_crm/sales_pipeline.csv", 8800),
        ("opportunities", "crm_imports/salesforce_opportunities.csv", 38),
        ("customers", "maven_crm/accounts.csv", 85),
        ("products", "maven_crm/products.csv", 7),
    ):
        found = Read(entity, shared / name)
        assert (len(found.rows), found.faults) == (count, []), name
    cdnow = Read("transactions", shared / "cdnow/cdnow_sample.csv", currency="USD")
    assert cdnow.records()[0] == {
        "customer": "0001",
        "occurred_on": "1997-01-01",
        "amount": 2933,
        "quantity": 2.0,
    }


def test_filters_keep_what_fits_and_count_the_rest(tmp_path: Path) -> None:
    text = "客户,日期,金额,状态\na,2026-01-01,1,已完成\n"
    text += "b,2026-01-02,x,已取消\n\nc,2026-01-03,3, 已完成\nd,2026-01-04,4\n"
    done = read("transactions", tmp_path, text, filters=[RowFilter.parse("状态=已完成")])
    assert ([row[0] for row in done.rows], done.lines, done.skipped, done.read) == (["a", "c"], [2, 5], 2, 4)
    other = read(
        "transactions",
        tmp_path,
        text,
        filters=[RowFilter.parse("状态 != 已取消"), RowFilter.parse("客户!=A")],
    )
    assert ([row[0] for row in other.rows], other.skipped, other.faults) == (["c", "d"], 2, [])
    for bad in ("状态", "=x", "!=x"):
        with pytest.raises(UsageError):
            RowFilter.parse(bad)
    with pytest.raises(UsageError, match="状況"):
        read("transactions", tmp_path, text, filters=[RowFilter.parse("状況=1")])


def test_chunks_balance_whatever_their_size(tmp_path: Path) -> None:
    dice = random.Random(7)
    lines = []
    for number in range(3000):
        lines.append(
            dice.choice(
                [
                    "",
                    ",,,",
                    f"c{number},2026-01-01,{number}.5,x",
                    f"c{number},bad,{number},x",
                    f"c{number},2026-01-01,1,y,z",
                ]
            )
        )
    text = "customer,date,amount,notes\n" + "\n".join(lines) + "\n"
    wanted = read("transactions", tmp_path, text, chunk_size=10_000)
    records = [line for line in lines if line.strip(",")]
    assert wanted.read == len(records) == len(wanted.rows) + len(wanted.faults)
    for size in (1, 7, 1000):
        found = read("transactions", tmp_path, text, chunk_size=size)
        assert (found.rows, found.lines, found.faults) == (wanted.rows, wanted.lines, wanted.faults)
    file_lines = text.split("\n")
    for line, row in zip(wanted.lines, wanted.rows, strict=True):
        assert file_lines[line - 1].startswith(f"{row[0]},")


def test_constants_fill_every_row(tmp_path: Path) -> None:
    found = read(
        "interactions",
        tmp_path,
        "客户,日期,费用\na,2026-01-01,5\nb,bad,5\n",
        constants=[("channel", "微信"), ("currency", "JPY")],
    )
    assert found.records() == [
        {"customer": "a", "occurred_on": "2026-01-01", "channel": "wechat", "cost": 5, "currency": "JPY"}
    ]


def test_the_garbage_collector_is_as_it_was(tmp_path: Path) -> None:
    assert gc.isenabled()
    file = tmp_path / "file.csv"
    file.write_text("name\nx\n")
    with open_source(str(file)) as source:
        for _chunk in parse(source, plan_columns("customers", source.header), currency="CNY"):
            assert gc.isenabled()
    assert gc.isenabled()


def test_a_large_file_is_parsed_in_little_memory(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    with file.open("w") as out:
        out.write("customer_id,date,amount,notes\n")
        out.writelines(f"C{n:06},2026-01-{n % 28 + 1:02},{n}.25,note {n}\n" for n in range(200_000))
    tracemalloc.start()
    try:
        with open_source(str(file)) as source:
            plan = plan_columns("transactions", source.header)
            count = sum(len(chunk.rows) for chunk in parse(source, plan, currency="CNY"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 200_000
    assert peak < 30_000_000
