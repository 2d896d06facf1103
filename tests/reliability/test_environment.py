"""Proves C1 and C4: the same bytes under every locale, no prompt and no hang for cron, and a day that $TZ cannot move.

Every command line runs once in a process of its own under `env -i HOME PATH` with nothing on standard input; then
all of them again under other locales, whose output must be the same byte for byte.
"""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conftest import Run
from reliability.support import Nursery

READS = [
    ["--help"],
    ["--version"],
    ["add", "--help"],
    ["import", "--help"],
    ["customer", "--help"],
    ["customer", "edit", "--help"],
    ["rules", "--help"],
    ["agenda"],
    ["agenda", "--days", "7", "--format", "json"],
    ["agenda", "--format", "table"],
    ["list"],
    ["list", "--format", "table"],
    ["list", "张", "--format", "csv"],
    ["show", "张三"],
    ["show", "张三", "--format", "json"],
    ["why", "张三"],
    ["why", "张三", "--format", "table"],
    ["journal"],
    ["contact", "list"],
    ["product", "list"],
    ["interaction", "list"],
    ["transaction", "list"],
    ["opportunity", "list"],
    ["task", "list", "--format", "jsonl"],
    ["export", "customers"],
    ["export", "transactions", "--format", "jsonl"],
    ["rules", "check"],
    ["rules", "show"],
    ["rules", "test"],
    ["path"],
    ["show", "没有这个人"],
    ["nonsense"],
    ["add"],
    ["customer", "delete", "张三"],
    ["export", "nonsense"],
]
WRITES = [
    ["add", "王五", "--phone", "13700137000"],
    ["log", "电话", "王五", "想要报价", "--next", "明天"],
    ["sell", "王五", "¥1.2万"],
    ["import", "customers", "客户.csv"],
    ["init"],
    ["undo"],
    ["classify", "--force"],
]
LOCALES = {
    "C": {"LANG": "C"},
    "POSIX": {"LC_ALL": "POSIX"},
    "Chinese, asked for English": {"LANG": "zh_CN.UTF-8", "CRM_LANG": "en"},
}
_ALL_IN_ONE = """
import io, json, os, sys
from contextlib import redirect_stdout, redirect_stderr
from crmcli import entry
results = []
for argv in json.loads(sys.argv[1]):
    encoding = sys.__stdout__.encoding  # as this locale has it
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding, errors="strict") for _stream in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        status = int(entry.main(argv))
        out.flush()
    results.append([status, out.buffer.getvalue().decode("latin-1")])
    out.detach(), err.detach()
print(json.dumps(results))
"""


@pytest.fixture
def cron(crm: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, str], Path]:
    """`env -i` with a home that has a filled database in its usual place; and a copy of that home's start."""
    own = home / "home"
    data = own / ".local" / "share" / "crmcli"
    monkeypatch.setenv("CRM_DB", str(data / "crm.db"))
    for line in (
        ["init", "--yes", "--time-zone", "Asia/Shanghai", "--language", ""],
        ["add", "张三", "--company", "远山贸易"],
        ["add", "Ann Lee"],
        ["product", "add", "GTX Pro"],
        ["contact", "add", "张三", "李雷"],
        ["sell", "张三", "1280.50", "--on", "2026-11-01"],
        ["log", "phone", "张三", "要报价", "--on", "2026-10-01"],
        ["opportunity", "add", "张三", "--amount", "5", "--close", "+7d"],
        ["task", "add", "send it", "--customer", "张三", "--due", "today"],
        ["classify"],
    ):
        done = crm(*line)
        assert done.status == 0, done.err
    (own / "客户.csv").write_text("姓名,电话\n赵六,13600136000\n", encoding="utf-8")
    shutil.copytree(own, home / "start")
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return {"HOME": str(own), "CRM_TODAY": "2026-11-20", "PYTHONWARNINGS": "default", **kept}, home / "start"


