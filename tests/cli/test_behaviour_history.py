"""How a customer came to stand where it stands, and who moved between two periods."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from conftest import PROJECT, TODAY, Once, Result, Run

Do = Callable[..., str]


@pytest.fixture
def crm(crm: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The program; a `--today` holds for one command."""

    def run(*argv: str) -> Result:
        monkeypatch.setenv("CRM_TODAY", TODAY)
        return crm(*argv)

    return run


@pytest.fixture
def months(once: Once, do: Do) -> None:
    """Three customers over three months: 张三 buys in the last, 李四 stops buying, 王五 has only a deal."""

    @once
    def _built() -> None:
        for name in ("张三", "李四", "王五"):
            do("--today", "2025-01-05", "add", name)
        do("sell", "李四", "9000", "--on", "2025-09-20")
        do("sell", "张三", "50", "--on", "2025-09-20")
        do("classify", "--month", "2026-08")
        do("sell", "张三", "90000", "--on", "2026-10-20")
        do(
            "--today",
            "2026-09-25",
            "opportunity",
            "add",
            "王五",
            "--close",
            "2026-12-15",
            "--stage",
            "approved",
        )
        do("classify", "--month", "2026-09")
        do("classify", "--month", "2026-10")


@pytest.fixture
def mine(home: Path) -> Path:
    """A folder of rules of the test's own, as shipped."""
    return Path(shutil.copytree(PROJECT / "rules", home / "mine"))


def edit(mine: Path, old: str, new: str, name: str = "value.yaml") -> None:
    file = mine / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1).partition("# Examples")[0], encoding="utf-8")


def read(do: Do, *argv: str) -> list[dict[str, Any]]:
    return list(json.loads(do(*argv, "--format", "json")))


@pytest.mark.usefixtures("months")
def test_every_period_once_oldest_first(do: Do) -> None:
    periods = read(do, "history", "张三")
    assert [(each["period"], each["as_of"]) for each in periods] == [
        ("2026-08", "2026-08-31"),
        ("2026-09", "2026-09-30"),
        ("2026-10", "2026-10-31"),
    ]
    for each in periods:
        why = json.loads(do("why", "张三", "--period", each["period"], "--format", "json"))
        for key in ("score", "tier", "grade", "grade_reason", "lifecycle_stage"):
            assert each[key] == why[key]
        assert each["rules"] == why["fingerprint"]
    assert periods[0]["change"] is None
    assert periods[2]["change"] == round(periods[2]["score"] - periods[1]["score"], 2) > 0


@pytest.mark.usefixtures("months")
def test_what_changed_it_is_named_with_its_values(do: Do) -> None:
    first, second, third = (each["because"] for each in read(do, "history", "张三"))
    assert first == "first"
    assert "orders_12m -" in second
    assert "(1.0 → 0.0)" in second
    amount, _semicolon, rest = third.partition("; ")
    assert amount.startswith("revenue_12m +")
    assert amount.endswith("(0.0 → 90000.0)")
    assert rest.startswith("recency_days +")


@pytest.mark.usefixtures("months")
def test_another_grade_has_its_reason(do: Do) -> None:
    (_first, second, third) = read(do, "history", "王五")
    assert (second["grade"], second["grade_reason"]) == ("B", "soon")
    assert second["because"] == "grade D → B (no_followup → soon)"
    assert third["because"] is None
    shown = do("history", "王五", "--format", "table")
    assert "grade D → B: can close within three months" in " ".join(shown.split())


@pytest.mark.usefixtures("months")
def test_the_limit_keeps_the_newest_and_still_compares(crm: Run, do: Do) -> None:
    whole = read(do, "history", "张三")
    result = crm("history", "张三", "--limit", "2", "--format", "json")
    assert json.loads(result.out) == whole[1:]
    assert result.err == "there are older periods; --limit 0 shows all\n"
    assert crm("history", "张三", "--limit", "3").err == crm("history", "张三", "--limit", "0").err == ""


@pytest.mark.usefixtures("months")
def test_only_a_terminal_gets_bars(do: Do) -> None:
    drawn = do("history", "张三", "--format", "table")
    (bars,) = [line.split()[-1] for line in drawn.splitlines() if line.startswith("Scores")]
    assert len(bars) == 3
    assert bars[2] > bars[0] >= bars[1]  # the characters sort by height
    for form in ("plain", "csv", "json", "jsonl", "ids"):
        assert not set("▁▂▃▄▅▆▇█") & set(do("history", "张三", "--format", form))


