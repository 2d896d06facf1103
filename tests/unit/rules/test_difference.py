"""What differs between two rulesets: each change is told once, by its name, and nothing else is."""

from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmcli.rules import RuleSet, load
from crmcli.rules.difference import differences
from crmcli.rules.folder import read_files, shipped_folder

SHIPPED = read_files(shipped_folder())
Told = tuple[str, str, str, object, object]

#: An edit of a shipped file, and what is told of it; each can be made whatever the others are.
EDITS: list[tuple[str, str, str, Told]] = [
    ("value.yaml", "weight: 40", "weight: 30", ("indicator", "revenue_12m", "weight", 40, 30)),
    ("value.yaml", "at_least: 70", "at_least: 65", ("tier", "high", "at_least", 70.0, 65.0)),
    ("value.yaml", "missing: leave_out", "missing: neutral", ("indicator", "margin_12m", "missing", "leave_out", "neutral")),
    ("value.yaml", "zh: 低价值", "zh: 普通", ("tier", "low", "text_zh", "低价值", "普通")),
    ("value.yaml", "en: customer value", "en: worth", ("score", "value", "text_en", "customer value", "worth")),
    ("grades.yaml", "C: 6", "C: 7", ("months", "C", "months", 6, 7)),
    ("grades.yaml", "    reason: later", "    reason: some_day", ("grade", "some_day", "added", None,
        (("grade", "C"), ("when", "months_to_close <= months.C")))),
    ("grades.yaml", "  grade: D\n  reason: no_need", "  grade: C\n  reason: no_need", ("grade", "no_need", "grade", "D", "C")),
    ("grades.yaml", "when: no_followup", "when: no_followup or touches < 2",
        ("grade", "no_followup", "when", "no_followup", "no_followup or touches < 2")),
    ("lifecycle.yaml", "risk_days: 120", "risk_days: 60", ("parameter", "lifecycle.risk_days", "value", 120.0, 60.0)),
    ("lifecycle.yaml", "when: orders == 0", "when: orders < 1", ("lifecycle", "prospect", "when", "orders == 0", "orders < 1")),
    ("cadence.yaml", "tier: high, days: 5,", "tier: high, days: 6,", ("cadence", "A high *", "days", 5, 6)),
    ("cadence.yaml", "  - {severity: high, days: 2}", "  - {severity: high, days: 1}", ("response", "* high", "days", 2, 1)),
    ("cadence.yaml", "unclassified: {days: 30", "unclassified: {days: 31", ("unclassified", "days", "days", 30, 31)),
    ("triggers.yaml", "money: {points: 10", "money: {points: 11", ("urgency", "money", "points", "0 + 10 x money 0 → 100000", "0 + 11 x money 0 → 100000")),
    ("triggers.yaml", "grade: {A: 40", "grade: {A: 41", ("urgency", "grade A", "points", 40.0, 41.0)),
    ("triggers.yaml", "lead_days: 14", "lead_days: 7", ("trigger", "deal_near", "lead_days", 14, 7)),
    ("triggers.yaml", "[spring_festival, mid_autumn]", "[mid_autumn]",
        ("trigger", "greeting", "festivals", "spring_festival, mid_autumn", "mid_autumn")),
]  # fmt: skip


def edited(*edits: tuple[str, str, str]) -> RuleSet:
    files = dict(SHIPPED)
    for file, old, new in edits:
        assert old in files[file], old
        files[file] = files[file].replace(old, new, 1)
    return load(files)


AS_SHIPPED = edited()


def told(old: RuleSet, new: RuleSet) -> list[Told]:
    return [(each.part, each.name, each.change, each.before, each.after) for each in differences(old, new)]


@given(st.sets(st.integers(0, len(EDITS) - 1)))
@settings(max_examples=12, deadline=None)
def test_every_change_is_told_and_nothing_else(chosen: set[int]) -> None:
    new = edited(*(EDITS[at][:3] for at in chosen))
    expected = {EDITS[at][3] for at in chosen}
    if any(EDITS[at][3][1] == "some_day" for at in chosen):
        expected.add(
            ("grade", "later", "removed", (("grade", "C"), ("when", "months_to_close <= months.C")), None)
        )
    found = told(AS_SHIPPED, new)
    assert len(found) == len(set(found))
    assert set(found) == expected


@given(st.sets(st.integers(0, len(EDITS) - 1)))
@settings(max_examples=5, deadline=None)
def test_the_other_way_round_it_is_the_same_in_reverse(chosen: set[int]) -> None:
    old, new = AS_SHIPPED, edited(*(EDITS[at][:3] for at in chosen))
    swap = {"added": "removed", "removed": "added"}
    there = {
        (part, name, swap.get(change, change), after, before)
        for part, name, change, before, after in told(old, new)
    }
    assert set(told(new, old)) == there


def test_only_the_rule_that_moved_is_told_with_its_places() -> None:
    text = SHIPPED["grades.yaml"]
    start, end = (
        text.index("  - grade: D\n    reason: no_date"),
        text.index("  - grade: D\n    reason: no_followup"),
    )
    first = text.index("  - grade: A")
    moved = text[:first] + text[start:end] + text[first:start] + text[end:]
    assert told(AS_SHIPPED, load({**SHIPPED, "grades.yaml": moved})) == [("grade", "no_date", "moved", 8, 1)]


