"""In Chinese: words of the field are Chinese, and columns stand under their headings although characters are two wide."""

import json
import re
from pathlib import Path

import pytest
from wcwidth import wcswidth, wcwidth

from conftest import Run

CHINESE = {"CRM_LANG": "zh_CN"}


def cells(line: str) -> str:
    """The line with every character as wide as a terminal shows it."""
    return "".join(
        character + "\0" * (wcwidth(character) - 1) for character in line if wcwidth(character) > 0
    )


def columns(lines: list[str]) -> list[tuple[int, int]]:
    """Where the columns are: runs of places that are not blank in every line, parted by two blank ones or more."""
    drawn = [cells(line) for line in lines]
    width = max(map(len, drawn))
    blank = [all(line[place : place + 1] in {"", " "} for line in drawn) for place in range(width)]
    text = "".join(" " if each else "x" for each in blank)
    return [match.span() for match in re.finditer(r"x(?:x| (?! ))*", text)]


def tables(text: str) -> list[list[str]]:
    """The tables of an output: heading and rows, without the rule between them."""
    found = []
    for block in text.split("\n\n"):
        lines = block.splitlines()
        for place, line in enumerate(lines):
            if place and set(line) == {"─"}:
                found.append([lines[place - 1], *lines[place + 1 :]])
    return found


@pytest.mark.parametrize(
    "command",
    [
        "list",
        "agenda",
        "show 张三",
        "why 张三",
        "history 张三",
        "movers",
        "movers --matrix",
        "opportunity list --all",
        "task list --all",
        "contact list",
        "rules show",
    ],
)
@pytest.mark.parametrize("width", ["80", "120", "200"])
@pytest.mark.usefixtures("story")
def test_columns_are_aligned(command: str, width: str, crm_process: Run) -> None:
    result = crm_process(*command.split(), "--format", "table", env={**CHINESE, "COLUMNS": width})
    assert result.status == 0
    assert max(map(wcswidth, result.out.splitlines())) <= int(width)
    found = tables(result.out)
    assert found or command == "list"
    for lines in found:
        spans = columns(lines)
        headings = re.split(r" {2,}", lines[0].strip())
        assert len(spans) == len(headings), "\n".join(lines)


def test_the_check_itself_sees_a_column_out_of_place() -> None:
    good = ["姓名    等级", "张三    高", "Ann     低"]
    bad = ["姓名  等级", "张三  高", "Ann Lee  低"]
    assert len(columns(good)) == 2
    assert len(columns(bad)) != 2


@pytest.mark.parametrize(
    ("command", "words", "foreign"),
    [
        ("list", ["高价值", "忠诚", "流失预警"], ["high", "loyal", "at risk"]),
        ("agenda", ["高价值"], ["high", "medium"]),
        (
            "show 张三",
            ["个人", "男", "农历", "微信", "未接", "电话", "已联系", "邮件", "已认可", "忠诚"],
            ["person", "connected", "approved"],
        ),
        (
            "why 张三",
            ["高价值", "忠诚", "成交金额", "成交频率", "已认可且无需等待，一个月内可成交"],
            ["high value", "loyal", "purchase amount"],
        ),
        ("history 张三", ["高价值", "忠诚", "最近成交"], ["high value", "loyal", "recent purchase"]),
        ("movers", ["低价值", "已认可且无需等待，一个月内可成交"], ["low value", "approved"]),
        ("movers --matrix", ["高价值", "中价值", "低价值"], ["high", "medium", "low"]),
        ("opportunity list --all", ["赢单", "已介绍"], ["won", "introduced"]),
        ("transaction list", ["销售", "退款"], ["sale", "refund"]),
    ],
)
@pytest.mark.usefixtures("story")
def test_words_of_the_field_are_chinese(
    command: str, words: list[str], foreign: list[str], crm_process: Run
) -> None:
    shown = crm_process(*command.split(), "--format", "table", env={**CHINESE, "COLUMNS": "200"}).out
    assert [word for word in words if word not in shown] == []
    assert [word for word in foreign if re.search(rf"(?<![\w.]){word}(?![\w.])", shown)] == []


@pytest.mark.usefixtures("story")
def test_what_programs_read_is_the_same_in_every_language(crm_process: Run) -> None:
    for command in (
        "list",
        "opportunity list --all",
        "show 张三",
        "history 张三",
        "movers",
        "movers --matrix",
        "transaction list",
        "task list --all",
        "journal",
        "classify --as-of 2026-11-20",
    ):
        argv = (*command.split(), "--format", "json")
        english, chinese = crm_process(*argv), crm_process(*argv, env=CHINESE)
        assert english.status == chinese.status == 0
        assert json.loads(chinese.out) == json.loads(english.out)


@pytest.mark.parametrize(
    ("command", "start"),
    [
        ("show 没有", "crm: error[not-found]: "),
        ("list --fromat csv", "crm: error[usage]: "),
        ("sell 张三 0,3", "crm: error[data]: "),
    ],
)
@pytest.mark.usefixtures("story")
def test_errors(command: str, start: str, crm_process: Run) -> None:
    english, chinese = crm_process(*command.split()), crm_process(*command.split(), env=CHINESE)
    assert chinese.status == english.status
    assert chinese.err.startswith(start)  # what scripts look for is the same in every language
    rest = chinese.err.removeprefix(start)
    assert re.search(r"[\u4e00-\u9fff]", rest.replace("没有", "").replace("张三", ""))


@pytest.mark.parametrize("command", ["log", "import", "opportunity move"])
def test_help_columns(command: str, crm_process: Run, home: Path) -> None:
    shown = crm_process(*command.split(), "--help", env=CHINESE).out
    assert max(map(wcswidth, shown.splitlines())) <= 100
    for block in shown.split("\n\n"):
        starts = set()
        for line in block.splitlines()[1:]:
            match = re.match(r" {2}\S.*?\S(?: {2,})(?=\S)| {10,}(?=\S)", line)
            if match:
                starts.add(wcswidth(match.group()))
        assert len(starts) <= 1, block


@pytest.mark.parametrize("word", ["微信", "wechat", "WeChat"])
def test_words_are_understood_in_both_languages(word: str, crm: Run) -> None:
    crm("add", "张三")
    assert crm("log", word, "张三", "--outcome", "未接").status == 0
    assert ",wechat,outbound,no_answer," in crm("export", "interactions").out
