"""Proves B5 and C6: undo gives back exactly what was, refuses to destroy later work, and does not care for the clock.

Random sequences of every writing command are taken back step by step; after each step every row of every record
table is as it was before that command, `updated_at` included.
"""

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from conftest import TODAY, Run
from crmcli.errors import CrmError
from crmcli.store.settings import Settings
from crmcli.workflows import record, setting_up
from crmcli.workflows.classify import classify
from crmcli.workflows.import_file import ImportRequest, import_file
from crmcli.workflows.rule_folder import rules_folder
from reliability.support import count, picture, sound, write_customers

NAMES = ["张三", "李四", "Ann Lee", "远山贸易", "O'Neil", "王五 (旧)", "[bold]", "Zoë"]


class _Salesperson:
    """Somebody who does something at random; every choice comes from one seeded source."""

    def __init__(self, database: Path, seed: int) -> None:
        self.database, self.any, self.made = database, random.Random(seed), 0

    def do_something(self) -> None:
        actions: list[Callable[[], object]] = [
            self._add,
            self._add,
            self._edit,
            self._edit,
            self._archive,
            self._delete,
            self._log,
            self._log,
            self._sell,
            self._sell,
            self._task,
            self._done,
            self._opportunity,
            self._move,
            self._contact,
            self._product,
            self._import_customers,
            self._import_transactions,
            self._import_interactions,
            self._settings,
            self._classify,
        ]
        self.any.choice(actions)()

    def _id(self, table: str) -> str:
        with closing(sqlite3.connect(self.database)) as connection:
            ids = [row[0] for row in connection.execute(f"SELECT id FROM {table}")]  # noqa: S608
        return f"#{self.any.choice(ids)}" if ids else "#1"

    def _word(self) -> str:
        self.made += 1
        return f"{self.any.choice(NAMES)} {self.made}"

    def _day(self) -> str:
        return (date.fromisoformat(TODAY) + timedelta(days=self.any.randint(-400, 60))).isoformat()

    def _past(self) -> str:
        return (date.fromisoformat(TODAY) - timedelta(days=self.any.randint(0, 400))).isoformat()

    def _fields(self) -> dict[str, str | None]:
        choices: dict[str, list[str]] = {
            "company": ["远山贸易", ""],
            "phone": ["13800138000", "010-62345678", ""],
            "email": ["a@example.com", ""],
            "gender": ["female", "男", ""],
            "birthday": ["1990-02-28", ""],
            "headcount": ["12", "0"],
            "tags": ["vip, 老客户", ""],
            "intent_stage": ["high_hope", "potential", ""],
            "next_contact_on": [self._day(), "tomorrow", ""],
            "notes": ["first line\nsecond\tline \u202e", "", "x" * 3000],
            "referred_by": [self._id("customers"), ""],
        }
        names = self.any.sample(sorted(choices), self.any.randint(0, 5))
        return {name: self.any.choice(choices[name]) for name in names}

    def _add(self) -> object:
        return record.add(self.database, "customer", {"name": self._word(), **self._fields()})

    def _edit(self) -> object:
        named = {"name": self._word()} if self.any.random() < 0.3 else {}
        return record.edit(self.database, "customer", self._id("customers"), {**self._fields(), **named})

    def _archive(self) -> object:
        entity = self.any.choice(["customer", "product"])
        which = self._id(f"{entity}s")
        return record.archive(self.database, entity, which, back=self.any.random() < 0.3)

    def _delete(self) -> object:
        return record.delete_customer(self.database, int(self._id("customers")[1:]))

    def _log(self) -> object:
        given = {
            "customer": self._id("customers"),
            "channel": self.any.choice(["phone", "visit", "微信"]),
            "summary": self._word(),
            "occurred_on": self._past(),
            "outcome": self.any.choice(["connected", "no_answer"]),
        }
        return record.log(self.database, given, self.any.choice([None, "+7d"]))

    def _sell(self) -> object:
        amount = f"{self.any.randint(-(10**6), 10**6) / 100:.2f}"
        given = {
            "customer": self._id("customers"),
            "amount": amount,
            "occurred_on": self._past(),
            "product": self._id("products") if self.any.random() < 0.5 else None,
        }
        return record.sell(self.database, given, refund=self.any.random() < 0.2)

    def _task(self) -> object:
        owner = self._id("customers") if self.any.random() < 0.8 else None
        return record.add(
            self.database, "task", {"title": self._word(), "customer": owner, "due_on": self._day()}
        )

    def _done(self) -> object:
        said = self.any.choice([None, "decides on Friday"])
        return record.complete(self.database, self._id("tasks"), said, {}, self.any.choice([None, "+5d"]))

    def _opportunity(self) -> object:
        given = {"customer": self._id("customers"), "amount": "2万", "expected_close_on": self._day()}
        return record.add(self.database, "opportunity", given)

    def _move(self) -> object:
        stage = self.any.choice(["approved", "won", "lost", "negotiating"])
        return record.move(self.database, self._id("opportunities"), stage, None, None)

    def _contact(self) -> object:
        if self.any.random() < 0.4:
            return record.edit(self.database, "contact", self._id("contacts"), {"title": self._word()})
        return record.add(self.database, "contact", {"customer": self._id("customers"), "name": self._word()})

    def _product(self) -> object:
        if self.any.random() < 0.4:
            return record.edit(self.database, "product", self._id("products"), {"price": "4,821.00"})
        return record.add(self.database, "product", {"name": self._word(), "price": "99"})

    def _import(self, entity: str, text: str) -> object:
        file = self.database.parent / f"{entity}.csv"
        file.write_text(text, encoding="utf-8")
        request = ImportRequest(
            entity, str(file), create_missing=self.any.random() < 0.7, keep_going=self.any.random() < 0.5
        )
        return import_file(self.database, request)

    def _import_customers(self) -> object:
        rows = ["external_id,name,phone,notes,referred_by"]
        for _row in range(self.any.randint(1, 6)):
            known = self.any.randint(1, 8)
            referrer = self.any.choice(["", "", f"X{self.any.randint(1, 8)}"])
            rows.append(
                f"X{known},户{known},{self.any.choice(['', '13911112222'])},{self._word()},{referrer}"
            )
        return self._import("customers", "\n".join(rows) + "\n")

    def _import_transactions(self) -> object:
        rows = ["customer,product,date,amount"]
        for _row in range(self.any.randint(1, 8)):
            owner = self.any.choice([f"X{self.any.randint(1, 8)}", self._word()])
            product = self.any.choice(["", "GTX Pro", self._word()])
            rows.append(f"{owner},{product},{self._past()},{self.any.randint(1, 999)}")
        return self._import("transactions", "\n".join(rows) + "\n")

    def _import_interactions(self) -> object:
        rows = [f"X{self.any.randint(1, 8)},{self._past()},phone,{self._word()}" for _row in range(3)]
        return self._import("interactions", "customer,date,channel,summary\n" + "\n".join(rows) + "\n")

    def _settings(self) -> object:
        zone, currency = self.any.choice(["Asia/Shanghai", "UTC"]), self.any.choice(["CNY", "USD"])
        return setting_up.initialise(self.database, Settings("en", zone, currency, "CN"))

    def _classify(self) -> object:
        if self.any.random() < 0.7:
            return None
        return classify(
            self.database, rules_folder(), as_of=date.fromisoformat(TODAY), force=self.any.random() < 0.5
        )


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with nothing in it."""
    from crmcli.store.engine import prepare_file

    path = tmp_path_factory.mktemp("blank") / "blank.db"
    prepare_file(path)
    return path


@pytest.mark.parametrize("part", range(4))
def test_undoing_a_random_sequence_goes_back_through_every_state(
    blank: Path, database: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    commands = refused = 0
    for seed in range(part * 26, part * 26 + 26):
        shutil.copy(blank, database)
        person = _Salesperson(database, seed)
        states = [picture(database)]
        for _command in range(random.Random(seed).randint(6, 13)):
            entries = count(database, "journal_entries")
            monkeypatch.setenv("CRM_TODAY", person.any.choice([TODAY, TODAY, "2026-11-02", "2027-01-31"]))
            try:
                person.do_something()
            except CrmError:
                refused += 1
                assert count(database, "journal_entries") == entries
                assert picture(database) == states[-1]
                continue
            now = picture(database)
            if now == states[-1]:
                assert count(database, "journal_entries") == entries, "an entry for nothing"
                continue
            assert count(database, "journal_entries") == entries + 1, "a change without an entry"
            states.append(now)
            commands += 1
        while len(states) > 1:
            states.pop()
            taken_back = setting_up.undo(database, None)
            now = picture(database)
            for table, rows in states[-1].items():
                assert now[table] == rows, (seed, table, taken_back.summary)
        with pytest.raises(CrmError, match="nothing to undo"):
            setting_up.undo(database, None)
        sound(database)
    assert commands > 80, f"{refused} were refused"


CONFLICTS = [
    (["customer", "edit", "1", "--company", "A"], ["customer", "edit", "1", "--company", "B"], "'company'"),
    (["customer", "archive", "1"], ["customer", "archive", "1", "--back"], "'archived_at'"),
    (["add", "李四"], ["customer", "edit", "2", "--phone", "13900139000"], "'phone'"),
    (["log", "phone", "1", "--next", "+3d"], ["customer", "edit", "1", "--next", "+5d"], "'next_contact_on'"),
    (["task", "add", "send it", "--customer", "1"], ["task", "done", "1"], "'done_on'"),
    (["opportunity", "add", "1", "--amount", "5"], ["opportunity", "move", "1", "won"], "'stage'"),
    (["product", "add", "GTX"], ["product", "edit", "GTX", "--price", "5"], "'price_minor'"),
    (["contact", "add", "1", "Bo"], ["contact", "edit", "1", "--title", "boss"], "'title'"),
    (["init", "--currency", "CNY"], ["init", "--currency", "USD"], "'value'"),
]


@pytest.mark.parametrize(("first", "later", "field"), CONFLICTS, ids=lambda value: " ".join(value)[:40])
def test_a_later_edit_stands_in_the_way_and_is_named(
    crm: Run, database: Path, first: list[str], later: list[str], field: str
) -> None:
    assert crm("add", "张三").status == 0
    assert crm(*first).status == 0
    assert crm(*later).status == 0
    before = picture(database)
    status, out, err = crm("undo", "2")
    assert (status, out) == (1, "")
    assert err.startswith("crm: error[refused]: "), err
    assert field in err
    assert "undo that first" in err
    assert picture(database) == before
    assert crm("undo").status == 0  # that first
    assert crm("undo", "2").status == 0


def test_a_record_that_something_rests_on_is_not_undone_away(crm: Run, database: Path) -> None:
    assert crm("add", "张三").status == 0
    assert crm("sell", "1", "5").status == 0
    status, _out, err = crm("undo", "1")
    assert status == 1
    assert "transactions #1 was recorded later and needs it" in err
    assert count(database, "customers") == 1
    sound(database)


def test_an_edit_of_a_deleted_record_is_not_undone(crm: Run, database: Path) -> None:
    assert crm("add", "张三").status == 0
    assert crm("customer", "edit", "1", "--company", "A").status == 0
    assert crm("customer", "delete", "1", "--yes").status == 0
    status, _out, err = crm("undo", "2")
    assert status == 1
    assert "customers #1 was deleted later" in err


def test_nothing_is_undone_twice(crm: Run) -> None:
    assert crm("add", "张三").status == 0
    assert crm("undo", "1").status == 0
    status, _out, err = crm("undo", "1")
    assert status == 1
    assert "#1 has already been undone" in err
    assert crm("undo", "2").status == 1  # the undo itself
    assert crm("undo", "77").status == 1


def test_an_import_is_not_undone_over_an_edit_of_its_rows(crm: Run, database: Path, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    write_customers(file, 50)
    assert crm("import", "customers", str(file)).status == 0
    assert crm("customer", "edit", "#20", "--wechat", "zs_88").status == 0
    status, _out, err = crm("undo", "1")
    assert status == 1
    assert "customers #20: 'wechat' was changed later, from nothing to zs_88" in err
    assert count(database, "customers") == 50
    assert crm("undo").status == 0
    assert crm("undo", "1").status == 0
    assert count(database, "customers") == 0


def test_an_import_is_not_undone_under_what_was_recorded_since(
    crm: Run, database: Path, tmp_path: Path
) -> None:
    file = tmp_path / "customers.csv"
    write_customers(file, 5)
    assert crm("import", "customers", str(file)).status == 0
    assert crm("log", "phone", "#3").status == 0
    status, _out, err = crm("undo", "1")
    assert status == 1
    assert "interactions #1 was recorded later and needs it" in err
    assert count(database, "customers") == 5


def test_an_import_that_updates_is_undone_with_the_referrers_it_set(
    crm: Run, database: Path, tmp_path: Path
) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("external_id,name\nA,甲\nB,乙\nC,丙\n", encoding="utf-8")
    assert crm("import", "customers", str(file)).status == 0
    before = picture(database)
    file.write_text(
        "external_id,name,company,referred_by\nA,甲,新公司,C\nD,丁,,A\nB,乙,,C\n", encoding="utf-8"
    )
    done = crm("import", "customers", str(file))
    assert done.out == "customers: 3 read = 1 added + 2 updated + 0 unchanged + 0 skipped + 0 failed\n"
    with closing(sqlite3.connect(database)) as connection:
        referrers = connection.execute("SELECT id, referred_by_id FROM customers ORDER BY id").fetchall()
    assert referrers == [(1, 3), (2, 3), (3, None), (4, 1)]
    assert crm("undo").status == 0
    assert picture(database) == before


def test_a_file_that_only_brings_a_referrer_is_not_thrown_away(
    crm: Run, database: Path, tmp_path: Path
) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("external_id,name\nA,甲\nB,乙\n", encoding="utf-8")
    assert crm("import", "customers", str(file)).status == 0
    file.write_text("external_id,name,referred_by\nA,甲,B\nB,乙,\n", encoding="utf-8")
    done = crm("import", "customers", str(file))
    assert done.out == "customers: 2 read = 0 added + 1 updated + 1 unchanged + 0 skipped + 0 failed\n"
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT referred_by_id FROM customers ORDER BY id").fetchall() == [
            (2,),
            (None,),
        ]
    again = crm("import", "customers", str(file))
    assert again.out == "customers: 2 read = 0 added + 0 updated + 2 unchanged + 0 skipped + 0 failed\n"


def test_a_large_import_is_undone(crm: Run, database: Path, tmp_path: Path) -> None:
    """Also a matter of seconds, by the index on every foreign key: tests/unit/store has the proof of that."""
    file = tmp_path / "customers.csv"
    write_customers(file, 20_000)
    assert crm("add", "张三").status == 0
    before = picture(database)
    assert crm("import", "customers", str(file)).status == 0
    assert count(database, "customers") == 20_001
    assert crm("undo").status == 0
    assert picture(database) == before


def test_a_large_update_is_undone_too(crm: Run, database: Path, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    write_customers(file, 5_000)
    assert crm("import", "customers", str(file)).status == 0
    before = picture(database)
    file.write_text(file.read_text(encoding="utf-8").replace("note ", "Note "), encoding="utf-8")
    done = crm("import", "customers", str(file))
    assert "0 added + 5000 updated + 0 unchanged" in done.out
    assert crm("undo").status == 0
    assert picture(database) == before
    sound(database)


def test_a_classification_is_undone_with_its_reasons(crm: Run, database: Path) -> None:
    for name in ("张三", "李四"):
        assert crm("add", name).status == 0
    assert crm("sell", "张三", "100", "--on", "2026-09-01").status == 0
    assert crm("classify", "--month", "2026-10").status == 0
    before = picture(database)
    assert crm("classify").status == 0
    assert crm("undo").status == 0
    assert picture(database) == before
    assert crm("undo").status == 0
    for table in ("runs", "classifications", "indicator_values"):
        assert count(database, table) == 0
    assert crm("agenda").status == 0
    assert crm("why", "张三").status == 1


@pytest.mark.parametrize("day", ["2020-01-01", "2028-01-01"])
def test_the_order_of_undo_is_that_of_the_commands_whatever_the_clock_said(crm: Run, day: str) -> None:
    assert crm("add", "张三").status == 0
    assert crm("--today", day, "customer", "edit", "1", "--company", "A").status == 0
    assert crm("customer", "edit", "1", "--company", "B").status == 0
    assert [line.split("\t")[0] for line in crm("journal").out.splitlines()] == ["3", "2", "1"]
    assert crm("undo").out.startswith("undid #3:")
    assert crm("undo").out.startswith("undid #2:")
    assert crm("undo").out.startswith("undid #1:")
