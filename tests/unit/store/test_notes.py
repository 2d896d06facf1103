"""The small files of the state folder: private, whole, and nothing left beside them."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Run
from crmcli.store.notes import replace_private
from crmcli.workflows import cron_state

KILLED_WHILE_IT_WRITES = """
import os, sys
os.fsync = lambda _number: os.kill(os.getpid(), 9)
{write}
"""
WRITES = {
    "agenda": "from crmcli import entry; entry.main(['agenda', '--format', 'plain'])",
    "cron": "from pathlib import Path; from crmcli.workflows.cron_state import *; note(Path('x.db'), 'agenda', Known())",
}

WRITING = """
import sys, time
from pathlib import Path
from crmcli.temporaries import temporary_for
temporary_for(Path(sys.argv[1])).touch()
print(flush=True)
time.sleep(60)
"""


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


@pytest.mark.parametrize("what", WRITES)
def test_what_a_killed_command_left_goes_with_the_next_write(what: str, crm: Run, home: Path) -> None:
    assert crm("add", "张三").status == 0
    assert crm("task", "add", "call", "--customer", "张三", "--due", "today").status == 0
    state = home / "crm"
    state.mkdir(exist_ok=True)
    before = files(state)
    done = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_IT_WRITES.format(write=WRITES[what])],
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    (left,) = set(files(state)) - set(before)
    assert left.endswith(".tmp")
    if what == "agenda":
        assert crm("agenda", "--format", "plain").status == 0
    else:
        cron_state.note(Path("x.db"), "agenda", cron_state.Known())
    (kept,) = set(files(state)) - set(before)
    assert kept.startswith(what)
    assert kept.endswith(".json")
    assert stat.S_IMODE((state / kept).stat().st_mode) == 0o600


def test_a_note_is_whole_or_what_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "state" / "x.json"
    replace_private(file, "一")

    def full(_number: int) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="the disk is full"):
        replace_private(file, "二")
    assert (file.read_text(encoding="utf-8"), files(file.parent)) == ("一", ["x.json"])


def test_what_another_command_is_writing_stays(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    sleeper = subprocess.Popen([sys.executable, "-c", WRITING, str(file)], stdout=subprocess.PIPE)
    try:
        assert sleeper.stdout is not None
        sleeper.stdout.readline()
        replace_private(file, "mine")
        assert len(files(tmp_path)) == 2
    finally:
        sleeper.kill()
        sleeper.communicate()
    replace_private(file, "mine again")
    assert files(tmp_path) == ["x.json"]
