"""What the shipped rules mean: fingerprint, agenda, thresholds, examples, and where they are found."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import CheckConstraint

from crmcli.errors import ConfigError
from crmcli.rules import agenda_program, check, load, load_folder, thresholds
from crmcli.rules.facts import FACTS
from crmcli.rules.folder import choose_folder, read_files, shipped_folder
from crmcli.store.runs import source_tables
from crmcli.workflows import ruleset as verbs

SHIPPED = read_files(shipped_folder())


def changed(file: str, old: str, new: str) -> dict[str, str]:
    assert old in SHIPPED[file]
    return {**SHIPPED, file: SHIPPED[file].replace(old, new, 1)}


def test_the_shipped_rules_are_without_fault_and_keep_their_promises() -> None:
    report = verbs.check_folder(shipped_folder(), Path("absent.db"))
    assert report.faults == ()
    assert len(report.fingerprint) == 64
    tested = verbs.test_folder(shipped_folder())
    assert tested.failures == ()
    assert tested.cases == dict(report.counts)["tests"] >= 34
    for name in ("features.yaml", "value.yaml", "grades.yaml", "lifecycle.yaml", "cadence.yaml"):
        assert SHIPPED[name].rstrip().split("tests:")[-1].count("expect:") >= 3


SAME = [
    ("value.yaml", "# What to change: the weights first.", "# Was zu ändern ist:"),
    (
        "value.yaml",
        "    weight: 40\n    scale: {percentile: higher}\n",
        "    scale: {percentile:    higher}\n    weight: 40.0\n",
    ),
    ("grades.yaml", "months_to_close <= months.B and waiting", "( 距成交月数<=months.B)  and 等待中"),
    (
        "grades.yaml",
        "when: months_to_close > months.C",
        "when: {feature: months_to_close, op: '>', value: 6}",
    ),
    ("value.yaml", "name: nothing is known", "name: something else"),
    ("features.yaml", "{occurred_on: 2027-03-01, amount: 20}", "{occurred_on: 2027-03-01, amount: 30}"),
    ("features.yaml", "expect: {has_next_step: true}", "expect: {repeat_rate: null}"),
]
OTHER = [
    ("value.yaml", "weight: 40", "weight: 41"),
    ("value.yaml", "at_least: 70", "at_least: 71"),
    ("value.yaml", "zh: 高价值", "zh: 大客户"),
    ("features.yaml", "window: 12 months", "window: 11 months"),
    ("grades.yaml", "A: 1", "A: 2"),
    ("lifecycle.yaml", "risk_days: 120", "risk_days: 121"),
    ("cadence.yaml", "days: 5,", "days: 6,"),
    ("triggers.yaml", "base: 20", "base: 21"),
]


@pytest.mark.parametrize(("file", "old", "new"), SAME, ids=range(len(SAME)))
def test_the_fingerprint_is_of_the_meaning(file: str, old: str, new: str) -> None:
    before, after = load(SHIPPED), load(changed(file, old, new))
    assert after.fingerprint == before.fingerprint


@pytest.mark.parametrize(("file", "old", "new"), OTHER, ids=range(len(OTHER)))
def test_a_change_of_meaning_changes_the_fingerprint(file: str, old: str, new: str) -> None:
    assert load(changed(file, old, new)).fingerprint != load(SHIPPED).fingerprint


def test_the_order_of_indicators_means_nothing() -> None:
    text = SHIPPED["value.yaml"]
    start, end = text.index("  - feature: revenue_12m"), text.index("  - feature: orders_12m")
    rest = text.index("\n# From the top")
    moved = text[:start] + text[end:rest] + text[start:end] + text[rest:]
    assert load({**SHIPPED, "value.yaml": moved}).fingerprint == load(SHIPPED).fingerprint


def test_windows_line_ends_and_a_byte_order_mark_mean_nothing() -> None:
    windows = {name: "\ufeff" + text.replace("\n", "\r\n") for name, text in SHIPPED.items()}
    assert load(windows).fingerprint == load(SHIPPED).fingerprint


def test_weights_are_shares_of_one_another() -> None:
    (score,) = load(changed("value.yaml", "weight: 40", "weight: 140")).scores
    assert {i.name: i.share for i in score.indicators}["revenue_12m"] == pytest.approx(0.7)
    assert sum(i.share for i in score.indicators) == pytest.approx(1)


def test_the_agenda_program_is_json_and_complete() -> None:
    program = agenda_program(load(SHIPPED))
    assert json.loads(json.dumps(program)) == program
    table = {(g, t, s): (days, most) for g, t, s, days, most, _channels in program["cadence"]}
    assert len(table) == len(program["cadence"]) == 4 * 3 * 6
    assert table["A", "medium", "stable"] == (7, 14)
    assert table["D", "high", "at_risk"] == (30, 60)
    assert table["D", "high", "loyal"] == (60, 90)
    assert program["unclassified"] == [30, 60]
    assert {each["name"]: each["lead_days"] for each in program["triggers"]}["deal_near"] == 14
    assert {(tier, severity): days for tier, severity, days in program["response"]}["high", "medium"] == 2
    assert [days for tier, _severity, days in program["response"] if tier is None] == [7, 3, 2, 0]
    assert program["urgency"]["tier"] == {"high": 30, "medium": 15, "low": 0}
    assert program["labels"]["tier"]["high"] == {"en": "high value", "zh": "高价值"}
    assert program["labels"]["grade_reason"]["no_date"]["zh"] == "有商机或需求但没有预计成交日"
    assert program["labels"]["indicator"]["revenue_12m"] == {"en": "purchase amount", "zh": "成交金额"}


def test_thresholds_explain_a_result() -> None:
    known = thresholds(load(SHIPPED))
    tier, above = known.around(56.5)
    assert (tier.code, above and above.code, above and above.at_least) == ("medium", "high", 70)
    assert known.around(70)[0].code == "high"
    assert known.around(70)[1] is None
    assert known.around(0)[0].code == "low"
    assert known.grade_reasons["later"].code == "C"
    assert known.grade_reasons["later"].condition == "months_to_close <= months.C"
    assert known.grade_reasons["no_need"].condition == ""
    assert known.lifecycle["at_risk"][0].features == ("purchase_gap_days", "recency_days")
    assert known.months == {"A": 1, "B": 3, "C": 6}


def test_structured_conditions_are_the_same_tree() -> None:
    structured = (
        "when:\n      all:\n        - {feature: recency_days, op: <=, value: 3}\n"
        "        - not: {field: 等待中, op: ==, value: false}\n        - {feature: kind, op: in, value: [person]}"
    )
    written = "when: recency_days <= 3 and not (waiting == false) and kind in ('person',)"
    one = load(changed("grades.yaml", "when: no_followup", structured))
    two = load(changed("grades.yaml", "when: no_followup", written))
    assert one.fingerprint == two.fingerprint


STRUCTURED_FAULTS = [
    ("{feature: ordrs, op: '>', value: 3}", "unknown-feature", "ordrs"),
    ("{feature: orders, op: '=>', value: 3}", "unknown-value", "'=>'"),
    ("{feature: orders, op: '>', value: many}", "wrong-type", None),
    ("{feature: orders, value: 3}", "missing-key", "{feature"),
    ("{all: [], any: []}", "bad-condition", "{all"),
    ("{all: []}", "empty-list", "[]"),
    ("{feature: 'orders) or (1', op: '>', value: 3}", "unknown-feature", "'orders)"),
    ("{feature: kind, op: in, value: [[person]]}", "wrong-type", "[[person"),
    ("{not: " * 10 + "'" + "not " * 25 + "waiting'" + "}" * 10, "expression-depth", None),
    ("{any: [" + "{feature: orders, op: '>', value: 3}, " * 400 + "]}", "expression-too-long", "{any"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "code", "at"), STRUCTURED_FAULTS, ids=[c[1] for c in STRUCTURED_FAULTS])
def test_faults_of_structured_conditions(written: str, code: str, at: str | None) -> None:
    ruleset, faults = check(changed("grades.yaml", "when: no_followup", f"when: {written}"))
    assert ruleset is None
    assert faults[0].code == code
    if at is not None:
        assert faults[0].source[int(faults[0].column) - 1 :].startswith(at)


def test_conditions_that_are_too_much_together_are_a_fault() -> None:
    many = "".join(
        f"  - {{stage: lost, when: '{' or '.join([f'orders == {at}'] * 120)}', text: {{en: a, zh: b}}}}\n"
        for at in range(1, 21)
    )
    faults = check(changed("lifecycle.yaml", "stages:\n", "stages:\n" + many))[1]
    assert {fault.code for fault in faults} == {"too-many"}


def test_a_broken_promise_is_reported_with_its_place(tmp_path: Path) -> None:
    for name, text in changed(
        "grades.yaml", "expect: {grade: C, reason: later}", "expect: {grade: B, reason: soon}"
    ).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    cadence = SHIPPED["cadence.yaml"].replace("expect: {days: 7, max_days: 14}", "expect: {days: 8}")
    (tmp_path / "cadence.yaml").write_text(cadence, encoding="utf-8")
    first, second = verbs.test_folder(tmp_path).failures
    assert first.file == str(tmp_path / "grades.yaml")
    assert (tmp_path / "grades.yaml").read_text(encoding="utf-8").split("\n")[
        first.line - 1
    ] == "  - name: half a year"
    assert first.expected == (("grade", "B"), ("reason", "soon"))
    assert first.got == (("grade", "C"), ("reason", "later"))
    assert (second.expected, second.got) == ((("days", 8),), (("days", 7),))


def with_example(folder: Path, example: str) -> verbs.TestReport:
    """Run the shipped rules with one example in place of their own."""
    for name, text in SHIPPED.items():
        tests = f"tests:\n{example}" if name == "features.yaml" else ""
        (folder / name).write_text(text.split("tests:\n")[0] + tests, encoding="utf-8")
    return verbs.test_folder(folder)


def test_an_example_from_facts_that_does_not_hold_tells_what_differs(tmp_path: Path) -> None:
    for name, text in changed(
        "features.yaml", "{revenue_12m: 290, orders_12m: 2,", "{revenue_12m: 291, orders_12m: 2,"
    ).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (failure,) = verbs.test_folder(tmp_path).failures
    assert failure.file == str(tmp_path / "features.yaml")
    line = (tmp_path / "features.yaml").read_text(encoding="utf-8").split("\n")[failure.line - 1]
    assert line == "  - name: twelve calendar months up to 31 January"
    assert (failure.expected, failure.got) == ((("revenue_12m", 291),), (("revenue_12m", 290.0),))
    assert dict(failure.given)["as_of"] == "2026-01-31"


WRONG = [
    # facts, expectation that does not hold, what comes out
    ("{}", "margin_12m: 0", None),
    ("{}", "recency_days: 0", None),
    ("{}", "touches: null", 0.0),
    ("{}", "has_next_step: true", False),
    ("{}", "waiting: false", None),
    ("{tasks: [{title: x}]}", "has_next_step: false", True),
    ("{opportunities: [{expected_close_on: 2026-02-28}]}", "months_to_close: 2", 1.0),
    ("{opportunities: [{expected_close_on: 2026-02-28}]}", "next_close_on: 2026-02-27", "2026-02-28"),
    ("{transactions: [{occurred_on: 2026-01-30, amount: 0.30}]}", "revenue: 0.31", 0.3),
]


@pytest.mark.parametrize(("facts", "expect", "got"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_expectation_fails(tmp_path: Path, facts: str, expect: str, got: object) -> None:
    example = f"  - {{as_of: 2026-01-31, facts: {facts}, expect: {{{expect}}}}}\n"
    report = with_example(tmp_path, example)
    assert report.cases == 1
    (failure,) = report.failures
    assert [value for _name, value in failure.got] == [got]
    assert type(failure.got[0][1]) is type(got)


def test_everything_an_example_may_say_reaches_the_features(tmp_path: Path) -> None:
    example = """
  - as_of: 2026-01-31
    facts:
      customer:
        kind: organization
        gender: female
        region: 华东
        industry: steel
        size: large
        headcount: 120
        source: fair
        tags: a, b
        intent_stage: target
        next_contact_on: 2026-03-01
        created_on: 2026-01-01
      transactions:
        - {occurred_on: 2026-01-30, kind: refund, amount: 10.10}
        - {occurred_on: 2026-01-30, amount: -0.20, cost: null}
      interactions:
        - {occurred_on: 2026-01-11, channel: visit, outcome: declined, minutes: 30}
      opportunities:
        - {stage: lost, amount: 5, opened_on: 2026-01-02, closed_on: 2026-02-01, expected_close_on: 2026-02-01}
        - {stage: approved, opened_on: 2026-02-01}
      tasks:
        - {title: x, due_on: 2026-01-01, done_on: 2026-02-01, created_on: 2026-01-31}
    expect:
      客户类型: organization
      gender: female
      region: 华东
      industry: steel
      size: large
      headcount: 120
      source: fair
      tags: a, b
      intent_stage: target
      next_contact_on: 2026-03-01
      days_known: 30
      revenue: -10.30
      orders: 0
      margin: null
      days_since_touch: 20
      minutes: 30
      open_opportunities: 1
      open_pipeline: 5
      best_stage: introduced
      has_next_step: true
