"""Where the next tier begins, against the classification itself: the value that is named leads there, and less does not."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Float, Integer, Select, Text, literal, select, union_all

from crmcli.rules.border import Border, rank_border, score_border, sum_border, tier_at
from crmcli.rules.checker import load
from crmcli.rules.compiler import compile_ruleset
from crmcli.rules.distance import Marked, ways_up
from crmcli.rules.expression import BOOL, DATE, NUMBER, TEXT, Known, Scope, canonical, condition, written_out
from crmcli.rules.folder import read_files, shipped_folder
from crmcli.rules.model import RuleSet
from crmcli.rules.truth import holds
from crmcli.rules.unmet import unmet
from crmcli.store.program import evaluate_cases
from crmcli.store.runs import source_tables

SHIPPED = read_files(shipped_folder())
CODES = ("high", "medium", "low")
BOUNDS = {
    "score": ("at_least: 70", "at_least: 40.5"),
    "customers": ("share: 20", "share: 30"),
    "sum": ("share: 60", "share: 25"),
}


def rules(by: str, sticky: int) -> RuleSet:
    """One indicator that gives a hundredth of a point for each unit of revenue."""
    bounds = BOUNDS[by]
    value = f"""
score: value
text: {{en: v, zh: v}}
indicators:
  - {{name: x, feature: revenue, weight: 3, scale: {{linear: {{from: 0, to: 10000}}}}, missing: zero, text: {{en: x, zh: x}}}}
policy: first
sticky: {sticky}
{"share_of: revenue" if by == "sum" else ""}
tiers:
  - {{tier: high, {bounds[0]}, text: {{en: h, zh: h}}}}
  - {{tier: medium, {bounds[1]}, text: {{en: m, zh: m}}}}
  - {{tier: low, text: {{en: l, zh: l}}}}
