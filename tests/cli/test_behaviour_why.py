"""What `crm why` says beyond the points: what was done where nothing is known, classes and places among all."""

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from conftest import PROJECT, Run
from crmcli.rules import check
from crmcli.rules.folder import read_files, shipped_folder
from crmcli.workflows.rule_folder import presets

SCORES = """\
scores:
  effort:
    text: {en: service effort, zh: 服务投入}
    indicators:
      - {name: zeal, feature: touches, weight: 1, missing: zero, scale: {linear: {from: 0, to: 4}}}
      - {feature: size, weight: 1, missing: neutral, scale: {steps: {medium: 10, large: 50, otherwise: 0}}}
      - {feature: has_next_step, weight: 1, missing: zero, scale: {steps: {"true": 10, "false": 50}}}
      - {feature: average_order, weight: 1, missing: leave_out, scale: {quantile: {classes: 3, better: higher, minimum: 9}}}
      - {feature: revenue, weight: 1, missing: zero, scale: {quantile: {classes: 3, better: higher}}}
      - {feature: recency_days, weight: 1, missing: zero, scale: {quantile: {classes: 3, better: lower}}}
"""


def judge(crm: Run, home: Path, edit: tuple[str, str] | None = None, scores: str = SCORES) -> Path:
    """Four customers, bought for 100, 200, 300 and 0, judged by the shipped rules with one more score."""
    folder = Path(shutil.copytree(PROJECT / "rules", home / "mine"))
    (folder / "scores.yaml").write_text(scores)
    value = folder / "value.yaml"
    if edit is not None:
        assert edit[0] in value.read_text()
        value.write_text(value.read_text().replace(*edit))
        value.write_text(value.read_text().split("\ntests:")[0] + "\n")
    for number, day in enumerate(("2026-11-10", "2026-10-20", "2026-09-20"), start=1):
        assert crm("add", f"C{number}").status == 0
        assert crm("sell", f"C{number}", str(number * 100), "--on", day).status == 0
    assert crm("add", "Nobody").status == 0
    assert crm("customer", "edit", "C1", "--size", "medium").status == 0
    done = crm("classify", "--rules", str(folder), "--as-of", "2026-11-20")
    assert done.status == 0, done.err
    return folder


def terms(crm: Run, who: str) -> dict[str, Any]:
    """Return the terms of the further score by indicator."""
    found = json.loads(crm("why", who, "--format", "json").out)
    return {term["indicator"]: term for term in found["effort"]}


def test_what_was_done_about_a_missing_value_is_named(crm: Run, home: Path) -> None:
    judge(crm, home)
    found = terms(crm, "Nobody")
    assert (found["size"]["missing"], found["size"]["missing_because"]) == ("neutral", "unknown")
    assert found["recency_days"]["missing"] == "zero"
    assert found["zeal"]["missing"] is None
    shown = crm("why", "Nobody", "--format", "table").out
    assert "missing: half the points" in shown
    assert "missing: no points" in shown
    assert "missing: left out, the others share its weight" in shown


def test_too_few_values_to_compare_are_named_with_the_value_that_is_known(crm: Run, home: Path) -> None:
    judge(crm, home)
    order = terms(crm, "C1")["average_order"]
    assert (order["raw"], order["missing"], order["missing_because"]) == (100.0, "leave_out", "too_few")
    assert "only 3 values are known, 9 are" in " ".join(crm("why", "C1", "--format", "table").out.split())


def test_the_word_that_steps_score_and_a_flag_are_shown(crm: Run, home: Path) -> None:
    judge(crm, home)
    found = terms(crm, "C1")
    assert (found["size"]["raw"], found["size"]["missing"]) == ("medium", None)
    assert found["has_next_step"]["raw"] is False
    shown = crm("why", "C1", "--format", "table").out
    assert any(line.split()[:2] == ["size", "medium"] for line in shown.splitlines())
    assert any(line.split()[:4] == ["has", "next", "step", "no"] for line in shown.splitlines())


