"""The data that is measured on: CSV files from a seed, with days counted back from the day of the run.

Customers buy and are contacted unevenly, as real ones do: a few very often, many hardly ever. Nothing here comes from
the program that is measured.
"""

import csv
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

SEED = 20261122
_DAYS = 1500  #: how far back facts go
_FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉建文志红国云"
_CHANNELS = ("phone", "phone", "wechat", "email", "visit", "meeting")
_OUTCOMES = ("connected", "connected", "connected", "no_answer", "left_message", "postponed", "declined")
_STAGES = ("prospecting", "introduced", "approved", "negotiating", "won", "lost")


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything a database holds."""

    customers: int
    transactions: int
    interactions: int = 0
    opportunities: int = 0

    def smaller(self, by: int) -> "Size":
        """Return the same proportions, `by` times smaller."""
        return Size(
            max(1, self.customers // by),
            self.transactions // by,
            self.interactions // by,
            self.opportunities // by,
        )


@dataclass(frozen=True, slots=True)
class Files:
    """The CSV files of one database."""

    customers: Path
    transactions: Path
    transactions_with_key: Path
    interactions: Path
    opportunities: Path

    def by_entity(self) -> Iterator[tuple[str, Path]]:
        """Yield (entity, file) in the order they can be imported; empty files are left out."""
        for entity in ("customers", "transactions", "interactions", "opportunities"):
            path: Path = getattr(self, entity)
            if path.exists():
                yield entity, path


def make_files(folder: Path, size: Size, today: date) -> Files:
    """Write the files of a database of this size into a folder and return them."""
    folder.mkdir(parents=True)
    made = Files(*(folder / f"{name}.csv" for name in Files.__slots__))
    source = random.Random(SEED)
    _write(
        made.customers,
        ("external_id", "name", "company", "phone", "email"),
        _customers(source, size.customers),
    )
    pick = _picker(source, size.customers)
    header = ("customer_id", "date", "amount", "quantity", "order_number")
    _write(made.transactions, header, _sales(source, size.transactions, pick, today))
    _write_with_key(made.transactions, made.transactions_with_key)
    if size.interactions:
        header = ("customer_id", "date", "channel", "outcome", "summary")
        _write(made.interactions, header, _talks(source, size.interactions, pick, today))
    if size.opportunities:
        header = ("customer_id", "name", "stage", "amount", "expected_close_on")
        _write(made.opportunities, header, _deals(source, size.opportunities, pick, today))
    return made


def _write(path: Path, header: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _write_with_key(plain: Path, keyed: Path) -> None:
    """Copy the transactions with an external id in front (row by row: this process must stay small)."""
    with (
        plain.open(encoding="utf-8", newline="") as given,
        keyed.open("w", encoding="utf-8", newline="") as made,
    ):
        made.write("external_id," + next(given))
        made.writelines(f"T{at:08d},{line}" for at, line in enumerate(given))


def _picker(source: random.Random, customers: int) -> Callable[[], str]:
    """Return a function that picks a customer's external id, a few of them far more often than others."""

    def pick() -> str:
        return f"C{int(customers * source.random() ** 2):07d}"

    return pick


def _day(source: random.Random, today: date) -> str:
    return (today - timedelta(days=int(_DAYS * source.random() ** 1.5))).isoformat()


def _customers(source: random.Random, count: int) -> Iterator[tuple[object, ...]]:
    for at in range(count):
        name = source.choice(_FAMILY) + "".join(source.choices(_GIVEN, k=source.choice((1, 2, 2))))
        company = f"{source.choice(_GIVEN)}{source.choice(_GIVEN)}贸易{at % 997}" if at % 3 else ""
        yield f"C{at:07d}", name, company, f"139{at:08d}", f"c{at}@example.com"


def _sales(
    source: random.Random, count: int, pick: Callable[[], str], today: date
) -> Iterator[tuple[object, ...]]:
    for at in range(count):
        amount = f"{source.lognormvariate(6, 1.2):.2f}"
        yield pick(), _day(source, today), amount, source.randint(1, 9), f"SO{at:08d}"


def _talks(
    source: random.Random, count: int, pick: Callable[[], str], today: date
) -> Iterator[tuple[object, ...]]:
    for at in range(count):
        yield (
            pick(),
            _day(source, today),
            source.choice(_CHANNELS),
            source.choice(_OUTCOMES),
            f"talk {at % 89}",
        )


def _deals(
    source: random.Random, count: int, pick: Callable[[], str], today: date
) -> Iterator[tuple[object, ...]]:
    for at in range(count):
        close = (today + timedelta(days=source.randint(-30, 300))).isoformat()
        amount = f"{source.lognormvariate(8, 1):.2f}"
        yield pick(), f"deal {at}", source.choice(_STAGES), amount, close
