"""`make bench`: measures the program against the least that could do the same work, and writes docs/benchmarks.md.

    python bench/run.py [--quick] [--huge] [--only NAME …]

Nothing here is a test: a slow machine makes slow figures, so only ratios within one run carry a goal. `--quick` takes
a tenth of the data and fewer rounds, to try things out; `--huge` classifies ten times the
data as well. Like `--only`, both print and do not write the page.
"""

import argparse
import os
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from figures import LIBRARIES, Figure, page, plain, write
from measure import Run, Taken, in_turn
from place import HERE, Place

from crmcli.months import add_months
from data import Size

PAGE = HERE.parent / "docs" / "benchmarks.md"
TINY = Size(10, 100, 100, 5)
SMALL = Size(100, 1_000, 500, 10)
TYPICAL = Size(2_000, 20_000, 50_000, 500)
LARGE = Size(100_000, 1_000_000)
LARGE_WITH_TALK = Size(100_000, 1_000_000, 500_000, 10_000)
TENTH_WITH_TALK = Size(10_000, 100_000, 50_000, 1_000)
HUGE = Size(1_000_000, 10_000_000)
MONTHS = 18
#: The sample of the CDNOW purchases, where it lies beside the project (see docs/walkthrough.md).
CDNOW = (
    Path(os.environ.get("CRMCLI_SHARED", HERE.parents[1] / "shared")) / "data" / "cdnow" / "cdnow_sample.csv"
)
SCREENFUL = ("--limit", "50")


@dataclass(frozen=True, slots=True)
class Bench:
    """A place, and how much is to be done in it."""

    place: Place
    rounds: int
    heavy_rounds: int
    scale: int
    notes: list[str]
    huge: bool = False

    def large(self, size: Size) -> Size:
        """Return a large size as this run takes it."""
        return size.smaller(self.scale) if self.scale > 1 else size

    def crm(self, *words: str, database: Path, before: Callable[[], object] = lambda: None) -> Run:
        """Return a run of the program."""
        return Run([self.place.bin / "crm", *words], self.place.environment(database), before)


def _ratio(group: str, what: str, ours: Taken, other: Taken, goal: float | None) -> Figure:
    long = max(ours.seconds, other.seconds) >= 2
    shown = [
        f"{taken.seconds:.1f} s" if long else f"{taken.seconds * 1000:.0f} ms" for taken in (ours, other)
    ]
    return Figure(group, what, shown[0], shown[1], ours.seconds / other.seconds, goal)


# --- the benchmarks ---------------------------------------------------------------------------------------------


def start_up(bench: Bench) -> Iterator[Figure]:
    """Reading commands against a bare Typer application; start-up is the whole process, from exec to exit."""
    place = bench.place
    tiny, typical = place.database(TINY), place.database(TYPICAL)
    wanted = [
        ("--version", ("--version",), tiny),
        ("--help", ("--help",), tiny),
        *(
            (f"{' '.join(words)}, {name} database", words, made)
            for words in (("agenda",), ("agenda", *SCREENFUL), ("list",), ("list", *SCREENFUL))
            for name, made in (("tiny", tiny), ("typical", typical))
        ),
    ]
    bare = Run([place.bin / "bare_app"], place.environment())
    runs = [bench.crm(*words, database=made.path) for _name, words, made in wanted]
    taken = in_turn([bare, *runs], bench.rounds)
    for (name, words, _made), ours in zip(wanted, taken[1:], strict=True):
        goal = None if words[0].startswith("--") else 1.3
        yield _ratio("start-up", f"crm {name}", ours, taken[0], goal)


def write_commands(bench: Bench) -> Iterator[Figure]:
    """Recording commands against a bare Typer and SQLModel program that inserts one row."""
    place = bench.place
    database = place.copy(place.database(TYPICAL).path, "written")
    bare_environment = place.environment(BARE_DB=str(place.root / "bare.db"))
    place.output([place.python, "-c", "import bare_insert; bare_insert.prepare()"], bare_environment)
    numbers = iter(range(1_000_000))

    def fresh(words: tuple[str, ...]) -> list[str]:
        at = str(next(numbers))
        return [word.replace("@", f"{at}@").replace("Ada", f"Ada {at}") for word in words]

    add = ("Ada", "--email", "ada@example.com")
    adding: list[str | Path] = [place.bin / "crm", "add", *add]
    inserting: list[str | Path] = [place.bin / "bare_insert", *add]
    runs = [
        Run(inserting, bare_environment, lambda: inserting.__setitem__(slice(1, None), fresh(add))),
        Run(adding, place.environment(database), lambda: adding.__setitem__(slice(2, None), fresh(add))),
        bench.crm("log", "phone", "1", "x", database=database),
    ]
    bare, added, logged = in_turn(runs, bench.rounds)
    yield _ratio("write", "crm add NAME --email …", added, bare, 1.15)
    yield _ratio("write", "crm log phone 1 x", logged, bare, 1.15)


