"""`crm holidays`: days off, make-up workdays and festivals ahead."""

import csv
import io
import json
import sys

import pytest

from conftest import Run

CHINESE = {"CRM_LANG": "zh_CN"}


def test_the_year_ahead(crm: Run) -> None:
    result = crm("holidays", "--from", "2026-09-20", "--to", "2026-10-10")
    assert result.status == 0
    assert result.err == ""
    assert result.out.splitlines() == [
        "2026-09-20\t7\tnational_day\tmakeup_workday\t-61\ttrue",
        "2026-09-25\t5\tmid_autumn\tholiday\t-56\ttrue",
        "2026-09-26\t6\tmid_autumn\tholiday\t-55\ttrue",
        "2026-09-27\t7\tmid_autumn\tholiday\t-54\ttrue",
        *[
            f"2026-10-0{day}\t{(day + 2) % 7 + 1}\tnational_day\tholiday\t{day - 51}\ttrue"
            for day in range(1, 8)
        ],
        "2026-10-10\t6\tnational_day\tmakeup_workday\t-41\ttrue",
    ]


def test_it_begins_today_and_ends_a_year_later(crm: Run) -> None:
    lines = crm("holidays", "--format", "jsonl").out.splitlines()
    days = [json.loads(line)["day"] for line in lines]
    assert "2026-11-20" <= min(days) == "2026-12-24"
    assert "2027-11-11" == max(days) <= "2027-11-20"


def test_a_year_that_is_not_announced_has_a_note_and_a_column(crm: Run) -> None:
    result = crm("holidays", "--from", "2060-10-01", "--to", "2061-10-01", "--format", "csv")
    assert result.err == (
        "2060, 2061 are not announced in CN: weekends and the days that the law names are taken\n"
    )
    rows = list(csv.DictReader(io.StringIO(result.out)))
    assert {row["announced"] for row in rows if row["kind"] == "holiday"} == {"false"}
    assert {row["announced"] for row in rows if row["kind"] == "festival"} == {"true"}
    assert "2060 is not announced yet" in crm("holidays", "--from", "2060-10-01", "--to", "2060-10-01").err
    assert "2060 … 2070 are" in crm("holidays", "--from", "2060-10-01", "--to", "2070-10-01").err


def test_a_day_without_a_name_is_status_1(crm: Run) -> None:
    result = crm("holidays", "--from", "2026-11-12", "--to", "2026-11-13")
    assert (result.status, result.out, result.err) == (1, "", "no days with a name here\n")


def test_in_chinese(crm_process: Run) -> None:
    result = crm_process("holidays", "--to", "2027-01-01", "--format", "table", env=CHINESE)
    assert result.status == 0
    for word in ("平安夜", "圣诞节", "元旦", "节日"):
        assert word in result.out


def test_another_country_without_its_library(crm: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    result = crm("holidays", "--country", "de")
    assert (result.status, result.out) == (78, "")
    assert result.err.splitlines() == [
        "crm: error[config]: the holidays of DE need a library that is not installed",
        "hint: pip install 'crmcli[calendar]' brings it",
    ]


def test_another_country(crm: Run) -> None:
    pytest.importorskip("holidays")
    result = crm("holidays", "--country", "de", "--from", "2026-10-03", "--to", "2026-10-03")
    assert result.out == "2026-10-03\t6\tGerman Unity Day\tholiday\t-48\ttrue\n"
    assert crm("holidays", "--country", "XX").status == 2


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("--from", "2026-12-01", "--to", "2026-11-01"), "--to: 2026-11-01 is before 2026-12-01"),
        (("--from", "2026-01-01", "--to", "2526-01-01"), "--to: at most 100 years at a time"),
        (("--from", "soon"), "--from: not clear which day: 'soon'"),
        (("--from", "明天下午3点"), "--from: a day is wanted here, without a time: '明天下午3点'"),
    ],
)
def test_what_makes_no_sense_is_refused(argv: tuple[str, ...], says: str, crm: Run) -> None:
    result = crm("holidays", *argv)
    assert (result.status, result.out) == (2, "")
    assert says in result.err
