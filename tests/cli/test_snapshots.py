"""Whole outputs, per command and format, of the story in conftest.py. Read a changed snapshot as a user would.

A changed output is accepted with `pytest tests/cli/test_snapshots.py --snapshot-update`.
"""

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from conftest import PROJECT, Once, Result, Run

FORMATS = ("table", "plain", "csv", "json", "jsonl", "ids")
LISTS = (
    "list",
    "list --sort score --limit 3",
    "contact list",
    "product list",
    "opportunity list --all",
    "task list --all",
    "template list",
    "template places",
    "interaction list",
    "transaction list",
    "agenda",
    "agenda --date 2026-12-01 --days 7",
    "journal --limit 12",
    "history 张三",
    "history Annie --limit 1",
    "movers",
    "movers --from 2026-10 --to 2026-11-20 --down --limit 1",
    "effort --by customer",
)
RECORDS = ("show 张三", "show 007", "why 张三", "why Annie", "why #7 --period 2026-10")
Shown = Callable[[Result], str]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("command", [*LISTS, *RECORDS])
@pytest.mark.usefixtures("story")
def test_looking(command: str, form: str, crm: Run, shown: Shown, snapshot: SnapshotAssertion) -> None:
    result = crm(*command.split(), "--format", form)
    assert result.status == 0
    assert shown(result) == snapshot


@pytest.mark.parametrize("width", ["60", "80", "160"])
@pytest.mark.parametrize("command", ["agenda", "list", "history 张三", "movers"])
@pytest.mark.usefixtures("story")
def test_terminals_of_other_widths(
    command: str,
    width: str,
    crm: Run,
    shown: Shown,
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    result = crm(*command.split(), "--format", "table")
    assert shown(result) == snapshot


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "ids"])
@pytest.mark.usefixtures("story")
def test_matrix(form: str, crm: Run, shown: Shown, snapshot: SnapshotAssertion) -> None:
    result = crm("movers", "--matrix", "--format", form)
    assert result.status == 0
    assert shown(result) == snapshot


PINS = (
    "classify pin 张三 --tier high --until 2026-12-31 --reason 老板是老朋友",
    "classify pin Annie --grade A --lifecycle loyal --reason 'signs, \"soon\"'",
    "classify pin Tiny --grade C --until 2026-11-20 --reason =1+1",
    "classify pin Tiny --grade B --reason 'another look'",
    "classify pin José --tier high --reason gone",
    "classify unpin José",
)


@pytest.fixture
def pinned(story: Path, once: Once, crm: Run) -> None:
    """The story, and classes pinned by hand in it."""

    @once
    def _built() -> None:
        for line in PINS:
            assert crm(*shlex.split(line)).status == 0


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "command", ["classify pins", "classify pins --all", "list", "show Annie", "why Annie", "agenda"]
)
@pytest.mark.usefixtures("pinned")
def test_pinned(command: str, form: str, crm: Run, shown: Shown, snapshot: SnapshotAssertion) -> None:
    result = crm(*command.split(), "--format", form)
    assert result.status == 0
    assert shown(result) == snapshot


