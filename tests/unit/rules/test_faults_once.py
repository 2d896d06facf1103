"""One thing wrong is said once, where it stands: what cannot be read is not unknown wherever it is used as well."""

import pytest

from crmcli.rules.checker import OPTIONAL, check
from crmcli.rules.folder import read_files, shipped_folder

SHIPPED = read_files(shipped_folder())
LABEL = "text: {en: x, zh: x}"
SCORES = f"""scores:
  effort:
    {LABEL}
    groups:
      work: {{cap: 50, {LABEL}}}
    indicators:
      - {{feature: revenue_12m, weight: 1, scale: {{quantile: {{classes: 5, better: higher}}}}, missing: zero}}
      - {{feature: 近12个月成交次数, name: often, group: work, weight: 1, scale: {{log: {{from: 1, to: 9}}}}, missing: zero}}
tests:
  - given: {{revenue_12m: 5, orders_12m: 1}}
    others: [{{revenue_12m: 6}}]
    expect: {{effort: 50}}
"""
SEGMENTS = f"""segments:
  care:
    {LABEL}
    matrix:
      rows: {{of: effort, at_least: [50]}}
      columns: {{of: revenue_12m, at_least: [9]}}
      cells: [[a, b], [b, a]]
    texts: {{a: {{en: a, zh: a}}, b: {{en: b, zh: b}}}}
  rfm:
    {LABEL}
    policy: first
    parameters: {{few: 2}}
    rules:
      - {{segment: best, when: rank.revenue_12m >= 4 and 近12个月成交次数 > few, {LABEL}}}
      - {{segment: good, when: tier == 'high' and effort > 3, {LABEL}}}
    otherwise: {{segment: rest, {LABEL}}}
tests:
  - given: {{revenue_12m: 5, orders_12m: 1}}
    others: [{{revenue_12m: 6}}]
    expect: {{care: a, rfm: good}}
"""
RULES = {**SHIPPED, "scores.yaml": SCORES, "segments.yaml": SEGMENTS}


def after(file: str, old: str, new: str) -> list[str]:
    """Return the codes of the faults of rules in which one text is another."""
    assert RULES[file].count(old) >= 1, old
    return codes({**RULES, file: RULES[file].replace(old, new, 1)})


def codes(files: dict[str, str]) -> list[str]:
    ruleset, faults = check(files)
    assert (ruleset is None) is bool(faults)
    return [fault.code for fault in faults]


def test_the_rules_of_these_tests_have_no_fault() -> None:
    assert check(RULES)[1] == ()
    assert "近12个月成交次数" in RULES["features.yaml"]


@pytest.mark.parametrize("file", RULES)
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{whole}\n]", "yaml-syntax"),
        ("a: &a [x, x]", "yaml-anchor"),
        ("[1]", "wrong-type"),
        ("# nothing", "empty-file"),
        ("{whole}#" + "#" * 256_000, "too-large"),
    ],
    ids=["syntax", "bomb", "list", "empty", "large"],
)
def test_a_file_that_cannot_be_read_is_one_fault(file: str, text: str, code: str) -> None:
    assert codes({**RULES, file: text.replace("{whole}", RULES[file])}) == [code]


