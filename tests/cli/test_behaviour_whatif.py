"""What a change of rules would do: counts, who changes, what differs, and nothing written."""

import csv
import io
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from conftest import PROJECT, Result, Run

Edit = Callable[..., Path]
Shown = Callable[[Result], str]
FORMATS = ("table", "plain", "csv", "json", "jsonl")


@pytest.fixture
def edited(home: Path) -> Edit:
    """Make the folder `mine`: the shipped rules with edits `FILE: OLD => NEW`."""

    def make(*edits: str) -> Path:
        folder = Path(shutil.copytree(PROJECT / "rules", home / "mine"))
        for edit in edits:
            file, _colon, change = edit.partition(": ")
            old, _arrow, new = change.partition(" => ")
            text = (folder / file).read_text(encoding="utf-8")
            assert old in text, edit
            (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return make


EDITS = (
    "value.yaml: weight: 40 => weight: 10",
    "value.yaml: at_least: 70 => at_least: 65",
    "value.yaml: feature: tenure_days => feature: touches_90d",
    "value.yaml: {linear: {from: 0, to: 1095}} => {linear: {from: 0, to: 4}}",
    "features.yaml: window: 90 days => window: 3 months",
    "grades.yaml: C: 6 => C: 4",
    "grades.yaml: months_to_close <= months.B and waiting => months_to_close <= months.C and waiting",
    "lifecycle.yaml: risk_days: 120 => risk_days: 30",
    "cadence.yaml: grade: A, days: 7, => grade: A, days: 6,",
    "triggers.yaml: occasion: task, urgency => occasion: task, lead_days: 1, urgency",
    "triggers.yaml: points: 90 => points: 105",
)


def asked(crm: Run, *argv: str) -> dict[str, Any]:
    result = crm("rules", "diff", *argv, "--format", "json")
    assert result.status == 0, result.err
    found: dict[str, Any] = json.loads(result.out)
    return found


def in_words(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(each.values()) for each in found["differences"]]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.usefixtures("story")
def test_everything_it_says(
    form: str, crm: Run, shown: Shown, snapshot: SnapshotAssertion, edited: Edit
) -> None:
    edited(*EDITS)
    assert shown(crm("rules", "diff", "mine", "--limit", "4", "--format", form)) == snapshot


@pytest.mark.usefixtures("story")
def test_it_says_what_a_classification_then_finds(crm: Run, edited: Edit) -> None:
    edited(*EDITS)
    said = asked(crm, "mine", "--limit", "0")
    before = {row["name"]: row for row in json.loads(crm("list", "--format", "json").out)}
    assert crm("classify", "--as-of", "2026-11-20", "--rules", "mine").status == 0
    after = {row["name"]: row for row in json.loads(crm("list", "--format", "json").out)}
    judged = [name for name, row in before.items() if row["tier"]]
    assert said["customers"] == len(judged)
    for kind in ("tier", "grade", "lifecycle_stage"):
        assert said[f"other_{kind}"] == sum(before[name][kind] != after[name][kind] for name in judged)
        for row in (row for row in said["classes"] if row["judgement"] == kind):
            assert row["before"] == sum(each[kind] == row["class"] for each in before.values())
            assert row["after"] == sum(each[kind] == row["class"] for each in after.values())
            assert row["change"] == row["after"] - row["before"]
    kinds = ("score", "tier", "grade", "lifecycle_stage")
    moved = {name for name in judged if any(before[name][kind] != after[name][kind] for kind in kinds[1:])}
    rescored = {name for name in judged if before[name]["score"] != after[name]["score"]}
    assert {row["name"] for row in said["moves"]} == moved
    assert {row["name"] for row in said["changes"]} == rescored
    assert said["other_class"] == len(moved)
    for listed in (said["moves"], said["changes"]):
        for row in listed:
            for kind in kinds:
                was, now = before[row["name"]][kind], after[row["name"]][kind]
                assert (row[f"old_{kind}"], row[f"new_{kind}"]) == (was, now)
        sizes = [abs(row["new_score"] - row["old_score"]) for row in listed]
        assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("preset", ["rfm", "abc-pareto", "membership"])
@pytest.mark.usefixtures("story")
def test_presets_count_as_the_classification_does(preset: str, crm: Run) -> None:
    assert crm("rules", "init", "mine", "--preset", preset).status == 0
    said = asked(crm, "mine", "--as-of", "2026-11-19")["classes"]
    run = crm("classify", "--as-of", "2026-11-19", "--rules", "mine", "--format", "json")
    found = {(row["judgement"], row["class"]): row["customers"] for row in json.loads(run.out)}
    assert {(row["judgement"], row["class"]): row["after"] for row in said if row["after"]} == found
    assert {"rfm": "rfm", "abc-pareto": "tier", "membership": "tier"}[preset] in {
        kind for kind, _code in found
    }


@pytest.mark.usefixtures("story")
def test_tiers_that_are_kept_start_from_the_run_before(crm: Run, edited: Edit) -> None:
    edited(
        "value.yaml: policy: first => sticky: 50\npolicy: first", "value.yaml: at_least: 70 => at_least: 99"
    )
    kept = {row["name"]: row["new_tier"] for row in asked(crm, "mine")["moves"]}
    assert "张三" not in kept  # high in October with 94.52: within 50 points of 99
    (Path("mine") / "value.yaml").write_text(
        (Path("mine") / "value.yaml").read_text(encoding="utf-8").replace("sticky: 50\n", ""),
        encoding="utf-8",
    )
    assert {row["name"]: row["new_tier"] for row in asked(crm, "mine")["moves"]}["张三"] == "medium"


@pytest.mark.usefixtures("story")
def test_the_limit_and_what_is_left_out(crm: Run, edited: Edit) -> None:
    edited("lifecycle.yaml: risk_days: 120 => risk_days: 1", "grades.yaml: C: 6 => C: 4", *EDITS[:2])
    everybody = asked(crm, "mine")["moves"]
    assert len(everybody) > 1
    some = crm("rules", "diff", "mine", "--limit", "1", "--format", "json")
    assert json.loads(some.out)["moves"] == everybody[:1]
    assert some.err == f"… and {len(everybody) - 1} more customer moves; --limit 0 shows all\n"


@pytest.mark.usefixtures("story")
def test_who_moves_is_a_list_of_its_own_for_programs(crm: Run, edited: Edit) -> None:
    edited(*EDITS)
    everybody = asked(crm, "mine")["moves"]
    listed = csv.DictReader(io.StringIO(crm("rules", "diff", "mine", "--format", "csv").out))
    assert [row["id"] for row in listed] == [str(row["id"]) for row in everybody]
    ids = crm("rules", "diff", "mine", "--format", "ids").out.split()
    assert ids == [str(row["id"]) for row in everybody]


SEGMENTS = """\
segments:
  habit:
    policy: first
    text: {en: habit, zh: 习惯}
    rules:
      - {segment: regular, when: orders > 1, text: {en: regular, zh: 常客}}
    otherwise: {segment: guest, text: {en: guest, zh: 过客}}
"""


@pytest.mark.usefixtures("story")
def test_a_judgement_of_the_rules_counts_as_a_class(crm: Run, edited: Edit) -> None:
    folder = edited()
    (folder / "segments.yaml").write_text(SEGMENTS, encoding="utf-8")
    other = Path(shutil.copytree(folder, folder.with_name("other")))
    (other / "segments.yaml").write_text(SEGMENTS.replace("orders > 1", "orders > 0"), encoding="utf-8")
    result = crm("rules", "diff", "mine", "other", "--format", "json")
    found = json.loads(result.out)
    counts = {row["class"]: row["change"] for row in found["classes"] if row["judgement"] == "habit"}
    assert counts["regular"] == found["other_habit"] == found["other_class"] == len(found["moves"]) > 0
    assert {row["segments"] for row in found["moves"]} == {"habit guest → regular"}
    assert (result.err, found["changes"]) == ("", [])
    assert "guest → regular" in crm("rules", "diff", "mine", "other", "--format", "table").out
    assert asked(crm, "other")["other_class"] == 0  # a judgement that only the new rules make moves nobody


@pytest.mark.usefixtures("story")
def test_a_stored_ruleset_is_named_by_the_beginning_of_its_fingerprint(crm: Run, edited: Edit) -> None:
    folder = edited("value.yaml: at_least: 70 => at_least: 50")
    assert crm("classify", "--as-of", "2026-11-18", "--rules", "mine").status == 0
    new = asked(crm, "mine")["new_fingerprint"]
    shutil.rmtree(folder)
    found = asked(crm, new[:6], "--as-of", "2026-10-31")
    assert (found["new_folder"], found["new_fingerprint"], found["as_of"]) == (None, new, "2026-10-31")
    assert in_words(found) == [("tier", "high", "at_least", 70, 50)]
    assert in_words(asked(crm, new, found["old_fingerprint"])) == [("tier", "high", "at_least", 50, 70)]


@pytest.mark.usefixtures("story")
def test_facts_after_the_day_do_not_count(crm: Run, edited: Edit) -> None:
    edited("value.yaml: weight: 40 => weight: 10")
    before = asked(crm, "mine", "--as-of", "2026-06-30")
    assert crm("sell", "李四", "99999", "--on", "2026-07-01").status == 0
    assert asked(crm, "mine", "--as-of", "2026-06-30") == before


@pytest.mark.usefixtures("story")
def test_rules_that_mean_the_same(crm: Run, edited: Edit) -> None:
    edited("value.yaml: # What to change => # What you may change", "value.yaml: weight: 40 => weight: 40.0")
    result = crm("rules", "diff", "mine", "--format", "json")
    found = json.loads(result.out)
    assert (result.status, found["same"], found["differences"], found["changes"]) == (0, True, [], [])
    assert result.err == f"both rules mean the same (fingerprint {found['new_fingerprint'][:12]})\n"


@pytest.mark.usefixtures("story")
def test_a_change_of_words_moves_nobody(crm: Run, edited: Edit) -> None:
    edited("value.yaml: zh: 高价值 => zh: 大客户")
    result = crm("rules", "diff", "mine", "--format", "json")
    assert in_words(json.loads(result.out)) == [("tier", "high", "text_zh", "高价值", "大客户")]
    assert result.err == "the rules differ, but everybody stays in the same classes\n"


@pytest.mark.usefixtures("story")
def test_a_folder_wins_over_a_fingerprint(crm: Run, edited: Edit) -> None:
    folder = edited()
    fingerprint = asked(crm, "mine")["new_fingerprint"]
    folder.rename(folder.with_name(fingerprint[:8]))
    assert asked(crm, fingerprint[:8])["new_folder"] == fingerprint[:8]


@pytest.mark.usefixtures("story")
def test_a_beginning_that_fits_several_is_not_guessed(crm: Run, story: Path) -> None:
    with closing(sqlite3.connect(story)) as connection, connection:
        connection.executemany(
            "INSERT INTO rulesets SELECT ?, files, agenda, created_at FROM rulesets LIMIT 1",
            [("abcdef" + "0" * 58,), ("abcdef" + "1" * 58,)],
        )
    result = crm("rules", "diff", "abcdef")
    assert (result.status, result.out) == (2, "")
    assert "crm: error[usage]: abcdef is the beginning of several fingerprints" in result.err
    assert "abcdef" + "1" * 58 in result.err


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["nowhere"], 78, "crm: error[config]: nowhere: no such folder of rules"),
        (["abc"], 78, "hint: name a folder with rules, or 6 or more characters of a fingerprint"),
        (["ffffff"], 1, "crm: error[not-found]: no classification was run with rules ffffff"),
        (["a", "b", "c"], 2, "crm: error[usage]: two rulesets are compared, not 3"),
        ([], 2, "crm: error[usage]: missing: [OLD] NEW"),
        (["mine", "--as-of", "2026-11-21"], 2, "2026-11-21 has not come yet (today is 2026-11-20)"),
        (["mine", "--limit", "-1"], 2, "crm: error[usage]: --limit"),
    ],
)
@pytest.mark.usefixtures("story")
def test_what_it_refuses(words: list[str], status: int, says: str, crm: Run, edited: Edit) -> None:
    edited()
    result = crm("rules", "diff", *words)
    assert (result.status, result.out) == (status, "")
    assert says in result.err


