"""Classifying is a function of the facts up to a day: run twice it is the same, and what came later changes nothing."""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conftest import PROJECT, Run

AS_OF = "2026-06-30"
SETTINGS = settings(
    derandomize=True, deadline=None, max_examples=8, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]
)  # fmt: skip
PAST = st.dates(min_value=date(2024, 1, 1), max_value=date(2026, 6, 30)).map(str)
LATER = st.dates(min_value=date(2026, 7, 1), max_value=date(2026, 11, 20)).map(str)


def facts(day: st.SearchStrategy[str]) -> st.SearchStrategy[list[tuple[str, ...]]]:
    who = st.sampled_from(["#1", "#2", "#3", "#4"])
    sale = st.tuples(st.just("sell"), who, day, st.integers(0, 10**6).map(str))
    refund = st.tuples(st.just("refund"), who, day, st.integers(0, 10**4).map(str))
    touch = st.tuples(st.just("log"), who, day, st.sampled_from(["connected", "no_answer", "declined"]))
    deal = st.tuples(st.just("deal"), who, day, st.integers(1, 300).map(str))
    return st.lists(st.one_of(sale, refund, touch, deal), max_size=8)


@pytest.fixture
def four(crm: Run, home: Path) -> Path:
    assert crm("init", "--time-zone", "Asia/Shanghai").status == 0
    os.environ["CRM_TODAY"] = "2024-01-01"
    for name in ("a", "b", "c", "d"):
        assert crm("add", name).status == 0
    os.environ["CRM_TODAY"] = "2026-11-20"
    return Path(shutil.copy(home / "crm.db", home / "four.db"))


def record(crm: Run, wanted: list[tuple[str, ...]]) -> None:
    for kind, who, day, value in wanted:
        if kind == "deal":
            os.environ["CRM_TODAY"] = day  # a deal is opened on the day it is recorded
            argv = ("opportunity", "add", who, "--close", f"+{value}d")
        elif kind == "log":
            argv = ("log", "phone", who, "--on", day, "--outcome", value)
        else:
            argv = (
                "sell",
                who,
                value,
                "--on",
                day,
                *(["--refund"] if kind == "refund" else ["--cost", "10"]),
            )
        result = crm(*argv)
        assert result.status == 0, result.err
        os.environ["CRM_TODAY"] = "2026-11-20"


def found(database: Path) -> dict[str, list[Any]]:
    """Everything the last run found, in whatever tables it is kept, without the run's own number."""
    with closing(sqlite3.connect(database)) as connection:
        run = connection.execute("SELECT max(id) FROM runs").fetchone()[0]
        results = {}
        for (table,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        ).fetchall():
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            if "run_id" in names and "customer_id" in names:
                kept = ", ".join(name for name in names if name != "run_id")
                query = f"SELECT {kept} FROM {table} WHERE run_id = ? ORDER BY {kept}"  # noqa: S608 - names of the schema
                results[table] = connection.execute(query, (run,)).fetchall()
        return results


def run(crm: Run, database: Path, *options: str) -> dict[str, list[Any]]:
    result = crm("classify", "--as-of", AS_OF, *options)
    assert result.status == 0, result.err
    return found(database)


def fresh(four: Path) -> Path:
    path = Path(shutil.copy(four, four.parent / "now.db"))
    os.environ["CRM_DB"] = str(path)
    return path


@SETTINGS
@given(past=facts(PAST), later=facts(LATER))
def test_what_came_later_changes_nothing(
    past: list[tuple[str, ...]], later: list[tuple[str, ...]], crm: Run, four: Path
) -> None:
    database = fresh(four)
    record(crm, past)
    before = run(crm, database)
    assert len(before["classifications"]) == 4
    record(crm, later)
    assert run(crm, database, "--force") == before


