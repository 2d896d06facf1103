"""Every scale, groups with caps, several scores and the ways to tell tiers apart, against plain Python."""

import math
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmcli.rules.border import Border, score_border
from crmcli.rules.checker import check, load
from crmcli.rules.compiler import compile_ruleset
from crmcli.rules.distance import Marked, ways_up
from crmcli.rules.folder import read_files, shipped_folder
from crmcli.rules.model import RuleSet
from crmcli.store.program import evaluate_cases
from crmcli.store.runs import source_tables

SHIPPED = read_files(shipped_folder())
TIERS = """
policy: first
tiers:
  - {tier: high, at_least: 70, text: {en: h, zh: h}}
  - {tier: medium, at_least: 40, text: {en: m, zh: m}}
  - {tier: low, text: {en: l, zh: l}}
"""
AMOUNTS = st.one_of(st.none(), st.integers(0, 40).map(float), st.floats(-50, 5000).map(lambda x: round(x, 2)))
PEOPLE = st.lists(AMOUNTS, min_size=1, max_size=30)


def rules(scale: str, *, missing: str = "zero", tiers: str = TIERS, **more: str) -> RuleSet:
    value = f"""
score: value
text: {{en: v, zh: v}}
indicators:
  - {{name: x, feature: revenue, weight: 3, scale: {scale}, missing: {missing}, text: {{en: x, zh: x}}}}
{tiers}"""
    return load({**SHIPPED, "value.yaml": value, **more})


def judged(ruleset: RuleSet, people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    program = compile_ruleset(ruleset, source_tables(), date(2026, 1, 31), "CNY")
    return evaluate_cases(program, people)  # type: ignore[return-value]


def marks(scale: str, values: list[float | None]) -> list[float | None]:
    """Return what SQL makes of the values; left-out ones come back as None."""
    found = judged(rules(scale, missing="leave_out"), [{"revenue": value} for value in values])
    return [one["indicators"]["x"][1] for one in found]


def type_7(values: list[float], share: float) -> float:
    ordered = sorted(values)
    position = (len(ordered) - 1) * share
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


@given(
    values=PEOPLE,
    classes=st.integers(2, 7),
    better=st.sampled_from(["higher", "lower"]),
    shift=st.sampled_from([0, 1]),
)
@settings(max_examples=15, deadline=None)
def test_quantiles(values: list[float | None], classes: int, better: str, shift: int) -> None:
    found = marks(
        f"{{quantile: {{classes: {classes}, better: {better}, shift: {shift}, minimum: {classes}}}}}", values
    )
    known = [value for value in values if value is not None]
    for value, mark in zip(values, found, strict=True):
        if value is None or len(known) < classes:
            assert mark is None
            continue
        cuts = [type_7(known, cut / classes) + shift for cut in range(1, classes)]
        if any(math.isclose(value, cut, rel_tol=1e-9, abs_tol=1e-9) and value != cut for cut in cuts):
            continue  # closer than floating point can say
        place = 1 + sum(value >= cut for cut in cuts)
        place = place if better == "higher" else classes + 1 - place
        assert mark == pytest.approx((place - 1) / (classes - 1))


@given(values=PEOPLE)
@settings(max_examples=15, deadline=None)
def test_logarithm_and_decay(values: list[float | None]) -> None:
    for value, rising, falling, fading in zip(
        values,
        marks("{log: {from: 10, to: 1000}}", values),
        marks("{log: {from: 1000, to: 10}}", values),
        marks("{decay: {half_life: 30 days}}", values),
        strict=True,
    ):
        if value is None:
            assert (rising, falling, fading) == (None, None, None)
            continue
        held = min(max(value, 10), 1000)
        assert rising == pytest.approx(math.log(held / 10) / math.log(100), abs=1e-12)
        assert falling == pytest.approx(1 - math.log(held / 10) / math.log(100), abs=1e-12)
        assert fading == pytest.approx(0.5 ** (max(value, 0) / 30), abs=1e-12)


@given(values=PEOPLE, better=st.sampled_from(["higher", "lower"]), minimum=st.integers(2, 12))
@settings(max_examples=15, deadline=None)
def test_a_percentile_of_too_few_is_missing(values: list[float | None], better: str, minimum: int) -> None:
    found = marks(f"{{percentile: {{better: {better}, minimum: {minimum}}}}}", values)
    enough = sum(value is not None for value in values) >= minimum
    assert found == (marks(f"{{percentile: {better}}}", values) if enough else [None] * len(values))


@given(values=st.lists(st.integers(-40, 200).map(float), min_size=1, max_size=8), days=st.integers(1, 120))
@settings(max_examples=15, deadline=None)
def test_a_decay_over_a_window_ends_with_it(values: list[float], days: int) -> None:
    for value, mark in zip(values, marks(f"{{decay: {{window: {days} days}}}}", values), strict=True):
        assert mark == pytest.approx(min(1, max(0, 1 - max(value, 0) / days)), abs=1e-12)


def test_steps_score_words_and_flags() -> None:
    value = SHIPPED["value.yaml"][: SHIPPED["value.yaml"].index("indicators:")] + (
        "indicators:\n"
        "  - {feature: size, weight: 1, scale: {steps: {large: 100, medium: 60, otherwise: 10}}, missing: neutral}\n"
        "  - {feature: waiting, weight: 1, scale: {steps: {true: 0, false: 100}}, missing: zero}\n" + TIERS
    )
    people = [
        {"size": "large", "waiting": False},
        {"size": "micro_small", "waiting": True},
        {"size": None, "waiting": None},
    ]
    found = judged(load({**SHIPPED, "value.yaml": value}), people)
    assert [one["score"] for one in found] == [100, 5, 25]


@given(
    values=st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=8),
    cap=st.integers(1, 99),
)
@settings(max_examples=15, deadline=None)
def test_a_group_gives_no_more_than_its_cap_and_the_terms_add_up(
    values: list[tuple[int, int]], cap: int
) -> None:
    value = f"""
score: value
text: {{en: v, zh: v}}
groups:
  buying: {{cap: {cap}, text: {{en: b, zh: b}}}}
indicators:
  - {{feature: revenue, group: buying, weight: 2, scale: {{linear: {{from: 0, to: 100}}}}, missing: zero}}
  - {{feature: orders, group: buying, weight: 1, scale: {{linear: {{from: 0, to: 100}}}}, missing: zero}}
  - {{feature: touches, weight: 1, scale: {{linear: {{from: 0, to: 100}}}}, missing: zero}}
{TIERS}"""
    found = judged(
        load({**SHIPPED, "value.yaml": value}),
        [{"revenue": a, "orders": b, "touches": b} for a, b in values],
    )
    for (a, b), one in zip(values, found, strict=True):
        terms = {name: term[3] for name, term in one["indicators"].items()}
        assert round(sum(terms.values()), 2) == one["score"]
        assert one["score"] == pytest.approx(min(cap, a * 0.5 + b * 0.25) + b * 0.25, abs=0.011)
        assert terms["cap:buying"] <= 0