"""
    assert with_example(tmp_path, example).failures == ()


def test_a_customer_who_does_not_exist_on_the_day_fails_whatever_is_expected(tmp_path: Path) -> None:
    example = "  - {as_of: 2026-01-31, facts: {customer: {created_on: 2026-02-01}}, expect: {margin: null}}\n"
    (failure,) = with_example(tmp_path, example).failures
    assert (failure.expected, failure.got) == ((("exists", True),), (("exists", False),))


def test_what_examples_say_can_be_stored() -> None:
    tables = source_tables()
    for name, words in FACTS.items():
        table = tables["customers" if name == "customer" else name]
        for word in words.values():
            assert word.column in table.c
            rule = f"{word.column} IN ({', '.join(repr(code) for code in word.codes)})"
            checks = {str(check.sqltext) for check in table.constraints if isinstance(check, CheckConstraint)}
            assert not word.codes or rule in checks


def test_what_is_in_force_is_shown() -> None:
    shown = verbs.show_folder(shipped_folder())
    assert [(i.name, i.share) for i in shown.indicators][:2] == [("revenue_12m", 0.4), ("orders_12m", 0.2)]
    assert shown.indicators[1].scale == "bands ≤0 0, ≤1 30, ≤3 60, ≤6 80, … 100"
    assert shown.indicators[3].scale == "linear 365 → 0"
    assert [tier.code for tier in shown.tiers] == ["high", "medium", "low"]
    assert shown.cadence[0] == verbs.ShownCadence("A", "high", "*", 5, 10)
    assert {feature.name for feature in verbs.list_features()} >= {
        "recency_days",
        "no_followup",
        "intent_stage",
    }


def test_finding_the_rules_needs_neither_yaml_nor_sql() -> None:
    code = "import sys, crmcli.rules.folder; print(sorted({'yaml', 'sqlalchemy', 'sqlmodel', 'ast'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_which_folder_is_in_force(tmp_path: Path) -> None:
    own, named = tmp_path / "own", tmp_path / "named"
    assert choose_folder(None, own) == shipped_folder()
    own.mkdir()
    assert choose_folder(None, own) == shipped_folder()
    shutil.copy(shipped_folder() / "value.yaml", own)
    assert choose_folder(None, own) == own
    assert choose_folder(named, own) == named
    report = verbs.check_folder(own, tmp_path / "absent.db")
    assert [fault.code for fault in report.faults if fault.code == "missing-file"] == ["missing-file"] * 4


def test_a_folder_that_cannot_be_read_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        read_files(tmp_path / "absent")
    with pytest.raises(ConfigError):
        read_files(tmp_path)
    (tmp_path / "value.yaml").write_bytes("score: value\ntext: 客户".encode("gb18030"))
    (tmp_path / "grades.yaml").write_bytes(b"#" * 1_000_001)
    (tmp_path / "cadence.yaml").mkdir()
    with pytest.raises(ConfigError) as raised:
        read_files(tmp_path)
    assert {(Path(f.file).name, f.code, f.line) for f in raised.value.faults} == {
        ("value.yaml", "not-utf8", 2), ("grades.yaml", "too-large", 0), ("cadence.yaml", "unreadable", 0),
    }  # fmt: skip
    assert [
        fault.code for fault in verbs.check_folder(tmp_path / "absent", tmp_path / "absent.db").faults
    ] == ["no-rules"]


def test_a_fingerprint_is_for_ever() -> None:
    """Stored runs are found by it: a change of the program must not change what the same files come to."""
    kept = Path(__file__).parents[2] / "data" / "rules"
    assert load_folder(kept).fingerprint == "5a01e397e250c9e092bd676c50d0a663a1ae7231b537d43d127ceb16d8b25d4a"


SHORT = """scores:
  effort:
    text: {en: service effort, zh: 服务投入}
    indicators:
      - {feature: minutes, weight: 70, missing: zero, scale: {linear: {from: 0, to: 1200}}}
      - {name: spent, feature: service_cost, weight: 30, missing: zero, scale: {linear: {from: 0, to: 5000}}}
      - {name: sold, feature: orders_12m, weight: 30, missing: zero, scale: {linear: {from: 0, to: 50}}}
"""


def test_an_indicator_without_a_text_is_called_by_short_names_and_means_what_it_meant() -> None:
    kept = read_files(Path(__file__).parents[2] / "data" / "rules")
    ruleset = load({**kept, "scores.yaml": SHORT})
    effort = next(score for score in ruleset.scores if score.name == "effort")
    assert [(each.label.en, each.label.zh) for each in effort.indicators] == [
        ("minutes", "服务分钟数"),
        ("spent (service cost)", "spent（服务费用）"),
        ("sold (sales in the last 12 months)", "sold（近12个月成交次数）"),
    ]
    # As it was when such an indicator was called by the sentence of its feature.
    assert ruleset.fingerprint == "9dcc3a71346db570727987552c2cb3616828120dc71b08b19ad98421a45fef54"
