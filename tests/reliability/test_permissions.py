"""Proves B4: nothing this program makes can be read by anybody but its owner, whatever the umask."""

import stat
from pathlib import Path

import pytest

from conftest import Run
from reliability.support import Nursery

SESSION = [
    ["init", "--yes"],
    ["add", "张三", "--phone", "13800138000"],
    ["log", "phone", "张三", "x", "--next", "+3d"],
    ["sell", "张三", "5"],
    ["product", "add", "GTX"],
    ["opportunity", "add", "张三", "--amount", "5"],
    ["task", "add", "x", "--customer", "张三", "--due", "today"],
    ["agenda"],
    ["done", "1", "said yes"],
    ["classify"],
    ["import", "customers", "in/customers.csv"],
    ["export", "customers", "-o", "made/customers.csv"],
    ["export", "transactions", "-o", "made/t.jsonl"],
    ["rules", "init"],
    ["backup"],
    ["cron", "run", "backup"],
    ["customer", "delete", "1", "--yes"],
    ["undo"],
    ["demo", "--keep", "made/demo.db"],
]


@pytest.mark.parametrize("umask", [0o000, 0o022], ids=oct)
def test_no_file_is_open_to_others(nursery: Nursery, tmp_path: Path, umask: int) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "made").mkdir(mode=0o755)
    given = tmp_path / "in" / "customers.csv"
    given.write_text("name,birthday\n王五,1990-01-01\n赵六,never\n", encoding="utf-8")
    env = {"CRM_DB": str(tmp_path / "new" / "folder" / "crm.db"), "CRM_HOME": str(tmp_path / "config")}
    session = [line if line[0] != "import" else [*line, "--dry-run", "--keep-going"] for line in SESSION]
    running = nursery.start(lines=session[:10], env=env, umask=umask)
    assert running.wait() == 0, running.err
    status, _out, err = nursery.run(
        "import",
        "customers",
        str(given),
        "--keep-going",
        "--rejects",
        "made/rejects.csv",
        env=env,
        umask=umask,
    )
    assert status == 3, err
    for line in session[11:]:
        status, _out, err = nursery.run(*line, env=env, umask=umask)
        assert status == 0, (line, err)
    made = [path for name in ("new", "config", "made") for path in (tmp_path / name).rglob("*")]
    names = {path.name for path in made}
    assert {"crm.db", "rejects.csv", "customers.csv", "t.jsonl", "demo.db", "value.yaml"} <= names
    assert any(name.startswith("agenda-") for name in names)  # the numbers of the printed lines
    for path in [*made, tmp_path / "new", tmp_path / "config"]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o077 == 0, f"{path}: {mode:o}"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_the_journal_beside_the_database_is_private_too(nursery: Nursery, database: Path, crm: Run) -> None:
    """The rollback journal holds the same data; it exists only while a command writes, or after a kill."""
    assert crm("add", "张三").status == 0
    stop = """
import os, signal
from sqlalchemy import event, Engine
event.listen(Engine, "commit", lambda _connection: os.kill(os.getpid(), signal.SIGKILL))
"""
    assert nursery.start("add", "李四", before=stop, umask=0).wait() == -9
    journal = Path(f"{database}-journal")
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
