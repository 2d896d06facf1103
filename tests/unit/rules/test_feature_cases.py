"""What features say about a few facts that are easy to get wrong: examples as a rule file has them."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from crmcli.rules.catalogue import CATALOGUE
from crmcli.rules.checker import MAX_FEATURES, MAX_SCORES, check, load
from crmcli.rules.compiler import compile_ruleset
from crmcli.rules.folder import read_files, shipped_folder
from crmcli.store.program import evaluate_cases, evaluate_facts
from crmcli.store.runs import source_tables
from crmcli.workflows import ruleset as verbs

SHIPPED = read_files(shipped_folder())
DECLARED = """
  repeat_90d: {of: repeat_rate, window: 90 days, text: {en: a, zh: 甲1}}
  repeat_30d: {of: repeat_rate, window: 30 days, text: {en: a, zh: 甲2}}
  trend_1m: {of: revenue_trend, window: 1 month, text: {en: a, zh: 甲3}}
  trend_3m: {of: revenue_trend, window: 3 months, text: {en: a, zh: 甲4}}
  average_90d: {of: average_order, window: 90 days, text: {en: a, zh: 甲5}}
  kinds: {from: transactions, take: distinct, field: category, text: {en: a, zh: 甲6}}
  won: {from: opportunities, take: count, where: stage == 'won', text: {en: a, zh: 戊1}}
  won_money: {from: opportunities, take: sum, field: amount, where: stage == 'won', text: {en: a, zh: 戊2}}
  won_12m: {from: opportunities, take: sum, field: amount, where: stage == 'won', window: 12 months, text: {en: a, zh: 戊3}}
  open_money: {from: opportunities, take: sum, field: amount, where: 进行中, text: {en: a, zh: 戊4}}
  last_result: {from: opportunities, take: last, field: stage, text: {en: a, zh: 戊5}}
  since_close: {from: opportunities, take: days_since, text: {en: a, zh: 戊6}}
  people: {from: contacts, take: count, text: {en: a, zh: 戊7}}
  roles: {from: contacts, take: count, where: not missing(title), text: {en: a, zh: 戊8}}
  reachable: {from: contacts, take: count, where: not missing(phone), text: {en: a, zh: 戊9}}
  tea_sets: {from: transactions, take: count, where: product == 'tea set', text: {en: a, zh: 甲7}}
