"""Importing, whatever the file holds: the numbers add up, nothing is half done, and a second time nothing changes."""

import csv
import io
import os
import random
import re
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conftest import Result, Run

QUIET = settings(
    derandomize=True, deadline=None, max_examples=12, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]
)  # fmt: skip
_LINE = re.compile(
    r"(\w+): (\d+) read = (\d+) added \+ (\d+) updated \+ (\d+) unchanged \+ (\d+) skipped \+ (\d+) failed\n"
)


class Counts(NamedTuple):
    read: int
    added: int
    updated: int
    unchanged: int
    skipped: int
    failed: int


class World:
    """A database of its own for every example, in the folder of the test."""

    def __init__(self, crm: Run, home: Path) -> None:
        self.crm, self.home, self.number = crm, home, 0
        assert crm("init", "--time-zone", "Asia/Shanghai", "--currency", "CNY", "--country", "CN").status == 0
        self.empty = shutil.copy(home / "crm.db", home / "empty.db")

    def fresh(self) -> "World":
        self.number += 1
        path = self.home / f"{self.number}.db"
        shutil.copy(self.empty, path)
        os.environ["CRM_DB"] = str(path)
        return self

    def write(self, rows: list[dict[str, str]], names: list[str] | None = None) -> str:
        names = names or list(rows[0])
        text = io.StringIO()
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        (self.home / "in.csv").write_text(text.getvalue(), encoding="utf-8")
        return "in.csv"

    def take(self, entity: str, file: str, *options: str, status: int | None = 0) -> tuple[Counts, Result]:
        result = self.crm("import", entity, file, *options)
        if status is not None:
            assert result.status == status, result.err
        match = _LINE.fullmatch(result.out)
        assert match is not None, result
        counts = Counts(*map(int, match.groups()[1:]))
        assert counts.read == sum(counts[1:])
        return counts, result

    def export(self, entity: str) -> str:
        return self.crm("export", entity).out

    def records(self, entity: str, *without: str) -> list[tuple[str, ...]]:
        rows = csv.DictReader(io.StringIO(self.export(entity)))
        left_out = {"uid", "created_at", *without}
        return sorted(tuple(value for name, value in row.items() if name not in left_out) for row in rows)


@pytest.fixture
def world(crm: Run, home: Path) -> World:
    return World(crm, home)


WORDS = st.text("abcXYZ 张三李四éÑ,\"'=-+0123456789😀", max_size=8).map(str.strip)
NAMES = st.sampled_from(["张三", "李四", "Ann Lee", "José", "O'Neil", "=1+1", "Tiny, Ltd."])
CUSTOMER = st.fixed_dictionaries(
    {
        "external_id": st.integers(0, 30).map(lambda number: f"{number:03}"),
        "name": st.one_of(NAMES, st.just("")),  # an empty name is a fault
        "company": WORDS,
        "headcount": st.sampled_from(["", "1", "12", "many", "-1"]),
        "birthday": st.sampled_from(["", "1980-02-03", "1980/2/3", "30/2/1980"]),
    }
)
TRANSACTION = st.fixed_dictionaries(
    {
        "customer": st.sampled_from(["K1", "K2", "nobody"]),
        "occurred_on": st.sampled_from(["2026-01-01", "20260102", "2026年1月3日", "yesterday"]),
        "amount": st.sampled_from(["1", "1.50", "¥1,234.50", "0", "-3", "0,3"]),
        "notes": WORDS,
    }
)


def lawful(row: dict[str, str]) -> bool:
    return bool(row["name"]) and row["headcount"] not in {"many", "-1"} and row["birthday"] != "30/2/1980"


def sound(row: dict[str, str]) -> bool:
    return row["customer"] != "nobody" and row["occurred_on"] != "yesterday" and row["amount"] != "0,3"


def two_customers(world: World) -> None:
    world.take(
        "customers", world.write([{"external_id": "K1", "name": "Ann"}, {"external_id": "K2", "name": "Bob"}])
    )


@QUIET
@given(rows=st.lists(CUSTOMER, min_size=1, max_size=12))
def test_customers_balance(rows: list[dict[str, str]], world: World) -> None:
    world.fresh()
    file = world.write(rows)
    counts, result = world.take("customers", file, "--keep-going", status=None)
    assert counts.read == len(rows)
    assert counts.failed >= sum(not lawful(row) for row in rows)
    assert (result.status == 3) == (counts.failed > 0)
    assert len(world.records("customers")) == counts.added
    again, _result = world.take("customers", file, "--keep-going", status=None)
    assert (again.added, again.updated) == (0, 0)


