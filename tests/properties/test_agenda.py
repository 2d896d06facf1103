"""The agenda adds up: what is printed is what it was ranked by, whichever part of it is asked for, wherever it is asked.

Small files with everything that can bring somebody onto the agenda, and rules with other points, days and coefficients.
"""

import os
import random
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from conftest import PROJECT, TODAY, Run
from crmcli import entry
from crmcli.store.light import reading
from crmcli.store.reads import agenda as reads
from crmcli.workflows.agenda import Item, agenda
from crmcli.workflows.agenda_basis import asked, basis_of, by_line
from crmcli.workflows.classify import classify
from crmcli.workflows.urgency import standing, weights_of
from crmcli.workflows.why_agenda import why_agenda

DAY = date.fromisoformat(TODAY)
SEEDS = range(6)
UNCLASSIFIED = 3  #: the seed of the file that was never classified
CHANNELS = ("phone", "email", "wechat", "visit")
TRIGGERS = (
    None, "cadence", "never_contacted", "next_contact", "task", "complaint", "birthday", "leaving", "no_next_step",
)  # fmt: skip


class Filler:
    """Puts random records into a file, as other commands of the program would leave them."""

    def __init__(self, database: Path, seed: int) -> None:
        self.rnd = random.Random(seed)
        self.connection = sqlite3.connect(database, isolation_level=None)
        self.count = 0

    def day(self, least: int, most: int) -> str:
        return (DAY + timedelta(days=self.rnd.randint(least, most))).isoformat()

    def maybe(self, value: Any, chance: float = 0.5) -> Any:
        return value if self.rnd.random() < chance else None

    def put(self, table: str, **values: Any) -> int:
        self.count += 1
        stamp = f"{values.pop('changed', self.day(-200, 0))}T12:00:00.000000Z"
        values = {"uid": f"u{self.count}", "created_at": stamp, "updated_at": stamp, **values}
        names = ", ".join(f'"{name}"' for name in values)
        added = self.connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(values))})",  # noqa: S608 - names of this file
            list(values.values()),
        )
        return int(added.lastrowid or 0)

    def born(self) -> dict[str, Any]:
        years = timedelta(days=365 * self.rnd.randint(20, 60))
        birthday = date.fromisoformat(self.day(-20, 20)) - years
        return {
            "birthday": self.maybe(self.rnd.choice([birthday.isoformat(), "1988-02-29"]), 0.4),
            "birthday_calendar": self.rnd.choice(["solar", "solar", "lunar"]),
        }

    def customer(self, number: int) -> None:
        rnd = self.rnd
        own = self.put(
            "customers", kind="person", name=f"customer {number}", **self.born(),
            intent_stage=rnd.choice([None, "interested", "invalid"]),
            next_contact_on=self.maybe(self.day(-30, 20), 0.3), do_not_contact=int(rnd.random() < 0.05),
            archived_at=self.maybe("2026-11-01T00:00:00.000000Z", 0.05), refused_channels=self.maybe("phone", 0.2),
        )  # fmt: skip
        if rnd.random() < 0.3:
            self.put("contacts", customer_id=own, name=f"contact {number}", is_primary=1, **self.born())
        for _touch in range(rnd.randrange(4)):
            self.put(
                "interactions", customer_id=own, occurred_on=self.day(-200, 3), channel=rnd.choice(CHANNELS),
                direction=rnd.choice(["inbound", "outbound"]), kind="sales", currency="CNY",
                outcome=rnd.choice(["connected", "no_answer", "postponed", "declined"]),
            )  # fmt: skip
        for _sale in range(rnd.randrange(4)):
            self.sale(own)
        if rnd.random() < 0.3:
            closed = self.maybe(self.day(-20, 1), 0.3)
            self.put(
                "complaints", customer_id=own, summary="late", severity=rnd.choice(["low", "high"]),
                received_on=self.day(-80, 1), reply_due_on=self.maybe(self.day(-20, 9)),
                replied_on=closed or self.maybe(self.day(-20, 1), 0.2), closed_on=closed, root_cause="x", prevention="y",
            )  # fmt: skip
        if rnd.random() < 0.2:
            self.put("credits", customer_id=own, currency="CNY", reviewed_on=self.day(-500, -300))
        if rnd.random() < 0.3:
            self.put("surveys", customer_id=own, kind="nps", asked_on=self.day(-60, 0))
        if rnd.random() < 0.3:
            self.pin(own)
        self.plans(own)

    def sale(self, own: int) -> None:
        amount = self.rnd.randrange(1, 3_000_000)
        sold = self.put(
            "transactions", customer_id=own, occurred_on=self.day(-400, 0), kind="sale", amount_minor=amount,
            cost_minor=amount // 2, currency=self.rnd.choice(["CNY", "CNY", "USD"]), due_on=self.maybe(self.day(-90, 9)),
            paid_on=self.maybe(self.day(-90, 0), 0.3),
        )  # fmt: skip
        if self.rnd.random() < 0.4:
            part = max(amount // self.rnd.randint(1, 3), 1)
            self.put(
                "payments", customer_id=own, transaction_id=sold, paid_on=self.day(-90, 2), amount_minor=part
            )

    def plans(self, own: int | None) -> None:
        """Tasks and deals of a customer, or of nobody, some of them put off."""
        rnd = self.rnd
        for _task in range(rnd.randrange(3)):
            task = self.put(
                "tasks", customer_id=own, title="call", kind=rnd.choice(["task", "promise", "improvement"]),
                due_on=self.maybe(self.day(-60, 9), 0.8), done_on=self.maybe(self.day(-9, 2), 0.2),
                due_time=self.maybe("15:00", 0.2), channel=self.maybe(rnd.choice(CHANNELS)),
            )  # fmt: skip
            self.put_off(task_id=task)
        for _deal in range(rnd.randrange(3) if own else 0):
            deal = self.put(
                "opportunities", customer_id=own, name="deal", amount_minor=rnd.randrange(20_000_000), currency="CNY",
                stage=rnd.choice(["prospecting", "introduced", "approved", "won"]), opened_on=self.day(-300, -100),
                expected_close_on=self.maybe(self.day(-60, 200), 0.8), waiting_for=self.maybe("the boss", 0.3),
                waiting_until=self.maybe(self.day(-60, 60), 0.3),
            )  # fmt: skip
            self.put_off(opportunity_id=deal)
        self.put_off(customer_id=own, trigger=rnd.choice(TRIGGERS))

    def put_off(self, **about: Any) -> None:
        if self.rnd.random() < 0.15 and any(value for name, value in about.items() if name != "trigger"):
            until = self.day(-3, 9)
            self.put("deferrals", kind="snooze", noted_on=self.day(-5, 0), until_on=until, **about)

    def pin(self, own: int) -> None:
        judgement, value = self.rnd.choice(
            [
                ("tier", "high"),
                ("tier", "low"),
                ("grade", "A"),
                ("grade", "D"),
                ("lifecycle_stage", "at_risk"),
            ]
        )
        self.put(
            "overrides", customer_id=own, judgement=judgement, value=value, from_on=self.day(-30, 1),
            override_reason="known better",
        )  # fmt: skip


def _other_rules(folder: Path, seed: int) -> Path:
    """The shipped rules with other points: whole ones, halves, and some that no two decimals hold."""
    rnd = random.Random(seed)
    shutil.copytree(PROJECT / "rules", folder, ignore=shutil.ignore_patterns("presets"))
    path = folder / "triggers.yaml"
    head, _tests = path.read_text(encoding="utf-8").split("\n# Examples that must stay true")
    points = [str(rnd.choice([0, 5, 12.5, 33.333, 0.125, 70])) for _each in range(200)]
    changed = re.sub(
        r"\b(base|points|high|medium|low|[A-D]): \d+", lambda own: f"{own[1]}: {points.pop()}", head
    )
    path.write_text(changed + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module", params=SEEDS)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A file that is only read, and the rules it was classified with."""
    seed: int = request.param
    folder = tmp_path_factory.mktemp("filled")
    database = folder / "crm.db"
    rules = PROJECT / "rules" if seed % 4 == 0 else _other_rules(folder / "rules", seed)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"CRM_TODAY": TODAY, "CRM_HOME": str(folder), "CRM_DB": str(database)}.items():
            patch.setenv(name, value)
        assert entry.main(["-q", "init", "--yes", "--time-zone", "Asia/Shanghai", "--currency", "CNY"]) == 0
        filler = Filler(database, seed)
        with filler.connection as connection:
            connection.execute("BEGIN")
            for number in range(25):
                filler.customer(number)
            filler.plans(None)
        filler.connection.close()
        if seed != UNCLASSIFIED:
            classify(database, rules, as_of=DAY)
    return database, rules


def _without_rank(items: tuple[Item, ...]) -> dict[int | None, Item]:
    return {item.customer: item for item in items if item.customer is not None}


@pytest.mark.parametrize("days", [1, 7])
def test_the_terms_are_what_it_was_ranked_by(filled: tuple[Path, Path], days: int) -> None:
    """Before any rounding: the statement ranks by the sum of the terms, of everybody."""
    database, rules = filled
    until = DAY + timedelta(days=days - 1)
    with reading(database) as connection:
        basis = basis_of(connection, rules, None)
        found = by_line(reads.agenda(connection, basis.program, asked(basis, until, -1, None)))
    assert len(found) > 5
    for rows in found:
        terms = standing(rows, weights_of(basis.program), DAY, until).terms
        exact = sum(term.coefficient * term.share for term in terms)
        ranked = rows[0].urgency if rows[0].id else sum(row.urgency for row in rows)
        assert exact == pytest.approx(ranked, abs=1e-6), (rows[0].name, terms)


def test_what_is_printed_adds_up(filled: tuple[Path, Path]) -> None:
    """Each line's urgency is the sum of the terms that `crm why --agenda` prints, and the line is the same there."""
    database, rules = filled
    for number, item in list(_without_rank(agenda(database, rules, day=None).items).items())[::4]:
        why = why_agenda(database, rules, f"#{number}", day=None)
        assert why.line == item
        assert item.urgency == round(sum(term.points for term in why.terms), 2)


@pytest.mark.parametrize(("days", "late"), [(1, False), (7, True)])
def test_a_part_of_the_list_is_that_part(filled: tuple[Path, Path], days: int, late: bool) -> None:
    database, rules = filled
    whole = agenda(database, rules, day=None, days=days, only_late=late).items
    assert all(before.urgency >= after.urgency for before, after in pairwise(whole))
    for limit in {0, 1, 2, len(whole) // 2, len(whole) - 1, len(whole), len(whole) + 1}:
        part = agenda(database, rules, day=None, days=days, only_late=late, limit=limit)
        assert (part.items, part.more) == (whole[:limit], limit < len(whole)), limit
    for number, item in list(_without_rank(whole).items())[::6]:
        (alone,) = agenda(database, rules, day=None, days=days, only_late=late, customer=f"#{number}").items
        assert alone == item


@pytest.fixture
def zone() -> Iterator[Callable[[str], None]]:
    """Set the time zone of the process; it is put back afterwards."""
    before = os.environ.get("TZ")

    def set_to(name: str) -> None:
        os.environ["TZ"] = name
        time.tzset()

    yield set_to
    os.environ.pop("TZ") if before is None else set_to(before)
    time.tzset()


@pytest.mark.parametrize("filled", [0, 1], indirect=True)
def test_it_is_the_same_agenda_wherever_the_machine_stands(
    filled: tuple[Path, Path], zone: Callable[[str], None]
) -> None:
    database, rules = filled
    found = []
    for name in ("UTC", "Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "Pacific/Auckland"):
        zone(name)
        found.append([agenda(database, rules, day=None, days=days) for days in (1, 7)])
    assert found[0][0].items
    assert all(each == found[0] for each in found)


def test_a_limit_cuts_the_list_where_points_differ_in_what_is_rounded_off(
    crm: Run, database: Path, tmp_path: Path
) -> None:
    """0.012, 0.010 and 0.008 points are printed alike: who of them comes first does not depend on the limit."""
    rules = tmp_path / "rules"
    shutil.copytree(PROJECT / "rules", rules)
    triggers = (rules / "triggers.yaml").read_text(encoding="utf-8")
    (rules / "triggers.yaml").write_text(
        triggers.replace("{high: 30, medium: 15, low: 0}", "{high: 0, medium: 0, low: 0}"), encoding="utf-8"
    )
    for number, (deal, sale) in enumerate([("120", "10"), ("100", "500"), ("80", "9000")], 1):
        for line in (
            ["add", f"customer {number}"],
            ["sell", f"#{number}", sale, "--on", "2026-11-01"],
            ["opportunity", "add", f"#{number}", "--amount", deal],
        ):
            assert crm(*line).status == 0
    classify(database, rules, as_of=DAY)
    whole = agenda(database, rules, day=None).items
    assert len({item.urgency for item in whole}) == 1 < len(whole)
    assert [item.customer for item in whole] == [1, 2, 3]
    for limit in (1, 2):
        assert agenda(database, rules, day=None, limit=limit).items == whole[:limit]
