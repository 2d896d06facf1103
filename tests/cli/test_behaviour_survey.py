"""Satisfaction surveys: asked, answered, and what they add up to."""

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import Once, Run


@pytest.fixture(autouse=True)
def customers(once: Once, crm: Run) -> None:

    @once
    def _built() -> None:
        for name in ("张三", "Annie"):
            assert crm("add", name).status == 0


def done(crm: Run, *argv: str) -> str:
    result = crm(*argv)
    assert result.status == 0, result.err
    return result.out


def found(crm: Run, *argv: str) -> Any:
    return json.loads(done(crm, *argv, "--format", "json"))


def test_asked_and_answered_in_one_go_or_one_after_the_other(crm: Run) -> None:
    done(crm, "survey", "add", "#1", "--csat", "4", "--channel", "电话", "--comment", "fast")
    done(crm, "survey", "add", "#1", "--nps", "9", "--asked", "2026-11-02", "--answered", "yesterday")
    done(crm, "survey", "ask", "#2", "--kind", "净推荐值", "--asked", "2026-11-01")
    assert [line["id"] for line in found(crm, "survey", "list", "--unanswered")] == [3]
    done(crm, "survey", "answer", "3", "0", "--on", "2026-11-05")
    assert found(crm, "survey", "list", "--unanswered") == []
    lines = found(crm, "survey", "list")
    assert [(line["kind"], line["score"], line["asked_on"], line["answered_on"]) for line in lines] == [
        ("csat", 4, "2026-11-20", "2026-11-20"), ("nps", 9, "2026-11-02", "2026-11-19"), ("nps", 0, "2026-11-01", "2026-11-05"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("command", "status", "what"),
    [
        ("add #1", 2, "give either --csat or --nps"),
        ("add #1 --csat 4 --nps 9", 2, "give either --csat or --nps"),
        ("add #1 --csat 0", 65, "a CSAT score is 1 to 5, not 0"),
        ("add #1 --csat 6", 65, "a CSAT score is 1 to 5, not 6"),
        ("add #1 --nps 11", 65, "must be at most 10"),
        ("add #1 --nps -1", 65, "must be at least 0"),
        ("add #1 --csat good", 65, "not a whole number: 'good'"),
        ("add #1 --csat 4 --answered tomorrow", 65, "2026-11-21 lies ahead"),
        ("add #1 --csat 4 --asked 2026-11-05 --answered 2026-11-04", 65, "lies before asked_on (2026-11-05)"),
        ("ask #1 --kind stars", 65, "'stars' is not one of csat, nps"),
        ("answer 1 4", 1, "survey #1 was answered on 2026-11-20"),
        ("answer 7 4", 1, "no survey '7'"),
        ("answer 2 9", 65, "a CSAT score is 1 to 5, not 9"),
        ("edit 1 --score", 2, "--score"),
        ("delete 1", 2, "--yes"),
        ("show nothing", 1, "nothing"),
    ],
)
def test_what_cannot_be_changes_nothing(command: str, status: int, what: str, crm: Run) -> None:
    done(crm, "survey", "add", "#2", "--csat", "5")
    done(crm, "survey", "ask", "#2")
    held = done(crm, "export", "surveys")
    result = crm("survey", *command.split())
    assert (result.status, what in result.err) == (status, True), result.err
    assert done(crm, "export", "surveys") == held


def test_an_answer_is_corrected_and_taken_back(crm: Run) -> None:
    done(crm, "survey", "add", "#1", "--csat", "4")
    done(crm, "survey", "edit", "1", "--score", "2")
    assert found(crm, "survey", "show", "1")["score"] == 2
    done(crm, "survey", "edit", "1", "--score", "", "--answered", "")
    assert found(crm, "survey", "show", "1")["answered_on"] is None
    done(crm, "undo")
    assert found(crm, "survey", "show", "1")["score"] == 2


def test_a_deleted_survey_leaves_its_measure_and_undo_binds_it_again(crm: Run) -> None:
    done(crm, "survey", "add", "#1", "--csat", "1")
    done(crm, "survey", "improve", "1", "call back", "--owner", "李雷", "--due", "+3d")
    assert [each["owner"] for each in found(crm, "survey", "show", "1")["improvements"]] == ["李雷"]
    done(crm, "survey", "delete", "1", "--yes")
    assert found(crm, "survey", "list") == []
    assert [each["title"] for each in found(crm, "task", "list", "--kind", "improvement")] == ["call back"]
    done(crm, "undo")
    assert [each["title"] for each in found(crm, "survey", "show", "1")["improvements"]] == ["call back"]


def test_the_report_has_figures_only_with_enough_answers(crm: Run) -> None:
    for score in ("9", "10", "7", "6"):
        done(crm, "survey", "add", "#1", "--nps", score, "--channel", "phone", "--answered", "2026-11-10")
    (everybody, *_others) = found(crm, "survey", "report")
    assert (everybody["nps"], everybody["nps_answers"]) == (None, 4)
    done(crm, "survey", "add", "#2", "--nps", "10", "--channel", "online")
    for score in ("5", "4", "4", "1", "2"):
        done(crm, "survey", "add", "#2", "--csat", score, "--channel", "online")
    done(crm, "survey", "ask", "#2", "--channel", "online")
    lines = {(line["by"], line["which"]): line for line in found(crm, "survey", "report")}
    assert lines["all", None] == {
        "by": "all", "which": None, "asked": 11, "answered": 10, "csat": 3.2, "csat_answers": 5, "nps": 40.0, "nps_answers": 5,
    }  # fmt: skip
    assert (lines["channel", "phone"]["nps"], lines["channel", "online"]["csat"]) == (None, 3.2)
    assert found(crm, "survey", "report", "--since", "2026-11-15")[0]["nps_answers"] == 1
    done(crm, "classify")
    done(crm, "classify", "pin", "#2", "--tier", "high", "--reason", "x")
    tiers = {line["which"]: line["asked"] for line in found(crm, "survey", "report") if line["by"] == "tier"}
    assert tiers == {"high": 7, "low": 4}


def test_an_empty_database_has_no_report(crm: Run) -> None:
    assert tuple(crm("survey", "report")) == (0, "", "no surveys\n")


@pytest.mark.parametrize(
    "header", ["customer,date,type,score,feedback", "客户,调查日期,调查类型,评分,意见"], ids=["en", "zh"]
)
def test_a_file_with_one_day_is_read_once(header: str, crm: Run, home: Path) -> None:
    lines = [header, "张三,2026-10-01,满意度,5,很好", "Annie,2026-10-02,nps,9,", "Annie,2026-10-03,csat,,"]
    (home / "s.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert "3 added" in done(crm, "import", "surveys", "s.csv")
    assert "3 unchanged" in done(crm, "import", "surveys", "s.csv")
    found_lines = found(crm, "survey", "list")
    assert [line["answered_on"] for line in found_lines] == [None, "2026-10-02", "2026-10-01"]
    done(crm, "export", "surveys", "-o", "out.csv")
    held = (home / "out.csv").read_bytes()
    assert "3 unchanged" in done(crm, "import", "surveys", "out.csv")
    assert done(crm, "export", "surveys").encode() == held


def test_bad_rows_are_named_and_the_others_kept_if_wanted(crm: Run, home: Path) -> None:
    lines = ["customer,asked,answered,kind,score", "张三,2026-10-01,2026-10-02,csat,9", "Annie,2026-10-05,2026-10-02,nps,9",
             "Annie,2026-10-05,,nps,9", "Annie,2026-10-05,2026-10-06,nps,", "Annie,2026-10-05,2026-10-06,nps,9"]  # fmt: skip
    (home / "s.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = crm("import", "surveys", "s.csv")
    assert result.status == 65
    for place in ("s.csv:2:score: a CSAT score is 1 to 5, not 9", "s.csv:3:answered: 2026-10-02 lies before",
                  "s.csv:4:answered: a score has a day", "s.csv:5:score: a survey that was answered has a score"):  # fmt: skip
        assert place in result.err
    assert found(crm, "survey", "list") == []
    assert crm("import", "surveys", "s.csv", "--keep-going").status == 3
    assert len(found(crm, "survey", "list")) == 1


def test_the_other_score_of_a_file_does_not_take_the_place_of_the_first(crm: Run, home: Path) -> None:
    file = home / "s.csv"
    file.write_text("response id,customer,date,CSAT,NPS\nR1,张三,2026-11-13,4,10\n", encoding="utf-8")
    assert crm("import", "surveys", str(file), "--map", "NPS=-").status == 0
    refused = crm("import", "surveys", str(file), "--map", "CSAT=-")
    assert refused.status == 65
    assert "s.csv:2:kind: a survey keeps its kind" in refused.err
    assert found(crm, "survey", "list")[0]["score"] == 4
    assert crm("import", "surveys", str(file), "--map", "CSAT=-", "--map", "response id=-").status == 0
    assert [row["score"] for row in found(crm, "survey", "list")] == [10, 4]
