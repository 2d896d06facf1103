"""Every kind of fault, with the place it is reported at: the text that the caret would point to."""

import pytest

from crmcli.errors import ConfigError, Fault
from crmcli.rules.checker import check, load
from crmcli.rules.folder import read_files, shipped_folder

SHIPPED = read_files(shipped_folder())


def faults_after(file: str, old: str, new: str) -> tuple[Fault, ...]:
    assert old in SHIPPED[file], f"{old!r} is not in {file}"
    ruleset, faults = check({**SHIPPED, file: SHIPPED[file].replace(old, new, 1)}, "rules")
    assert (ruleset is None) == bool(faults)
    return faults


# file, text replaced, replacement, code of the fault, text at the reported column
FAULTS = [
    # YAML itself
    ("value.yaml", "weight: 40", "weight: 40\n    weight: 41", "duplicate-key", "weight: 41"),
    ("value.yaml", "weight: 40", "weight: &w 40", "yaml-anchor", "&w 40"),
    ("value.yaml", "weight: 40", "weight: *w", "yaml-alias", "*w"),
    ("value.yaml", "weight: 40", "weight: !!python/object/apply:os.system [ls]", "yaml-tag", "!!python"),
    ("value.yaml", "score: value", "score: !!str value", "yaml-tag", "!!str"),
    ("value.yaml", "missing: zero", "missing: no", "yaml-boolean", "no"),
    ("value.yaml", "missing: zero", "missing: Yes", "yaml-boolean", "Yes"),
    ("value.yaml", "missing: zero", "missing: on", "yaml-boolean", "on"),
    ("value.yaml", "weight: 40", "weight: 040", "yaml-octal", "040"),
    ("value.yaml", "weight: 40", "weight: 1:30", "yaml-sexagesimal", "1:30"),
    ("value.yaml", "weight: 40", "weight: =", "yaml-special", "="),
    (
        "value.yaml",
        "  - feature: revenue_12m",
        "  - <<: {a: 1}\n    feature: revenue_12m",
        "yaml-special",
        "<<",
    ),
    ("value.yaml", "weight: 40", "weight: 0,3", "decimal-comma", "0,3"),
    ("value.yaml", "weight: 40", "weight: 12345678901234567890", "number-too-large", "12345678901234567890"),
    ("value.yaml", "score: value", "--- \nscore: value\n--- \nscore: value", "yaml-documents", "---"),
    ("value.yaml", "score: value", "score: [value", "yaml-syntax", None),
    ("value.yaml", "weight: 40", "weight: " + "[" * 40 + "]" * 40, "yaml-depth", "[[["),
    ("value.yaml", "weight: 40", "? [a]\n    : 1", "yaml-key", None),
    ("value.yaml", "score: value", 'score: "\\0"', "yaml-character", '"\\0"'),
    # custom fields
    *(
        ("features.yaml", "features:\n", f"features:\n  own: {{{own}, text: {{en: x, zh: x}}}}\n", code, at)
        for own, code, at in (
            ("custom: fit", "missing-key", "{custom"),
            ("custom: Fit, type: number", "bad-name", "Fit"),
            ('custom: "a\'] union select", type: text', "bad-name", "\"a']"),
            ("custom: fit, type: integer", "unknown-type", "integer"),
            ("custom: fit, type: choice", "choices-and-type", "{custom"),
            ("custom: fit, type: choice, choices: []", "empty-list", "[]"),
            ("custom: fit, type: choice, choices: [1, s]", "wrong-type", "1, s"),
            ("custom: fit, type: number, choices: [s]", "choices-and-type", "[s]"),
            ("custom: fit, type: number, window: 3 months", "unknown-key", "window"),
            ("custom: fit, of: revenue, type: number", "unknown-key", "of"),
        )
    ),
    # shape
    ("value.yaml", "weight: 40", "wieght: 40", "unknown-key", "wieght"),
    ("value.yaml", "    weight: 40\n", "", "missing-key", "feature: revenue_12m"),
    ("value.yaml", "weight: 40", "weight: forty", "wrong-type", "forty"),
    ("value.yaml", "weight: 40", "weight: 40%", "wrong-type", "40%"),
    ("value.yaml", "weight: 40", "weight: true", "wrong-type", "true"),
    ("value.yaml", "weight: 40", "weight: 0", "bad-weight", "0"),
    ("value.yaml", "weight: 40", "weight: -3", "bad-weight", "-3"),
    ("value.yaml", "feature: orders_12m", "feature: orders_12", "unknown-feature", "orders_12"),
    ("value.yaml", "feature: orders_12m", "feature: industry", "wrong-type", "industry"),
    (
        "value.yaml",
        "feature: orders_12m",
        "feature: revenue_12m",
        "duplicate-indicator",
        "feature: revenue_12m",
    ),
    ("value.yaml", "score: value", "score: worth", "unknown-score", "worth"),
    ("value.yaml", "missing: zero", "missing: nought", "unknown-value", "nought"),
    ("value.yaml", "scale: {percentile: higher}", "scale: {percentile: up}", "unknown-value", "up"),
    ("value.yaml", "scale: {percentile: higher}", "scale: {quantle: 5}", "unknown-key", "quantle"),
    ("value.yaml", "scale: {percentile: higher}", "scale: {quantile: 5}", "wrong-type", "5}"),
    ("value.yaml", "{linear: {from: 365, to: 0}}", "{linear: {from: 5, to: 5}}", "bad-scale", "{from"),
    ("value.yaml", "scale: {percentile: higher}", "scale: {}", "bad-scale", "{}"),
    (
        "value.yaml",
        "{up_to: 3, points: 60}",
        "{up_to: 1, points: 60}",
        "unordered-bands",
        "{up_to: 1, points: 60}",
    ),
    ("value.yaml", "{up_to: 3, points: 60}", "{points: 60}", "overlapping-bands", "{points: 60}"),
    (
        "value.yaml",
        "{up_to: 3, points: 60}",
        "{up_to: 3, below: 3, points: 60}",
        "overlapping-bands",
        "{up_to: 3, b",
    ),
    ("value.yaml", "{up_to: 3, points: 60}", "{up_to: 3, points: 101}", "out-of-range", "101"),
    ("value.yaml", "        - {points: 100}\n", "", "bands-gap", "{up_to: 6"),
    ("value.yaml", "policy: first\n", "", "missing-policy", None),
    ("value.yaml", "policy: first", "policy: last", "unknown-policy", "last"),
    ("value.yaml", "at_least: 40", "at_least: 70", "unordered-tiers", "{tier: medium"),
    ("value.yaml", "at_least: 40", "at_least: 0", "unreachable", "{tier: medium"),
    ("value.yaml", "tier: medium, at", "tier: high, at", "duplicate-tier", "{tier: high, at_least: 40"),
    ("value.yaml", "tier: medium, at", "tier: middling, at", "unknown-value", "middling"),
    ("value.yaml", "{tier: low, text", "{tier: low, at_least: 10, text", "tiers-gap", "{tier: low"),
    (
        "value.yaml",
        "{tier: low, text: {en: low value, zh: 低价值}}",
        "{tier: low}",
        "missing-label",
        "{tier: low}",
    ),
    ("value.yaml", "zh: 低价值}", "zn: 低价值}", "missing-key", "{en: low value"),
    (
        "value.yaml",
        "tier: high}\n  - name: nothing",
        "tier: hihg}\n  - name: nothing",
        "unknown-value",
        "hihg",
    ),
    ("value.yaml", "given: {revenue_12m: 0,", "given: {revenu_12m: 0,", "unknown-feature", "revenu_12m"),
    ("value.yaml", "given: {revenue_12m: 0,", "given: {waiting: 3,", "wrong-type", "3"),
    # features.yaml
    ("features.yaml", "window: 12 months", "window: 12", "months-or-days", "12"),
    ("features.yaml", "window: 12 months", "window: 365 months", "months-or-days", "365 months"),
    ("features.yaml", "window: 12 months", "window: 12m", "months-or-days", "12m"),
    ("features.yaml", "of: revenue", "of: revenu", "unknown-feature", "revenu"),
    ("features.yaml", "of: revenue", "of: recency_days", "no-window", "recency_days"),
    ("features.yaml", "orders_12m:", "orders:", "name-taken", "orders:"),
    ("features.yaml", "orders_12m:", "Orders-12:", "bad-name", "Orders-12"),
    ("features.yaml", "features:\n", "features: []\nx:\n", "wrong-type", "[]"),
    # features.yaml, its examples
    ("features.yaml", "      transactions:", "      transaction:", "unknown-key", "transaction:"),
    ("features.yaml", "amount: 250, cost", "amout: 250, cost", "unknown-key", "amout"),
    ("features.yaml", "amount: 250, cost", "cost", "missing-key", "{occurred_on: 2025-02-01"),
    ("features.yaml", "amount: 250, cost", "amount: much, cost", "wrong-type", "much"),
    ("features.yaml", "amount: 250, cost", "amount: 250.005, cost", "wrong-type", "250.005"),
    ("features.yaml", "amount: 250, cost", "amount: null, cost", "wrong-type", "null"),
    ("features.yaml", "amount: 250, cost", "amount: 1e14, cost", "out-of-range", "1e14"),
    ("features.yaml", "2025-02-01, amount: 250", "2025-02-30, amount: 250", "not-a-date", "2025-02-30"),
    ("features.yaml", "2025-02-01, amount: 250", "20250201, amount: 250", "not-a-date", "20250201"),
    ("features.yaml", "2025-02-01, amount: 250", "[], amount: 250", "not-a-date", "[]"),
    ("features.yaml", "kind: refund", "kind: refunds", "unknown-value", "refunds"),
    ("features.yaml", "outcome: no_answer", "outcome: no answer", "unknown-value", "no answer"),
    ("features.yaml", "minutes: 15}", "minutes: -15}", "out-of-range", "-15"),
    ("features.yaml", "minutes: 15}", "minutes: 1.5}", "wrong-type", "1.5"),
    ("features.yaml", "waiting_for: the boss", "waiting_for: true", "wrong-type", "true"),
    ("features.yaml", "facts: {}", "facts: {customer: [1]}", "wrong-type", "[1]"),
    ("features.yaml", "facts: {}", "facts: {customer: {kind: persn}}", "unknown-value", "persn"),
    ("features.yaml", "facts: {}", "facts: {tasks: }", "wrong-type", "}"),
    ("features.yaml", "facts: {}", "facts: {tasks: {title: x}}", "wrong-type", "{title"),
    ("features.yaml", "    facts: {}\n", "", "missing-key", "name: nothing was"),
    ("features.yaml", "as_of: 2028-02-29", "as_of: 2027-02-29", "not-a-date", "2027-02-29"),
    ("features.yaml", "as_of: 2028-02-29", "given: {}", "unknown-key", "given"),
    ("features.yaml", "touches_90d: 1,", "touches_9d: 1,", "unknown-feature", "touches_9d"),
    ("features.yaml", "touches_90d: 1,", "touches_90d: one,", "wrong-type", "one"),
    ("features.yaml", "waiting: true\n", "waiting: 1\n", "wrong-type", "1"),
    ("features.yaml", "next_stage: negotiating", "next_stage: negotiated", "unknown-value", "negotiated"),
    ("features.yaml", "next_close_on: 2026-11-01", "next_close_on: 2026-11-1", "not-a-date", "2026-11-1"),
    ("features.yaml", "expect: {has_next_step: true}", "expect: {}", "nothing-expected", "{}"),
    ("grades.yaml", "expect: {grade: A, reason: ready}", "expect: {}", "nothing-expected", "{}"),
    # grades.yaml and lifecycle.yaml
    ("grades.yaml", "{A: 1, B: 3, C: 6}", "{A: 30, B: 90, C: 180}", "months-or-days", "30"),
    ("grades.yaml", "{A: 1, B: 3, C: 6}", "{A: 3, B: 3, C: 6}", "unordered-months", "3, C"),
    ("grades.yaml", "{A: 1, B: 3, C: 6}", "{A: 1, B: 2.5, C: 6}", "wrong-type", "2.5"),
    (
        "grades.yaml",
        "when: months_to_close > months.C",
        "when: undated_opportunities",
        "not-a-condition",
        "undated_o",
    ),
    ("grades.yaml", "when: months_to_close > months.C", "when: 1", "not-a-condition", "1"),
    ("grades.yaml", "when: no_followup", "when: true", "always-true", "true\n"),
    ("lifecycle.yaml", "when: orders == 0", "when: orders >= 0", "always-true", "orders >= 0\n"),
    ("lifecycle.yaml", "when: orders == 0", "when: orders < 0", "never-true", "orders < 0\n"),
    ("grades.yaml", "months.B and waiting", "months.C", "unreachable", "months_to_close <= months.B and not"),
    ("grades.yaml", "reason: later", "reason: soon", "duplicate-reason", "grade: C"),
    ("grades.yaml", "reason: later", "reason: Später", "bad-name", "Später"),
    ("grades.yaml", "grade: C", "grade: E", "unknown-value", "E"),
    ("grades.yaml", "otherwise:\n  grade: D", "otherwise:\n  grad: D", "unknown-key", "grad: D"),
    ("lifecycle.yaml", "stage: prospect", "stage: propsect", "unknown-value", "propsect"),
    ("lifecycle.yaml", "new_days: 90", "orders: 90", "name-taken", "orders: 90"),
    ("lifecycle.yaml", "new_days: 90", "new_days: ninety", "wrong-type", "ninety"),
    # cadence.yaml
    ("cadence.yaml", "- {grade: D, days: 120, max_days: 180}", "", "cadence-gap", None),
    (
        "cadence.yaml",
        "{grade: A, days: 7, max_days: 14}",
        "{days: 7, max_days: 14}",
        "unreachable",
        "{grade: B, tier: high",
    ),
    ("cadence.yaml", "{grade: A, days: 7", "{grade: A, days: 70", "unordered-days", "{grade: A, days: 70"),
    ("cadence.yaml", "{grade: A, days: 7", "{grade: A, days: 1 month", "months-or-days", "1 month"),
    ("cadence.yaml", "{grade: A, days: 7", "{grade: A, days: 0", "out-of-range", "0"),
    ("cadence.yaml", "tier: medium, days: 14", "tier: gold, days: 14", "unknown-value", "gold"),
    ("triggers.yaml", "base: 45", "base: -1", "out-of-range", "-1"),
    ("triggers.yaml", "{high: 30, medium: 15, low: 0}", "{high: 30, low: 0}", "missing-key", "{high: 30"),
    ("cadence.yaml", "unclassified:", "urgency: {overdue: 30}\nunclassified:", "moved", "urgency: {overdue"),
    ("cadence.yaml", "{grade: A, days: 7", "{grade: A, channels: [fax], days: 7", "unknown-value", "fax"),
    ("triggers.yaml", "occasion: birthday", "occasion: wedding", "unknown-value", "wedding"),
    ("triggers.yaml", "{name: promise,", "{name: task,", "twice", "task, occasion: promise"),
    (
        "triggers.yaml",
        "{name: promise, occasion: promise",
        "{name: promise, occasion: cadence",
        "twice",
        "cadence, urgency",
    ),
    ("triggers.yaml", "when: value >= 40", "when: worth >= 40", "unknown-feature", "worth"),
    ("triggers.yaml", "of: days_left", "of: amount", "unknown-quantity", "amount"),
    ("triggers.yaml", "from: 7, to: 0", "from: 7, to: 7", "flat-ramp", "{of: days_left"),
    ("triggers.yaml", "birthday of {name} {on}", "birthday of {colour}", "unknown-word", None),
    ("triggers.yaml", "channel: wechat", "channel: pigeon", "unknown-value", "pigeon"),
    (
        "triggers.yaml",
        "occasion: never_contacted,",
        "occasion: never_contacted, lead_days: 3,",
        "no-day",
        "3, urgency",
    ),
    ("triggers.yaml", "[spring_festival, mid_autumn]", "[spring_festval]", "unknown-value", "spring_festval"),
    (
        "triggers.yaml",
        "after_days: 14, for_days: 45",
        "after_days: 46, for_days: 45",
        "unreachable",
        "45, when",
    ),
    ("triggers.yaml", "[spring_festival, mid_autumn]", "[]", "empty-list", "[]"),
    ("triggers.yaml", "[spring_festival, mid_autumn]", "qixi", "wrong-type", "qixi"),
    ("triggers.yaml", "lead_days: 7, when: value >= 60", "lead_days: 7", "no-condition", "{name: greeting"),
    (
        "triggers.yaml",
        "lead_days: 7, when: value >= 60",
        "for_days: 7, when: value >= 60",
        "no-day",
        "7, when: value >= 60",
    ),
    (
        "triggers.yaml",
        "occasion: birthday,",
        "occasion: birthday, festivals: [qixi],",
        "no-festival",
        "[qixi]",
    ),
    (
        "cadence.yaml",
        "  - {severity: critical, days: 0}",
        "  - {severity: dire, days: 0}",
        "unknown-value",
        "dire",
    ),
    (
        "cadence.yaml",
        "  - {severity: critical, days: 0}",
        "  - {severity: critical, days: -1}",
        "out-of-range",
        "-1",
    ),
    (
        "cadence.yaml",
        "  - {severity: critical, days: 0}",
        "  - {tier: golden, days: 0}",
        "unknown-value",
        "golden",
    ),
    ("cadence.yaml", "  - {days: 7}", "  - {tier: low, days: 7}", "response-gap", "{tier: low, days: 7}"),
    (
        "cadence.yaml",
        "  - {severity: high, days: 2}",
        "  - {days: 2}",
        "unreachable",
        "{severity: medium, days: 3}",
    ),
    ("cadence.yaml", "{reply_days: 0}", "{days: 1}", "other-example", "days: 1"),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "at"), FAULTS, ids=[f"{f[3]}-{f[0]}-{i}" for i, f in enumerate(FAULTS)]
)
def test_a_fault_is_reported_at_its_place(file: str, old: str, new: str, code: str, at: str | None) -> None:
    faults = [fault for fault in faults_after(file, old, new) if fault.code == code]
    assert faults, [(fault.code, fault.what) for fault in faults_after(file, old, new)]
    fault = faults[0]
    assert fault.file == f"rules/{file}"
    assert fault.line > 0
    assert fault.what
    if at is not None:
        text = SHIPPED[file].replace(old, new, 1)
        rest = "\n".join(text.split("\n")[fault.line - 1 :])
        assert rest[int(fault.column) - 1 :].startswith(at)
        assert fault.source == text.split("\n")[fault.line - 1]


