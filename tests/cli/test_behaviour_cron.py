"""`crm cron`: the lines survive cron's reading and an empty environment, and what ran or did not is told."""

import fcntl
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Run

Do = Callable[..., str]
On = Callable[[str], None]
ZONE = "Asia/Shanghai"


def as_cron_reads(command: str) -> str:
    """What cron hands to the shell: a bare % would end it, and a backslash before one goes (Vixie's do_command.c)."""
    found: list[str] = []
    escaped = False
    for character in command:
        if escaped:
            if character == "%":
                found.pop()
            found.append(character)
            escaped = False
            continue
        if character == "%":
            break
        escaped = character == "\\"
        found.append(character)
    return "".join(found)


def jobs_in(text: str) -> dict[str, tuple[str, str]]:
    """Job → (its five fields, the command that the shell gets)."""
    found = {}
    for line in text.splitlines():
        if match := re.fullmatch(r"((?:\S+ ){4}\S+) ([A-Z].*cron run (\w+) .*)", line):
            found[match[3]] = match[1], as_cron_reads(match[2])
    return found


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch, home: Path) -> Path:
    """Folders whose names mean something to shells, cron and systemd."""
    folder = home / "客户 100%\\%h $HOME 'x' \"y\""
    monkeypatch.setenv("CRM_HOME", str(folder / "家"))
    monkeypatch.setenv("CRM_DB", str(folder / "crm 1.db"))
    monkeypatch.setenv("TZ", ZONE)
    folder.mkdir()
    return folder


def test_lines_run_where_there_is_no_environment(do: Do, there: Path, home: Path) -> None:
    do("init", "--time-zone", ZONE, "--yes")
    do("add", "张三")
    jobs = jobs_in(do("cron", "print", "--morning", "8:05", "--nightly", "23:50"))
    assert {job: fields for job, (fields, _command) in jobs.items()} == {
        "agenda": "5 8 * * *",
        "backup": "50 23 * * *",
        "classify": "20 0 1 * *",
    }
    for job, (_fields, command) in jobs.items():
        bare = {"HOME": str(home), "LOGNAME": "x", "PATH": "/usr/bin:/bin"}
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            env=bare,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0, (job, done.stderr.decode())
        assert done.stdout != b"", job
    state = json.loads((there / "家" / "cron.json").read_text(encoding="utf-8"))
    assert set(state[str(there / "crm 1.db")]) == {"agenda", "backup", "classify"}
    assert len(list((there / "backups").iterdir())) == 1


