"""The first lines of the agenda are the first of all lines, although only the likeliest customers are weighed for them."""

import csv
import random
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from conftest import PROJECT, Run
from crmcli.store.reads import agenda as reads
from crmcli.workflows.agenda import agenda
from crmcli.workflows.prompt import prompt

TODAY = date(2026, 11, 20)
CUSTOMERS = 90


def write(path: Path, head: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([head, *lines])
    return str(path)


def business(folder: Path, seed: int) -> list[tuple[str, str]]:
    """Customers of whom some buy, some are talked to, some have a deal or an agreed day, and some have nothing."""
    rnd = random.Random(seed)

    def before(most: int) -> str:
        return (TODAY - timedelta(days=rnd.randrange(most))).isoformat()

    people = range(1, CUSTOMERS + 1)
    agreed = [rnd.choice(["", "", "", "2026-11-19", "2026-12-24"]) for _who in people]
    bought = [
        (f"customer {who}", before(400), rnd.randrange(10, 90_000))
        for who in people
        for _sale in range(rnd.choice([0, 0, 1, 2, 6]))
    ]
    spoken = [
        (f"customer {who}", before(120), "phone", rnd.choice(["connected", "no_answer", "declined"]))
        for who in people
        for _talk in range(rnd.choice([0, 0, 1, 3]))
    ]
    deals = [
        (f"customer {who}", f"deal {who}", "approved", (TODAY + timedelta(days=rnd.randrange(-30, 90))).isoformat())
        for who in people
        if who % 9 == seed % 9
    ]  # fmt: skip
    return [
        ("customers", write(folder / "customers.csv", ["name", "next_contact_on"],
                            [(f"customer {who}", day) for who, day in zip(people, agreed, strict=True)])),
        ("transactions", write(folder / "transactions.csv", ["customer", "occurred_on", "amount"], bought)),
        ("interactions", write(folder / "talks.csv", ["customer", "occurred_on", "channel", "outcome"], spoken)),
        ("opportunities", write(folder / "deals.csv", ["customer", "name", "stage", "expected_close_on"], deals)),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_the_first_lines_are_the_first_of_all(
    crm: Run, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setenv("CRM_TODAY", TODAY.isoformat())
    for entity, file in business(tmp_path, seed):
        done = crm("import", entity, file)
        assert done.status == 0, done.err
    assert crm("classify").status == 0
    for name in ("customer 3", "customer 40"):
        assert crm("task", "add", "write", "--customer", name, "--due", "2026-11-20").status == 0
    assert crm("classify", "pin", "customer 7", "--tier", "high", "--reason", "a friend").status == 0
    for number in range(6):
        assert crm("add", f"after the classification {number}").status == 0
    best = [found.name for found in agenda(database, PROJECT / "rules", day=TODAY).items[:4]]
    assert crm("customer", "archive", best[1]).status == 0
    assert crm("customer", "consent", best[2], "--do-not-contact").status == 0
    for days in (1, 7):
        everyone = agenda(database, PROJECT / "rules", day=TODAY, days=days).items
        assert len(everyone) > 40
        said = prompt(database, PROJECT / "rules", day=TODAY, days=days)
        assert (said.lines, said.first) == (len(everyone), everyone[0].name)
        for candidates in (1, 2, 5):
            monkeypatch.setattr(reads, "_CANDIDATES", candidates)
            for limit in (1, 3, 10, 30):
                some = agenda(database, PROJECT / "rules", day=TODAY, days=days, limit=limit)
                assert some.items == everyone[:limit]
                assert some.more
