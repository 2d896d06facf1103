import subprocess
import sys

HEAVY = {
    "sqlalchemy",
    "sqlmodel",
    "pydantic",
    "alembic",
    "yaml",
    "rich",
    "typer",
    "phonenumbers",
    "sqlite3",
    "dateutil",
}


def test_exchange_loads_nothing_heavy_but_for_phones() -> None:
    code = (
        "import sys\nimport crmcli.exchange.rejects, crmcli.exchange.writing, crmcli.exchange.parse\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))\n"
        "import crmcli.exchange.phones\nprint('phonenumbers' in sys.modules)\n"
    )
    lines = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    ).stdout.splitlines()
    assert HEAVY & set(lines[0].split()) == set()
    assert lines[1] == "True"