def test_lines_as_they_stand(do: Do, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", ZONE)
    do("init", "--time-zone", ZONE, "--yes")
    program = Path(sys.executable).parent / "crm"
    start = f"CRM_LANG=en CRM_HOME={home}/crm {program} --db {home}/crm.db cron run"
    assert do("cron", "print", "--mail", "me@example.com").splitlines() == [
        "# crm: add these lines with 'crontab -e'; 'crm cron status' tells whether they run.",
        "# Times are those of Asia/Shanghai.",
        "MAILTO=me@example.com",
        "# morning agenda",
        f"30 7 * * * {start} agenda --at 07:30",
        "# nightly backup",
        f"0 2 * * * {start} backup --at 02:00",
        "# monthly classification",
        f"30 2 1 * * {start} classify --at 02:30 --day 1",
    ]


def test_the_month_is_over_where_the_business_is(do: Do, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", ZONE)
    do("init", "--time-zone", "America/New_York", "--yes")
    lines = do("cron", "print").splitlines()
    assert lines[1] == ("# Times are those of this machine (Asia/Shanghai); in America/New_York it is -13 h.")
    assert lines[-1].startswith("30 2 2 * * ")
    assert lines[-1].endswith(" --day 2")


def unquoted(text: str) -> list[str]:
    """Read words as systemd does: C escapes in double quotes, %% and, but for the program, $$."""
    words = [re.sub(r"\\(.)", r"\1", word) for word in re.findall(r'"((?:[^"\\]|\\.)*)"', text)]
    plain = [word.replace("%%", "%") for word in words]
    return [plain[0], *(word.replace("$$", "$") for word in plain[1:])]


def units_in(text: str) -> dict[str, str]:
    parts = re.split(r"^# ~/\.config/systemd/user/(\S+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_units(do: Do, there: Path, tmp_path: Path) -> None:
    files = units_in(do("cron", "print", "--systemd"))
    assert sorted(files) == sorted(
        f"crm-{job}.{kind}" for job in ("agenda", "backup", "classify") for kind in ("service", "timer")
    )
    assert "OnCalendar=*-*-* 07:30:00\nPersistent=true\n" in files["crm-agenda.timer"]
    assert "OnCalendar=*-*-01 02:30:00\n" in files["crm-classify.timer"]
    service = files["crm-backup.service"]
    command = unquoted(re.findall("^ExecStart=(.*)$", service, re.MULTILINE)[0])
    assert command[1:] == ["--db", str(there / "crm 1.db"), "cron", "run", "backup", "--at", "02:00"]
    variables = [unquoted(each)[0] for each in re.findall("^Environment=(.*)$", service, re.MULTILINE)]
    assert f"CRM_HOME={there}/家" in variables
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    if shutil.which("systemd-analyze"):
        paths = [str(tmp_path / name) for name in files]
        done = subprocess.run(
            ["systemd-analyze", "--user", "verify", *paths],
            capture_output=True,
            text=True,
            env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        )
        assert "crm-" not in done.stderr, done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--morning", "25:00"],
        ["--nightly", "2am"],
        ["--mail", "a b"],
        ["--mail", "x@y.z\nMAILTO=z"],
        ["--systemd", "--mail", "me@example.com"],
        ["--db", "line\nbreak.db"],
    ],
)
def test_lines_that_cannot_be(words: list[str], crm: Run) -> None:
    result = crm("cron", "print", *words)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("crm: error[usage]: ")


def test_what_was_missed_is_named(
    do: Do, crm: Run, on: On, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", ZONE)
    do("init", "--time-zone", ZONE, "--yes")
    do("add", "张三")
    fresh = crm("cron", "status")
    assert fresh.status == 1
    assert "agenda has never run: 'crm cron print' shows what to set up\n" in fresh.err
    on("2026-11-17")
    do("cron", "run", "agenda", "--at", "07:30")
    do("cron", "run", "backup", "--at", "02:00")
    do("cron", "run", "classify", "--at", "02:30", "--day", "1")
    assert crm("cron", "status").status == 0
    assert stat.S_IMODE((home / "crm" / "cron.json").stat().st_mode) == 0o600

    on("2026-11-19")
    late = crm("cron", "status", "--format", "json")
    assert late.status == 1
    assert late.err == (
        "agenda: missed 2: 2026-11-18, 2026-11-19\nbackup: missed 2: 2026-11-18, 2026-11-19\n"
    )
    agenda, _backup, classify = json.loads(late.out)
    assert agenda == {
        "job": "agenda", "state": "done", "started_at": "2026-11-17T12:00:00+08:00",
        "ended_at": "2026-11-17T12:00:00+08:00", "exit_status": 0, "due_at": "2026-11-18T07:30:00+08:00", "missed": 2,
        "missed_days": "2026-11-18, 2026-11-19", "months": None, "well": False,
    }  # fmt: skip
    assert (classify["due_at"], classify["missed"]) == ("2026-12-01T02:30:00+08:00", 0)

    do("cron", "run", "agenda")  # without --at, what is known stays
    do("cron", "run", "backup")
    assert crm("cron", "status").status == 0
    on("2026-11-20")
    assert crm("cron", "status").err.splitlines()[0] == "agenda: missed 1: 2026-11-20"


def test_months_that_wait_for_their_classification(
    do: Do, crm: Run, on: On, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", ZONE)
    on("2026-09-20")
    do("init", "--time-zone", ZONE, "--yes")
    do("add", "张三")
    do("cron", "run", "classify", "--at", "15:00", "--day", "1")
    assert json.loads(crm("cron", "status", "--format", "json").out)[2]["months"] is None

    on("2026-10-01")  # noon: due at three
    waiting = json.loads(crm("cron", "status", "--format", "json").out)[2]
    assert (waiting["months"], waiting["missed"], waiting["well"]) == ("2026-09", 0, True)
    on("2026-11-02")
    result = crm("cron", "status", "--format", "json")
    missed = json.loads(result.out)[2]
    assert (missed["months"], missed["missed_days"]) == ("2026-10", "2026-10-01, 2026-11-01")
    assert "not yet classified: 2026-10\n" in result.err
    do("classify", "--month", "2026-09")
    assert json.loads(crm("cron", "status", "--format", "json").out)[2]["months"] == "2026-10"
    do("cron", "run", "classify")
    after = json.loads(crm("cron", "status", "--format", "json").out)[2]
    assert (after["months"], after["missed"], after["well"]) == (None, 0, True)


def test_a_job_that_fails_says_so(crm_process: Run, home: Path) -> None:
    (home / "crm.db").write_bytes(b"no database" * 100)
    done = crm_process(
        "cron",
        "run",
        "agenda",
        clean=True,
        env={"CRM_DB": str(home / "crm.db"), "CRM_HOME": str(home / "crm")},
    )
    assert done.status == 74
    assert done.err.count("crm: error[io]:") == 1
    (home / "crm.db").unlink()
    told = crm_process("cron", "status", "--format", "json")
    assert told.status == 1
    assert "no database yet at" in told.err
    agenda = json.loads(told.out)[0]
    assert (agenda["state"], agenda["exit_status"], agenda["well"]) == ("failed", 74, False)


def test_output_of_a_job_is_passed_on(do: Do, crm_process: Run) -> None:
    do("add", "张三")
    done = crm_process("cron", "run", "agenda", stdin="not read")
    assert done.status == 0
    assert "张三" in done.out
    assert crm_process("cron", "run", "dance").status == 2


def test_two_at_once(do: Do, crm: Run, crm_process: Run, home: Path) -> None:
    do("add", "张三")
    do("cron", "run", "agenda")
    before = (home / "crm" / "cron.json").read_bytes()
    lock = next((home / "crm").glob("cron-agenda-*.lock"))
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        second = crm_process("cron", "run", "agenda")
        assert (second.status, second.out) == (75, "")
        assert second.err.startswith("crm: error[busy]: this job is running already")
        assert (home / "crm" / "cron.json").read_bytes() == before
        assert crm_process("cron", "run", "backup").status == 0  # another job need not wait


def test_a_job_that_was_cut_off(do: Do, crm: Run, home: Path) -> None:
    do("add", "张三")
    do("cron", "run", "backup")
    file = home / "crm" / "cron.json"
    state = json.loads(file.read_text(encoding="utf-8"))
    state[str(home / "crm.db")]["backup"].update(ended_at="", exit_status=None)
    file.write_text(json.dumps(state), encoding="utf-8")
    assert json.loads(crm("cron", "status", "--format", "json").out)[1]["state"] == "cut_off"
    lock = next((home / "crm").glob("cron-backup-*.lock"))
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        running = json.loads(crm("cron", "status", "--format", "json").out)[1]
    assert (running["state"], running["well"]) == ("running", True)


def test_jobs_that_end_together_are_all_written_down(do: Do, home: Path) -> None:
    do("add", "张三")
    command = [sys.executable, "-m", "crmcli", "cron", "run"]
    started = [
        subprocess.Popen(
            [*command, job],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "CRM_DB": str(home / name)},
        )
        for job in ("agenda", "backup")
        for name in ("crm.db", "b.db", "c.db")
    ]
    assert [process.wait(60) for process in started] == [0, 1, 1, 0, 1, 1]
    state = json.loads((home / "crm" / "cron.json").read_text(encoding="utf-8"))
    assert {Path(name).name: sorted(jobs) for name, jobs in state.items()} == {
        name: ["agenda", "backup"] for name in ("crm.db", "b.db", "c.db")
    }
    assert [path.name for path in (home / "crm").iterdir() if path.suffix not in {".json", ".lock"}] == []


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", '{"DB": []}', '{"DB": {"agenda": {"x": 1}}}', '{"DB": {"agenda": {"at": "99:99"}}}',
        '{"DB": {"agenda": {"day": 99}}}', '{"DB": {"agenda": {"started_at": "2026-11-20T07:30:00"}}}',
        '{"DB": {"agenda": {"zone": "Mars/Base"}}}',
    ],
)  # fmt: skip
def test_a_state_file_of_somebody_else(text: str, do: Do, crm: Run, home: Path) -> None:
    do("add", "张三")
    (home / "crm").mkdir(exist_ok=True)
    file = home / "crm" / "cron.json"
    file.write_text(text.replace("DB", str(home / "crm.db")), encoding="utf-8")
    status = crm("cron", "status")
    assert (status.status, status.out) == (65, "")
    assert "is not what crm wrote" in status.err
    do("cron", "run", "agenda")
    assert crm("cron", "status").status == 1  # the other jobs have never run


def test_status_for_people(do: Do, crm: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", ZONE)
    do("init", "--time-zone", ZONE, "--yes")
    do("add", "张三")
    do("cron", "run", "agenda")
    assert [line.rstrip() for line in crm("cron", "status", "--format", "table").out.splitlines()] == [
        "Job       State      Last run          Exit status  Due next          Missed  Months left",
        "─" * 89,
        "agenda    done       2026-11-20 12:00            0  2026-11-21 07:30",
        "backup    never run",
        "classify  never run",
    ]
