"""`crm demo`: a newcomer's first minute. Everything is shown, nothing of theirs is touched."""

import csv
import shlex
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from conftest import Run

FILES = Path(__file__).parents[2] / "src" / "crmcli" / "demo"
REASONS = {
    "ready", "waiting", "not_introduced", "not_approved", "soon", "later", "beyond_horizon", "no_date", "no_followup", "no_need",
}  # fmt: skip


def judged(database: Path, what: str) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(
            f"SELECT DISTINCT {what} FROM classifications WHERE run_id = (SELECT max(id) FROM runs)"  # noqa: S608 - a name of this file
        )
        return {value for (value,) in rows}


def next_commands(err: str) -> list[list[str]]:
    """The command lines that the demo suggests, as a shell would split them."""
    lines = err.partition("try next:")[2] or err
    return [shlex.split(line) for line in lines.splitlines() if " --db " in line]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_class_is_there(crm_process: Run, tmp_path: Path, language: str) -> None:
    database = tmp_path / "demo.db"
    done = crm_process("demo", "--keep", str(database), env={"CRM_LANG": language})

    assert done.status == 0, done.err
    assert judged(database, "grade") == {"A", "B", "C", "D"}
    assert judged(database, "grade_reason") == REASONS
    assert judged(database, "tier") == {"high", "medium", "low"}
    assert judged(database, "lifecycle_stage") == {
        "prospect", "new", "stable", "loyal", "at_risk", "lost",
    }  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["demo.db"]  # neither CRM_DB nor CRM_HOME came to be
    lines = done.out.splitlines()
    assert len(lines) == 8
    assert all(line.count("\t") == 10 for line in lines)
    assert "20 Maple Street Bakery" in lines[0].replace("\t", " ")


def test_the_steps_are_talk_and_the_agenda_is_data_the_same_every_day(
    crm_process: Run, tmp_path: Path
) -> None:
    done = crm_process("demo", "--keep", str(tmp_path / "demo.db"), "--format", "csv")

    assert done.err.splitlines()[:7] == [
        "sample data: a salesperson of coffee machines, on 2026-11-20",
        "customers.csv: 20 added, read as GB18030",
        "contacts.csv: 7 added, read as UTF-8",
        "products.csv: 5 added, read as UTF-8",
        "opportunities.csv: 15 added, read as UTF-8",
        "interactions.csv: 45 added, read as UTF-8",
        "transactions.csv: 71 added, read as UTF-8",
    ]
    rows = list(csv.DictReader(done.out.splitlines()))
    assert rows[0]["name"] == "Maple Street Bakery"
    assert rows[0]["grade"] == "A"
    assert len(rows) == 8

    again = crm_process(
        "demo", "--keep", str(tmp_path / "two.db"), "-f", "csv", env={"CRM_TODAY": "1999-01-01"}
    )
    assert again.out == done.out
    assert again.err.replace("two.db", "demo.db") == done.err


def test_the_users_own_database_is_not_touched(
    crm_process: Run, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    own = tmp_path / "crm.db"
    crm_process("add", "Ann")
    before = own.read_bytes()
    done = crm_process("demo", env={"TMPDIR": str(tmp_path_factory.mktemp("temporary"))})

    assert done.status == 0, done.err
    assert own.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["crm.db"]


def test_the_users_home_is_not_touched(crm_process: Run, tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    temporary.mkdir()
    done = crm_process(
        "demo", env={"CRM_DB": "", "CRM_HOME": "", "HOME": str(home), "TMPDIR": str(temporary)}
    )

    assert done.status == 0, done.err
    assert not home.exists()
    (made,) = temporary.glob("*/*.db")
    assert f" --db {made} --today 2026-11-20 agenda" in done.err
    assert made.stat().st_mode & 0o777 == 0o600


def test_what_to_try_next_works_as_it_stands(crm_process: Run, tmp_path: Path) -> None:
    done = crm_process("demo", "--keep", str(tmp_path / "with space.db"), env={"CRM_TODAY": "1999-01-01"})
    commands = next_commands(done.err)

    assert [command[:3] for command in commands] == [[sys.executable, "-m", "crmcli"]] * 3
    verbs = []
    for command in commands:
        tried = crm_process(*command[3:], env={"CRM_TODAY": "1999-01-01"})
        assert tried.status == 0, tried.err
        verbs.append((command[7], tried.out))
    assert [verb for verb, _out in verbs] == ["why", "show", "agenda"]
    assert "远山贸易" in verbs[0][1]
    assert "O-10" in verbs[1][1] or "third floor" in verbs[1][1]
    assert len(verbs[2][1].splitlines()) > 8  # seven days are more than the eight lines shown


def test_a_file_that_is_there_is_never_replaced(crm_process: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine.db"
    mine.write_text("not a database")
    done = crm_process("demo", "--keep", str(mine))

    assert done.status == 73
    assert done.out == ""
    assert "crm: error[cannot-create]: " in done.err
    assert mine.read_text() == "not a database"

    dangling = tmp_path / "link.db"
    dangling.symlink_to(tmp_path / "nowhere.db")
    assert crm_process("demo", "--keep", str(dangling)).status == 73
    assert not (tmp_path / "nowhere.db").exists()


def test_nothing_half_made_stays_behind(crm_process: Run, tmp_path: Path) -> None:
    rules = tmp_path / "crm" / "rules"
    rules.mkdir(parents=True)
    for name in ("features", "value", "grades", "lifecycle", "cadence"):
        (rules / f"{name}.yaml").write_text("policy: first\n")
    temporary = tmp_path / "tmp"
    temporary.mkdir()

    kept = crm_process("demo", "--keep", str(tmp_path / "demo.db"))
    thrown = crm_process("demo", env={"TMPDIR": str(temporary)})

    assert kept.status == thrown.status == 78
    assert not (tmp_path / "demo.db").exists()
    assert list(temporary.iterdir()) == []


def test_the_files_are_what_a_chinese_excel_writes() -> None:
    text = (FILES / "customers.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        text.decode("utf-8")
    rows = list(csv.DictReader(text.decode("gb18030").splitlines()))
    assert rows[0]["客户名称"] == "远山贸易"
    chinese = [row for row in rows if not row["客户名称"].isascii()]
    assert (len(chinese), len(rows)) == (14, 20)
    assert {row["客户性质"] for row in rows} == {"个人", "企业"}


def test_numbers_and_addresses_belong_to_nobody() -> None:
    numbers, addresses = set(), set()
    for name, encoding in (("customers.csv", "gb18030"), ("contacts.csv", "utf-8")):
        for row in csv.DictReader((FILES / name).read_text(encoding).splitlines()):
            numbers.add(row.get("手机") or row.get("phone"))
            addresses.add(row.get("邮箱") or row.get("email"))
    assert all(number.startswith(("1380013", "+44 7700 900")) for number in numbers), numbers
    assert all(address.endswith(("example.com", "example.cn")) for address in addresses), addresses