MATRIX = """
segments:
  priority:
    text: {en: p, zh: p}
    matrix:
      rows: {of: orders, at_least: [9, 3]}
      columns: {of: value, at_least: [60, 20.5]}
      cells:
        - [a1, a2, a3]
        - [b1, b2, b2]
        - [c1, rest, rest]
    texts: {a1: &t {en: t, zh: t}, a2: *t, a3: *t, b1: *t, b2: *t, c1: *t, rest: *t}
""".replace("&t ", "").replace("*t", "{en: t, zh: t}")


@given(people=st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 12)), AMOUNTS), min_size=1, max_size=20))
@settings(max_examples=15, deadline=None)
def test_a_table_of_two_numbers(people: list[tuple[int | None, float | None]]) -> None:
    found = judged(
        rules("{linear: {from: 0, to: 100}}", **{"segments.yaml": MATRIX}),
        [{"orders": orders, "revenue": revenue} for orders, revenue in people],
    )
    for (orders, _revenue), one in zip(people, found, strict=True):
        row = 2 if orders is None or orders < 3 else 1 if orders < 9 else 0
        column = 0 if one["score"] >= 60 else 1 if one["score"] >= 20.5 else 2
        cells = (("a1", "a2", "a3"), ("b1", "b2", "b2"), ("c1", "rest", "rest"))
        assert one["judged"]["priority"] == cells[row][column]


def test_a_table_means_what_its_rules_mean() -> None:
    text = "text: {en: t, zh: t}"
    spelled = f"""
segments:
  priority:
    text: {{en: p, zh: p}}
    policy: first
    rules:
      - {{segment: a1, when: orders >= 9 and value >= 60, {text}}}
      - {{segment: a2, when: orders >= 9 and value >= 20.5, {text}}}
      - {{segment: a3, when: orders >= 9, {text}}}
      - {{segment: b1, when: orders >= 3 and value >= 60, {text}}}
      - {{segment: b2, when: orders >= 3 and value >= 20.5, {text}}}
      - {{segment: b2, when: orders >= 3, {text}}}
      - {{segment: c1, when: value >= 60, {text}}}
      - {{segment: rest, when: value >= 20.5, {text}}}
    otherwise: {{segment: rest, {text}}}
"""
    scale = "{linear: {from: 0, to: 100}}"
    table, listed = (rules(scale, **{"segments.yaml": each}) for each in (MATRIX, spelled))
    assert table.fingerprint == listed.fingerprint
    written = [[rule.written for rule in each.segments[0].rules] for each in (table, listed)]
    assert written[0] == written[1]
    large = rules(scale, **{"segments.yaml": MATRIX.replace("[9, 3]", "[1234567, 0.1]")})
    assert large.segments[0].rules[2].written == "orders >= 1234567"