def imports(bench: Bench) -> Iterator[Figure]:
    """A large file of transactions against a loop written by hand."""
    place, size = bench.place, bench.large(LARGE)
    files = place.database(bench.large(LARGE_WITH_TALK)).files
    start = place.empty(place.root / "customers.db")
    place.crm(start, "import", "customers", str(files.customers))
    ours, other = place.root / "ours.db", place.root / "other.db"
    for name, file in (
        ("transactions", files.transactions),
        ("with an external id", files.transactions_with_key),
    ):
        by_hand = [place.python, HERE / "by_hand_import.py", other, file]
        taken = in_turn(
            [
                Run(by_hand, place.environment(), lambda: place.copy(start, "other")),
                bench.crm(
                    "import",
                    "transactions",
                    str(file),
                    database=ours,
                    before=lambda: place.copy(start, "ours"),
                ),
            ],
            bench.heavy_rounds,
            warm=False,
        )
        if _content(ours) != _content(other):
            raise SystemExit(f"the two imports of {file.name} differ")
        what = f"{size.transactions:,} {name}".replace("s with", "s, with")
        what = what if "transactions" in what else what.replace(" with", " transactions with")
        yield _ratio("import", what, taken[1], taken[0], 2.5)
        held = taken[1].megabytes
        yield Figure(
            "import", "memory at its peak", f"{held:.0f} MB", f"{taken[0].megabytes:.0f} MB", held, 400, "MB"
        )


def _content(database: Path) -> tuple[object, ...]:
    query = "SELECT count(*), sum(amount_minor), sum(customer_id), sum(quantity), count(external_id) FROM transactions"
    with closing(sqlite3.connect(database)) as connection:
        return tuple(connection.execute(query).fetchone())


def classify(bench: Bench) -> Iterator[Figure]:
    """The classification run against the same rules as SQL written by hand."""
    place, today = bench.place, bench.place.today.isoformat()
    for size in (LARGE, LARGE_WITH_TALK):
        made = bench.large(size)
        start = _unclassified(bench, made)
        ours, other = place.root / "ours.db", place.root / "other.db"
        by_hand: list[str | Path] = [place.python, HERE / "by_hand_classify.py", other, today]
        runs = [
            Run(by_hand, place.environment(), partial(place.copy, start, "other")),
            bench.crm("classify", "--as-of", today, database=ours, before=partial(place.copy, start, "ours")),
        ]
        hand, crm = in_turn(runs, bench.heavy_rounds)
        different, rows = _differences(ours, other)
        bench.notes.append(
            f"classify, {_named(made)}: {different} of {rows:,} stored rows differ from those of the SQL by hand"
        )
        yield _ratio("classify", _named(made), crm, hand, 1.5)
        held = crm.megabytes
        yield Figure(
            "classify", "memory at its peak", f"{held:.0f} MB", f"{hand.megabytes:.0f} MB", held, 300, "MB"
        )


def scale(bench: Bench) -> Iterator[Figure]:
    """Classifying ten times the data, and what somebody with a notebook would wait."""
    place, today = bench.place, bench.place.today.isoformat()
    large = bench.large(LARGE_WITH_TALK)
    little = place.database(bench.large(TENTH_WITH_TALK), classified=False)
    start, small, ours = _unclassified(bench, large), little.path, place.root / "ours.db"
    pandas: list[str | Path] = [
        place.python,
        HERE / "by_hand_pandas.py",
        start,
        today,
        place.root / "scores.csv",
    ]
    place.install("pandas")
    runs = [
        bench.crm("classify", "--as-of", today, database=ours, before=partial(place.copy, path, "ours"))
        for path in (small, start)
    ]
    tenth, whole, notebook = in_turn([*runs, Run(pandas, place.environment())], bench.heavy_rounds)
    yield _ratio("scale", f"classify, {_named(large)} against a tenth of it", whole, tenth, 12)
    yield _ratio("scale", f"classify, {_named(large)} against pandas", whole, notebook, None)
    held = whole.megabytes
    yield Figure(
        "scale",
        "memory at its peak against pandas",
        f"{held:.0f} MB",
        f"{notebook.megabytes:.0f} MB",
        held,
        None,
        "MB",
    )
    if bench.huge:
        files = place.files(HUGE)
        huge = place.empty(place.root / "huge.db")
        place.crm(huge, "import", "customers", str(files.customers))
        place.crm(huge, "import", "transactions", str(files.transactions))
        plain = _unclassified(bench, LARGE)
        runs = [
            bench.crm("classify", "--as-of", today, database=ours, before=partial(place.copy, path, "ours"))
            for path in (plain, huge)
        ]
        whole, much = in_turn(runs, 1, warm=False)
        yield _ratio("scale", f"classify, {_named(HUGE)} against a tenth of it", much, whole, 12)
        yield Figure(
            "scale",
            "memory at its peak",
            f"{much.megabytes:.0f} MB",
            f"{whole.megabytes:.0f} MB",
            much.megabytes,
            None,
            "MB",
        )