@pytest.mark.parametrize("file", [name for name in SHIPPED if name not in OPTIONAL])
def test_a_file_that_is_not_there_is_one_fault(file: str) -> None:
    assert codes({name: text for name, text in RULES.items() if name != file}) == ["missing-file"]


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        # whole sections
        ("features.yaml", "features:\n", "features: []\nx:\n", "wrong-type unknown-key"),
        ("features.yaml", "features:\n", "featuers:\n", "unknown-key"),
        ("scores.yaml", "scores:\n", "scroes:\n", "unknown-key"),
        ("segments.yaml", "segments:\n", "segmets:\n", "unknown-key"),
        ("value.yaml", "tiers:\n", "tires:\n", "unknown-key"),
        ("value.yaml", "indicators:\n", "indicatrs:\n", "unknown-key"),
        ("value.yaml", "policy: first", "polcy: first", "unknown-key"),
        ("grades.yaml", "months:", "month:", "unknown-key"),
        ("lifecycle.yaml", "parameters:", "paramters:", "unknown-key"),
        ("segments.yaml", "parameters:", "paramters:", "unknown-key"),
        ("segments.yaml", "parameters: {few: 2}", "parameters: [2]", "wrong-type"),
        ("scores.yaml", "groups:", "gruops:", "unknown-key"),
        # one declared feature, which the rules use by both its names
        ("features.yaml", "window: 12 months", "window: 12", "months-or-days"),
        ("features.yaml", "of: orders", "of: ordrs", "unknown-feature"),
        ("features.yaml", "zh: 近12个月成交次数", "zn: 近12个月成交次数", "missing-key unknown-key"),
        ("features.yaml", "text: {en: sales", "texst: {en: sales", "missing-label unknown-key"),
        # scores
        ("scores.yaml", "  effort:\n", "  effort: 5\n  more:\n", "wrong-type"),
        ("scores.yaml", "quantile: {classes: 5", "quantil: {classes: 5", "unknown-key"),
        ("scores.yaml", "{feature: revenue_12m, weight: 1", "{feature: revenue_12m, weight: 0", "bad-weight"),
        ("scores.yaml", "{feature: revenue_12m, weight: 1", "{featur: revenue_12m, weight: 1", "unknown-key"),
        ("scores.yaml", "cap: 50", "cap: 0", "out-of-range"),
        # tiers
        ("value.yaml", "tier: high, at", "tier: hihg, at", "unknown-value"),
        ("value.yaml", "tier: high, at", "teir: high, at", "unknown-key"),
        ("value.yaml", "tier: medium, at", "tier: high, at", "duplicate-tier"),
        # parameters
        ("lifecycle.yaml", "new_days: 90", "new_days: 3 months", "wrong-type"),
        ("segments.yaml", "few: 2", "few: two", "wrong-type"),
        # judgements, and what the examples expect of them
        ("segments.yaml", "at_least: [50]", "at_least: [60, 50]", "wrong-number-of-cells"),
        ("segments.yaml", "cells: [[a, b]", "cells: [[a, B]", "bad-name"),
        ("segments.yaml", "texts: {a: {en: a, zh: a}", "texts: {a: {en: a, zn: a}", "missing-key unknown-key"),
        ("segments.yaml", "segment: good, when", "segmnt: good, when", "unknown-key"),
        ("segments.yaml", f"> 3, {LABEL}", "> 3", "missing-label"),
        # a misspelt key is not missing as well
        ("value.yaml", "    weight: 40", "    wieght: 40", "unknown-key"),
        ("grades.yaml", "otherwise:\n  grade: D", "otherwise:\n  grad: D", "unknown-key"),
        ("cadence.yaml", "unclassified:", "unclasified:", "unknown-key"),
    ],
)  # fmt: skip
def test_one_thing_wrong_is_one_fault(file: str, old: str, new: str, code: str) -> None:
    assert after(file, old, new) == code.split()


def test_examples_expect_what_a_refused_name_stands_for() -> None:
    renamed = {
        "scores.yaml": SCORES.replace("effort", "orders"),
        "segments.yaml": SEGMENTS.replace("care", "Care").replace("effort", "revenue"),
    }
    assert codes({**RULES, **renamed}) == ["name-taken", "bad-name"]
    taken = {
        "scores.yaml": SCORES.replace("effort", "tier"),
        "segments.yaml": SEGMENTS.replace("effort", "orders"),
    }
    assert codes({**RULES, **taken}) == ["name-taken"]


def test_what_has_nothing_to_do_with_a_fault_is_still_said() -> None:
    files = {
        **RULES,
        "features.yaml": "features: [",
        "value.yaml": RULES["value.yaml"].replace("weight: 40", "weight: 0", 1),
        "grades.yaml": RULES["grades.yaml"].replace(
            "when: no_followup", "when: months.X > 1 and kind == 4", 1
        ),
        "segments.yaml": SEGMENTS.replace("rank.revenue_12m", "rank.nothing"),
    }
    assert codes(files) == ["yaml-syntax", "bad-weight", "unknown-feature", "wrong-type", "unknown-feature"]


def test_a_name_that_nothing_wrong_could_stand_for_is_unknown() -> None:
    files = {
        **RULES,
        "scores.yaml": SCORES.replace("cap: 50", "cap: 0"),
        "grades.yaml": RULES["grades.yaml"].replace("when: no_followup", "when: nonsense > 1", 1),
    }
    assert codes(files) == ["out-of-range", "unknown-feature"]


def test_a_segment_that_a_judgement_without_a_fault_lacks_is_unknown() -> None:
    files = {
        **RULES,
        "segments.yaml": SEGMENTS.replace("rfm: good", "rfm: god").replace("[[a, b]", "[[a, x]"),
    }
    assert codes(files) == ["missing-label", "unknown-value"]


def test_keys_that_are_known_are_no_misspelling_of_another() -> None:
    """Or rules without a fault would lose conditions: what is excused must be said somewhere."""
    lines = RULES["lifecycle.yaml"].splitlines(keepends=True)
    start = lines.index("parameters:\n")
    end = next(at for at in range(start + 1, len(lines)) if not lines[at].startswith("  "))
    files = {**RULES, "lifecycle.yaml": "".join(lines[:start] + lines[end:])}
    assert set(codes(files)) == {"unknown-feature"}
    assert codes(
        {
            **RULES,
            "scores.yaml": SCORES.replace("    groups:\n", "").replace(
                f"      work: {{cap: 50, {LABEL}}}\n", ""
            ),
        }
    ) == ["unknown-group"]
    grades = RULES["grades.yaml"].replace("policy: first\n", "")
    assert codes({**RULES, "grades.yaml": grades}) == ["missing-policy"]