CONDITIONS = [
    # condition, code, text at the reported column, part of the hint
    ("orders = 5", "expression-syntax", "= 5", "=="),
    ("recency_days > 30 and orders_12 > 1", "unknown-feature", "orders_12 ", "orders_12m"),
    ("kind == 5", "wrong-type", "kind", ""),
    ("orders == 'many'", "wrong-type", "orders", ""),
    ("kind == 'persn'", "unknown-value", "'persn'", "person"),
    ("kind < 'person'", "wrong-type", "kind", ""),
    ("kind in 'person'", "in-without-list", "'person'", "brackets"),
    ("kind in ()", "in-without-list", "()", ""),
    ("orders in (1, 'a')", "wrong-type", "'a'", ""),
    ("orders and waiting", "wrong-type", "orders", ""),
    ("waiting == 1", "wrong-type", "waiting", "true or false"),
    ("orders + 1", "not-a-condition", "orders", "> 0"),
    ("-waiting > 1", "wrong-type", "waiting", ""),
    ("orders ** 9 > 1", "expression-not-allowed", "orders", "+ - * /"),
    ("orders & 1", "expression-not-allowed", "&", "and, or"),
    ("orders && waiting", "expression-not-allowed", "&&", "and, or"),
    ("orders ＞= 5", "expression-not-allowed", "＞", "plain signs"),
    ("region == 'East and waiting", "expression-syntax", "'East", ""),
    ("orders is None", "expression-not-allowed", "orders is", ""),
    ("orders == None", "expression-not-allowed", "None", "missing"),
    ("lenght(kind) > 1", "unknown-function", "lenght", ""),
    ("mim(orders, 1) > 1", "unknown-function", "mim", "min"),
    ("min(orders) > 1", "wrong-arguments", "min(", ""),
    ("round(orders, 9) > 1", "wrong-arguments", "round(", ""),
    ("max(orders, waiting) > 1", "wrong-type", "max(", ""),
    ("(1 if waiting else 'a') == 1", "wrong-type", "1 if", ""),
    ("next_close_on > '2026-13-01'", "not-a-date", "'2026-13-01'", "2026-11-22"),
    ("next_close_on > '20260101'", "not-a-date", "'20260101'", "2026-11-22"),
    ("__import__('os').system('ls')", "expression-not-allowed", "__import__", ""),
    ("().__class__.__bases__", "expression-not-allowed", "().__class__", ""),
    ("[x for x in (1,)]", "expression-not-allowed", "[x", ""),
    ("(lambda: 1)()", "expression-not-allowed", ": 1)", ""),
    ("f'{orders}' == 'a'", "expression-not-allowed", "f'", ""),
    ("orders[0] > 1", "expression-not-allowed", "orders[0]", ""),
    ("(x := 5) > 1", "expression-not-allowed", ":= 5", ""),
    ("b'a' == kind", "expression-not-allowed", "b'a'", ""),
    ("1j == orders", "expression-not-allowed", "1j", ""),
    ("orders > 1e999", "number-too-large", "1e999", ""),
    ("orders > 99999999999999999999", "number-too-large", "9999", ""),
    ("orders > 1; drop table customers", "expression-not-allowed", "; drop", ""),
    ("最近成交天 > 3", "unknown-feature", "最近成交天", "最近成交天数"),
    ("客户类型 == '个人'", "unknown-value", "'个人'", "person"),
    ("months.X > 1", "unknown-feature", "months.X", ""),
    (f"0 < (orders{' + 1' * 12}) < 5", "chain-too-complex", "orders + 1", "and"),
    ("ORDERS > 3", "unknown-feature", "ORDERS", "orders?"),
    ("Recency_Day > 3", "unknown-feature", "Recency_Day", "recency_days?"),
    ("Missng(orders)", "unknown-function", "Missng", "missing?"),
    ("waiting AND introduced", "expression-syntax", "AND", "write and"),
    ("waiting 且 introduced", "expression-syntax", "且", "write and"),
    ("region == 'AND' OR waiting", "expression-syntax", "OR", "write or"),
    ("kind == '企业'", "unknown-value", "'企业'", "write 'organization'"),
    ("kind in ('person',) == waiting == true", "chain-too-complex", "('person',)", "and"),
    ("months_between(next_close_on) > 1", "wrong-arguments", "months_between", ""),
    ("coalesce(birthday, '2026-02-30') > '2026-01-01'", "not-a-date", "'2026-02-30'", "2026-11-22"),
    ("max(next_close_on, 3) > '2026-01-01'", "wrong-type", "max", ""),
    ("months_between(next_close_on if months_between(today, today) > 1 else today, today) > 1",
     "expression-depth", "months_between", ""),
    ("(" * 250 + "orders" + ")" * 250 + " > 1", "expression-syntax", None, ""),
    ("not " * 300 + "waiting", "expression-depth", None, ""),
    ("- " * 900 + "1 > 0", None, None, ""),
    ("orders > 1 " + "or orders > 1 " * 200, "expression-too-long", "orders", ""),
    ("1 + " * 400 + "1 > 0", "expression-too-long", None, ""),
    ("1 + (" * 40 + "1" + ")" * 40 + " > 0", "expression-depth", None, ""),
]  # fmt: skip


