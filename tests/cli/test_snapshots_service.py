"""Whole outputs of what comes after a sale, and of working off the agenda: in both languages, and as JSON.

A changed output is accepted with `pytest tests/cli/test_snapshots_service.py --snapshot-update`; read it as a user would.
"""

import re
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from conftest import Result, Run
from crmcli import entry
from crmcli.render import notes

#: The day, then the command: told on top of the story in conftest.py.
SERVICE = """
2026-11-02 complaint add 张三 发错了两台机器，客户的生产线停了半天 --severity high --channel phone
2026-11-03 complaint investigate 1
2026-11-03 complaint reply 1 今天换货
2026-11-05 complaint close 1 --root-cause 拣货单看错 --prevention 双人复核 --cause delivery
2026-11-05 complaint improve 1 打印大号拣货单 --owner 王师傅 --due 2026-12-01
2026-11-16 complaint add Annie "the pump leaks" --severity medium
2026-11-19 complaint add 007 "wrong invoice" --severity critical --channel email
2026-11-19 complaint investigate 3
2026-11-20 complaint add José late
2026-11-20 complaint reply 4 sorry
2026-11-10 survey add 张三 --csat 4 --comment 处理得很快
2026-11-11 survey add Annie --nps 9
2026-11-12 survey add José --nps 3 --comment "nobody called back"
2026-11-12 survey ask 李四 --kind nps
2026-11-12 survey improve 3 "call him" --owner me --due 2026-11-27
2026-09-01 credit set 张三 --limit 50000 --terms 30
2025-10-01 credit set 007 --limit 1000 --terms 14
2026-10-01 sell 张三 24000 --product "GTX Pro" --due 2026-10-31
2026-10-10 sell 007 1500 --due 2026-10-24
2026-11-15 sell 张三 8000 --due 2026-12-15
2026-11-05 payment add --customer 张三 10000 --notes 转账
2026-11-06 payment add --customer 007 500
"""
LOOKS = (
    "complaint list",
    "complaint list --all",
    "complaint show 1",
    "complaint show 2",
    "complaint causes",
    "survey list",
    "survey report",
    "payment list",
    "payment list 张三",
    "credit list",
    "credit show 张三",
    "credit show Annie",
    "effort",
    "next",
    "why --agenda 张三",
    "why --agenda 李四",
    "agenda --customer 张三",
)
DOES = (
    "complaint add 李四 送晚了 --severity low",
    "complaint reply 2 'a new seal is on its way'",
    "complaint close 4 --root-cause 'old seal' --prevention 'yearly service' --cause quality",
    "survey answer 4 9",
    "payment add --customer 张三 14000",
    "credit review 007",
    "done 1 '谈妥了' --next 下周三",
    "done 1 --outcome no_answer",
    "snooze 1 3d --reason 出差",
    "skip 1",
)
Shown = Callable[[Result], str]


@pytest.fixture(scope="module")
def after_sales(told: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The story, and what came after it; built once."""
    folder = tmp_path_factory.mktemp("service")
    shutil.copy(told, folder / "crm.db")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "CRM_DB": str(folder / "crm.db"),
            "CRM_HOME": str(folder),
            "CRM_LANG": "en",
        }.items():
            patch.setenv(name, value)
        notes.quiet()
        for line in SERVICE.strip().splitlines():
            day, *words = shlex.split(line)
            patch.setenv("CRM_TODAY", day)
            assert entry.main(words) == 0, line
        patch.setenv("CRM_TODAY", "2026-11-20")
        assert entry.main(["classify", "--as-of", "2026-11-20", "--force"]) == 0
        notes.quiet(on=False)
    return folder / "crm.db"


@pytest.fixture
def service(after_sales: Path, database: Path) -> None:
    shutil.copy(after_sales, database)


@pytest.mark.parametrize("spoken", ["en", "zh", "json"])
@pytest.mark.parametrize("command", LOOKS)
@pytest.mark.usefixtures("service")
def test_looking_after_a_sale(
    command: str,
    spoken: str,
    crm: Run,
    shown: Shown,
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CRM_LANG", "zh" if spoken == "zh" else "en")
    result = crm(*command.split(), "--format", "json" if spoken == "json" else "table")
    assert result.status == 0, result.err
    assert shown(result) == snapshot


@pytest.mark.parametrize("spoken", ["en", "zh"])
@pytest.mark.parametrize("command", DOES)
@pytest.mark.usefixtures("service")
def test_working_it_off(
    command: str,
    spoken: str,
    crm: Run,
    shown: Shown,
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CRM_LANG", spoken)
    assert crm("-q", "agenda").status == 0  # the numbers are those of the page
    notes.quiet(on=False)
    result = crm(*shlex.split(command))
    assert result.status == 0, result.err
    assert shown(result) == snapshot


@pytest.mark.parametrize("spoken", ["en", "zh"])
@pytest.mark.usefixtures("service")
def test_cron(
    spoken: str, crm: Run, shown: Shown, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_LANG", spoken)
    texts = [shown(crm("cron", "print")), shown(crm("cron", "status"))]
    texts = [text.replace(str(Path(sys.executable).parent), "BIN") for text in texts]
    assert [re.sub(r"BIN/\S+", "BIN/PROGRAM", text) for text in texts] == snapshot