def test_chinese_has_no_code_among_words(crm: Run, home: Path, crm_process: Run) -> None:
    folder = judge(crm, home)
    (folder / "segments.yaml").write_text(
        "segments:\n  care:\n    text: {en: care, zh: 维护}\n    policy: first\n    rules:\n"
        "      - segment: yes_please\n        when: effort > 200 or lifecycle == 'lost' and tier == 'low' and grade == 'A'"
        " and rank.revenue == 1\n        text: {en: 'yes', zh: 好}\n"
        "    otherwise: {segment: usual, text: {en: usual, zh: 常规}}\n"
    )
    assert crm("classify", "--rules", str(folder)).status == 0
    out = crm_process("why", "C1", "--format", "table", env={"CRM_LANG": "zh_CN"}).out
    facts = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line.strip()}
    assert facts["effort"][0] == "服务投入"
    assert facts["lifecycle"] == ["生命周期", "新"]
    assert facts["tier"][0] == "价值等级"
    assert facts["tier"][1].endswith("价值")
    assert facts["grade"][0] == "ABCD级别"
    assert "成交额" in facts["rank.revenue"][1:] or "成交额" in "".join(facts["rank.revenue"])


def test_indicators_stand_in_the_order_of_the_file_under_short_names_of_their_own(
    crm: Run, home: Path
) -> None:
    judge(crm, home)
    assert list(terms(crm, "C1")) == [
        "zeal",
        "size",
        "has_next_step",
        "average_order",
        "revenue",
        "recency_days",
    ]
    shown = crm("why", "C1", "--format", "table").out.splitlines()
    start = shown.index("service effort")
    assert [line[:14].strip() for line in shown[start + 3 : start + 6]] == [
        "zeal (touches)",
        "size",
        "has next step",
    ]


def test_classes_with_their_cut_points(crm: Run, home: Path) -> None:
    judge(crm, home)
    found = json.loads(crm("why", "C2", "--format", "json").out)["classes"]
    revenue = [row for row in found if row["indicator"] == "revenue"]
    # 0, 100, 200, 300 cut at thirds by type 7: at places 1 and 2
    assert [(row["class"], row["from"], row["below"], row["here"]) for row in revenue] == [
        (1, None, 100.0, False),
        (2, 100.0, 200.0, False),
        (3, 200.0, None, True),
    ]
    recency = [row for row in found if row["indicator"] == "recency_days"]
    # 10, 31, 61 days, fewer are better: cut at places 2/3 and 4/3
    assert [(row["class"], row["from"], row["below"], row["here"]) for row in recency] == [
        (1, pytest.approx(41.0), None, False),
        (2, pytest.approx(24.0), pytest.approx(41.0), True),
        (3, None, pytest.approx(24.0), False),
    ]
    assert not [row for row in found if row["indicator"] == "average_order"]
    shown = crm("why", "C2", "--format", "table").out
    assert "100 < 200 CNY" in shown
    assert "41 > 24 days" in shown
    assert "3 of 3" in shown


BY_SCORE = """tiers:
  - {tier: high, at_least: 70, text: {en: high value, zh: 高价值}}
  - {tier: medium, at_least: 40, text: {en: medium value, zh: 中价值}}
  - {tier: low, text: {en: low value, zh: 低价值}}"""
BY_CUSTOMERS = """tiers:
  - {tier: high, share: 20, text: {en: high value, zh: 高价值}}
  - {tier: medium, share: 30, text: {en: medium value, zh: 中价值}}
  - {tier: low, text: {en: low value, zh: 低价值}}"""


def test_the_place_among_the_customers_where_tiers_go_by_their_share(crm: Run, home: Path) -> None:
    judge(crm, home, (BY_SCORE, BY_CUSTOMERS))
    found = json.loads(crm("why", "Nobody", "--format", "json").out)
    assert (found["place"], found["place_of"]) == (4, 4)
    assert (found["place_above_percent"], found["place_reached_percent"]) == (75.0, 100.0)
    assert "4 of 4, 100.0 %; 75.0 % of the customers are better" in crm("why", "4", "--format", "table").out


def test_the_part_of_the_sum_where_tiers_go_by_it(crm: Run, home: Path) -> None:
    judge(crm, home, (BY_SCORE, "share_of: revenue_12m\n" + BY_CUSTOMERS))
    found = json.loads(crm("why", "C2", "--format", "json").out)
    assert (found["place"], found["place_of"]) == (2, 4)
    assert found["place_above_percent"] == pytest.approx(50.0)
    assert found["place_reached_percent"] == pytest.approx(83.3333, abs=1e-3)
    shown = crm("why", "C2", "--format", "table").out
    assert "2 of 4, up to 83.3 % of the sum; those before bring 50.0 %" in shown
    assert "Up to % of revenue of the last 12 months" in shown


