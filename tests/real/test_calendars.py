"""The statutory calendar of China as announced from 2004 on, and lunar festivals as an almanac has them."""

import csv
from datetime import date, timedelta
from pathlib import Path

from crmcli.calendars import festival, holidays_between, lunar_day, workday

#: Column of the almanac → our name; all are called by the lunar year.
FESTIVALS = {
    "spring_festival": "spring_festival", "lantern": "lantern_festival", "dragon_boat": "dragon_boat", "qixi": "qixi",
    "ghost": "zhongyuan", "mid_autumn": "mid_autumn", "double_ninth": "double_ninth", "laba": "laba", "new_years_eve": "chuxi",
}  # fmt: skip


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_day_since_2004_is_a_workday_or_not_as_announced(shared: Path) -> None:
    announced = {
        date.fromisoformat(line["date"]): line["kind"]
        for line in lines(shared / "oracles" / "china_statutory_calendar_2004_2026.csv")
    }
    found = holidays_between(date(2004, 1, 1), date(2026, 12, 31), "CN")
    assert {each.day: each.kind for each in found.days if each.kind != "festival"} == announced
    assert found.unannounced == ()
    day = date(2004, 1, 1)
    while day <= date(2026, 12, 31):
        kind = announced.get(day)
        assert workday(day, "CN") == (kind == "makeup_workday" if kind else day.weekday() < 5, True), day
        day += timedelta(days=1)


def test_the_day_of_qingming_is_a_day_off_of_that_name(shared: Path) -> None:
    days = {
        date.fromisoformat(line["date"])
        for line in lines(shared / "oracles" / "china_statutory_calendar_2004_2026.csv")
        if line["name_en"] == "Tomb-sweeping Day" and line["kind"] == "holiday"
    }
    assert all(festival("qingming", year) in days for year in range(2008, 2027))


def test_lunar_festivals_are_those_of_the_almanac(shared: Path) -> None:
    almanac = lines(shared / "oracles" / "lunar_festivals_2020_2030.csv")
    assert len(almanac) == 11
    for line in almanac:
        year = int(line["lunar_year"])
        for column, name in FESTIVALS.items():
            assert festival(name, year) == date.fromisoformat(line[column]), (year, column)
        leap = [month for month in range(1, 13) if lunar_day(year, month, 1, leap=True)]
        assert leap == ([int(line["leap_month"])] if line["leap_month"] else []), year