def test_without_a_database_none_is_made(crm: Run, database: Path, edited: Edit) -> None:
    edited()
    assert crm("rules", "diff", "mine").status == 1
    assert not database.exists()


def test_nobody_yet(crm: Run, edited: Edit) -> None:
    edited(*EDITS)
    assert crm("init", "--yes").status == 0
    found = asked(crm, "mine")
    assert (found["customers"], found["classes"], found["changes"]) == (0, [], [])
    assert len(found["differences"]) > 5


# --- crm classify --dry-run -----------------------------------------------------------------------------------


def dry(crm: Run, *argv: str) -> tuple[list[dict[str, Any]], str]:
    result = crm("classify", "--dry-run", "--format", "json", *argv)
    assert result.status == 0, result.err
    return json.loads(result.out), result.err


@pytest.mark.parametrize("form", ["table", "plain"])
def test_a_dry_run_compares(
    form: str, crm: Run, shown: Shown, snapshot: SnapshotAssertion, story: Path, edited: Edit
) -> None:
    edited(*EDITS)
    before = story.read_bytes()
    assert shown(crm("classify", "--rules", "mine", "--dry-run", "--format", form)) == snapshot
    assert story.read_bytes() == before


@pytest.mark.usefixtures("story")
def test_a_dry_run_and_rules_diff_say_the_same(crm: Run, edited: Edit) -> None:
    edited(*EDITS)
    rows, err = dry(crm, "--as-of", "2026-11-20", "--rules", "mine")
    found = asked(crm, "mine")
    assert [(row["class"], row["before"], row["customers"], row["change"]) for row in rows] == [
        (row["class"], row["before"], row["after"], row["change"]) for row in found["classes"]
    ]
    biggest = [
        f"  #{each['id']} {each['name']}: {each['old_score']:.2f} → {each['new_score']:.2f}"
        for each in found["changes"]
    ]
    assert biggest
    assert "\n".join(["the biggest changes of score:", *biggest]) in err
    old = found["old_fingerprint"][:12]
    assert f"other rules than the last run's: 'crm rules diff {old} DIR' shows what differs\n" in err