SCORES = """
scores:
  effort:
    text: {en: e, zh: e}
    indicators:
      - {feature: minutes, weight: 1, scale: {linear: {from: 0, to: 600}}, missing: zero}
  balance:
    text: {en: b, zh: b}
    indicators:
      - {feature: value, weight: 1, scale: {linear: {from: 0, to: 100}}, missing: zero, text: {en: v, zh: v}}
      - {feature: effort, weight: 1, scale: {linear: {from: 100, to: 0}}, missing: zero, text: {en: e, zh: e}}
tests:
  - given: {minutes: 300}
    expect: {effort: 50}
"""
SEGMENTS = """
segments:
  junk:
    text: {en: j, zh: j}
    policy: first
    rules:
      - {segment: junk, when: "tier == 'low' and effort >= 50", text: {en: j, zh: j}}
    otherwise: {segment: fine, text: {en: f, zh: f}}
"""


def test_scores_look_at_scores_and_segments_at_everything() -> None:
    ruleset = rules("{linear: {from: 0, to: 100}}", **{"scores.yaml": SCORES, "segments.yaml": SEGMENTS})
    assert [score.name for score in ruleset.scores].index("balance") == 2
    found = judged(
        ruleset,
        [{"revenue": 90, "minutes": 300}, {"revenue": 10, "minutes": 300}, {"revenue": 10, "minutes": 0}],
    )
    assert [one["judged"]["effort"] for one in found] == [50, 50, 0]
    assert [one["judged"]["balance"] for one in found] == [70, 30, 55]
    assert [one["judged"]["junk"] for one in found] == ["fine", "junk", "fine"]


PARETO = """
policy: first
share_of: revenue
tiers:
  - {tier: key, share: 80, text: {en: k, zh: k}}
  - {tier: main, share: 15, text: {en: m, zh: m}}
  - {tier: ordinary, text: {en: o, zh: o}}
"""
SHARES = PARETO.replace("share_of: revenue\n", "").replace("80", "20").replace("15", "30")
#: What names tiers is that of the preset with these.
PRESET = shipped_folder() / "presets" / "abc-pareto"
OF_THESE = {
    "cadence.yaml": (PRESET / "cadence.yaml").read_text(encoding="utf-8"),
    "triggers.yaml": (PRESET / "triggers.yaml").read_text(encoding="utf-8"),
}


@given(values=st.lists(st.integers(-20, 1000).map(float), min_size=1, max_size=25))
@settings(max_examples=20, deadline=None)
def test_shares_of_revenue_and_of_customers(values: list[float]) -> None:
    people = [{"revenue": value} for value in values]
    pareto = [one["tier"] for one in judged(rules("{percentile: higher}", tiers=PARETO, **OF_THESE), people)]
    total = sum(max(value, 0) for value in values)
    for value, tier in zip(values, pareto, strict=True):
        before = sum(other for other in values if other > max(value, 0))
        share = 100 * before / total if total else 100
        assert tier == ("key" if share < 80 else "main" if share < 95 else "ordinary")
    found = judged(rules("{linear: {from: 0, to: 1000}}", tiers=SHARES, **OF_THESE), people)
    for one in found:
        better = 100 * sum(other["score"] > one["score"] for other in found) / len(found)
        assert one["tier"] == ("key" if better < 20 else "main" if better < 50 else "ordinary")


SCALES = [
    "{linear: {from: 0, to: 1000}}",
    "{linear: {from: 1000, to: 0}}",
    "{bands: [{up_to: 10, points: 0}, {below: 300, points: 55}, {up_to: 900, points: 75}, {points: 100}]}",
    "{percentile: higher}",
    "{percentile: lower}",
    "{log: {from: 10, to: 1000}}",
    "{decay: {half_life: 90 days}}",
    "{quantile: {classes: 2, better: higher}}",
    "{quantile: {classes: 5, better: higher, minimum: 5}}",
    "{quantile: {classes: 4, better: lower, minimum: 4}}",
    "{quantile: {classes: 3, better: higher, shift: 7.5, minimum: 3}}",
    "{quantile: {classes: 3, better: lower, shift: -0.25, minimum: 3}}",
]