def needs_quotes(condition: str) -> bool:
    """YAML itself reads some conditions differently without quotes."""
    return condition[0] in "[(-" or condition.startswith("b'")


@pytest.mark.parametrize(
    ("condition", "code", "at", "hint", "quoted"),
    [
        pytest.param(*case, quoted, id=f"{case[0][:30]}-{'quoted' if quoted else 'plain'}")
        for case in CONDITIONS
        for quoted in (False, True)
        if quoted or not needs_quotes(case[0])
    ],
)
def test_a_fault_in_a_condition_has_its_column(
    condition: str, code: str | None, at: str | None, hint: str, quoted: bool
) -> None:
    written = '"' + condition + '"' if quoted else condition
    faults = faults_after("grades.yaml", "when: no_followup", f"when: {written}")
    assert faults
    if code is not None:
        assert [fault.code for fault in faults] == [code]
    fault = faults[0]
    if at is not None:
        assert fault.source[int(fault.column) - 1 :].startswith(at)
    assert hint in fault.hint


def test_several_faults_of_one_condition_come_together() -> None:
    faults = faults_after(
        "grades.yaml", "when: no_followup", "when: ordrs > 1 or recensy_days > 3 or kind == 4"
    )
    assert [fault.code for fault in faults] == ["unknown-feature", "unknown-feature", "wrong-type"]