@pytest.mark.usefixtures("months")
def test_the_newest_version_of_a_period_counts(do: Do) -> None:
    do("sell", "李四", "70000", "--on", "2026-09-10")
    do("classify", "--month", "2026-09", "--force")
    august, september, _october = read(do, "history", "李四")
    assert (august["version"], september["version"]) == (1, 2)
    assert "(345.0 → 20.0)" in september["because"]
    moved = [each["id"] for each in read(do, "movers", "--from", "2026-08", "--to", "2026-09")]
    assert 2 in moved


@pytest.mark.usefixtures("months")
def test_other_rules_are_named_and_their_indicators_compared(crm: Run, do: Do, mine: Path) -> None:
    edit(mine, "feature: tenure_days", "feature: days_known")
    edit(mine, "en: loyalty", "en: days with us")
    do("classify", "--as-of", "2026-11-01", "--rules", str(mine))
    last = read(do, "history", "李四")[-1]["because"]
    # What only one of the two rulesets has stands for itself, on the other side with nothing.
    assert "days_known +7.14 (– → 665.0)" in last
    assert "tenure_days -4.36 (406.0 → –)" in last
    assert last.endswith("; rules (days_known: added, tenure_days: removed)")
    shown = " ".join(do("history", "李四", "--format", "table").split())
    assert "days with us +7.14 (– → 665)" in shown
    assert "loyalty -4.36 (406 → –)" in shown
    assert shown.endswith("; other rules (days with us: added, loyalty: taken out)")
    assert "the rules changed in between" in crm("movers", "--matrix").err