def backtest(bench: Bench) -> Iterator[Figure]:
    """Eighteen months tried against one month classified, on made-up data and on the purchases of CDNOW."""
    place = bench.place
    last = (place.today.replace(day=1) - timedelta(days=62)).replace(day=1)
    yield _tried(bench, place.database(TYPICAL).path, last, _named(TYPICAL))
    if not CDNOW.is_file():
        bench.notes.append("CDNOW is not on this machine: the backtest was not measured on it.")
        return
    bought = place.root / "cdnow.db"
    place.crm(bought, "init", "--time-zone", "America/New_York", "--currency", "USD", "--country", "US")
    place.crm(bought, "import", "transactions", str(CDNOW), "--create-missing")
    yield _tried(bench, bought, date(1998, 6, 1), "CDNOW (2,357 customers, 6,919 purchases)")


def _tried(bench: Bench, database: Path, last: date, named: str) -> Figure:
    """Return how long eighteen months up to the month of `last` take against that month alone."""
    first = add_months(last, 1 - MONTHS)
    asked = ("rules", "backtest", "--from", f"{first:%Y-%m}", "--to", f"{last:%Y-%m}", "--horizon", "30d")
    fresh = partial(bench.place.copy, database, "ours")
    runs = [
        bench.crm(
            "classify", "--month", f"{last:%Y-%m}", database=bench.place.root / "ours.db", before=fresh
        ),
        bench.crm(*asked, database=database),
    ]
    once, tried = in_turn(runs, bench.heavy_rounds)
    return _ratio("backtest", f"{MONTHS} months against one classified, {named}", tried, once, 12)


def _named(size: Size) -> str:
    text = f"{size.customers:,} customers, {size.transactions:,} transactions"
    return f"{text}, {size.interactions:,} interactions" if size.interactions else text


def _unclassified(bench: Bench, size: Size) -> Path:
    """Return the large database, with or without interactions, before any run."""
    place = bench.place
    files = place.database(bench.large(LARGE_WITH_TALK)).files
    path = place.root / f"unclassified{size.interactions}.db"
    if not path.exists():
        place.empty(path)
        for entity, file in files.by_entity():
            if getattr(size, entity):
                place.crm(path, "import", entity, str(file))
    return path


def _differences(ours: Path, other: Path) -> tuple[int, int]:
    """Return how many rows of the two runs differ, to a billionth in what is not whole, and how many there are."""
    with closing(sqlite3.connect(ours)) as connection:
        connection.execute("ATTACH ? AS other", (str(other),))
        different = rows = 0
        for name in ("classes", "indicators", "features"):
            script = (HERE / f"compare_{name}.sql").read_text(encoding="utf-8")
            found = connection.execute(script).fetchone()
            different, rows = different + found[0], rows + found[1]
    return different, rows