@pytest.mark.parametrize("scale", SCALES)
@given(values=st.lists(st.integers(0, 1200).map(float), min_size=2, max_size=12), who=st.integers(0, 11))
@settings(max_examples=10, deadline=None)
@example(values=[0.0, 23.0, 12.0], who=1)  # the cut lies between the value itself and the next one
@example(values=[10.0, 200.0, 12.0], who=0)
def test_the_way_to_the_next_tier_leads_there(scale: str, values: list[float], who: int) -> None:
    """The value that is named, or one beyond it, gives the next tier, everything else as it is."""
    who %= len(values)
    ruleset = rules(scale)
    people = [{"revenue": value} for value in values]
    own = judged(ruleset, people)[who]
    above = score_border(ruleset, own["tier"], own["score"], None)
    if above is None:
        return
    assert above.least is not None
    marked = {"x": Marked(*own["indicators"]["x"])}
    ways = ways_up(ruleset.value, above.least - own["score"], marked, lambda _name: sorted(values))
    if not ways:
        assert "bands" not in scale, "a scale of bands that reaches 100 can always be climbed"
        return
    (way,) = ways
    step = -0.01 if way.down else 0.01
    reached = way.needed + (step if way.beyond else 0)
    people[who] = {"revenue": reached}
    assert judged(ruleset, people)[who]["score"] >= above.least
    if "quantile" in scale:
        people[who] = {"revenue": reached - 2 * step}
        assert judged(ruleset, people)[who]["score"] < above.least, "less would have been enough"


def test_somebody_in_a_sticky_tier_needs_that_much_more_for_the_next() -> None:
    ruleset = rules(
        "{linear: {from: 0, to: 100}}", tiers=TIERS.replace("policy: first", "policy: first\nsticky: 5")
    )
    above = score_border(ruleset, "medium", 72, "medium")
    assert above is not None
    assert above.least == 75
    marked = {"x": Marked(72.0, 0.72, 1.0, 72.0)}
    (way,) = ways_up(ruleset.value, above.least - 72, marked, lambda _name: [72.0])
    assert way.needed == pytest.approx(75, abs=0.006)
    assert ways_up(ruleset.value, -2, marked, lambda _name: [72.0]) == ()
    fallen, new = (score_border(ruleset, "medium", 60, earlier) for earlier in ("high", None))
    assert (fallen, new) == (Border(ruleset.tiers[0], 65), Border(ruleset.tiers[0], 70))


def test_too_few_values_for_classes_are_no_way_up() -> None:
    ruleset = rules("{quantile: {classes: 5, better: higher, minimum: 50}}")
    assert ways_up(ruleset.value, 30, {"x": Marked(1.0, 0.0, 1.0, 0.0)}, lambda _name: [1.0, 2.0, 3.0]) == ()


RANKED = "{quantile: {classes: 3, better: higher}}"
PLAIN = "{linear: {from: 0, to: 3}}"


def _score(name: str, indicator: str, feature: str, scale: str) -> str:
    words = "text: {en: x, zh: x}"
    line = f"{{name: {indicator}, feature: {feature}, weight: 1, scale: {scale}, missing: zero, {words}}}"
    return f"  {name}:\n    {words}\n    indicators:\n      - {line}\n"


def test_a_score_may_look_at_a_class_of_another() -> None:
    """The value score, which is read first, looks at one that looks at a class of a third."""
    text = "scores:\n" + _score("aa", "orders", "orders", RANKED) + _score("bb", "b", "rank.orders", PLAIN)
    value = (
        rules("{linear: {from: 0, to: 100}}").files["value.yaml"].replace("feature: revenue", "feature: bb")
    )
    ruleset = load({**SHIPPED, "value.yaml": value, "scores.yaml": text})
    assert [score.name for score in ruleset.scores] == ["aa", "bb", "value"]
    found = judged(ruleset, [{"orders": number} for number in (1, 2, 3)])
    assert [round(one["judged"]["bb"]) for one in found] == [33, 67, 100]
    assert [round(one["score"]) for one in found] == [33, 67, 100]


def test_two_classes_of_one_name_are_a_fault() -> None:
    text = "scores:\n" + _score("aa", "orders", "orders", RANKED) + _score("bb", "orders", "orders", RANKED)
    _ruleset, faults = check({**SHIPPED, "scores.yaml": text})
    assert [fault.code for fault in faults] == ["duplicate-indicator"]