def test_a_condition_over_several_lines_reports_line_and_column() -> None:
    faults = faults_after(
        "grades.yaml", "when: no_followup", "when: >\n      orders > 1\n      and ordrs > 3"
    )
    (fault,) = faults
    assert fault.source == "      and ordrs > 3"
    assert fault.source[int(fault.column) - 1 :].startswith("ordrs")


def test_a_comment_inside_a_condition_is_refused() -> None:
    faults = faults_after("grades.yaml", "when: no_followup", 'when: "no_followup # or waiting"')
    assert [fault.code for fault in faults] == ["expression-comment"]


def test_a_wrong_word_of_an_example_comes_with_the_nearest() -> None:
    for old, new, nearest in (
        ("      transactions:", "      transaction:", "transactions"),
        ("amount: 250", "amout: 250", "amount"),
        ("touches_90d: 1,", "touches_9d: 1,", "touches_90d"),
        ("outcome: no_answer", "outcome: noanswer", "no_answer"),
    ):
        faults = faults_after("features.yaml", old, new)
        assert any(f"did you mean {nearest}?" == fault.hint for fault in faults)
    hints = [fault.hint for fault in faults_after("features.yaml", "facts: {}", "facts: {zzz: 1}")]
    (hint,) = hints
    assert hint is not None
    sources = "customer transactions payments credits interactions opportunities tasks complaints surveys contacts products"
    assert hint == f"known: {', '.join(sources.split())}"