@pytest.mark.usefixtures("months")
def test_rules_stored_without_the_names_of_indicators(do: Do, database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE rulesets SET agenda = json_remove(agenda, '$.labels.indicator')")
    shown = " ".join(do("history", "张三", "--format", "table").split())
    assert "revenue_12m +" in shown
    assert "revenue_12m 0.00 → " in " ".join(do("movers", "--format", "table").split())


@pytest.mark.usefixtures("months")
def test_what_is_classified_later_than_today_does_not_exist(crm: Run, do: Do) -> None:
    assert [each["period"] for each in read(do, "--today", "2026-09-30", "history", "张三")] == [
        "2026-08",
        "2026-09",
    ]
    assert crm("--today", "2026-09-30", "movers").err.splitlines()[0] == "from 2026-08 to 2026-09"
    assert crm("--today", "2026-09-30", "movers", "--to", "2026-10").status == 1


@pytest.mark.usefixtures("months")
def test_who_moved_since_the_run_before(crm: Run, do: Do) -> None:
    result = crm("movers", "--format", "json")
    assert result.err.splitlines() == ["from 2026-09 to 2026-10", "1 customer moved"]
    (mover,) = json.loads(result.out)
    september, october = read(do, "history", "张三")[1:]
    assert mover["id"] == 1
    assert (mover["from_tier"], mover["to_tier"]) == ("low", "high") == (september["tier"], october["tier"])
    assert (mover["from_score"], mover["to_score"]) == (september["score"], october["score"])
    assert mover["change"] == october["change"]
    assert mover["indicator"] == "revenue_12m"
    terms = {
        period: {
            term["indicator"]: term["points"]
            for term in json.loads(do("why", "张三", "--period", period, "--format", "json"))["indicators"]
        }
        for period in ("2026-09", "2026-10")
    }
    assert mover["from_points"] == terms["2026-09"]["revenue_12m"]
    assert mover["to_points"] == terms["2026-10"]["revenue_12m"]


@pytest.mark.usefixtures("months")
def test_the_period_before_is_never_the_same_one(crm: Run, do: Do) -> None:
    """A new version, or a day that a month ends on, does not hide what moved since the month before."""
    moved = read(do, "movers")
    do("classify", "--month", "2026-10", "--force")
    for arguments in ((), ("--to", "2026-10"), ("--to", "2026-10@1")):
        result = crm("movers", *arguments, "--format", "json")
        assert result.err.splitlines()[0] == "from 2026-09 to 2026-10"
        assert json.loads(result.out) == moved
    do("classify", "--as-of", "2026-10-31")
    result = crm("movers", "--format", "json")
    assert result.err.splitlines()[0] == "from 2026-09 to 2026-10-31"
    assert json.loads(result.out) == moved


@pytest.mark.usefixtures("months")
def test_a_month_is_compared_with_the_month_before_it(crm: Run, do: Do) -> None:
    do("classify", "--as-of", "2026-10-15")
    assert crm("movers", "--to", "2026-10").err.splitlines()[0] == "from 2026-09 to 2026-10"
    assert crm("movers", "--to", "2026-10-15").err.splitlines()[0] == "from 2026-09 to 2026-10-15"


@pytest.mark.usefixtures("months")
def test_versions_of_one_period(crm: Run, do: Do) -> None:
    before = json.loads(do("why", "李四", "--period", "2026-10", "--format", "json"))
    do("sell", "李四", "70000", "--on", "2026-10-10")
    said = crm("classify", "--month", "2026-10", "--force").err
    for to in ("2026-10", "2026-10@2", "2026-10 @ 2"):
        result = crm("movers", "--from", "2026-10@1", "--to", to, "--format", "json")
        assert result.err.splitlines()[0] == "from 2026-10@1 to 2026-10@2"
        assert [f"#{each['id']} {each['name']}:" in said for each in json.loads(result.out)] == [True]
    assert json.loads(do("why", "李四", "--period", "2026-10@1", "--format", "json")) == before
    after = json.loads(do("why", "李四", "--period", "2026-10", "--format", "json"))
    assert after == json.loads(do("why", "李四", "--period", "2026-10@2", "--format", "json"))
    assert after["score"] > before["score"]
    matrix = crm("movers", "--from", "2026-10@1", "--to", "2026-10@2", "--matrix")
    assert matrix.err.splitlines()[0] == "from 2026-10@1 to 2026-10@2"
    result = crm("movers", "--from", "2026-10@3")
    assert result.status == 1
    assert "--from: 2026-10 has no version 3" in result.err
    assert "hint: the newest is 2026-10@2" in result.err
    assert crm("movers", "--from", "2026-10@2", "--to", "2026-10").status == 2


@pytest.mark.usefixtures("months")
def test_up_and_down(crm: Run, do: Do) -> None:
    ways = ("--from", "2026-08", "--to", "2026-10")
    everybody = [each["id"] for each in read(do, "movers", *ways)]
    up = [each["id"] for each in read(do, "movers", *ways, "--up")]
    assert up == [1, 3]  # one by the tier, one by the grade; the bigger change of score first
    assert [each["id"] for each in read(do, "movers", *ways, "--down")] == [
        each for each in everybody if each not in up
    ]
    back = ("--from", "2026-10", "--to", "2026-08")
    assert sorted(each["id"] for each in read(do, "movers", *back, "--down")) == [1, 3]
    assert read(do, "movers", *ways, "--limit", "1")[0]["id"] == everybody[0]
    assert crm("movers", *ways, "--limit", "1").err.endswith("the first 1 are shown; --limit 0 shows all\n")


def test_a_higher_tier_counts_more_than_a_lower_grade(do: Do) -> None:
    for name in ("张三", "李四"):
        do("--today", "2025-01-05", "add", name)
    do("--today", "2026-08-01", "opportunity", "add", "张三", "--close", "2026-09-15")
    do("classify", "--month", "2026-08")
    do("--today", "2026-09-02", "opportunity", "move", "1", "lost", "--on", "2026-09-02")
    do("sell", "张三", "90000", "--on", "2026-09-20")
    do("classify", "--month", "2026-09")
    (mover,) = read(do, "movers", "--up")
    assert (mover["from_tier"], mover["to_tier"]) == ("low", "high")
    assert mover["from_grade"] < mover["to_grade"] == "D"


@pytest.mark.usefixtures("months")
def test_nobody_moved(crm: Run) -> None:
    result = crm("movers", "--down", "--format", "json")
    assert (result.status, result.out) == (1, "[]\n")
    assert result.err.splitlines() == ["from 2026-09 to 2026-10", "nobody moved"]


@pytest.mark.usefixtures("months")
def test_the_matrix_counts_everybody_once(do: Do) -> None:
    do("--today", "2026-10-20", "add", "赵六")
    do("--today", "2026-10-20", "customer", "archive", "李四")
    do("classify", "--month", "2026-10", "--force")
    rows = {row["from"]: row for row in read(do, "movers", "--from", "2026-08", "--matrix")}
    assert list(rows) == ["high", "medium", "low", "new"]
    assert list(rows["low"]) == ["from", "high", "medium", "low", "gone"]
    before = {each["period"]: each["tier"] for each in read(do, "history", "张三")}["2026-08"]
    assert rows[before]["high"] == 1
    assert rows["new"]["low"] == 1
    assert rows["new"]["gone"] is None
    gone = {tier: rows[tier]["gone"] for tier in ("high", "medium", "low")}
    assert sum(gone.values()) == 1
    counted = sum(count or 0 for row in rows.values() for key, count in row.items() if key != "from")
    assert counted == 4


@pytest.mark.usefixtures("months")
def test_the_matrix_has_the_tiers_of_both_rules(do: Do, mine: Path) -> None:
    edit(
        mine,
        "{tier: high, at_least: 70",
        "{tier: platinum, at_least: 90, text: {en: top, zh: 顶级}}\n  - {tier: high, at_least: 70",
    )
    edit(mine, "tier: {high: 30", "tier: {platinum: 40, high: 30", "triggers.yaml")
    do("classify", "--as-of", "2026-11-01", "--rules", str(mine))
    rows = read(do, "movers", "--matrix")
    assert [row["from"] for row in rows] == ["high", "medium", "low", "new"]
    assert list(rows[0]) == ["from", "platinum", "high", "medium", "low", "gone"]
    assert "top" in do("movers", "--matrix", "--format", "table").splitlines()[0]


@pytest.mark.usefixtures("months")
def test_a_period_may_be_written_in_other_ways(crm: Run, do: Do) -> None:
    do("classify", "--as-of", "2026-11-19")
    for written in ("2026-11-19", "2026/11/19", "yesterday", "昨天"):
        assert (
            crm("movers", "--from", "2026-08", "--to", written).err.splitlines()[0]
            == "from 2026-08 to 2026-11-19"
        )


@pytest.mark.usefixtures("months")
def test_a_deleted_customer_moves_no_more_and_comes_back(do: Do) -> None:
    do("customer", "delete", "张三", "--yes")
    assert read(do, "movers", "--from", "2026-08", "--to", "2026-10", "--up") != []
    assert "张三" not in do("movers", "--from", "2026-08", "--to", "2026-10")
    do("undo")
    assert "张三" in do("movers", "--from", "2026-08", "--to", "2026-10")


@pytest.fixture
def pinned_between(do: Do) -> None:
    """A pin that lives from the 5th to the 10th of October, between two months that are classified; the second day after."""
    do("--today", "2025-01-05", "add", "张三")
    do("--today", "2026-10-01", "classify", "--month", "2026-09")
    pin = ("classify", "pin", "张三", "--tier", "high", "--reason", "friend")
    do("--today", "2026-10-05", *pin, "--until", "2026-10-10")
    do("--today", "2026-11-01", "classify", "--month", "2026-10")


@pytest.mark.usefixtures("pinned_between")
def test_a_pin_that_lived_between_two_runs_stands_in_the_period_it_fell_in(crm: Run) -> None:
    months = json.loads(crm("history", "张三", "--format", "json").out)
    assert [month["pins"] for month in months] == [None, "tier high from 2026-10-05 to 2026-10-10"]
    shown = " ".join(crm("history", "张三", "--format", "table").out.split())
    assert "pinned by hand from 2026-10-05 to 2026-10-10: tier high" in shown
    newest = json.loads(crm("history", "张三", "--limit", "1", "--format", "json").out)
    assert [month["pins"] for month in newest] == ["tier high from 2026-10-05 to 2026-10-10"]


@pytest.mark.usefixtures("pinned_between")
def test_a_pin_over_a_run_is_told_where_it_begins_and_where_it_ends(crm: Run, do: Do) -> None:
    do("--today", "2026-11-02", "classify", "pin", "张三", "--grade", "A", "--reason", "signs")
    do("--today", "2026-11-05", "classify", "--as-of", "2026-11-05")
    do("--today", "2026-11-09", "classify", "unpin", "张三")
    do("--today", "2026-11-12", "classify", "--as-of", "2026-11-12")
    months = json.loads(crm("history", "张三", "--format", "json").out)
    assert [(month["pinned_grade"], month["pins"]) for month in months[2:]] == [
        ("A", "grade A since 2026-11-02"),
        (None, "grade A to 2026-11-08"),
    ]


@pytest.mark.usefixtures("pinned_between")
def test_a_pin_after_the_last_run_has_a_line_of_its_own(crm: Run, do: Do) -> None:
    do("--today", TODAY, "classify", "pin", "张三", "--lifecycle", "loyal", "--reason", "knows us")
    found = json.loads(crm("history", "张三", "--format", "json").out)
    assert len(found) == 3
    assert (found[-1]["period"], found[-1]["as_of"], found[-1]["score"]) == (None, TODAY, None)
    assert found[-1]["pins"] == f"lifecycle_stage loyal since {TODAY}"
    assert f"pinned by hand since {TODAY}" in crm("history", "张三", "--format", "table").out
    assert crm("history", "张三", "--format", "ids").out.split() == ["2026-09", "2026-10"]


@pytest.mark.usefixtures("pinned_between")
def test_a_pin_after_the_run_of_the_same_day_stands_in_that_day(crm: Run, do: Do) -> None:
    do("--today", TODAY, "classify", "--as-of", TODAY)
    do("--today", TODAY, "classify", "pin", "张三", "--lifecycle", "loyal", "--reason", "knows us")
    found = json.loads(crm("history", "张三", "--format", "json").out)
    assert (found[-1]["period"], found[-1]["pins"]) == (TODAY, f"lifecycle_stage loyal since {TODAY}")


@pytest.mark.usefixtures("months")
def test_versions_of_a_period_count_on_under_other_rules(crm: Run, do: Do, mine: Path) -> None:
    edit(mine, "weight: 40", "weight: 1")
    do("classify", "--month", "2026-10", "--rules", str(mine))
    assert json.loads(do("why", "李四", "--period", "2026-10", "--format", "json"))["period"] == "2026-10"
    first, second = (
        json.loads(do("why", "李四", "--period", f"2026-10@{version}", "--format", "json"))
        for version in (1, 2)
    )
    assert first["fingerprint"] != second["fingerprint"]
    moved = crm("movers", "--from", "2026-10@1", "--to", "2026-10")
    assert moved.status in {0, 1}
    assert "from 2026-10@1 to 2026-10" in moved.err


BY_OTHERS = {
    "share": ("share: 33", "share: 34"),
    "when": ("when: value > 10 and orders > 0 and today < '2026-10-01'", "when: orders > 0"),
}


@pytest.mark.parametrize("way", BY_OTHERS)
def test_a_tier_that_moves_without_the_score_is_not_left_unexplained(
    way: str, do: Do, crm: Run, mine: Path
) -> None:
    high, medium = BY_OTHERS[way]
    text = (mine / "value.yaml").read_text(encoding="utf-8")
    text = (
        text[: text.index("indicators:")]
        + f"""indicators:
  - {{feature: revenue, weight: 1, missing: zero, scale: {{linear: {{from: 0, to: 1000}}}}}}
policy: first
tiers:
  - {{tier: high, {high}, text: {{en: high value, zh: 高价值}}}}
  - {{tier: medium, {medium}, text: {{en: medium value, zh: 中价值}}}}
  - {{tier: low, text: {{en: low value, zh: 低价值}}}}
"""
    )
    (mine / "value.yaml").write_text(text, encoding="utf-8")
    for name, amount in (("张三", "500"), ("李四", "300"), ("王五", "100")):
        do("--today", "2025-01-05", "add", name)
        do("sell", name, amount, "--on", "2025-09-20")
    do("classify", "--month", "2026-09", "--rules", "mine")
    do("sell", "王五", "800", "--on", "2026-10-20")
    do("classify", "--month", "2026-10", "--rules", "mine")
    before, after = read(do, "history", "张三")
    assert (before["tier"], after["tier"], after["change"]) == ("high", "medium", 0.0)
    assert after["because"] == "tier high → medium"
    assert "tier high value → medium value, not by points of its own" in " ".join(
        do("history", "张三", "--format", "table").split()
    )
    assert "not by points of its own" in " ".join(crm("movers", "--format", "table").out.split())
    if way == "share":
        assert "tier" not in str(read(do, "history", "王五")[1]["because"])


def test_who_moves_by_other_rules_alone_is_told_so(do: Do, crm: Run, months: None, mine: Path) -> None:
    before = {each["id"]: each["tier"] for each in read(do, "list")}
    edit(mine, "at_least: 70", "at_least: 2")
    edit(mine, "at_least: 40", "at_least: 1")
    do("classify", "--month", "2026-10", "--rules", "mine")
    after = {each["id"]: each["tier"] for each in read(do, "list")}
    assert before != after
    shown = crm("movers", "--from", "2026-10@1", "--to", "2026-10@2", "--format", "table").out
    assert "other rules" in shown