@pytest.mark.parametrize("width", ["60", "80"])
@pytest.mark.usefixtures("pinned")
def test_pinned_on_a_narrow_terminal(
    width: str, crm: Run, shown: Shown, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    assert shown(crm("classify", "pins", "--format", "table")) == snapshot


FIELDS = (
    "field add contract_end --type date --label 合同到期",
    "field add shirt --type choice --choices 's,m,\"l\"'",
    "field add fit --type number",
    "field add motto --type text --label 'motto, =1+1'",
    "customer edit 张三 --set contract_end=2027-06-30 --set shirt=m --set fit=-1234567.25",
    "customer edit 张三 --set 'motto==1+1, \"x\"\t😀'",
    "customer edit Annie --set fit=0.000001",
)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("command", ["field list", "show 张三"])
@pytest.mark.usefixtures("story")
def test_custom_fields(command: str, form: str, crm: Run, shown: Shown, snapshot: SnapshotAssertion) -> None:
    for line in FIELDS:
        assert crm(*shlex.split(line)).status == 0, line
    result = crm(*command.split(), "--format", form)
    assert result.status == 0
    assert shown(result) == snapshot


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.usefixtures("story")
def test_classify(form: str, crm: Run, shown: Shown, snapshot: SnapshotAssertion) -> None:
    result = crm("classify", "--as-of", "2026-11-19", "--format", form)
    text = shown(result)
    if form == "ids":
        assert (result.status, result.out) == (0, "3\n")
    else:
        assert text == snapshot


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("command", ["rules show", "rules features"])
def test_rules(command: str, form: str, crm: Run, shown: Shown, snapshot: SnapshotAssertion) -> None:
    if (command, form) == ("rules show", "ids"):
        assert crm(*command.split(), "--format", form).status == 2  # a ruleset has no ids
        return
    assert shown(crm(*command.split(), "--format", form)) == snapshot


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("against", ["", "--against mine"])
@pytest.mark.usefixtures("story")
def test_rules_backtest(
    against: str, form: str, home: Path, crm: Run, shown: Shown, snapshot: SnapshotAssertion
) -> None:
    shutil.copytree(PROJECT / "rules", home / "mine")
    months = ("--from", "2026-05", "--to", "2026-10", "--horizon", "30d", "--minimum", "1")
    result = crm("rules", "backtest", *months, *against.split(), "--format", form)
    if form == "ids":
        assert (result.status, result.out) == (2, "")
    else:
        assert re.sub(r"(ingerprint +)[0-9a-f]{12}", r"\1FINGERPRINT", shown(result)) == snapshot


@pytest.mark.parametrize("command", ["rules check", "rules test"])
def test_rules_without_faults(command: str, crm: Run, shown: Shown, snapshot: SnapshotAssertion) -> None:
    result = crm(*command.split())
    assert result.status == 0
    assert re.sub(r"\d+(?= examples)", "N", shown(result)) == snapshot
    assert crm(*command.split(), "--format", "json").out == "[]\n"


def _broken_rules(folder: Path) -> Path:
    folder.mkdir()
    for file in (PROJECT / "rules").glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        if file.name == "grades.yaml":
            text = text.replace("months_to_close <= months.A", "months_to_clse <= months.A", 1)
        if file.name == "cadence.yaml":
            text = text.replace("days: 5,", "days: often,", 1).replace(
                "tier: medium, days: 14", "tier: mdium, days: 14", 1
            )
        (folder / file.name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("form", [None, *FORMATS])
def test_rules_with_faults(
    form: str | None, crm: Run, shown: Shown, snapshot: SnapshotAssertion, home: Path
) -> None:
    _broken_rules(home / "broken")
    if form == "ids":
        assert crm("rules", "check", "--rules", "broken", "--format", "ids").status == 2
        return
    result = crm("rules", "check", "--rules", "broken", *(["--format", form] if form else []))
    assert result.status == 78
    assert shown(result) == snapshot


@pytest.mark.parametrize("form", ["table", "plain", "csv", "json", "jsonl"])
def test_path(form: str, crm: Run, shown: Shown, snapshot: SnapshotAssertion) -> None:
    assert shown(crm("path", "--format", form)) == snapshot


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
@pytest.mark.parametrize(
    "entity", ["customers", "contacts", "products", "interactions", "transactions", "opportunities"]
)
@pytest.mark.usefixtures("story")
def test_export(entity: str, form: str, crm: Run, shown: Shown, snapshot: SnapshotAssertion) -> None:
    assert shown(crm("export", entity, "--format", form)) == snapshot


@pytest.mark.parametrize("form", [None, *FORMATS])
def test_import_counts(
    form: str | None, crm: Run, shown: Shown, snapshot: SnapshotAssertion, home: Path
) -> None:
    (home / "new.csv").write_text(
        '姓名,手机,备注,颜色\n赵六,13700137000,"a, b",red\n赵六,13700137000,"a, b",red\n"Ann ""A""",,,\n',
        encoding="gb18030",
    )
    result = crm("import", "customers", "new.csv", *(["--format", form] if form else []))
    if form == "ids":
        assert result.status == 2  # counts have no ids
        return
    assert result.status == 0
    assert shown(result) == snapshot


@pytest.mark.parametrize(
    "command",
    [
        "add 孙七 --phone 13600136000",
        "customer edit 张三 --phone 13900139000 --next +7d --company ''",
        "customer edit 张三 --region 上海",
        "customer archive Tiny",
        "customer delete Tiny --yes",
        "contact add 张三 李雷 --title 采购",
        "contact edit 1 --title ''",
        "product add Spare --price 3",
        "product edit gtx-pro --price 4999",
        "product archive S-007",
        "opportunity add 李四 --close eom",
        "opportunity move 2 won --on 2026-11-19",
        "opportunity edit 4 --waiting-for ''",
        "task add 发资料 --customer 李四 --due tomorrow",
        "task done 1 '报价已发' --next +5d",
        "log phone 李四 --outcome no_answer",
        "sell 李四 1280.50 --product GP-1",
        "classify pin 李四 --tier 低价值 --until +7d --reason small",
        "classify unpin 李四",
        "undo",
        "init --language zh_CN",
    ],
)
@pytest.mark.parametrize("form", [None, "json"])
@pytest.mark.usefixtures("story")
def test_recording(
    command: str, form: str | None, crm: Run, shown: Shown, snapshot: SnapshotAssertion
) -> None:
    words = shlex.split(command)
    result = crm(*words, *(["--format", form] if form else []))
    assert result.status == 0
    assert shown(result) == snapshot


@pytest.mark.parametrize("command", ["log", "import", "opportunity move", "classify", "classify pin"])
def test_help(command: str, crm: Run, snapshot: SnapshotAssertion) -> None:
    assert crm(*command.split(), "--help").out == snapshot