def test_the_order_of_indicators_and_tiers_by_score_is_no_difference() -> None:
    text = SHIPPED["value.yaml"]
    start, end = text.index("  - feature: revenue_12m"), text.index("  - feature: orders_12m")
    rest = text.index("\n# From the top")
    turned = text[:start] + text[end:rest] + text[start:end] + text[rest:]
    assert told(AS_SHIPPED, load({**SHIPPED, "value.yaml": turned})) == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (
            "grades.yaml",
            "months_to_close <= months.B and waiting",
            "( 距成交月数<=months.B)  and 等待中",
        ),
        ("value.yaml", "weight: 40", "weight: 40.0"),
    ],
)
def test_another_spelling_is_no_difference_even_beside_a_real_one(file: str, old: str, new: str) -> None:
    both = edited((file, old, new), ("triggers.yaml", "grade: {A: 40", "grade: {A: 41"))
    assert told(AS_SHIPPED, both) == [("urgency", "grade A", "points", 40.0, 41.0)]


def test_a_window_and_an_indicator_that_is_new() -> None:
    new = edited(
        ("features.yaml", "of: orders\n    window: 12 months", "of: orders\n    window: 90 days"),
        ("value.yaml", "  - feature: tenure_days\n", "  - feature: touches\n    name: contact\n"),
    )
    found = {
        (each.part, each.name, each.change): (each.before, each.after)
        for each in differences(AS_SHIPPED, new)
    }
    assert set(found) == {
        ("feature", "orders_12m", "window"), ("indicator", "contact", "added"), ("indicator", "tenure_days", "removed"),
    }  # fmt: skip
    assert [name for name, _value in found["indicator", "contact", "added"][1]] == [
        "weight",
        "feature",
        "scale",
    ]  # type: ignore[union-attr]


def test_every_part_of_a_ruleset_is_compared_or_has_no_meaning() -> None:
    """A new field of RuleSet must be told too: add it to `differences`, then here."""
    compared = {
        "features",
        "scores",
        "tiers",
        "tiering",
        "grades",
        "lifecycle",
        "segments",
        "cadence",
        "triggers",
    }
    assert {each.name for each in fields(RuleSet)} == compared | {
        "files",
        "fingerprint",
        "cases",
        "fact_cases",
        "compared",
        "declared",
    }


JUNK = """
segments:
  junk:
    text: {en: junk, zh: 垃圾}
    policy: first
    parameters: {most: 40}
    rules:
      - {segment: junk, when: tier == 'low' and minutes > most, text: {en: junk, zh: 垃圾}}
      - {segment: watch, when: minutes > 2 * most, text: {en: watch, zh: 观察}}
    otherwise: {segment: fine, text: {en: fine, zh: 正常}}
"""


def test_segments_and_further_scores_that_are_new_and_that_change() -> None:
    score = "scores:\n  effort:\n    text: {en: e, zh: e}\n    indicators:\n      - {feature: minutes, weight: 1, scale: {linear: {from: 0, to: 60}}, missing: zero}\n"
    first = load({**SHIPPED, "segments.yaml": JUNK, "scores.yaml": score})
    assert [(part, name, change) for part, name, change, _before, _after in told(AS_SHIPPED, first)] == [
        ("score", "effort", "added"),
        ("indicator", "effort.minutes", "added"),
        ("parameter", "segments.junk.most", "added"),
        ("segmentation", "junk", "added"),
        ("segment", "junk.junk", "added"),
        ("segment", "junk.watch", "added"),
        ("segment", "junk.fine", "added"),
    ]
    lines = JUNK.splitlines(keepends=True)
    turned = "".join([*lines[:7], lines[8], lines[7], *lines[9:]]).replace("most: 40", "most: 50")
    second = load({**SHIPPED, "segments.yaml": turned, "scores.yaml": score.replace("to: 60", "to: 90")})
    found = told(first, second)
    assert ("parameter", "segments.junk.most", "value", 40.0, 50.0) in found
    assert [each[:3] for each in found if each[0] == "segment"] in (
        [("segment", "junk.junk", "moved")],
        [("segment", "junk.watch", "moved")],
    )
    assert [each[1:3] for each in found if each[0] == "indicator"] == [("effort.minutes", "scale")]


def test_tiers_that_are_told_apart_in_another_way() -> None:
    shares = edited(
        ("value.yaml", "tier: high, at_least: 70", "tier: high, share: 20"),
        ("value.yaml", "at_least: 40", "share: 30"),
    )
    found = told(AS_SHIPPED, shares)
    assert ("tiering", "tiers", "by", "score", "customers") in found
    assert ("tier", "high", "share", 0.0, 20.0) in found
    assert told(AS_SHIPPED, edited(("value.yaml", "policy: first", "policy: first\nsticky: 3"))) == [
        ("tiering", "tiers", "sticky", 0.0, 3.0)
    ]


def test_a_feature_of_the_rules_own() -> None:
    own = "features:\n  visits:\n    from: interactions\n    take: count\n    where: channel == 'visit'\n    text: {en: visits, zh: 拜访}\n"
    used = ("value.yaml", "feature: tenure_days", "feature: visits")
    first = edited(("features.yaml", "features:\n", own), used)
    gist = (("from", "interactions"), ("take", "count"), ("where", "channel == 'visit'"))
    assert ("feature", "visits", "added", None, gist) in told(AS_SHIPPED, first)
    second = edited(
        ("features.yaml", "features:\n", own.replace("== 'visit'", "in ('visit', 'meeting')")), used
    )
    expected = ("feature", "visits", "where", "channel == 'visit'", "channel in ('visit', 'meeting')")
    assert told(first, second) == [expected]