def deals_matter(folder: Path) -> Path:
    """The shipped rules, with a stage that hangs on how many deals are open, won and lost."""
    if not folder.exists():
        shutil.copytree(PROJECT / "rules", folder)
        own = {
            "won": "take: count, where: stage == 'won'",
            "lost": "take: count, where: stage == 'lost', window: 12 months",
            "open_now": "take: sum, field: amount, where: open",
            "last_end": "take: days_since",
        }
        lines = "".join(
            f"  {name}: {{from: opportunities, {how}, text: {{en: {name}, zh: 甲{name}}}}}\n"
            for name, how in own.items()
        )
        rule = (
            "  - {stage: loyal, when: won + lost + open_now > 900 or last_end > 9000, text: {en: x, zh: x}}\n"
        )
        for name, head, more in (
            ("features.yaml", "features:\n", lines),
            ("lifecycle.yaml", "stages:\n", rule),
        ):
            file = folder / name
            file.write_text(file.read_text(encoding="utf-8").replace(head, head + more, 1), encoding="utf-8")
    return folder


@SETTINGS
@given(past=facts(PAST), results=st.lists(st.tuples(LATER, st.sampled_from(["won", "lost"])), min_size=8))
def test_deals_that_were_won_or_lost_later_change_nothing(
    past: list[tuple[str, ...]], results: list[tuple[str, str]], crm: Run, four: Path
) -> None:
    database = fresh(four)
    past = [fact for fact in past if fact[0] != "deal"] + [("deal", "#1", "2026-03-01", "40")]
    past += [("deal", "#2", "2026-05-01", "200")]
    record(crm, past)
    os.environ["CRM_TODAY"] = "2026-06-01"
    assert crm("opportunity", "add", "#3", "--close", "+9d").status == 0
    assert crm("opportunity", "move", "3", "won").status == 0
    rules = ("--rules", str(deals_matter(four.parent / "mine")))
    os.environ["CRM_TODAY"] = "2026-11-20"
    before = run(crm, database, *rules)
    kept = [json.loads(row[1]) for row in before["feature_values"]]
    assert [facts["won"] for facts in kept] == [0, 0, 1, 0]
    for number, (day, result) in enumerate(results[:2], 1):
        os.environ["CRM_TODAY"] = day
        assert crm("opportunity", "move", str(number), result).status == 0
    os.environ["CRM_TODAY"] = "2026-11-20"
    assert run(crm, database, "--force", *rules) == before


@SETTINGS
@given(past=facts(PAST))
def test_again_is_the_same_and_writes_nothing(past: list[tuple[str, ...]], crm: Run, four: Path) -> None:
    database = fresh(four)
    record(crm, past)
    before = run(crm, database)
    content = database.read_bytes()
    assert run(crm, database) == before
    assert database.read_bytes() == content
    assert run(crm, database, "--force") == before


@SETTINGS
@given(past=facts(PAST))
def test_points_add_up_to_the_score_and_thresholds_hold(
    past: list[tuple[str, ...]], crm: Run, four: Path
) -> None:
    database = fresh(four)
    record(crm, past)
    run(crm, database)
    listed = json.loads(crm("list", "--format", "json").out)
    for customer in listed:
        why = json.loads(crm("why", f"#{customer['id']}", "--format", "json").out)
        score = why["score"]
        assert round(sum(term["points"] for term in why["indicators"]), 2) == score == customer["score"]
        assert 0 <= score <= 100
        assert why["tier"] == ("high" if score >= 70 else "medium" if score >= 40 else "low")


@SETTINGS
@given(past=facts(PAST), order=st.randoms(use_true_random=False))
def test_the_order_of_recording_does_not_matter(
    past: list[tuple[str, ...]], order: Any, crm: Run, four: Path
) -> None:
    past = [fact for fact in past if fact[0] != "deal"]
    database = fresh(four)
    record(crm, past)
    before = run(crm, database)
    order.shuffle(past)
    database = fresh(four)
    record(crm, past)
    assert run(crm, database) == before