def agenda(bench: Bench) -> Iterator[Figure]:
    """The agenda of a large database against that of a small one, and its own work on a typical one."""
    place = bench.place
    small = place.database(SMALL)
    for size in (LARGE, LARGE_WITH_TALK):
        large = place.database(bench.large(size))
        for words, goal in ((("agenda", *SCREENFUL), 3.0), (("agenda",), None)):
            runs = [bench.crm(*words, database=made.path) for made in (small, large)]
            little, much = in_turn(runs, bench.rounds if goal else bench.heavy_rounds)
            what = f"crm {' '.join(words)}: {_named(large.size)} against {small.size.customers} customers"
            yield _ratio("agenda", what, much, little, goal)
    typical = place.database(TYPICAL)
    for words in (("agenda", *SCREENFUL), ("agenda",)):
        command = [place.python, HERE / "own_work.py", *words]
        own = sorted(float(place.output(command, place.environment(typical.path))) for _round in range(15))[7]
        yield Figure(
            "agenda", f"crm {' '.join(words)}: own work, typical", f"{own:.0f} ms", "", own, 100, "ms"
        )
    ask = partial(bench.crm, "agenda", "--short", database=typical.path)
    prompts = [ask(), ask(before=typical.path.touch)]
    for asked, since in zip(in_turn(prompts, bench.rounds), ("nothing", "the database"), strict=True):
        taken = asked.seconds * 1000
        what = f"crm agenda --short: the whole process, typical, {since} changed since the last"
        yield Figure("agenda", what, f"{taken:.0f} ms", "", taken, 100, "ms")


BENCHMARKS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "start-up": start_up,
    "write": write_commands,
    "import": imports,
    "classify": classify,
    "scale": scale,
    "backtest": backtest,
    "agenda": agenda,
}

METHODS = (
    (
        "Everything runs in a temporary folder: a fresh environment in which the project is installed as a user installs it "
        "(bytecode cached, not editable), databases made by `crm init`, `crm import` and `crm classify` from CSV files that "
        "`bench/data.py` writes from a seed. Standard output is not a terminal; neither CRM_TODAY nor CRM_LANG "
        "is set."
    ),
    (
        "A time is the wall time of a whole process, start to exit. What is compared runs in turn (A B A B …); the figure is "
        "the median. Start-up and recording: 15 rounds after one that does not count. Import and classification: "
        "two rounds, each on a fresh copy of the database; two as well for all lines of a large agenda."
    ),
    (
        "**start-up**: against `bench/bare_app.py`, a Typer application of one command that prints a line, started by the "
        "same kind of console script under the same Typer. Tiny: 10 customers. Typical: 2,000 customers, 50,000 interactions, "
        "20,000 transactions, classified. Without `--limit` every line is written, because nobody is looking at a screen; "
        "`--limit 50` is what a terminal gets."
    ),
    (
        "**write**: against `bench/bare_insert.py`, Typer and SQLModel with one table, one row and a commit; no validation, "
        "no journal, no duplicates looked for."
    ),
    (
        "**import**: against `bench/by_hand_import.py`: csv, a dictionary of customers, days and amounts checked, identifiers "
        "in rising order, executemany into the same tables and indexes in one transaction. The benchmark stops if the two "
        "databases do not hold the same. Memory is the highest that the system reports for the process (`ru_maxrss`)."
    ),
    (
        "**classify**: against `bench/by_hand_classify.sql`, the shipped rules in SQL, stored in the same tables under the "
        "same settings (foreign keys, secure delete, full synchronisation); no rules are read, checked or fingerprinted. "
        "Every stored row is then compared."
    ),
    (
        "**scale**: ten times the data, and `bench/by_hand_pandas.py`: the same value score and quintiles with pandas, read "
        "from the same file and written as CSV; a missing margin counts 0, and there are no grades, reasons or "
        "history."
    ),
    (
        f"**backtest**: `crm rules backtest` over {MONTHS} months against `crm classify` of one of them, on the typical database "
        "and on the CDNOW sample."
    ),
    (
        "**agenda**: the whole command on a large database, without and with interactions, against the same command on 100 "
        "customers. Own work: the second of two calls in one process, so without imports; the median of 15 processes."
    ),
    "What other programs publish about themselves is not measured here and not claimed.",
)


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        description="Measure the program against the least that could do the same."
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the data, fewer rounds; for trying")
    parser.add_argument("--huge", action="store_true", help="classify ten times the data, too")
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="only this one (may be repeated)")
    options = parser.parse_args()
    load = f"{os.getloadavg()[0]:.1f}"
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="crm-bench-") as folder:
        place = Place(Path(folder))
        _say("making the environment")
        place.build()
        libraries = place.versions(LIBRARIES)
        rounds = (9, 2, 10) if options.quick else (15, 2, 1)
        bench = Bench(place, *rounds, notes=[], huge=options.huge)
        for name in options.only or BENCHMARKS:
            _say(name)
            for figure in BENCHMARKS[name](bench):
                figures.append(figure)
                _say("  " + plain([figure]).splitlines()[1])
    print(plain(figures))
    for note in bench.notes:
        print(note)
    if not (options.quick or options.only or options.huge):
        write(PAGE, page(figures, "make bench", METHODS, bench.notes, load, libraries))
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