def test_tiers_by_score_have_no_place(crm: Run, home: Path) -> None:
    judge(crm, home)
    assert "place" not in json.loads(crm("why", "C1", "--format", "json").out)


def test_more_than_an_amount_is_the_smallest_amount_more(crm: Run, home: Path) -> None:
    judge(crm, home)
    found = json.loads(crm("why", "Nobody", "--format", "json").out)["next_tier"]
    money = next(step for step in found if step["indicator"] == "revenue_12m")
    assert money["beyond"] is False
    assert round(money["needed"] * 100) % 10_000 == 1
    assert ".01 CNY" in crm("why", "Nobody", "--format", "table").out


def test_show_says_the_reason_for_the_grade_in_words(crm: Run, home: Path) -> None:
    judge(crm, home)
    assert "D (nothing was recorded after the first contact)" in crm("show", "C1", "--format", "table").out


def test_moves_between_two_ladders_are_told_in_the_words_of_each(crm: Run, home: Path) -> None:
    judge(crm, home)
    other = home / "ladder"
    assert crm("rules", "init", str(other), "--preset", "membership").status == 0
    value = other / "value.yaml"
    value.write_text(value.read_text().replace("en: standard", "en: plain member"))
    done = crm("classify", "--rules", str(other), "--as-of", "2026-11-20")
    assert done.status == 0, done.err
    assert "low value/D → plain member/D" in done.err


def test_csv_has_the_terms_and_says_what_it_leaves_out(crm: Run, home: Path) -> None:
    judge(crm, home)
    done = crm("why", "C1", "--format", "csv")
    header, *rows = csv.reader(io.StringIO(done.out))
    assert header == [
        "indicator", "raw", "normalised", "weight", "points", "missing", "missing_because",
    ]  # fmt: skip
    score = json.loads(crm("why", "C1", "--format", "json").out)["score"]
    assert sum(float(row[4]) for row in rows) == pytest.approx(score)
    assert "left out: the fields, classes" in done.err
    assert "effort" in done.err


def test_csv_of_somebody_only_pinned_has_the_same_header(crm: Run) -> None:
    crm("add", "C1")
    crm("classify", "pin", "C1", "--tier", "high", "--reason", "friend")
    assert crm("why", "C1", "--format", "csv").out == (
        "indicator,raw,normalised,weight,points,missing,missing_because\n"
    )


def test_a_tier_by_share_that_is_kept_says_from_when(
    crm: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = judge(crm, home, (BY_SCORE, "share_of: revenue_12m\nsticky: 40\n" + BY_CUSTOMERS))
    first = json.loads(crm("why", "C3", "--format", "json").out)
    assert (first["tier"], first["tier_kept_from"]) == ("high", None)
    monkeypatch.setenv("CRM_TODAY", "2026-11-22")
    assert crm("sell", "C2", "250", "--on", "2026-11-21").status == 0
    assert crm("classify", "--rules", str(folder), "--as-of", "2026-11-22").status == 0
    then = json.loads(crm("why", "C3", "--format", "json").out)
    assert then["place_above_percent"] > 50
    assert (then["tier"], then["tier_kept_from"]) == ("high", "2026-11-20")


@pytest.mark.parametrize("preset", presets())
def test_no_score_can_have_the_name_of_a_key(preset: str, crm: Run, home: Path) -> None:
    """A score stands in the record under its own name."""
    mine = str(home / "mine")
    for command in (("rules", "init", mine, "--preset", preset), ("add", "Ann"), ("sell", "Ann", "9")):
        assert crm(*command).status == 0
    assert crm("classify", "--rules", mine).status == 0
    keys = json.loads(crm("why", "Ann", "--format", "json").out)
    for key in sorted(keys.keys() - {"effort"}):
        scores = (
            f"scores: {{{key}: {{text: {{en: e, zh: e}}, indicators: [{{feature: orders, weight: 1, missing: zero, "
            "scale: {linear: {from: 0, to: 9}}}]}}\n"
        )
        _ruleset, faults = check({**read_files(shipped_folder()), "scores.yaml": scores})
        assert "name-taken" in {fault.code for fault in faults}, key
