"""What is exported, imported into an empty database, and exported again is the same, byte for byte."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conftest import Run

ENTITIES = ("customers", "products", "contacts", "opportunities", "interactions", "transactions")
HARD = [
    "Ann", "张三", "O'Neil", '"quoted"', "a,b", "a;b", "a\tb", "line one\nline two", "line\r\nother", "=1+1", "+86 138", "-5", "@x", "007",
    "0123", "1e5", "TRUE", "NULL", "\\N", "1-2", "11010519491231002X", "😀👨‍👩‍👧", "é", "e\u0301", "ﬁ", "fu　ll", "null", "#1", "NaN", "'", "\\", "a\\nb",
]  # fmt: skip
TEXT = st.one_of(
    st.sampled_from(HARD), st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(lambda text: text.strip() != "")
)  # fmt: skip
LINE = TEXT.filter(lambda text: "\n" not in text)
DAY = st.dates().map(str).filter(lambda day: day >= "1900")


@pytest.fixture
def empty(crm: Run, home: Path) -> Path:
    assert crm("init", "--time-zone", "Asia/Shanghai", "--currency", "CNY", "--country", "CN").status == 0
    return Path(shutil.copy(home / "crm.db", home / "empty.db"))


def use(empty: Path, name: str) -> Path:
    path = Path(shutil.copy(empty, empty.parent / name))
    os.environ["CRM_DB"] = str(path)
    return path


def exports(crm: Run, folder: Path, form: str = "csv") -> dict[str, str]:
    found = {}
    for entity in ENTITIES:
        text = crm("export", entity, "--format", form)
        assert text.status == 0, text.err
        found[entity] = text.out
        if form == "csv":
            (folder / f"{entity}.csv").write_bytes(text.out.encode())
    return found


def take_all(crm: Run, added: dict[str, int] | None = None) -> list[str]:
    lines = []
    for entity in ENTITIES:
        result = crm("import", entity, f"{entity}.csv")
        assert result.status == 0, result.err
        lines.append(result.out)
    return lines


def identity(crm: Run, empty: Path) -> None:
    first = exports(crm, empty.parent)
    objects = exports(crm, empty.parent, "jsonl")
    entries = crm("journal", "--format", "ids").out
    for line in take_all(crm):  # into itself: nothing changes
        assert " 0 added + 0 updated + " in line
        assert line.endswith(" 0 skipped + 0 failed\n")
    assert crm("journal", "--format", "ids").out == entries
    assert exports(crm, empty.parent) == first
    use(empty, "second.db")
    take_all(crm)
    assert exports(crm, empty.parent) == first
    assert exports(crm, empty.parent, "jsonl") == objects


def test_everything_there_is(crm: Run, empty: Path) -> None:
    use(empty, "first.db")
    for day, *argv in (
        ("2023-01-05", "product", "add", "GTX Pro", "--code", "GP-1", "--price", "4821.10"),
        ("2023-01-05", "product", "add", '维护, "年度"', "--price", "0"),
        ("2023-01-05", "product", "add", "yen", "--price", "120", "--currency", "JPY"),
        ("2023-01-05", "add", "张三", "--phone", "010-62345678", "--notes", "第一行\n第二行 😀\n", "--birthday", "1980-02-03", "--birthday-calendar", "lunar"),
        ("2023-01-06", "add", "=1+1", "--external-id", "007", "--referred-by", "张三", "--tags", "a,b", "--phone", "+1 650 253 0000"),
        ("2023-01-07", "add", "Gone", "--kind", "organization", "--headcount", "0", "--intent", "invalid"),
        ("2023-01-07", "customer", "edit", "张三", "--referred-by", "007"),
        ("2024-02-29", "contact", "add", "张三", "李雷", "--primary", "--birthday", "2000-02-29"),
        ("2024-02-29", "opportunity", "add", "007", "--amount", "0.01", "--close", "2024-03-31", "--probability", "0", "--waiting-for", "x"),
        ("2024-02-29", "opportunity", "move", "1", "lost", "--reason", 'price,\n"no"'),
        ("2024-02-29", "log", "phone", "张三", "a\nb", "--minutes", "0", "--cost", "0"),
        ("2024-02-29", "log", "phone", "张三", "a\nb", "--minutes", "0", "--cost", "0"),
        ("2024-02-29", "sell", "007", "1.2万", "--product", "GP-1", "--quantity", "0.5", "--order", "0001", "--due", "2024-03-31"),
        ("2024-03-01", "sell", "007", "5", "--refund", "--product", "yen", "--currency", "JPY"),
        ("2024-03-01", "customer", "archive", "Gone"),
        ("2024-03-01", "product", "archive", "yen"),
    ):  # fmt: skip
        os.environ["CRM_TODAY"] = day
        result = crm(*argv)
        assert result.status == 0, result.err
    os.environ["CRM_TODAY"] = "2026-11-20"
    identity(crm, empty)


@settings(
    derandomize=True, deadline=None, max_examples=8, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]
)  # fmt: skip
@given(
    people=st.lists(
        st.tuples(LINE, LINE, TEXT, st.sampled_from(["person", "organization"]), st.booleans()),
        min_size=1,
        max_size=5,
    ),
    sales=st.lists(st.tuples(st.integers(0, 4), st.integers(-(10**9), 10**9), DAY, TEXT), max_size=5),
    touches=st.lists(st.tuples(st.integers(0, 4), DAY, TEXT), max_size=4),
)
def test_whatever_was_recorded(
    people: list[tuple[str, str, str, str, bool]], sales: list[tuple[int, int, str, str]], touches: list[tuple[int, str, str]],
    crm: Run, empty: Path,
) -> None:  # fmt: skip
    use(empty, "first.db")
    for name, company, notes, kind, gone in people:
        result = crm(
            "add",
            f"--notes={notes}",
            f"--company={company}",
            f"--kind={kind}",
            f"--address={notes}",
            "--",
            name,
        )
        assert result.status == 0, result.err
        number = result.out.split("#")[1].split()[0]
        if gone:
            assert crm("customer", "archive", f"#{number}").status == 0
    for place, minor, day, notes in sales:
        sold = crm(
            "sell",
            f"--on={day}",
            f"--notes={notes}",
            "--",
            f"#{place % len(people) + 1}",
            f"{minor / 100:.2f}",
        )
        assert sold.status == 0, sold.err
    for place, day, summary in touches:
        logged = crm("log", f"--on={day}", "--", "phone", f"#{place % len(people) + 1}", summary)
        assert logged.status == 0, logged.err
    identity(crm, empty)


@pytest.mark.parametrize("text", HARD)
def test_a_hard_text_comes_back_as_it_was(text: str, crm: Run, empty: Path) -> None:
    use(empty, "first.db")
    crm("add", f"--notes={text}", f"--wechat={text}", "--", "Ann")
    exports(crm, empty.parent)
    use(empty, "second.db")
    take_all(crm)
    import json

    (record,) = json.loads(crm("export", "customers", "--format", "json").out)
    assert (record["notes"], record["wechat"]) == (text, text)