@pytest.mark.usefixtures("story")
def test_months_are_compared_with_what_the_other_rules_found(
    crm: Run, edited: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not with the month before under the same new rules, which the dry run has made a moment ago."""
    edited("value.yaml: at_least: 40 => at_least: 1")
    monkeypatch.setenv("CRM_TODAY", "2026-12-02")
    rows, err = dry(crm, "--rules", "mine")
    assert list(dict.fromkeys(row["period"] for row in rows)) == ["2026-11", "2026-12-02"]
    medium = [row for row in rows if row["class"] == "medium"]
    assert [row["before"] for row in medium] == [medium[0]["before"]] * 2
    assert all(row["change"] > 0 for row in medium)
    assert err.count("moved since 2026-11-20") == 2


@pytest.mark.usefixtures("story")
def test_a_dry_run_with_the_same_rules_is_what_the_run_would_say(
    crm: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_TODAY", "2026-12-02")
    _rows, rehearsed = dry(crm)
    real = crm("classify")
    assert rehearsed == real.err + "dry run: nothing was changed\n"
    assert "2026-12-02: " in real.err


def test_a_first_dry_run_has_nothing_to_compare_with(crm: Run) -> None:
    assert crm("add", "张三").status == 0
    rows, err = dry(crm)
    assert {(row["before"], row["change"]) for row in rows} == {(None, None)}
    assert "other rules" not in err
