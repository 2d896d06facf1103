"""Getting started, where files are, languages, and the help of every command."""

import json
import sqlite3
from pathlib import Path

import pytest

from conftest import Run

#: Every command there is; `test_every_command_is_here` holds this list against the program.
COMMANDS = [
    "agenda", "add", "list", "show", "log", "sell", "done", "classify", "why", "import", "export", "undo", "journal",
    "customer add", "customer show", "customer list", "customer edit", "customer archive", "customer delete",
    "contact add", "contact list", "contact edit",
    "opportunity add", "opportunity list", "opportunity move", "opportunity edit",
    "customer consent", "preference add", "preference list", "preference edit", "preference confirm", "preference delete",
    "preference infer",
    "product add", "product list", "product edit", "product archive",
    "task add", "task list", "task edit", "task skip", "task archive", "task delete", "task done",
    "complaint add", "complaint list", "complaint show", "complaint investigate", "complaint reply", "complaint close",
    "complaint reopen", "complaint edit", "complaint archive", "complaint improve", "complaint causes",
    "survey add", "survey ask", "survey answer", "survey list", "survey show", "survey edit", "survey delete",
    "survey improve", "survey report", "interaction list", "transaction list",
    "template list", "template show", "template places", "template add", "template edit", "template delete", "template merge",
    "payment add", "payment list", "payment delete", "credit set", "credit show", "credit list", "credit review",
    "rules check", "rules test", "rules show", "rules features", "rules init", "init", "path", "demo",
    "classify pin", "classify pins", "classify unpin", "history", "movers", "rules diff", "rules schema",
    "rules backtest", "rules tune", "field add", "field list", "field delete",
    "backup", "cron print", "cron run", "cron status", "effort",
    "holidays", "next", "snooze", "skip", "plan",
]  # fmt: skip


def leaves() -> list[str]:
    from crmcli.cli.app import build

    def walk(command: object, path: str) -> list[str]:
        names = command.list_commands(None) if hasattr(command, "list_commands") else []  # type: ignore[attr-defined]
        if not names:
            return [path]
        own = [path] if getattr(command, "invoke_without_command", False) else []  # `crm classify` runs, too
        return own + [
            leaf for name in names for leaf in walk(command.get_command(None, name), f"{path} {name}".strip())
        ]  # type: ignore[attr-defined]

    return walk(build(), "")


def test_every_command_is_here() -> None:
    assert sorted(COMMANDS) == sorted(leaves())


@pytest.mark.parametrize(
    "command", [*COMMANDS, "", "customer", "contact", "opportunity", "product", "task", "rules", "cron"]
)
def test_help_everywhere(command: str, crm: Run) -> None:
    short, long = crm(*command.split(), "-h"), crm(*command.split(), "--help")
    assert (short.status, short.err) == (0, "")
    assert short == long
    usage, _blank, example = short.out.splitlines()[:3]
    assert usage.startswith(f"Usage: crm {command}".rstrip())
    if command and command in COMMANDS:
        assert example.startswith(f"  $ crm {command}") or "crm" in example
    assert max(map(len, short.out.splitlines())) <= 100
    assert "<str>" not in short.out


def test_init_takes_defaults_off_a_terminal(crm: Run, database: Path) -> None:
    result = crm("init")
    assert (result.status, result.err) == (0, "database created\n")
    assert database.stat().st_mode & 0o077 == 0
    assert "currency\tCNY\ncountry\tCN\nleap_birthday\tfeb28\n" in result.out


def test_init_follows_the_locale(crm_process: Run, home: Path) -> None:
    result = crm_process(
        "init", "--format", "json", env={"LANG": "en_US.UTF-8", "CRM_LANG": "", "TZ": "America/New_York"}
    )
    made = json.loads(result.out)
    assert (made["time_zone"], made["currency"], made["country"]) == ("America/New_York", "USD", "US")


def test_init_again_changes_only_what_is_named(crm: Run) -> None:
    crm("init", "--currency", "eur", "--country", "de", "--time-zone", "Europe/Berlin")
    result = crm("init", "--language", "zh", "--format", "json")
    assert result.err == "settings saved\n"
    made = json.loads(result.out)
    assert (made["language"], made["time_zone"], made["currency"], made["country"]) == (
        "zh_CN",
        "Europe/Berlin",
        "EUR",
        "DE",
    )


