"""Start-up is a feature: what each command may import. Every command has a row; a new one without a row fails.

Commands that may hold nothing heavy run one after the other in one process: what holds nothing at its end vouches for all
of them. Each of the others has a process of its own.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import PROJECT, TODAY, Run
from crmcli import entry

HEAVY = {
    "sqlalchemy", "sqlmodel", "pydantic", "alembic", "mako", "yaml", "rich", "phonenumbers", "pypinyin", "chinese_calendar", "borax", "holidays", "typing_inspect",
    "concurrent", "multiprocessing", "asyncio", "http", "email", "xml",
}  # fmt: skip
DATABASE = {"sqlalchemy", "sqlmodel", "pydantic"}
#: What SQLAlchemy and pydantic bring along, so that it says nothing about us.
ALONG = {"concurrent", "asyncio", "email", "typing_inspect", "http", "multiprocessing", "xml"}

# Command line → what it may hold besides the standard library. {} is what a read may hold: nothing.
READS: dict[str, set[str]] = {
    "--version": set(),
    "--help": set(),
    "agenda": set(),
    "agenda --days 7 --format json": set(),
    "next": set(),
    "plan": {"chinese_calendar"},
    "plan --minutes 90 --days 2 --format json": {"chinese_calendar"},
    "list": set(),
    "list --grade B --format csv": set(),
    "show 张三": set(),
    "show #1 --format json": set(),
    "show 13800138000": {"phonenumbers"},
    "customer show 张三": set(),
    "customer list": set(),
    "contact list": set(),
    "opportunity list": set(),
    "preference list": set(),
    "preference infer": set(),
    "customer consent 张三": set(),
    "product list": set(),
    "task list": set(),
    "complaint list": set(),
    "complaint show 1": set(),
    "complaint causes": set(),
    "survey list": set(),
    "survey show 1": set(),
    "survey report": set(),
    "task list --kind promise": set(),
    "template list": set(),
    "template show birthday": set(),
    "template places": set(),
    "template merge birthday-zh 张三": set(),
    "interaction list": set(),
    "transaction list": set(),
    "payment list": set(),
    "payment list 张三 --format csv": set(),
    "credit list": set(),
    "credit show 张三 --format json": set(),
    "export payments": set(),
    "journal": set(),
    "path": set(),
    "export customers": set(),
    "export transactions --format jsonl": set(),
    "history 张三": set(),
    "history 张三 --limit 1 --format json": set(),
    "history 张三 --format table": {"rich"},
    "movers": set(),
    "movers --from 2026-10-31 --to 2026-11-20 --up --format csv": set(),
    "movers --matrix": set(),
    "classify pins": set(),
    "field list": set(),
    "holidays": {"chinese_calendar", "borax"},
    "list --where shirt=m --format ids": set(),
    "classify pins --all --format json": set(),
    "why 张三": {"yaml", "sqlalchemy"},  # reads the words of the rules that the run stored
    "list --format table": {"rich"},
    "agenda --format table": {"rich"},
    "rules check": {"yaml", *DATABASE},
    "rules show": {"yaml", *DATABASE},
    "rules features": {"yaml", *DATABASE},
    "rules test": {"yaml", *DATABASE},
    f"rules diff {PROJECT / 'rules'}": {"yaml", *DATABASE},
    "rules schema": {"yaml", *DATABASE},
    "rules backtest --from 2026-10 --to 2026-11 --horizon 1d": {"yaml", *DATABASE},
    "rules init": set(),
    "backup": set(),
    "cron print": set(),
    "cron print --systemd": set(),
    "effort": set(),
    "effort --by customer --months 3 --format json": set(),
}
#: The same for reads whose answer on the small database is no.
NOES: dict[str, set[str]] = {
    "cron status": set(),
    "rules tune --from 2026-10 --to 2026-11 --horizon 1d": {"yaml", *DATABASE},
}
WRITES: dict[str, set[str]] = {
    "add 李四": set(),
    "add 王五 --phone 13900139000": {"phonenumbers"},
    "customer add 赵六": set(),
    "customer edit 张三 --region x": set(),
    "customer archive 张三": set(),
    "customer delete 张三 --yes": set(),
    "contact add 张三 李雷": set(),
    "contact edit 1 --title x": set(),
    "opportunity add 张三": set(),
    "opportunity move 1 won": set(),
    "opportunity edit 1 --amount 3": set(),
    "preference add 张三 color blue": set(),
    "preference edit 1 --value red": set(),
    "preference confirm 1": set(),
    "preference infer --save": set(),
    "preference delete 1": set(),
    "customer consent 张三 --refuse sms": set(),
    "customer edit 张三 --birthday 农历1990年四月十五": {"borax"},
    "product add Y": set(),
    "product edit X --price 3": set(),
    "product archive X": set(),
    "task add call": set(),
    "task add call --every 2w": set(),
    "task add call --every 1m --on-day 31": set(),
    "task edit 1 --due +2d": set(),
    "task skip 2": set(),
    "task archive 1": set(),
    "task delete 1": set(),
    "task done 1": set(),
    "done 1 well": set(),
    "snooze 1 3d": set(),
    "skip 1": set(),
    "complaint add 张三 x": set(),
    "complaint investigate 1": set(),
    "complaint reply 1 x": set(),
    "complaint close 2 --root-cause x --prevention y": set(),
    "complaint reopen 2": set(),
    "complaint edit 1 --severity high": set(),
    "complaint archive 1": set(),
    "complaint improve 1 x --owner y --due eom": set(),
    "survey add 张三 --csat 4": set(),
    "survey ask 张三": set(),
    "survey answer 1 4": set(),
    "survey edit 1 --channel phone": set(),
    "survey delete 1 --yes": set(),
    "survey improve 1 x --owner y --due eom": set(),
    "template add t --text x": set(),
    "template edit birthday-zh --subject x": set(),
    "template delete u": set(),
    "template merge birthday-zh 张三 --log": set(),
    "log phone 张三": set(),
    "sell 张三 10": set(),
    "credit set 张三 --limit 50000 --terms 30": set(),
    "credit review 张三 --limit 1": set(),
    "payment add 1 1": set(),
    "payment add --customer 张三 1": set(),
    "payment delete 1": set(),
    "undo": set(),
    "init --currency EUR": set(),
    "import customers new.csv": {"phonenumbers"},
    "classify --as-of 2026-11-19": {"yaml"},
    "classify pin 张三 --grade A --reason x": set(),
    "classify pin 张三 --tier high --reason x": {"yaml"},
    "classify unpin 张三": set(),
    "field add fit --type number": set(),
    "field delete shirt --yes": set(),
    "cron run agenda": set(),
    "demo": {"yaml", "phonenumbers"},
}
_ASK = """
import io, json, os, sys
folder, orders = sys.argv[1], json.loads(sys.argv[2])
from crmcli import entry
for place, command in orders:
    sys.stdout = io.TextIOWrapper(io.BytesIO(), "utf-8")
    os.environ["CRM_DB"] = os.path.join(place, "crm.db")
    os.chdir(place)
    status = entry.main(command.split())
    found = sorted({name.partition(".")[0] for name in sys.modules})
    print(json.dumps([command, status, found]), file=sys.__stdout__, flush=True)