def test_an_example_has_no_more_records_than_it_needs() -> None:
    many = "tasks: [" + "{title: x}, " * 1001 + "]"
    faults = faults_after("features.yaml", "facts: {}", f"facts: {{{many}}}")
    assert [fault.code for fault in faults] == ["too-many"]


def test_all_faults_of_all_files_come_at_once_and_in_order() -> None:
    broken = {
        **SHIPPED,
        "value.yaml": SHIPPED["value.yaml"]
        .replace("weight: 40", "weight: 0,4")
        .replace("weight: 20", "weight: -1"),
        "grades.yaml": SHIPPED["grades.yaml"]
        .replace("grade: C", "grade: E", 1)
        .replace("when: no_followup", "when: x", 1),
        "surplus.yaml": "a: 1",
    }
    del broken["cadence.yaml"]
    ruleset, faults = check(broken)
    assert ruleset is None
    assert [fault.code for fault in faults] == [
        "decimal-comma", "bad-weight", "unknown-value", "unknown-feature", "missing-file", "unknown-file",
    ]  # fmt: skip
    with pytest.raises(ConfigError) as raised:
        load(broken)
    assert raised.value.faults == faults
    assert raised.value.status == 78


def test_an_empty_file_and_no_files_at_all_are_faults() -> None:
    assert [fault.code for fault in check({**SHIPPED, "value.yaml": "# nothing\n"})[1]] == ["empty-file"]
    assert {fault.code for fault in check({})[1]} == {"missing-file"}


BOMBS = [
    "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]",
    "[" * 100_000,
    "{a: " * 50_000,
    "- " * 50_000 + "x",
    "!!python/object/apply:os.system ['echo hi']",
    "!<tag:yaml.org,2002:python/name:os.system> x",
    "%YAML 1.1\n---\na: 1",
    "%TAG ! tag:x,2000:\n---\na: 1",
    "? ? ? ? a",
    '"\\U99999999"',
    "\x07",
    "a: 1\n\ta: 2",
    "&a a: *a",
    "score: " + "9" * 6000,
]


@pytest.mark.parametrize("bomb", BOMBS, ids=range(len(BOMBS)))
def test_a_yaml_bomb_is_a_fault_and_nothing_else(bomb: str) -> None:
    ruleset, faults = check({**SHIPPED, "value.yaml": bomb})
    assert ruleset is None
    assert faults
    assert all(len(fault.what) < 400 for fault in faults)


@pytest.mark.parametrize(
    "text",
    [
        SHIPPED["features.yaml"] + "#" * 256_000,
        "".join(f"k{number}: 1\n" for number in range(90_000)),
        f"features: [{'1,' * 300_000}]",
        "features: '" + "x" * 900_000 + "'",
        "features: |\n" + " x\n" * 200_000,
        "字" * 90_000,
        "\udcff" * 90_000,
    ],
    ids=["comment", "keys", "list", "text", "block", "bytes", "surrogates"],
)
def test_a_large_file_is_refused_by_its_size_before_it_is_read(text: str) -> None:
    (fault,) = check({**SHIPPED, "features.yaml": text}, "rules")[1]
    assert (fault.code, fault.what) == ("too-large", "larger than 256000 bytes")
    assert (fault.file, fault.line) == ("rules/features.yaml", 0)


def test_a_file_of_just_the_largest_size_is_read() -> None:
    text = SHIPPED["features.yaml"]
    assert check({**SHIPPED, "features.yaml": text + "#" * (256_000 - len(text.encode()))})[1] == ()