"""
    return load({**SHIPPED, "value.yaml": value})


def before(tiers: list[str | None]) -> Select[Any]:
    """The run before, as a program is given it: only those it knew."""
    rows = [
        select(
            literal(number, Integer).label("customer_id"),
            literal(tier, Text).label("tier"),
            literal(50.0, Float).label("score"),
        )
        for number, tier in enumerate(tiers, 1)
        if tier is not None
    ]
    rows = rows or [
        select(
            literal(0, Integer).label("customer_id"),
            literal("low", Text).label("tier"),
            literal(0.0, Float).label("score"),
        )
    ]
    return select(union_all(*rows).subquery("before_it"))


class World:
    """Customers of so much revenue, each with the tier of the run before; compiled once."""

    def __init__(self, by: str, sticky: int, people: list[tuple[int, str | None]]) -> None:
        self.values = [float(value) for value, _tier in people]
        self.tiers = [tier for _value, tier in people]
        self.ruleset = rules(by, sticky)
        self.program = compile_ruleset(
            self.ruleset, source_tables(), date(2026, 1, 31), "CNY", before(self.tiers)
        )

    def judged(self, values: list[float]) -> list[dict[str, Any]]:
        return evaluate_cases(self.program, [{"revenue": value} for value in values])  # type: ignore[return-value]

    def place(self, who: int, value: float) -> int:
        """The place of the tier that somebody has with another value, everybody else as they are."""
        found = self.judged([*self.values[:who], value, *self.values[who + 1 :]])
        return CODES.index(found[who]["tier"])


def border(
    by: str, ruleset: RuleSet, found: list[dict[str, Any]], values: list[float], who: int, earlier: str | None
) -> Border | None:
    own = found[who]
    if by == "sum":
        return sum_border(ruleset, own["tier"], values[who], sorted(values), earlier, 100)
    if by == "customers":
        scores = sorted(each["score"] for each in found)
        return rank_border(ruleset, own["tier"], own["score"], scores, earlier)
    return score_border(ruleset, own["tier"], own["score"], earlier)


PEOPLE = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 10_000), st.sampled_from([0, 0, 4_000, 7_000, 10_000])),
        st.sampled_from([None, *CODES]),
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.parametrize("by", list(BOUNDS))
@given(people=PEOPLE, who=st.integers(0, 11), sticky=st.sampled_from([0, 5, 30]))
@example(people=[(0, None), (0, None)], who=0, sticky=0).via("nothing to share out")
@example(people=[(5_000, None), (5_000, "low"), (5_000, "low")], who=1, sticky=5).via("equals")
@example(people=[(9_000, "high"), (3_000, "low"), (1_000, "low")], who=2, sticky=30).via("kept below")
@settings(max_examples=12, deadline=None)
def test_the_border_is_where_the_next_tier_begins(
    by: str, people: list[tuple[int, str | None]], who: int, sticky: int
) -> None:
    who %= len(people)
    world = World(by, sticky, people)
    found = world.judged(world.values)
    own = found[who]
    place = CODES.index(own["tier"])
    least = border(by, world.ruleset, found, world.values, who, world.tiers[who])
    if place == 0:
        assert least is None
        return
    assert least is not None
    if least.least is None or (least.least > 100 and by == "score"):
        assert world.place(who, 10_000.0) == place, "the most that counts would be enough"
        return
    needed, step = (least.least, 0.01) if by == "sum" else (float(round(least.least * 100)), 1.0)
    assert needed > world.values[who]
    assert world.place(who, needed) == CODES.index(least.tier.code) < place
    assert world.place(who, round(needed - step, 2)) == place, "less would have been enough"
    if by != "sum":
        marked = {"x": Marked(*own["indicators"]["x"])}
        (way,) = ways_up(world.ruleset.value, least.least - own["score"], marked, lambda _name: [])
        assert needed - 1 < way.needed <= needed


@pytest.mark.parametrize("by", list(BOUNDS))
@given(people=PEOPLE)
@settings(max_examples=12, deadline=None)
def test_the_tier_of_a_measure_is_that_of_the_classification(
    by: str, people: list[tuple[int, str | None]]
) -> None:
    world = World(by, 7, people)
    found = world.judged(world.values)
    total = sum(world.values)
    for value, tier, one in zip(world.values, world.tiers, found, strict=True):
        measure: float | None = one["score"]
        if by == "customers":
            measure = 100 * sum(other["score"] > one["score"] for other in found) / len(found)
        elif by == "sum":
            better = sum(other for other in world.values if other > value)
            measure = round(100 * better / total, 9) if total else None
        assert CODES[tier_at(world.ruleset, measure, tier)] == one["tier"]


FIELDS = {"a": NUMBER, "b": NUMBER, "flag": BOOL, "word": TEXT, "day": DATE}
SCOPE = Scope({name: Known(name, kind) for name, kind in FIELDS.items()}, {})
CONDITIONS = [
    "a >= 50 and b < 3 and flag and word == 'x' and day > '2026-01-01'",
    "not flag and not a == 3 and not (b > 2) and 5 > a",
    "0 < a <= 10 and word in ('x', 'y') and word not in ('y', \"it's\")",
    "(a > 1 or b > 1) and a / b >= 0.3 and missing(word) == false",
    "coalesce(a, 0) + b * 2 > 1e15 and (1 if flag else 2) < 1.1 and -a < 0.1 and not (flag and word != 'y')",
    "day < '2027-02-03' and '2026-05-05' <= day and min(a, b) > 0.12345678901234567 and abs(a) <= 100",
]
VALUES = {
    NUMBER: st.one_of(st.none(), st.sampled_from([0.0, 1.0, 2.0, 3.0, 10.0, 50.0, 60.0, -1.0])),
    BOOL: st.sampled_from([None, True, False]),
    TEXT: st.sampled_from([None, "x", "y", "z"]),
    DATE: st.sampled_from([None, "2026-01-01", "2026-05-05", "2027-02-03"]),
}


@pytest.mark.parametrize("text", CONDITIONS)
def test_what_is_written_out_means_the_same(text: str) -> None:
    tree, _faults = condition(text, SCOPE)
    assert tree is not None
    again, faults = condition(written_out(tree), SCOPE)
    assert again is not None, (written_out(tree), faults)
    assert canonical(again) == canonical(tree)


def plainly(part: Any, facts: dict[str, Any]) -> bool:
    """Whether a comparison of one feature holds, in Python."""
    now, first = facts[part.feature], part.values[0]
    if now is None:
        return False
    return {
        "<": lambda: now < first, "<=": lambda: now <= first, ">": lambda: now > first, ">=": lambda: now >= first,
        "==": lambda: now == first, "!=": lambda: now != first,
        "in": lambda: now in part.values, "not in": lambda: now not in part.values,
    }[part.op]()  # fmt: skip


@pytest.mark.parametrize("text", CONDITIONS)
@given(facts=st.fixed_dictionaries({name: VALUES[kind] for name, kind in FIELDS.items()}))
@settings(max_examples=30, deadline=None)
def test_a_condition_holds_when_nothing_of_it_is_unmet(text: str, facts: dict[str, Any]) -> None:
    """Python's own evaluation is the oracle where every name is known and no part is a function."""
    tree, _faults = condition(text, SCOPE)
    assert tree is not None
    found = unmet(tree, facts)
    assert (holds(tree, facts) is True) == (not found)
    for part in found:
        assert part.holds is False, "all of these can be worked out"
        again, _faults = condition(part.written, SCOPE)
        assert again is not None
        if part.feature:
            assert not plainly(part, facts)
    known = None not in facts.values()
    if known and not (facts["b"] == 0 and "/" in text):
        functions = {"coalesce": lambda a, b: b if a is None else a, "missing": lambda x: x is None}
        names = {**facts, **functions, "min": min, "abs": abs, "true": True, "false": False}
        assert (not found) == eval(text, {"__builtins__": {}}, names)  # noqa: S307


def test_what_cannot_be_worked_out_is_not_said_to_be_missing() -> None:
    tree, _faults = condition("round(a) == 3 and b > 1", SCOPE)
    assert tree is not None
    (rounded,) = unmet(tree, {"a": 2.6, "b": 2.0})
    assert (rounded.written, rounded.holds, rounded.feature) == ("round(a) == 3", None, "")
    assert json.dumps(rounded.values) == "[]"