"""


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database that is up to date and has been classified."""
    folder = tmp_path_factory.mktemp("ready")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _environment(folder).items():
            patch.setenv(name, value)
        for command in (
            "init --time-zone Asia/Shanghai", "--today 2026-10-20 add 张三 --phone 13800138000", "--today 2026-10-20 classify --as-of 2026-10-20",
            "classify --as-of 2026-10-31", "product add X", "opportunity add 张三 --close 2026-11-30", "task add x --customer 张三",
            "task add z --every 2w", "template add u --text x",
            "contact add 张三 x", "log phone 张三", "sell 张三 3 --due 2026-11-30", "payment add 1 1", "classify --as-of 2026-11-20",
            "complaint add 张三 x", "complaint add 张三 y", "complaint reply 2 z", "survey ask 张三",
            "field add shirt --type choice --choices s,m", "customer edit 张三 --set shirt=m",
            "preference add 张三 style plain",
        ):  # fmt: skip
            patch.setenv("CRM_TODAY", TODAY)
            assert entry.main(command.split()) == 0, command
    (folder / "new.csv").write_text("name,phone\nBob,13700137000\n", encoding="utf-8")
    return folder


def _environment(folder: Path) -> dict[str, str]:
    return {
        "CRM_DB": str(folder / "crm.db"), "CRM_HOME": str(folder / "home"), "HOME": str(folder), "CRM_TODAY": "2026-11-20",
        "CRM_LANG": "en", "COLUMNS": "100",
    }  # fmt: skip