SCORE = (
    "{feature: minutes, weight: 1, scale: {linear: {from: 0, to: 9}}, missing: zero, text: {en: t, zh: t}}"
)
TABLE = (
    "segments: {care: {text: {en: c, zh: c}, matrix: {rows: {of: orders, at_least: [9, 3]}, columns: {of: value, at_least: [50]}, "
    "cells: [[a, b], [b, c], [c, c]]}, texts: {a: {en: a, zh: a}, b: {en: b, zh: b}, c: {en: c, zh: c}}}}"
)
MORE_FAULTS = [
    ("scores.yaml", "scores: {effort: {text: {en: e, zh: e}, indicators: [" + SCORE.replace("minutes", "loyalty") + "]}, loyalty: {text: {en: l, zh: l}, indicators: [" + SCORE.replace("minutes", "effort") + "]}}", "score-cycle"),
    ("scores.yaml", "scores: {orders: {text: {en: e, zh: e}, indicators: [" + SCORE + "]}}", "name-taken"),
    ("scores.yaml", "scores: {tier: {text: {en: e, zh: e}, indicators: [" + SCORE + "]}}", "name-taken"),
    ("scores.yaml", "scores: {effort: {text: {en: e, zh: e}, indicators: [" + SCORE.replace("{feature", "{group: g, feature") + "]}}", "unknown-group"),
    ("scores.yaml", "scores: {effort: {text: {en: e, zh: e}, indicators: []}}", "empty-list"),
    ("segments.yaml", "segments: {rfm: {text: {en: e, zh: e}, policy: first, rules: [{segment: a, when: rank.revenue > 2, text: {en: a, zh: a}}], otherwise: {segment: b, text: {en: b, zh: b}}}}", "unknown-feature"),
    ("segments.yaml", "segments: {rfm: {text: {en: e, zh: e}, policy: first, rules: [{segment: a, when: tier == 'hihg', text: {en: a, zh: a}}], otherwise: {segment: b, text: {en: b, zh: b}}}}", "unknown-value"),
    ("segments.yaml", "segments: {score: {text: {en: e, zh: e}, policy: first, rules: [{segment: a, when: orders > 1, text: {en: a, zh: a}}], otherwise: {segment: b, text: {en: b, zh: b}}}}", "name-taken"),
    ("scores.yaml", "scores: {facts: {text: {en: e, zh: e}, indicators: [" + SCORE + "]}}", "name-taken"),
    ("scores.yaml", "scores: {previous_tier: {text: {en: e, zh: e}, indicators: [" + SCORE + "]}}", "name-taken"),
    ("scores.yaml", "scores: {effort: {text: {en: e, zh: e}, groups: {g: {cap: 9, text: {en: g, zh: g}}}, indicators: [" + SCORE + "]}}", "unused-group"),
    ("scores.yaml", "scores: {effort: {text: {en: e, zh: e}, indicators: [" + SCORE.replace("minutes", "previous_score") + "]}}", "unknown-feature"),
    ("segments.yaml", TABLE.replace("[9, 3]", "[3, 9]"), "unordered-bounds"),
    ("segments.yaml", TABLE.replace("[9, 3]", "[9]"), "wrong-number-of-cells"),
    ("segments.yaml", TABLE.replace("[a, b]", "[a]"), "wrong-number-of-cells"),
    ("segments.yaml", TABLE.replace("[9, 3]", "[]"), "empty-list"),
    ("segments.yaml", TABLE.replace("[a, b]", "[a, x]"), "missing-label"),
    ("segments.yaml", TABLE.replace("[a, b]", "[a, B]"), "bad-name"),
    ("segments.yaml", TABLE.replace("a: {en: a, zh: a}, ", ""), "missing-label"),
    ("segments.yaml", TABLE.replace("a: {en: a, zh: a}, ", "a: {en: a, zh: a}, z: {en: a, zh: a}, "), "unknown-value"),
    ("segments.yaml", TABLE.replace("of: orders", "of: order"), "unknown-feature"),
    ("segments.yaml", TABLE.replace("of: orders", "of: waiting"), "wrong-type"),
    ("segments.yaml", TABLE.replace("matrix:", "policy: first, matrix:"), "unknown-key"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "text", "code"), MORE_FAULTS, ids=[f"{f[2]}-{i}" for i, f in enumerate(MORE_FAULTS)]
)
def test_a_fault_in_a_file_that_need_not_be_there(file: str, text: str, code: str) -> None:
    ruleset, faults = check({**SHIPPED, file: text + "\n"})
    assert ruleset is None
    assert code in [fault.code for fault in faults], faults


SEVERAL_IN_A_TABLE = [
    (("[9, 3]", "[3, 9]"), ("[a, b]", "[a]"), "unordered-bounds wrong-number-of-cells"),
    (("[9, 3]", "[3, 9]"), ("[a, b]", "[a, x]"), "unordered-bounds missing-label"),
    (("[9, 3]", "[3, 5, 9]"), ("[50]", "[50]"), "unordered-bounds unordered-bounds wrong-number-of-cells"),
    (("of: orders", "of: order"), ("[b, c]", "[b]"), "unknown-feature wrong-number-of-cells"),
    (("[a, b]", "[a]"), ("[c, c]", "[c]"), "wrong-number-of-cells wrong-number-of-cells"),
    (("[9, 3]", "[9, x]"), ("[c, c]", "[c, z]"), "wrong-type missing-label"),
    (("[a, b]", "[7, b]"), ("[c, c]", "[c, z]"), "wrong-type missing-label"),
    (("[a, b]", "[b]"), ("[50]", "[50]"), "wrong-number-of-cells"),  # the missing cell may be a: its text is no fault
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "codes"), SEVERAL_IN_A_TABLE)
def test_a_fault_of_a_table_does_not_hide_the_others(
    one: tuple[str, str], other: tuple[str, str], codes: str
) -> None:
    ruleset, faults = check({**SHIPPED, "segments.yaml": TABLE.replace(*one).replace(*other) + "\n"})
    assert ruleset is None
    assert sorted(fault.code for fault in faults) == sorted(codes.split()), faults


MIXED = [
    (["key, at_least: 30", "main, share: 20", "high, at_least: 60"], "", "mixed-tiers unordered-tiers"),
    (["key, share: 60", "main, at_least: 20", "high, share: 50"], "", "mixed-tiers unreachable"),
    (["key, when: orders > 5", "main, at_least: 20", "high, when: orders > 6"], "", "mixed-tiers unreachable"),
    (["key, at_least: 30", "main, share: 20", "high, share: 200"], "", "mixed-tiers out-of-range"),
    (["key, at_least: 30", "main, share: 20", "key, share: 20"], "", "mixed-tiers duplicate-tier"),
    (["key, at_least: 30, share: 5", "main, at_least: 40", "high, at_least: 50"], "", "mixed-tiers unordered-tiers"),
    (["key, at_least: 30", "main, share: 20", "high, at_least: 20"], "sticky: 51\n", "mixed-tiers out-of-range"),
    (["key, at_least: 30", "main, share: 20", "high, at_least: 20"], "share_of: revenu\n", "mixed-tiers unknown-feature"),
    (["key, at_least: 30", "main, share: 20", "high, at_least: 20"], "share_of: revenue\n", "mixed-tiers"),
    (["key, at_least: 30", "main, when: orders > 1", "high, share: 20"], "sticky: 2 periods\n", "mixed-tiers"),
]  # fmt: skip