@QUIET
@given(rows=st.lists(TRANSACTION, min_size=1, max_size=12))
def test_transactions_balance_and_all_or_nothing(rows: list[dict[str, str]], world: World) -> None:
    two_customers(world.fresh())
    file = world.write(rows)
    before = world.export("transactions"), world.crm("journal", "--format", "json").out
    bad = sum(not sound(row) for row in rows)
    strict = world.crm("import", "transactions", file)
    if bad:
        assert (strict.status, strict.out) == (65, "")
        assert (world.export("transactions"), world.crm("journal", "--format", "json").out) == before
    else:
        assert strict.status == 0
    counts, _result = world.take("transactions", file, "--keep-going", status=3 if bad else 0)
    assert counts.failed == bad
    assert counts.added == (
        len(rows) - bad if bad else 0
    )  # without a bad row the strict run has brought them
    assert len(world.records("transactions")) == len(rows) - bad


@QUIET
@given(rows=st.lists(TRANSACTION, min_size=1, max_size=12))
def test_the_rejects_mended_bring_exactly_what_was_missing(rows: list[dict[str, str]], world: World) -> None:
    rows = [{**row, "notes": f"{place} {row['notes']}"} for place, row in enumerate(rows)]
    two_customers(world.fresh())
    mended = [
        {
            **row,
            "customer": row["customer"].replace("nobody", "K2"),
            "occurred_on": row["occurred_on"].replace("yesterday", "2026-02-02"),
            "amount": row["amount"].replace("0,3", "0.30"),
        }
        for row in rows
    ]
    world.take("transactions", world.write(mended))
    whole = world.records("transactions")
    two_customers(world.fresh())
    counts, _result = world.take(
        "transactions", world.write(rows), "--keep-going", "--rejects", "bad.csv", status=None
    )
    if not counts.failed:
        return
    text = (world.home / "bad.csv").read_text(encoding="utf-8")
    rejected = list(csv.DictReader(io.StringIO(text)))
    assert len(rejected) == counts.failed
    assert all(row["crm_reason"] for row in rejected)
    assert {row["crm_line"] for row in rejected} == {
        str(place + 2) for place, row in enumerate(rows) if not sound(row)
    }
    for row in rejected:
        row["customer"] = row["customer"].replace("nobody", "K2")
        row["occurred_on"] = row["occurred_on"].replace("yesterday", "2026-02-02")
        row["amount"] = row["amount"].replace("0,3", "0.30")
    second, _result = world.take("transactions", world.write(rejected))
    assert second == Counts(counts.failed, counts.failed, 0, 0, 0, 0)
    assert world.records("transactions") == whole