EDITS = st.lists(
    st.tuples(
        st.one_of(
            st.tuples(
                st.just(("customer", "edit")),
                st.integers(1, 4),
                st.sampled_from(
                    [
                        ("--tags", "vip"),
                        ("--intent", "high_hope"),
                        ("--region", "East"),
                        ("--next", "+3d"),
                        ("--next", ""),
                    ]
                ),
            ),
            st.tuples(
                st.just(("opportunity", "edit")),
                st.integers(1, 3),
                st.sampled_from(
                    [("--close", "+9d"), ("--close", ""), ("--waiting-for", "the boss"), ("--amount", "77")]
                ),
            ),
            st.tuples(
                st.just(("opportunity", "move")),
                st.integers(1, 3),
                st.sampled_from([("approved",), ("won",), ("lost",)]),
            ),
            st.tuples(st.just(("task", "done")), st.integers(1, 2), st.just(())),
            st.tuples(st.just(("customer", "archive")), st.integers(1, 4), st.just(())),
        ),
        LATER,
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)
#: Looks at everything that an edit may change, so that all of it is stored with the run.
EVERYTHING = """
segments:
  probe:
    text: {en: probe, zh: 探针}
    policy: first
    rules:
      - segment: any
        when: >
          has(tags, 'vip') or intent_stage == 'high_hope' or region == 'East' or has_next_step or waiting or open_pipeline > 5
          or best_stage == 'approved' or next_close_on > '2026-07-01' or open_opportunities > 1 or waiting_for == 'x'
          or days_without_next_step > 3 or undated_opportunities > 0
        text: {en: any, zh: 有}
    otherwise: {segment: none, text: {en: none, zh: 无}}
"""


@SETTINGS
@given(past=facts(PAST), edits=EDITS)
def test_what_was_edited_later_changes_nothing(
    past: list[tuple[str, ...]], edits: list[Any], crm: Run, four: Path
) -> None:
    database = fresh(four)
    rules = Path(shutil.copytree(PROJECT / "rules", four.parent / "mine", dirs_exist_ok=True))
    (rules / "segments.yaml").write_text(EVERYTHING, encoding="utf-8")
    os.environ["CRM_TODAY"] = "2026-06-01"
    for number, close in (("#1", "2026-07-15"), ("#2", "2026-08-01"), ("#2", "2026-12-01")):
        assert crm("opportunity", "add", number, "--close", close, "--amount", "50").status == 0
    for number in ("#1", "#3"):
        assert crm("task", "add", "call", "--customer", number, "--due", "2026-07-20").status == 0
    assert (
        crm(
            "customer", "edit", "#1", "--tags", "old", "--intent", "interested", "--next", "2026-07-30"
        ).status
        == 0
    )
    os.environ["CRM_TODAY"] = "2026-11-20"
    record(crm, [fact for fact in past if fact[0] != "deal"])
    before = run(crm, database, "--rules", str(rules))
    for (command, number, options), day, undone in sorted(edits, key=lambda edit: str(edit[1])):
        os.environ["CRM_TODAY"] = day
        if (
            crm(*command, f"#{number}" if command[0] == "customer" else str(number), *options).status == 0
            and undone
        ):
            assert crm("undo").status == 0
    os.environ["CRM_TODAY"] = "2026-11-20"
    assert run(crm, database, "--rules", str(rules), "--force") == before


def probed(crm: Run, database: Path, rules: Path) -> dict[str, Any]:
    found = run(crm, database, "--rules", str(rules), "--force")["feature_values"]
    return {str(row[0]): json.loads(row[1]) for row in found}


@pytest.mark.usefixtures("four")
def test_what_was_undone_was_never_so_and_a_corrected_day_is_right(crm: Run, four: Path) -> None:
    database = fresh(four)
    rules = Path(shutil.copytree(PROJECT / "rules", four.parent / "mine", dirs_exist_ok=True))
    features = (rules / "features.yaml").read_text(encoding="utf-8")
    own = (
        "features:\n  shirt: {custom: shirt, type: text, text: {en: s, zh: 衬衫}}\n"
        "  titled: {from: contacts, take: count, where: not missing(title), text: {en: t, zh: 有职务者}}\n"
    )
    (rules / "features.yaml").write_text(features.replace("features:\n", own, 1), encoding="utf-8")
    looks = EVERYTHING.replace("has(tags, 'vip')", "shirt == 'x' or titled > 5")
    (rules / "segments.yaml").write_text(looks, encoding="utf-8")

    def at(day: str, *words: str) -> None:
        os.environ["CRM_TODAY"] = day
        assert crm(*words).status == 0
        os.environ["CRM_TODAY"] = "2026-11-20"

    for name in ("shirt", "vip"):
        at("2026-06-01", "field", "add", name, "--type", "text")
    at("2026-06-01", "customer", "edit", "#1", "--set", "shirt=s", "--set", "vip=no")
    at("2026-06-02", "contact", "add", "#2", "Li")
    at("2026-06-02", "opportunity", "add", "#3", "--close", "2026-08-01")
    at("2026-06-20", "opportunity", "move", "1", "won", "--on", "2026-06-20")
    before = probed(crm, database, rules)
    assert (before["1"]["shirt"], before["2"]["titled"], before["3"]["open_opportunities"]) == ("s", 0, 0)

    at("2026-07-01", "customer", "edit", "#1", "--set", "shirt=l")
    at("2026-07-02", "customer", "edit", "#1", "--set", "vip=yes")
    shirt = json.loads(crm("journal", "--format", "json").out)[1]["id"]
    at("2026-07-03", "undo", str(shirt))
    at("2026-07-04", "contact", "edit", "1", "--title", "CEO")
    assert probed(crm, database, rules) == before

    at(
        "2026-07-05", "opportunity", "move", "1", "won", "--on", "2026-07-04"
    )  # it was not won in June after all
    after = probed(crm, database, rules)
    assert after["3"]["open_opportunities"] == 1
    assert {key: each for key, each in after.items() if key != "3"} == {
        key: each for key, each in before.items() if key != "3"
    }


#: Looks at all that a complaint and a survey can tell, so that all of it is stored with the run.
CARE = """features:
  grave: {from: complaints, take: count, where: severity == 'critical' and stage != 'closed', text: {en: g, zh: 重大}}
  answered: {from: complaints, take: count, where: not missing(replied_on) and not late, text: {en: a, zh: 已答}}
  quality: {from: complaints, take: last, field: cause, text: {en: q, zh: 类别}}
  worst: {from: surveys, take: min, field: score, where: kind == 'nps', window: 12 months, text: {en: w, zh: 最低}}
"""
LOOKS = """
segments:
  probe:
    text: {en: probe, zh: 探针}
    policy: first
    rules:
      - segment: any
        when: >
          grave > 5 or answered > 5 or quality == 'x' or worst > 5 or open_complaints > 5 or complaints > 5 or csat > 4
          or nps > 9 or unanswered_surveys > 5 or days_since_complaint > 900
        text: {en: any, zh: 有}
    otherwise: {segment: none, text: {en: none, zh: 无}}
"""
NUMBER = st.integers(1, 3).map(str)
CARED = st.lists(
    st.tuples(
        st.one_of(
            st.tuples(st.just("reply"), NUMBER, st.just(("told",))),
            st.tuples(st.just("close"), NUMBER, st.just(("--root-cause", "a", "--prevention", "b", "--cause", "x"))),
            st.tuples(st.just("reopen"), NUMBER, st.just(())),
            st.tuples(st.just("edit"), NUMBER, st.sampled_from([("--severity", "critical"), ("--cause", "y"), ("--due", "+1d")])),
            st.tuples(st.just("archive"), NUMBER, st.just(())),
            st.tuples(st.just("add"), st.sampled_from(["#1", "#2"]), st.just(("new",))),
            st.tuples(st.just("answer"), NUMBER, st.just(("3",))),
            st.tuples(st.just("ask"), st.sampled_from(["#1", "#2"]), st.just(())),
        ),
        LATER,
        st.booleans(),
    ),
    min_size=3,
    max_size=9,
)  # fmt: skip


@SETTINGS
@given(later=CARED)
def test_complaints_and_surveys_are_what_they_were_on_the_day(later: list[Any], crm: Run, four: Path) -> None:
    database = fresh(four)
    rules = Path(shutil.copytree(PROJECT / "rules", four.parent / "mine", dirs_exist_ok=True))
    features = (PROJECT / "rules" / "features.yaml").read_text(encoding="utf-8")
    (rules / "features.yaml").write_text(features.replace("features:\n", CARE, 1), encoding="utf-8")
    (rules / "segments.yaml").write_text(LOOKS, encoding="utf-8")
    for day, command in (
        ("2026-05-01", "complaint add #1 old --severity critical"), ("2026-05-03", "complaint reply 1 told"),
        ("2026-05-09", "complaint close 1 --root-cause a --prevention b --cause z"), ("2026-06-01", "complaint add #1 open"),
        ("2026-06-02", "complaint add #2 replied --severity critical"), ("2026-06-05", "complaint reply 3 told"),
        ("2026-06-01", "survey ask #1"), ("2026-06-02", "survey add #2 --nps 4"), ("2026-06-03", "survey ask #3 --kind nps"),
    ):  # fmt: skip
        os.environ["CRM_TODAY"] = day
        assert crm(*command.split()).status == 0
    os.environ["CRM_TODAY"] = "2026-11-20"
    before = probed(crm, database, rules)
    assert (before["1"]["open_complaints"], before["1"]["complaints"], before["1"]["quality"]) == (1, 2, "z")
    assert (before["2"]["grave"], before["2"]["answered"], before["2"]["nps"]) == (1, 1, 4)
    assert (before["1"]["unanswered_surveys"], before["3"]["unanswered_surveys"], before["3"]["nps"]) == (
        1,
        1,
        None,
    )
    for (step, which, more), day, undone in sorted(later, key=lambda each: str(each[1])):
        os.environ["CRM_TODAY"] = day
        noun = "survey" if step in {"ask", "answer"} else "complaint"
        if crm(noun, step, which, *more).status == 0 and undone:
            assert crm("undo").status == 0
    os.environ["CRM_TODAY"] = "2026-11-20"
    assert probed(crm, database, rules) == before


@pytest.mark.usefixtures("four")
def test_a_late_record_of_a_step_counts_from_its_day(crm: Run, four: Path) -> None:
    database = fresh(four)
    rules = Path(shutil.copytree(PROJECT / "rules", four.parent / "mine", dirs_exist_ok=True))
    features = (PROJECT / "rules" / "features.yaml").read_text(encoding="utf-8")
    (rules / "features.yaml").write_text(features.replace("features:\n", CARE, 1), encoding="utf-8")
    (rules / "segments.yaml").write_text(LOOKS, encoding="utf-8")
    os.environ["CRM_TODAY"] = "2026-06-01"
    assert crm("complaint", "add", "#1", "x").status == 0
    os.environ["CRM_TODAY"] = "2026-07-10"
    assert crm("complaint", "reply", "1", "told", "--on", "2026-06-03").status == 0
    close = ("--root-cause", "a", "--prevention", "b", "--cause", "z", "--on", "2026-06-09")
    assert crm("complaint", "close", "1", *close).status == 0
    os.environ["CRM_TODAY"] = "2026-11-20"
    found = probed(crm, database, rules)["1"]
    assert (found["open_complaints"], found["answered"], found["quality"]) == (0, 1, "z")