@pytest.mark.parametrize(("tiers", "more", "codes"), MIXED)
def test_tiers_told_apart_in_two_ways_hide_no_other_fault(tiers: list[str], more: str, codes: str) -> None:
    whole = SHIPPED["value.yaml"]
    rows = "".join(f"  - {{tier: {each}, text: {{en: x, zh: x}}}}\n" for each in [*tiers, "low"])
    value = f"{whole[: whole.index('tiers:')]}{more}tiers:\n{rows}"
    faults = [each for each in check({**SHIPPED, "value.yaml": value})[1] if each.file == "value.yaml"]
    assert sorted(fault.code for fault in faults) == sorted(codes.split()), faults


TIER_FAULTS = [
    ("at_least: 70", "share: 20", "mixed-tiers"),
    ("policy: first\ntiers", "policy: first\nshare_of: revenue\ntiers", "bad-share"),
    ("policy: first\ntiers", "policy: first\nsticky: 51\ntiers", "out-of-range"),
    ("scale: {percentile: higher}", "scale: {quantile: {classes: 1, better: higher}}", "out-of-range"),
    ("scale: {percentile: higher}", "scale: {quantile: {classes: 5, better: most}}", "unknown-value"),
    (
        "scale: {percentile: higher}",
        "scale: {quantile: {classes: 5, better: higher, minimum: 3}}",
        "out-of-range",
    ),
    ("scale: {percentile: higher}", "scale: {log: {from: 0, to: 10}}", "bad-scale"),
    ("scale: {percentile: higher}", "scale: {decay: {half_life: 3 months}}", "months-or-days"),
    ("scale: {percentile: higher}", "scale: {steps: {a: 1}}", "wrong-type"),
]


@pytest.mark.parametrize(
    ("old", "new", "code"), TIER_FAULTS, ids=[f"{f[2]}-{i}" for i, f in enumerate(TIER_FAULTS)]
)
def test_a_fault_in_tiers_and_scales(old: str, new: str, code: str) -> None:
    assert code in [fault.code for fault in faults_after("value.yaml", old, new)]


FEATURES = SHIPPED["features.yaml"]
OWN = FEATURES.replace("features:\n", "features:\n  {name}: {{{body}, text: {{en: x, zh: x}}}}\n", 1)


def faults_with(**files: str) -> list[tuple[str, str]]:
    _ruleset, faults = check({**SHIPPED, **{f"{name}.yaml": text for name, text in files.items()}}, "rules")
    return [(fault.code, fault.what) for fault in faults]


@pytest.mark.parametrize(
    "word", ["and", "not", "in", "if", "else", "true", "none", "lambda", "max", "has", "missing"]
)
def test_a_word_of_conditions_is_no_name(word: str) -> None:
    own = (
        OWN.replace("{name}", word)
        .replace("{{{body}", "{of: revenue, window: 3 months")
        .replace("{{", "{")
        .replace("}}", "}")
    )
    assert [code for code, _what in faults_with(features=own)] == ["bad-name"]
    score = f"scores:\n  {word}:\n    text: {{en: x, zh: x}}\n    indicators:\n      - {{feature: orders, weight: 1, scale: {{log: {{from: 1, to: 9}}}}, missing: zero}}\n"
    assert [code for code, _what in faults_with(scores=score)] == ["bad-name"]


def test_a_feature_with_a_fault_is_not_unknown_as_well() -> None:
    own = (
        OWN.replace("{name}", "mine")
        .replace("{{{body}", "{of: revenue, window: 3")
        .replace("{{", "{")
        .replace("}}", "}")
    )
    value = SHIPPED["value.yaml"].replace("feature: orders_12m", "feature: mine")
    grades = SHIPPED["grades.yaml"].replace("when: ", "when: mine > 3 and ", 1)
    assert grades != SHIPPED["grades.yaml"]
    assert [code for code, _what in faults_with(features=own, value=value, grades=grades)] == [
        "months-or-days"
    ]


def test_a_group_with_a_fault_is_not_unknown_as_well() -> None:
    value = SHIPPED["value.yaml"].replace(
        "indicators:", "groups:\n  buying: {cap: 0, text: {en: x, zh: x}}\nindicators:"
    )
    value = value.replace("    weight: 40\n", "    weight: 40\n    group: buying\n", 1)
    assert [code for code, _what in faults_with(value=value)] == ["out-of-range"]


def test_a_closed_list_is_said_once() -> None:
    (fault,) = faults_after("value.yaml", "missing: zero", "missing: nought")
    assert fault.what.count("neutral") == 1
    assert "neutral" not in fault.hint


def test_tiers_told_apart_in_two_ways_are_shown_where_the_second_begins() -> None:
    (fault,) = faults_after("value.yaml", "{tier: medium, at_least: 40", "{tier: medium, share: 40")
    line = (
        SHIPPED["value.yaml"]
        .splitlines()
        .index(next(row for row in SHIPPED["value.yaml"].splitlines() if "tier: medium" in row))
    )
    assert (fault.code, fault.line) == ("mixed-tiers", line + 1)


def test_a_chinese_text_that_means_another_feature_is_refused() -> None:
    own = FEATURES.replace(
        "features:\n", "features:\n  mine: {of: revenue, window: 3 months, text: {en: x, zh: 成交额}}\n", 1
    )
    assert [code for code, _what in faults_with(features=own)] == ["name-taken"]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("2 perods", "wrong-type"),
        ("0 periods", "out-of-range"),
        ("99", "out-of-range"),
        ("[2]", "wrong-type"),
    ],
)
def test_how_a_tier_is_kept_has_one_fault(written: str, code: str) -> None:
    value = SHIPPED["value.yaml"].replace("policy: first", f"policy: first\nsticky: {written}")
    assert [fault for fault, _what in faults_with(value=value)] == [code]