def _plain(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Rows without faults and without two contents for one external id."""
    return list({row["external_id"]: row for row in rows if lawful(row)}.values())


@QUIET
@given(rows=st.lists(CUSTOMER, min_size=1, max_size=15), seed=st.integers(0, 99))
def test_the_order_of_the_rows_does_not_matter(rows: list[dict[str, str]], seed: int, world: World) -> None:
    rows = _plain(rows)
    if not rows:
        return
    world.fresh().take("customers", world.write(rows))
    first = world.records("customers")
    random.Random(seed).shuffle(rows)
    world.fresh().take("customers", world.write(rows))
    assert world.records("customers") == first


@QUIET
@given(
    rows=st.lists(TRANSACTION.filter(sound), min_size=1, max_size=15),
    extra=st.lists(TRANSACTION.filter(sound), max_size=4),
    seed=st.integers(0, 99),
)
def test_repetitions_inside_a_file_are_kept_and_appended_rows_are_the_only_new_ones(
    rows: list[dict[str, str]], extra: list[dict[str, str]], seed: int, world: World
) -> None:
    two_customers(world.fresh())
    rows = rows + rows[: len(rows) // 2]
    counts, _result = world.take("transactions", world.write(rows))
    assert counts.added == len(rows)
    longer = rows + extra
    random.Random(seed).shuffle(longer)
    file = world.write(longer)
    grown, _result = world.take("transactions", file)
    assert (grown.added, grown.updated) == (len(extra), 0)
    again, _result = world.take("transactions", file)
    assert (again.added, again.updated) == (0, 0)


@QUIET
@given(data=st.data())
def test_rows_with_uid_and_rows_without(data: st.DataObject, world: World) -> None:
    world.fresh()
    names = data.draw(st.lists(st.text("abc", min_size=3, max_size=6), min_size=2, max_size=8, unique=True))
    world.take("customers", world.write([{"name": name} for name in names]))
    rows = list(csv.DictReader(io.StringIO(world.export("customers"))))
    known = data.draw(st.integers(0, len(rows)))
    mixed = [
        {"uid": row["uid"] if place < known else "", "name": row["name"], "notes": "n"}
        for place, row in enumerate(rows)
    ]
    mixed.append({"uid": "", "name": "ZZZ new", "notes": "n"})
    counts, _result = world.take("customers", world.write(mixed))
    assert (counts.added, counts.updated, counts.unchanged) == (1, len(rows), 0)
    after = {row["uid"]: row["name"] for row in csv.DictReader(io.StringIO(world.export("customers")))}
    assert {row["uid"]: row["name"] for row in rows}.items() <= after.items()


SAMPLES: dict[str, list[dict[str, str]]] = {
    "customers": [
        {"external_id": "K1", "name": "Ann", "phone": "13800138000", "referred_by": "K2", "tags": "a,b", "created_at": "2025-01-01"},
        {"external_id": "K2", "name": "张三", "phone": "010-62345678", "referred_by": "", "tags": "", "created_at": ""},
        {"external_id": "", "name": "No id", "phone": "", "referred_by": "Ann", "tags": "x", "created_at": ""},
    ],
    "contacts": [
        {"customer": "K1", "name": "李雷", "phone": "13900139000", "is_primary": "是"},
        {"customer": "K1", "name": "韩梅梅", "phone": "", "is_primary": "no"},
        {"customer": "K2", "name": "李雷", "phone": "", "is_primary": ""},
    ],
    "products": [
        {"code": "GP-1", "name": "GTX Pro", "price": "4,821", "category": "x"},
        {"code": "", "name": "MG Special", "price": "55", "category": ""},
    ],
    "interactions": [
        {"customer": "K1", "date": "2026-01-01", "channel": "电话", "outcome": "未接", "summary": "a\nb", "minutes": "3"},
        {"customer": "K1", "date": "2026-01-01", "channel": "电话", "outcome": "", "summary": "", "minutes": ""},
        {"customer": "K1", "date": "2026-01-01", "channel": "电话", "outcome": "", "summary": "", "minutes": ""},
    ],
    "transactions": [
        {"customer": "K1", "date": "2026-01-01", "amount": "1.2万", "cost": "", "product": "gtxpro", "quantity": "1.5", "order_number": "O-1"},
        {"customer": "K2", "date": "2026-01-02", "amount": "-5", "cost": "1", "product": "", "quantity": "", "order_number": ""},
        {"customer": "K2", "date": "2026-01-02", "amount": "-5", "cost": "1", "product": "", "quantity": "", "order_number": ""},
    ],
    "opportunities": [
        {"id": "D1", "customer": "K1", "stage": "赢单", "amount": "5", "close": "2026-03-01", "product": "MG Special", "probability": "80%"},
        {"id": "", "customer": "", "stage": "Engaging", "amount": "", "close": "", "product": "", "probability": ""},
    ],
}  # fmt: skip


def test_every_entity_three_times(world: World) -> None:
    world.fresh()
    for entity, rows in SAMPLES.items():
        if entity == "opportunities":
            rows = [
                {("expected_close_on" if key == "close" else key): value for key, value in row.items()}
                for row in rows
            ]
        file = world.write(rows)
        first, _result = world.take(entity, file)
        assert first == Counts(len(rows), len(rows), 0, 0, 0, 0), entity
        entries = world.crm("journal", "--format", "ids").out
        for _time in range(2):
            again, _result = world.take(entity, file)
            assert again == Counts(len(rows), 0, 0, len(rows), 0, 0), entity
        assert world.crm("journal", "--format", "ids").out == entries  # what brings nothing leaves no trace


def test_duplicates_of_one_file_are_reported_with_the_earlier_line(world: World) -> None:
    world.fresh()
    rows = [
        {"name": "Ann", "company": "X", "notes": "1"},
        {"name": "Bob", "company": "", "notes": ""},
        {"name": "ann", "company": "X", "notes": "2"},
    ]
    result = world.crm("import", "customers", world.write(rows))
    assert result.status == 65
    assert result.err.splitlines()[2].startswith("in.csv:4: line 2 holds the same record with another ")
    rows[2] = dict(rows[0])
    counts, _result = world.take("customers", world.write(rows))
    assert (counts.added, counts.skipped) == (2, 1)


def test_two_people_of_one_name_stay_two(world: World) -> None:
    world.fresh()
    rows = [
        {"external_id": "1", "name": "王伟", "company": "A"},
        {"external_id": "2", "name": "王伟", "company": "A"},
    ]
    for expected in (2, 0):
        counts, _result = world.take("customers", world.write(rows))
        assert counts.added == expected
    assert len(world.records("customers")) == 2
    result = world.crm(
        "import", "transactions", world.write([{"customer": "王伟", "date": "2026-01-01", "amount": "1"}])
    )
    assert result.status == 65
    assert "'王伟' fits 2" in result.err


@pytest.mark.parametrize("entity", ["customers", "products"])
def test_a_dry_run_counts_the_same_and_writes_nothing(entity: str, world: World) -> None:
    world.fresh()
    file = world.write(SAMPLES[entity])
    before = Path(os.environ["CRM_DB"]).read_bytes()
    dry, result = world.take(entity, file, "--dry-run")
    assert result.err.endswith("dry run: nothing was changed\n")
    assert Path(os.environ["CRM_DB"]).read_bytes() == before
    assert world.take(entity, file)[0] == dry


def test_undo_of_an_import(world: World) -> None:
    world.fresh()
    world.take("customers", world.write([{"name": "Ann", "phone": "1", "company": ""}]))
    before = world.export("customers")
    world.take(
        "customers",
        world.write(
            [{"name": "Ann", "phone": "1", "company": "X"}, {"name": "Bob", "phone": "", "company": ""}]
        ),
    )
    assert world.crm("undo").status == 0
    assert world.export("customers") == before
