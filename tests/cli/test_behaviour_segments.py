"""Further judgements and scores: who is in a segment, and what is suggested beside what was set by hand."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from conftest import PROJECT, Run

SCORES = """\
scores:
  effort:
    text: {en: service effort, zh: 服务投入}
    indicators:
      - {feature: touches, weight: 1, missing: zero, scale: {linear: {from: 0, to: 4}}}
"""
SEGMENTS = """\
segments:
  care:
    text: {en: how to care, zh: 维护方式}
    policy: first
    rules:
      - {segment: thank_them, when: orders >= 1, text: {en: thank, zh: 致谢}}
      - {segment: never, when: touches >= 1000, text: {en: never seen, zh: 未曾见过}}
    otherwise: {segment: usual, text: {en: as usual, zh: 常规维护}}
  intent:
    text: {en: suggested intent stage, zh: 建议意向阶段}
    policy: first
    rules:
      - {segment: won, when: orders > 0, text: {en: won, zh: 交易}}
    otherwise: {segment: potential, text: {en: potential, zh: 潜在}}
"""


@pytest.fixture
def mine(home: Path) -> Path:
    """A folder of rules with one more score and two further judgements."""
    folder = Path(shutil.copytree(PROJECT / "rules", home / "mine"))
    (folder / "scores.yaml").write_text(SCORES)
    (folder / "segments.yaml").write_text(SEGMENTS)
    return folder


@pytest.fixture
def judged(crm: Run, mine: Path) -> None:
    """张三 has bought and is set to interested, 李四 has not."""
    for command in (
        ("add", "张三", "--intent", "interested"),
        ("add", "李四"),
        ("sell", "张三", "900"),
        ("log", "phone", "张三"),
        ("classify", "--rules", str(mine)),
    ):
        assert crm(*command).status == 0


@pytest.mark.parametrize(
    "asked", ["care=thank_them", "care=THANK them", "how to care=thank", "维护方式=致谢", "intent=won"]
)
@pytest.mark.usefixtures("judged")
def test_a_list_of_those_in_a_segment_by_code_or_label(crm: Run, asked: str) -> None:
    assert crm("list", "--segment", asked, "--format", "ids").out == "1\n"


@pytest.mark.usefixtures("judged")
def test_segments_of_one_judgement_are_alternatives_those_of_several_hold_together(crm: Run) -> None:
    either = crm("list", "--segment", "care=thank_them", "--segment", "care=usual", "--format", "ids")
    assert either.out == "1\n2\n"
    both = crm("list", "--segment", "care=thank_them", "--segment", "intent=potential", "--format", "ids")
    assert (both.status, both.out) == (1, "")


@pytest.mark.usefixtures("judged")
def test_a_class_that_nobody_is_in_is_no_fault(crm: Run) -> None:
    assert crm("list", "--segment", "care=never").status == 1


@pytest.mark.usefixtures("judged")
def test_an_unknown_judgement_or_class_names_the_known_ones(crm: Run) -> None:
    judgement = crm("list", "--segment", "rfm=champions")
    assert judgement.status == 2
    assert "known are care (how to care), intent (suggested intent stage)" in judgement.err
    segment = crm("list", "--segment", "care=junk")
    assert segment.status == 2
    assert "known are thank_them (thank), never (never seen), usual (as usual)" in segment.err
    assert "JUDGEMENT=CLASS" in crm("list", "--segment", "care").err


def test_nobody_classified_or_no_judgements_is_said(crm: Run) -> None:
    crm("add", "张三")
    assert "run 'crm classify'" in crm("list", "--segment", "care=usual").err
    crm("classify")
    assert "segments.yaml defines them" in crm("list", "--segment", "care=usual").err


@pytest.mark.usefixtures("judged")
def test_a_count_of_all_heeds_the_segment(crm: Run) -> None:
    for name in ("a", "b", "c"):
        crm("add", name)
    shown = crm("list", "--segment", "care=thank_them", "--segment", "care=usual", "--limit", "1")
    assert "1 of 2 customers" in shown.err


@pytest.mark.usefixtures("judged")
def test_show_has_segments_scores_and_the_suggestion_beside_the_stage(crm: Run) -> None:
    out = crm("show", "张三", "--format", "table").out
    assert "interested, set by hand; the rules suggest won" in out
    assert "how to care" in out
    assert "thank" in out
    assert "service effort" in out
    assert "not set; the rules suggest potential" in crm("show", "李四", "--format", "table").out
    found = json.loads(crm("show", "张三", "--format", "json").out)
    assert (found["intent_stage"], found["suggested_intent_stage"]) == ("interested", "won")
    assert found["segments"] == [
        {"judgement": "care", "segment": "thank_them"},
        {"judgement": "intent", "segment": "won"},
    ]
    assert found["scores"] == [{"score": "effort", "value": 25.0}]


@pytest.mark.usefixtures("judged")
def test_why_has_the_stage_set_by_hand_beside_the_suggestion(crm: Run) -> None:
    assert "interested, set by hand; the rules suggest won" in crm("why", "张三", "--format", "table").out
    assert json.loads(crm("why", "张三", "--format", "json").out)["intent_stage"] == "interested"


@pytest.mark.usefixtures("judged")
def test_rules_stored_by_an_older_version_leave_the_codes(crm: Run, database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE rulesets SET agenda = json_remove(agenda, '$.judgements', '$.scores')")
    assert crm("list", "--segment", "care=thank_them", "--format", "ids").out == "1\n"
    assert "known are thank_them, usual" in crm("list", "--segment", "care=thank", "--format", "ids").err
    shown = crm("show", "张三", "--format", "table").out
    assert "thank_them" in shown
    assert "effort" in shown


def test_a_code_wins_over_a_label_and_a_label_may_mean_several(crm: Run, mine: Path) -> None:
    rules = [
        "{segment: a, when: orders >= 1, text: {en: member, zh: 会员}}",
        "{segment: member, when: touches >= 1, text: {en: a, zh: 会员}}",
    ]
    (mine / "segments.yaml").write_text(
        "segments:\n  club:\n    text: {en: c, zh: 俱乐部}\n    policy: first\n    rules:\n"
        + "".join(f"      - {rule}\n" for rule in rules)
        + "    otherwise: {segment: none, text: {en: none, zh: 无}}\n"
    )
    for command in (
        ("add", "Ann"),
        ("add", "Bob"),
        ("add", "Cy"),
        ("sell", "Ann", "9"),
        ("log", "phone", "Bob"),
    ):
        assert crm(*command).status == 0
    assert crm("classify", "--rules", str(mine)).status == 0
    for wanted, found in (("a", ["1"]), ("member", ["2"]), ("会员", ["1", "2"])):
        assert crm("list", "--segment", f"club={wanted}", "--format", "ids").out.split() == found