@pytest.mark.parametrize(
    ("file", "old", "new", "count"),
    [
        ("value.yaml", "at_least: 70, text: {en: high value, zh: 高价值}", "at_least: 70", 1),
        ("value.yaml", "at_least: 70", "at_least: x70", 1),
        ("grades.yaml", "{A: 1, B: 3, C: 6}", "{A: 30, B: 90, C: 180}", 3),
        ("features.yaml", "window: 12 months", "window: 12", 1),
        ("lifecycle.yaml", "new_days: 90", "new_days: 3 months", 1),
    ],
)
def test_what_has_a_fault_is_not_unknown_elsewhere(file: str, old: str, new: str, count: int) -> None:
    assert len(faults_after(file, old, new)) == count


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"k{number}: 1\n" for number in range(20_000)),
        "indicators:\n" + "".join(f"  - {{feature: f{number}, weight: 1}}\n" for number in range(7_000)),
        f"[{'1,' * 100_000}]",
    ],
    ids=["keys", "indicators", "list"],
)
def test_a_file_with_too_many_values_is_refused_at_the_first_too_many(text: str) -> None:
    (fault,) = check({**SHIPPED, "value.yaml": text})[1]
    assert (fault.code, fault.what) == ("too-large", "more than 5000 keys and values")
    assert fault.line > 0


def test_a_file_with_very_many_faults_is_read_no_further() -> None:
    faults = check({**SHIPPED, "value.yaml": "- no\n" * 50_000})[1]
    assert [fault.code for fault in faults] == ["yaml-boolean"] * 101


def test_features_after_the_most_there_may_be_are_one_fault() -> None:
    many = "".join(f"  f{number}: {{of: revenue, windw: 3}}\n" for number in range(300))
    features = SHIPPED["features.yaml"].replace("features:\n", f"features:\n{many}", 1)
    codes = [code for code, _what in faults_with(features=features)]
    assert codes.count("too-many") == 1
    assert "unknown-feature" not in codes


def test_only_the_first_unknown_words_get_a_suggestion() -> None:
    text = SHIPPED["value.yaml"] + "".join(f"polic{number}: first\n" for number in range(2_000))
    faults = [fault for fault in check({**SHIPPED, "value.yaml": text})[1] if fault.code == "unknown-key"]
    assert [fault.hint for fault in faults].count("did you mean policy?") == 20
    assert len(faults) == 2_000


def test_rules_of_the_past_need_only_be_understood() -> None:
    grades = SHIPPED["grades.yaml"].replace("when: no_followup", "when: true")
    files = {**SHIPPED, "grades.yaml": grades}
    assert check(files)[0] is None
    assert len(load(files, stored=True).grades.rules) == len(load(SHIPPED).grades.rules)


def at_marks(file: str, text: str) -> list[tuple[str, str]]:
    """Return the code of each fault of a file, and what stands where it is reported, up to the next blank."""
    _ruleset, faults = check({**SHIPPED, file: text}, "rules")
    lines = text.splitlines()
    return [(each.code, lines[(each.line or 1) - 1][(each.column or 1) - 1 :].split()[0]) for each in faults]


def test_every_band_out_of_order_is_named() -> None:
    text = SHIPPED["value.yaml"].replace(
        "scale: {percentile: higher}",
        "scale: {bands: [{up_to: 5, points: 0}, {up_to: 3, points: 9}, {below: 9, points: 5}, {below: 8, points: 5}, {points: 120}]}",
        1,
    )
    assert at_marks("value.yaml", text) == [
        ("unordered-bands", "{up_to:"),
        ("unordered-bands", "{below:"),
        ("out-of-range", "120}]}"),
    ]


def test_a_tier_without_a_text_hides_no_threshold_out_of_order() -> None:
    old = "{tier: medium, at_least: 40, text: {en: medium value, zh: 中价值}}"
    assert old in SHIPPED["value.yaml"]
    text = SHIPPED["value.yaml"].replace(old, "{tier: medium, at_least: 80}", 1)
    codes = [code for code, _mark in at_marks("value.yaml", text)]
    assert codes == ["missing-label", "unordered-tiers"]


@pytest.mark.parametrize(
    ("high", "medium", "codes"),
    [
        ("value >= 30", "value >= 50", ["unreachable"]),
        ("value >= 30", "orders_12m > 3 and value >= 30", ["unreachable"]),
        ("value >= 50", "orders_12m < 0", ["never-true"]),
        ("value >= 0 or missing(value)", "value >= 50", ["unreachable"]),
        ("value >= 50", "value >= 30", []),
        ("value >= 50", "previous_tier == 'high' and value >= 45", []),
    ],
)
def test_a_tier_by_condition_that_nobody_is_left_for(high: str, medium: str, codes: list[str]) -> None:
    start = SHIPPED["value.yaml"].split("policy:")[0]
    text = f"""{start}policy: first
tiers:
  - {{tier: high, when: {high}, text: {{en: a, zh: 甲}}}}
  - {{tier: medium, when: {medium}, text: {{en: b, zh: 乙}}}}
  - {{tier: low, text: {{en: c, zh: 丙}}}}
"""
    assert [code for code, _what in faults_with(value=text)] == codes


def test_scores_that_look_at_one_another_are_shown_where_the_circle_closes() -> None:
    text = """scores:
  effort:
    text: {en: e, zh: 投入}
    indicators:
      - {feature: loyalty, weight: 1, missing: zero, text: {en: a, zh: 甲}, scale: {linear: {from: 0, to: 9}}}
  loyalty:
    text: {en: l, zh: 忠诚}
    indicators:
      - {feature: minutes, weight: 1, missing: zero, text: {en: b, zh: 乙}, scale: {linear: {from: 0, to: 9}}}
      - {feature: effort, weight: 1, missing: zero, text: {en: c, zh: 丙}, scale: {linear: {from: 0, to: 9}}}
"""
    _ruleset, faults = check({**SHIPPED, "scores.yaml": text}, "rules")
    assert [(each.code, each.file, each.line, each.column) for each in faults] == [
        ("score-cycle", "rules/scores.yaml", 10, 19)
    ]


@pytest.mark.parametrize("written", ["30 days", "30d", "30天", "1 month"])
def test_months_with_a_unit_are_said_to_be_calendar_months(written: str) -> None:
    (fault,) = faults_after("grades.yaml", "{A: 1, B: 3, C: 6}", "{A: " + written + ", B: 3, C: 6}")
    assert (fault.code, fault.hint) == ("months-or-days", "these are calendar months, not days")
