"""A year of mornings: the agenda is worked off day by day, and what it promises is counted afterwards."""

import os
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from conftest import PROJECT, Run
from crmcli.workflows import page, working
from crmcli.workflows.agenda import Item, agenda
from crmcli.workflows.classify import classify

FIRST = date(2026, 1, 5)
RULES = PROJECT / "rules"
CAPACITY = 8  #: lines that are worked off in a day
Do = Callable[..., str]


@dataclass
class Year:
    """What happened."""

    touches: dict[int, list[date]] = field(default_factory=lambda: defaultdict(list))
    maximum: dict[tuple[int, date], int] = field(
        default_factory=dict
    )  #: of those who stood on a page, by day
    grades: dict[int, set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )  #: that customers had on a page
    late: list[tuple[date, int]] = field(default_factory=list)  #: past the maximum when a day was over
    returned: list[tuple[date, int]] = field(default_factory=list)
    left: int = 0  #: lines that did not fit into a day

    def days(self) -> list[tuple[int, tuple[str, ...]]]:
        return [(who, tuple(day.isoformat() for day in days)) for who, days in sorted(self.touches.items())]


@pytest.fixture
def zone() -> Iterator[Callable[[str], None]]:
    """Set the time zone of the process; it is put back afterwards."""
    before = os.environ.get("TZ")

    def set_to(name: str) -> None:
        os.environ["TZ"] = name
        time.tzset()

    yield set_to
    if before is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = before
    time.tzset()


def people(do: Do, on: Callable[[str], None], count: int, seed: int) -> None:
    """Customers of every kind, with deals of every distance, and tasks that come round."""
    rnd = random.Random(seed)
    on(FIRST.isoformat())
    for at in range(count):
        do("add", f"customer {at}")
        for _sale in range(at % 5):
            bought = FIRST - timedelta(days=rnd.randrange(1, 300))
            do("sell", f"#{at + 1}", str(rnd.randrange(100, 20_000)), "--on", bought.isoformat())
        if at % 3 == 0:
            close = FIRST + timedelta(days=rnd.randrange(20, 300))
            do(
                "opportunity",
                "add",
                f"#{at + 1}",
                "--stage",
                "approved",
                "--close",
                close.isoformat(),
                "--amount",
                "5000",
            )
        do("log", "phone", f"#{at + 1}", "--on", (FIRST - timedelta(days=rnd.randrange(1, 20))).isoformat())
    do("task", "add", "report", "--customer", "#1", "--due", "2026-01-31", "--every", "1m")
    do("task", "add", "call", "--customer", "#2", "--due", "2026-01-12", "--every", "2w")


def work(
    database: Path,
    on: Callable[[str], None],
    days: int,
    *,
    looks: bool = True,
    closed: frozenset[int] = frozenset(),
) -> Year:
    """Live through the days: classify on the first of a month, work off the page; on `closed` days do nothing.

    `looks`: on closed days the agenda is looked at all the same.
    """
    year = Year()
    for number in range(days):
        today = FIRST + timedelta(days=number)
        on(today.isoformat())
        if number in closed:
            if looks:
                agenda(database, RULES, day=None)
            continue
        if today.day == 1 or number == 0:
            classify(database, RULES)
        found = agenda(database, RULES, day=None)
        year.left += max(len(found.items) - CAPACITY, 0)
        for line in page.lines(found.items[:CAPACITY]):
            if line.customer is not None:
                year.touches[line.customer].append(today)
                item = next(each for each in found.items if each.customer == line.customer)
                year.maximum[line.customer, today] = item.cadence_max_days
                year.grades[line.customer].add(item.grade)
            working.done(database, line, "talked", {}, None)
        done = {line.customer for line in page.lines(found.items[:CAPACITY])}
        again = agenda(database, RULES, day=None)
        year.returned += [
            (today, item.customer) for item in again.items if item.customer in done and item.customer
        ]
        year.late += [(today, item.customer) for item in again.items if item.customer and _late(item, today)]
    return year


def _late(item: Item, today: date) -> bool:
    last = item.last_contacted_on
    return last is None or (today - last).days > item.cadence_max_days


def test_a_year_of_mornings(crm: Run, do: Do, on: Callable[[str], None], database: Path) -> None:
    people(do, on, 15, 1)
    year = work(database, on, 365)
    assert year.left == 0  # the capacity sufficed, so there is no excuse
    assert year.returned == []
    assert year.late == []  # nobody is past the maximum of the class when a day is over, least of all an A
    assert sum("A" in grades for grades in year.grades.values()) >= 3
    for customer in range(1, 16):
        days = year.touches[customer]
        assert days, customer
        for before, after in pairwise(days):
            most = year.maximum[customer, after]
            assert (after - before).days <= most, (customer, before, after, most)
        last = FIRST + timedelta(days=364)
        assert (last - days[-1]).days <= 180, customer
    tasks = [line.split("\t") for line in do("task", "list", "--all", "--format", "csv").splitlines()]
    assert len(tasks) > 12
    reports = _due_days(crm, "report")
    assert reports == [
        "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30", "2026-07-31", "2026-08-31",
        "2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31", "2027-01-31",
    ]  # fmt: skip
    calls = [date.fromisoformat(day) for day in _due_days(crm, "call")]
    assert [(after - before).days for before, after in pairwise(calls)] == [14] * (len(calls) - 1)
    assert len(calls) == 26 + 1


def _due_days(crm: Run, title: str) -> list[str]:
    import json

    found = json.loads(crm("task", "list", "--all", "--format", "json").out)
    return sorted(task["due_on"] for task in found if task["title"] == title)


def test_the_time_zone_of_the_machine_and_looking_change_nothing(
    do: Do, on: Callable[[str], None], database: Path, zone: Callable[[str], None]
) -> None:
    people(do, on, 8, 2)
    start = database.read_bytes()
    closed = frozenset(number for number in range(45) if number % 7 in {5, 6} or 20 <= number < 25)
    results = []
    for name in ("UTC", "Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "Pacific/Auckland"):
        zone(name)
        database.write_bytes(start)
        results.append(work(database, on, 45, looks=len(results) % 2 == 0, closed=closed).days())
    assert results[0]
    assert all(each == results[0] for each in results)