def _alone(line: list[str], env: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "crmcli", *line],
        env=env,
        cwd=env["HOME"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode not in {70, 120}, (line, done.stderr)
    assert b"Traceback" not in done.stderr
    assert b"Warning" not in done.stderr, done.stderr
    return done.returncode, done.stdout.decode("latin-1")


def test_every_locale_gives_the_same_bytes_and_nothing_hangs(cron: tuple[dict[str, str], Path]) -> None:
    env, start = cron
    with ThreadPoolExecutor(2) as pool:
        expected = list(pool.map(lambda line: _alone(line, env), READS))
    expected += [_alone(line, env) for line in WRITES]
    statuses = [status for status, _out in expected]
    assert statuses == [0] * 30 + [1, 2, 2, 2, 2] + [0] * len(WRITES)
    for name, locale in LOCALES.items():
        shutil.rmtree(env["HOME"])
        shutil.copytree(start, env["HOME"])
        done = subprocess.run(
            [sys.executable, "-c", _ALL_IN_ONE, json.dumps([*READS, *WRITES])],
            env={**env, **locale},
            cwd=env["HOME"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stderr.decode()
        for line, wanted, got in zip([*READS, *WRITES], expected, json.loads(done.stdout), strict=True):
            assert got == list(wanted), (name, line)


def test_an_unknown_or_missing_locale_speaks_english_and_writes_utf8(
    cron: tuple[dict[str, str], Path],
) -> None:
    env, _start = cron
    for locale in (
        {"LANG": "zh_CN.GBK", "CRM_LANG": "en"},
        {"LANG": "xx_YY.KOI8-R"},
        {"LC_ALL": "de_DE.ISO-8859-1"},
    ):
        status, out = _alone(["list"], {**env, **locale})
        assert status == 0
        assert "张三\t远山贸易" in out.encode("latin-1").decode("utf-8")


ZONES = ["UTC", "Asia/Shanghai", "America/New_York", "Pacific/Kiritimati"]
EDGE = """
import datetime, time
import crmcli.clock as clock
time.tzset()
class Fixed(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime(2026, 11, 30, 16, 30, tzinfo=datetime.UTC).astimezone(tz)
clock.datetime = Fixed
"""


def test_the_business_day_is_that_of_the_database_not_of_tz(
    crm: Run, nursery: Nursery, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half past midnight on 1 December in Shanghai is still 30 November in UTC."""
    monkeypatch.setenv("CRM_TODAY", "2026-11-01")
    assert crm("init", "--yes", "--time-zone", "Asia/Shanghai").status == 0
    for name in ("张三", "Ann Lee"):
        assert crm("add", name).status == 0
    assert crm("sell", "张三", "100", "--on", "2026-11-30").status == 0
    assert crm("log", "phone", "Ann Lee", "--next", "2026-12-01").status == 0
    monkeypatch.delenv("CRM_TODAY")
    start = tmp_path / "start.db"
    shutil.copy(database, start)
    results = {}
    for zone in ZONES:
        shutil.copy(start, database)
        lines = (
            ["classify"],
            ["agenda", "--format", "json"],
            ["agenda", "--date", "tomorrow"],
            ["why", "张三", "--format", "json"],
            ["log", "phone", "张三", "x", "--next", "+1d"],
            ["sell", "张三", "5"],
            ["transaction", "list"],
            ["show", "张三"],
            ["journal"],
        )
        found = [nursery.run(*line, env={"TZ": zone}, before=EDGE) for line in lines]
        assert [status for status, _out, _err in found] == [0] * len(lines), found
        results[zone] = [_without_uid(out) for _status, out, _err in found]
    assert "2026-12-01" in results["UTC"][0]
    assert "next contact agreed for 2026-12-01" in results["UTC"][1]
    assert "sold 5.00 CNY to 张三 on 2026-12-01" in results["UTC"][5]
    for zone in ZONES[1:]:
        assert results[zone] == results[ZONES[0]], zone


def _without_uid(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("uid\t"))