"""


def hold(tmp_path: Path, as_of: str, facts: str, expect: str) -> None:
    example = f"tests:\n  - {{as_of: {as_of}, facts: {{{facts}}}, expect: {{{expect}}}}}\n"
    own = SHIPPED["features.yaml"].split("tests:\n")[0].rstrip("\n") + DECLARED
    for name, text in SHIPPED.items():
        changed = own + example if name == "features.yaml" else text.split("tests:\n")[0]
        (tmp_path / name).write_text(changed, encoding="utf-8")
    report = verbs.test_folder(tmp_path)
    assert report.cases == 1
    assert [(failure.expected, failure.got) for failure in report.failures] == []


SO_1 = "occurred_on: 2026-11-01, order_number: SO-1"
LINES = f"{{{SO_1}, amount: 100}}, {{{SO_1}, amount: 200}}, {{{SO_1}, amount: 300}}"
SERIES = "products: [{name: cup, category: ware}, {name: pot, category: ware}, {name: oolong, category: tea}]"
SOLD = "occurred_on: 2026-11-01, amount: 1"
DEAL_WON = "{stage: won, amount: 100, opened_on: 2026-05-01, closed_on: 2026-06-01}"
CASES = {
    "three lines are one order": (
        "2026-11-20", f"transactions: [{LINES}]", "orders: 1, average_order: 600, repeat_rate: 0",
    ),
    "a line without a number is an order": (
        "2026-11-20", f"transactions: [{LINES}, {{occurred_on: 2026-11-02, amount: 200}}, {{occurred_on: 2026-11-02, amount: 1}}]",
        "orders: 3, average_order: 267, repeat_rate: 0.6666666667",
    ),
    "categories of the products": (
        "2026-11-20",
        f"{SERIES}, transactions: [{{{SOLD}, product: cup}}, {{{SOLD}, product: pot}}, {{{SOLD}, product: oolong}}]",
        "categories: 2, kinds: 2",
    ),
    "the category of the sale comes first": (
        "2026-11-20", f"{SERIES}, transactions: [{{{SOLD}, product: cup, category: gifts}}, {{{SOLD}, product: pot}}]",
        "categories: 2, kinds: 2",
    ),
    "a product without a category, and one by name": (
        "2026-11-20", f"transactions: [{{{SOLD}, product: tea set}}, {{{SOLD}}}]", "categories: 0, tea_sets: 1",
    ),
    "March against February": (
        "2026-03-31",
        ("transactions: [{occurred_on: 2026-01-30, amount: 1000}, {occurred_on: 2026-02-10, amount: 100},"
        " {occurred_on: 2026-03-10, amount: 200}]"), "trend_1m: 1",
    ),
    "three months against the three before, which begin after 30 December": (
        "2026-06-30",
        ("transactions: [{occurred_on: 2025-12-30, amount: 1000}, {occurred_on: 2026-02-10, amount: 100},"
        " {occurred_on: 2026-05-10, amount: 100}]"), "trend_3m: 0",
    ),
    "the first sale lies before the window": (
        "2026-11-20", "transactions: [{occurred_on: 2024-01-01, amount: 1}, {occurred_on: 2026-11-10, amount: 1}]",
        "repeat_90d: 1, repeat_30d: 1, repeat_rate: 0.5",
    ),
    "the first sale lies in the window": (
        "2026-11-20", "transactions: [{occurred_on: 2026-10-01, amount: 1}, {occurred_on: 2026-11-10, amount: 1}]",
        "repeat_90d: 0.5, repeat_30d: 1",
    ),
    "a next contact that has passed": (
        "2026-11-20", "customer: {next_contact_on: 2025-01-01, created_on: 2026-11-10}",
        "has_next_step: false, days_without_next_step: 10",
    ),
    "a next contact on the day": ("2026-11-20", "customer: {next_contact_on: 2026-11-20}", "has_next_step: true"),
    "deals as they stood on the day": (
        "2026-06-30",
        (f"opportunities: [{DEAL_WON}, {{stage: won, amount: 7, closed_on: 2025-01-15}}, {{stage: approved, amount: 50}},"
        " {stage: won, amount: 900, opened_on: 2026-06-01, closed_on: 2026-07-01},"
        " {stage: lost, amount: 9, opened_on: 2026-07-01}]"),
        ("won: 2, won_money: 107, won_12m: 100, open_money: 950, open_pipeline: 950, last_result: won, since_close: 29,"
        " best_stage: approved"),
    ),
    "the day on which a deal is won": (
        "2026-07-01", "opportunities: [{stage: won, amount: 900, opened_on: 2026-06-01, closed_on: 2026-07-01}]",
        "won: 1, won_12m: 900, open_money: 0, open_opportunities: 0, since_close: 0",
    ),
    "contacts with and without a role": (
        "2026-06-30", "contacts: [{title: buyer, phone: '1'}, {name: x}, {title: boss, created_on: 2026-07-01}]",
        "people: 2, roles: 1, reachable: 1",
    ),
    "every field of the record": (
        "2026-06-30",
        "customer: {name: 张三, external_id: C-1, notes: x, birthday: 1990-01-02, birthday_calendar: lunar, created_on: 2026-06-01}",
        ("name: 张三, external_id: C-1, notes: x, birthday: 1990-01-02, birthday_calendar: lunar, created_on: 2026-06-01,"
        " referred_by: null"),
    ),
    "a task that is late": ("2026-11-20", "tasks: [{due_on: 2025-01-01}]", "has_next_step: true"),
}  # fmt: skip


@pytest.mark.parametrize(("as_of", "facts", "expect"), CASES.values(), ids=list(CASES))
def test_features_of_these_facts(tmp_path: Path, as_of: str, facts: str, expect: str) -> None:
    hold(tmp_path, as_of, facts, expect)


def declared(count: int, how: str) -> str:
    lines = (
        f"  own_{at}: {{{how.replace('%', str(at + 20))}, text: {{en: a, zh: 乙{at}}}}}\n"
        for at in range(count)
    )
    return SHIPPED["features.yaml"].split("tests:\n")[0].rstrip("\n") + "\n" + "".join(lines)


ROOM = MAX_FEATURES - SHIPPED["features.yaml"].count("    of: ")
SEVERAL = (
    f"{SERIES}, transactions: [{', '.join(f'{{{SO_1}, amount: {n}, cost: 1, product: pot}}' for n in (101, 201, 301))}],"
    " interactions: [{occurred_on: 2026-11-01, minutes: 5, channel: visit}, {occurred_on: 2026-11-04, channel: email, minutes: 1}],"
    " opportunities: [{stage: approved, amount: 50}], tasks: [{due_on: 2026-12-01}]"
)
MANY = {
    "median": ("from: transactions, take: median, field: amount, where: amount + % > 0 and category != 'x'", 201),
    "median gap": ("from: interactions, take: median_gap, where: reached and minutes + % > 0", 3),
    "first": ("from: transactions, take: first, field: category, window: 12 months, where: amount + % > 0", "ware"),
    "last": ("from: interactions, take: last, field: channel, where: minutes + % > 0", "email"),
    "sum": ("from: transactions, take: sum, field: amount, where: amount + % > 0 and product == 'pot'", 603),
    "average": ("from: transactions, take: avg, field: margin, where: amount + % > 0", 200),
    "distinct": ("from: transactions, take: distinct, field: category, window: % days", 1),
    "days since": ("from: interactions, take: days_since, window: % days", 16),
    "deals": ("from: opportunities, take: max, field: amount, where: amount + % > 0", 50),
    "trend": ("of: revenue_trend, window: % days", "null"),
    "average order": ("of: average_order, window: % days", 603),
    "repeat rate": ("of: repeat_rate, window: % months", 0),
}  # fmt: skip


@pytest.mark.parametrize(("how", "value"), MANY.values(), ids=list(MANY))
def test_as_many_features_as_are_allowed_can_be_worked_out(tmp_path: Path, how: str, value: object) -> None:
    room = min(ROOM, 100) if "months" in how else ROOM  # a window is at most 120 months
    expect = ", ".join(f"own_{at}: {value}" for at in range(room))
    example = f"tests:\n  - {{as_of: 2026-11-20, facts: {{{SEVERAL}}}, expect: {{{expect}}}}}\n"
    for name, text in SHIPPED.items():
        (tmp_path / name).write_text(text.split("tests:\n")[0], encoding="utf-8")
    (tmp_path / "features.yaml").write_text(declared(room, how) + example, encoding="utf-8")
    report = verbs.test_folder(tmp_path)
    assert (report.cases, report.failures) == (1, ())


def test_more_features_are_a_fault_where_the_first_of_them_stands() -> None:
    written = declared(ROOM + 2, MANY["median"][0])
    _ruleset, faults = check({**SHIPPED, "features.yaml": written})
    (fault,) = [fault for fault in faults if fault.code == "too-many"]
    assert fault.line == written[: written.index(f"own_{ROOM}:")].count("\n") + 1
    assert str(MAX_FEATURES) in fault.what


def test_every_table_is_read_once() -> None:
    own = "\n".join(
        f"  own_{at}: {{from: transactions, take: {take}, text: {{en: a, zh: 丙{at}}}}}"
        for at, take in enumerate(
            ("first, field: amount", "last, field: amount", "last, field: category", "sum, field: amount",
             "median, field: amount", "median_gap", "days_since", "distinct, field: product")
        )
    )  # fmt: skip
    text = SHIPPED["features.yaml"].split("tests:\n")[0].replace("features:\n", f"features:\n{own}\n", 1)
    looks = " or ".join(f"missing(own_{at})" for at in range(8))
    lifecycle = SHIPPED["lifecycle.yaml"].replace(
        "stages:\n", f"stages:\n  - {{stage: lost, when: {looks}, text: {{en: x, zh: x}}}}\n", 1
    )
    rules = load({**SHIPPED, "features.yaml": text, "lifecycle.yaml": lifecycle})
    program = compile_ruleset(rules, source_tables(), date(2026, 11, 20), "CNY")
    names = [stage.table.name for stage in program.stages]
    assert [name for name in names if name.startswith("crm_run_facts_")] == [
        "crm_run_facts_interactions", "crm_run_facts_opportunities", "crm_run_facts_transactions",
    ]  # fmt: skip


def test_conditions_of_features_count_among_those_of_all_rules() -> None:
    where = " or ".join(f"amount == {at}" for at in range(120))
    written = declared(16, f"from: transactions, take: count, where: {where} or amount == %")
    _ruleset, faults = check({**SHIPPED, "features.yaml": written})
    assert [fault.code for fault in faults] == ["too-many"]
    assert written.split("\n")[faults[0].line - 1].startswith("  own_13: ")


def test_too_many_scores_are_a_fault() -> None:
    terms = "indicators: [{feature: orders, weight: 1, missing: zero, scale: {linear: {from: 0, to: 9}}}]"
    lines = [f"  own_{at}: {{text: {{en: a, zh: 丁{at}}}, {terms}}}" for at in range(MAX_SCORES + 1)]
    allowed, none = check({**SHIPPED, "scores.yaml": "\n".join(["scores:", *lines[:-1]])})
    assert none == ()
    assert allowed is not None
    program = compile_ruleset(allowed, source_tables(), date(2026, 11, 20), "CNY")
    judged = evaluate_cases(program, [{"orders": 3.0}])[0]["judged"]
    assert isinstance(judged, dict)
    assert len(judged) > MAX_SCORES
    _ruleset, faults = check({**SHIPPED, "scores.yaml": "\n".join(["scores:", *lines])})
    assert [(fault.code, fault.line) for fault in faults] == [("too-many", MAX_SCORES + 2)]


def test_every_scalar_field_of_a_customer_is_a_feature() -> None:
    kept = {"id", "uid", "updated_at", "archived_at", "import_batch_id", "phone_e164", "custom"}
    kept |= {
        "id_number",
        "next_contact_time",
    }  # whom it identifies is no business of rules; the day says when
    called = {"created_at": "created_on", "referred_by_id": "referred_by"}
    columns = {called.get(name, name) for name in source_tables()["customers"].c.keys() if name not in kept}  # noqa: SIM118 - columns, not a dict
    assert columns <= CATALOGUE.keys()


def test_the_day_of_a_record_is_one_of_the_business_time_zone() -> None:
    """At seven in the morning in Shanghai it is still the day before in UTC."""
    example = "tests:\n  - {as_of: 2026-11-20, facts: {}, expect: {created_on: null, days_known: 0}}\n"
    own = SHIPPED["features.yaml"].split("tests:\n")[0] + example
    rules = load({**SHIPPED, "features.yaml": own})
    (case,) = rules.fact_cases
    uses = {use.name: use for use in (*rules.features, *case.features)}
    rules = replace(rules, features=tuple(uses.values()))
    for ends, created, days in (
        ("2026-11-20T16:00:00.000000Z", "2026-11-20", 0.0),
        ("2026-11-21T00:00:00.000000Z", "2026-11-19", 1.0),
        ("2026-11-21T05:00:00.000000Z", "2026-11-19", 1.0),
    ):
        program = compile_ruleset(rules, source_tables(), case.as_of, "CNY", ends=ends)
        customer = {"name": "N", "kind": "person", "birthday_calendar": "solar"}
        rows = {"customers": [{**customer, "created_at": "2026-11-19T23:00:00.000000Z"}]}
        (found,) = evaluate_facts([(program, rows)])
        assert found is not None
        assert (found["created_on"], found["days_known"]) == (created, days)