def held(folder: Path, *orders: tuple[Path, str]) -> list[tuple[str, int, set[str]]]:
    """Run commands one after the other, each on the database of its own place.

    Returns:
        Each command with its status and the heavy libraries that the process holds after it.
    """
    told = json.dumps([(str(place), command) for place, command in orders])
    done = subprocess.run(
        [sys.executable, "-c", _ASK, str(folder), told], env={**os.environ, **_environment(folder)}, cwd=folder,
        capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    # a job of cron writes there too
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('["')]
    assert len(found) == len(orders), done.stderr
    return [(command, status, HEAVY & set(modules)) for command, status, modules in found]


def _alike(rows: dict[str, set[str]]) -> list[tuple[tuple[str, ...], list[str]]]:
    """Commands by what they may hold: the light ones together, each of the others alone."""
    light = [command for command, allowed in rows.items() if not allowed]
    return [
        ((), light),
        *((tuple(sorted(allowed)), [command]) for command, allowed in rows.items() if allowed),
    ]


@pytest.mark.parametrize(
    ("allowed", "commands"), _alike(READS | NOES), ids=[command[0] if allowed else "light ones" for allowed, command in _alike(READS | NOES)]
)  # fmt: skip
def test_a_read_is_light(allowed: tuple[str, ...], commands: list[str], ready: Path) -> None:
    may = set(allowed) | (ALONG if "sqlalchemy" in allowed else set())
    for command, status, found in held(ready, *((ready, command) for command in commands)):
        assert status == (1 if command in NOES else 0), command
        assert found <= may, command
        # a row that allows what is not needed is stale
        assert set(allowed) - {"pydantic", "sqlmodel"} <= found, command


@pytest.mark.parametrize(
    ("allowed", "commands"), _alike(WRITES), ids=[command[0] if allowed else "light ones" for allowed, command in _alike(WRITES)]
)  # fmt: skip
def test_a_write_is_as_light_as_it_can_be(
    allowed: tuple[str, ...], commands: list[str], ready: Path, tmp_path: Path
) -> None:
    orders = []
    for number, command in enumerate(commands):
        place = tmp_path / str(number)
        place.mkdir()
        for name in ("crm.db", "new.csv"):
            shutil.copy(ready / name, place / name)
        if command.split()[0] in {"done", "snooze", "skip"}:  # about a line that was printed
            orders.append((place, "agenda"))
        orders.append((place, command))
    for command, status, modules in held(tmp_path, *orders):
        found = modules - ALONG - DATABASE
        assert status == 0, command
        assert (
            "alembic" not in found or command == "demo"
        )  # demo makes a new file, and a new file is migrated
        assert found - {"alembic", "mako"} <= {*allowed, "phonenumbers"}, command
        assert ("yaml" in found) == ("yaml" in allowed), command


@pytest.mark.parametrize("command", ["list", "agenda"])
def test_what_is_looked_at_all_day_knows_nothing_of_files(command: str, ready: Path) -> None:
    """The words for columns of files are a tenth of a start; only a filter by a custom field needs them."""
    code = f"import sys; from crmcli import entry; entry.main([{command!r}]); sys.exit('crmcli.exchange.fields' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **_environment(ready)},
        cwd=ready,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_writing_goes_through_the_models(ready: Path, tmp_path: Path) -> None:
    shutil.copy(ready / "crm.db", tmp_path / "crm.db")
    assert held(tmp_path, (tmp_path, "add 李四"))[0][2] >= DATABASE


def test_a_new_file_is_migrated(tmp_path: Path) -> None:
    assert "alembic" in held(tmp_path, (tmp_path, "init --yes"))[0][2]


def test_rules_are_compiled_for_an_agenda_before_any_classification(tmp_path: Path) -> None:
    held(tmp_path, (tmp_path, "add 张三"))
    assert "yaml" in held(tmp_path, (tmp_path, "agenda"))[0][2]


def test_every_command_has_a_row(crm: Run) -> None:
    from crmcli.cli.app import build

    def walk(command: object, path: str) -> list[str]:
        names = command.list_commands(None) if hasattr(command, "list_commands") else []  # type: ignore[attr-defined]
        if not names:
            return [path]
        return [
            leaf for name in names for leaf in walk(command.get_command(None, name), f"{path} {name}".strip())
        ]  # type: ignore[attr-defined]

    rows = [*READS, *NOES, *WRITES]
    missing = [command for command in walk(build(), "") if not any(row.startswith(command) for row in rows)]
    assert missing == []