@pytest.mark.parametrize(
    ("option", "value", "status", "start"),
    [
        ("--time-zone", "Mars/Base", 78, "crm: error[config]: unknown time zone: 'Mars/Base'"),
        ("--time-zone", "../etc/passwd", 78, "crm: error[config]: unknown time zone"),
        ("--currency", "yuan", 65, "crm: error[data]: --currency: not a currency code: 'yuan'"),
        ("--language", "klingon", 65, "crm: error[data]: --language: no such language: 'klingon'"),
        ("--country", "china", 65, "crm: error[data]: --country: not a country code: 'china'"),
        ("--country", "xx", 65, "crm: error[data]: --country: not a country code: 'xx'"),
    ],
)
def test_bad_settings_make_no_database(
    option: str, value: str, status: int, start: str, crm: Run, database: Path
) -> None:
    result = crm("init", option, value)
    assert result.status == status
    assert result.err.startswith(start)
    assert not database.exists()


def test_settings_decide_currency_phone_and_day(crm: Run, crm_process: Run) -> None:
    crm("init", "--currency", "JPY", "--country", "US", "--time-zone", "Pacific/Auckland")
    crm("add", "Ann", "--phone", "(650) 253-0000")
    crm("sell", "Ann", "1200")
    assert json.loads(crm("export", "transactions", "--format", "json").out)[0]["amount"] == "1200"
    assert crm("show", "+1 650 253 0000", "--format", "ids").out == "1\n"


@pytest.mark.parametrize(
    "zone", ["UTC", "Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "Pacific/Auckland"]
)
def test_the_clock_of_the_machine_does_not_matter(zone: str, crm: Run, crm_process: Run) -> None:
    crm("init", "--time-zone", "Asia/Shanghai")
    crm("add", "张三")
    crm("sell", "张三", "10", "--on", "2026-10-31")
    result = crm_process("classify", "--month", "2026-10", "--format", "csv", env={"TZ": zone})
    assert result.status == 0
    assert "2026-10,2026-10-31,lifecycle_stage,new,1" in result.out


def test_path(crm: Run, home: Path) -> None:
    assert crm("path", "database").out == f"{home / 'crm.db'}\n"
    everything = json.loads(crm("path", "--format", "json").out)
    assert everything["user_rules"] == str(home / "crm" / "rules")
    assert crm("path", "nowhere").status == 2


def test_the_database_is_the_one_that_is_named(crm_process: Run, home: Path) -> None:
    assert crm_process("--db", "other.db", "add", "张三").status == 0
    assert (home / "other.db").exists()
    assert not (home / "crm.db").exists()
    assert crm_process("list").status == 1
    assert crm_process("list", env={"CRM_DB": "other.db"}).out.split("\t")[1] == "张三"


def test_today_is_the_day_that_is_named(crm_process: Run) -> None:
    assert (
        crm_process("--today", "2026-02-28", "add", "张三", "--next", "+1m").err
        == "next_contact_on: 2026-03-28 Sat\n"
    )
    assert crm_process("agenda", env={"CRM_TODAY": "31/12"}).status == 2


def test_a_country_that_was_taken_before_does_not_stand_in_the_way(crm: Run, database: Path) -> None:
    assert crm("init", "--yes").status == 0
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE settings SET value = 'XX' WHERE key = 'country'")
    assert crm("init", "--yes", "--language", "en").status == 0
    assert crm("init", "--yes", "--country", "AQ").status == 65


def test_quiet_leaves_only_data(crm_process: Run) -> None:
    crm_process("add", "张三", "--next", "+1d")
    assert crm_process("-q", "agenda", "--days", "2").err == ""
    assert crm_process("-q", "show", "nobody").err.startswith("crm: error[not-found]")


def test_version(crm: Run) -> None:
    from crmcli import __version__

    assert crm("--version").out == f"crm {__version__}\n"


def test_without_anything_the_commands_are_shown(crm: Run) -> None:
    result = crm()
    assert result.status == 2
    assert "agenda" in result.out
    assert result.err.startswith("crm: error[usage]: no command given")
