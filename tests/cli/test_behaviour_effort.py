"""`crm effort`: shares of time and margin, who leaves less than nothing, and how much less time is enough.

The figures are worked out by hand; see `told`.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Once, Run
from crmcli.render.share import share

Do = Callable[..., str]
#: Twelve months to 2026-11-20 begin on 2025-11-21.
STORY = """
add 甲
add 乙
add 丙
add 丁
add 戊
sell 甲 100000 --cost 60000 --on 2025-11-21
sell 甲 7777 --cost 1 --on 2025-11-20
log visit 甲 --minutes 240 --cost 1000 --on 2026-03-01
log visit 甲 --minutes 160 --on 2026-11-20
sell 乙 20000 --cost 10000 --on 2026-05-05
log phone 乙 --minutes 100 --on 2026-05-04
sell 丙 1000 --cost 500 --on 2026-06-06
log visit 丙 --minutes 200 --cost 900 --on 2026-06-01
log visit 丙 --minutes 200 --on 2026-06-02
log visit 丙 --minutes 200 --on 2026-06-03
log visit 丙 --minutes 500 --on 2025-11-20
log phone 丁 --minutes 60 --on 2026-07-01
log email 戊 --on 2026-07-02
sell 戊 500 --currency USD --cost 100 --on 2026-07-03
sell 戊 300 --on 2026-07-03
"""
PINS = "甲 high", "乙 medium", "丙 low", "丁 low", "戊 low"


@pytest.fixture
def told(once: Once, do: Do) -> None:
    """Minutes 400, 100, 600, 60, 0 = 1160; margins 40000, 10000, 500, 0, 0 = 50500; revenue 100000, 20000, 1000, 0, 300."""

    @once
    def _built() -> None:
        do("init", "--currency", "CNY", "--time-zone", "Asia/Shanghai", "--yes")
        for line in STORY.strip().splitlines():
            do(*line.split())
        do("classify", "--as-of", "2026-11-20")
        for pin in PINS:
            name, tier = pin.split()
            do("classify", "pin", name, "--tier", tier, "--reason", "x")


def by_name(do: Do, *words: str) -> dict[str, dict[str, object]]:
    lines = json.loads(do("effort", "--by", "customer", "--format", "json", *words))
    return {line["name"]: line for line in lines}


@pytest.mark.usefixtures("told")
def test_shares_per_customer(do: Do) -> None:
    found = by_name(do)
    assert list(found) == ["丙", "丁", "戊", "乙", "甲"]  # by share of time less share of margin
    shares = {name: (each["time_share"], each["margin_share"]) for name, each in found.items()}
    assert shares == {
        "甲": (round(400 / 1160, 6), round(40000 / 50500, 6)),
        "乙": (round(100 / 1160, 6), round(10000 / 50500, 6)),
        "丙": (round(600 / 1160, 6), round(500 / 50500, 6)),
        "丁": (round(60 / 1160, 6), 0.0),
        "戊": (0.0, 0.0),
    }
    assert found["甲"]["revenue_share"] == round(100000 / 121300, 6)
    assert [found["甲"][key] for key in ("touches", "minutes", "cost", "revenue", "margin", "net")] == [
        2, 400, "1000.00", "100000.00", "40000.00", "39000.00",
    ]  # fmt: skip
    assert [found["戊"][key] for key in ("without_minutes", "sales", "sales_without_cost", "revenue")] == [
        1, 1, 1, "300.00",
    ]  # fmt: skip
    assert {each["margin_currency"] for each in found.values()} == {"CNY"}


@pytest.mark.usefixtures("told")
def test_who_gets_less_and_how_much(do: Do) -> None:
    found = by_name(do)
    assert [name for name, each in found.items() if each["unprofitable"]] == ["丙"]  # 500 - 900
    # Known are 60, 100, 400 and 600 minutes: the median is 250, and of the lowest tier only one is above.
    assert [name for name, each in found.items() if each["junk"]] == ["丙"]
    # The tier above gets 100 minutes for 10000, so 500 would earn 5 a year. One contact, 200 minutes, in 180 days is
    # more: 200 x 30.4375 / 180 = 33.8 a month.
    assert found["丙"]["minutes_a_month"] == 50.0
    assert found["丙"]["minutes_suggested"] == 34
    assert [each["minutes_suggested"] for name, each in found.items() if name != "丙"] == [None] * 4
    assert list(by_name(do, "--flagged")) == ["丙"]


@pytest.mark.usefixtures("told")
def test_margin_earns_time(do: Do) -> None:
    """With a margin of 4500 and a cost of service above it, 45 minutes in 12 months would be earned: still one contact.

    With 60000 of margin it is 600 in 12 months, 50 a month, more than that: nothing is left to cut.
    """
    do("sell", "丙", "4500", "--cost", "500", "--on", "2026-08-01")
    do("log", "gift", "丙", "--cost", "8000", "--on", "2026-08-02")
    assert by_name(do)["丙"]["minutes_suggested"] == 34
    do("sell", "丙", "60000", "--cost", "4500", "--on", "2026-08-03")
    do("log", "gift", "丙", "--cost", "90000", "--on", "2026-08-04")
    found = by_name(do)["丙"]
    assert (found["unprofitable"], found["minutes_suggested"]) == (True, None)


@pytest.mark.usefixtures("told")
def test_a_sale_without_a_cost_leaves_it_open(do: Do) -> None:
    do("log", "gift", "戊", "--cost", "20")
    assert by_name(do)["戊"]["unprofitable"] is None  # 300 came in at a cost that nobody wrote down
    do("log", "gift", "丁", "--cost", "20")
    assert by_name(do)["丁"]["unprofitable"] is True
    assert set(by_name(do, "--flagged")) == {"丙", "丁"}


@pytest.mark.usefixtures("told")
def test_per_tier(do: Do, crm: Run) -> None:
    result = crm("effort", "--format", "json")
    rows = {row["tier"]: row for row in json.loads(result.out)}
    assert list(rows) == ["high", "medium", "low"]
    assert [rows["low"][key] for key in ("customers", "minutes", "margin", "net", "unprofitable", "junk", "minutes_cut")] == [
        3, 660, "500.00", "-400.00", 1, 1, 16,
    ]  # fmt: skip
    assert rows["low"]["time_share"] == round(660 / 1160, 6)
    assert sum(row["margin_share"] for row in rows.values()) == pytest.approx(1, abs=1e-5)
    assert result.err == (
        "2025-11-21 to 2026-11-20\n"
        "1 of 8 interactions has no minutes and counts as no time\n"
        "1 of 4 sales has no cost: its margin is not counted\n"
        "1 record in another currency than CNY is not counted\n"
        "junk: in the tier low value with more than 250 minutes (the rules have no class 'junk')\n"
    )


@pytest.mark.usefixtures("told")
def test_on_a_terminal(do: Do) -> None:
    lines = [line.rstrip() for line in do("effort", "--format", "table").splitlines()]
    assert lines[2:] == [
        "high value            1   34.5% ███▌         79.2% ███████▉                    39,000.00",
        "medium value          1    8.6% ▉            19.8% ██                          10,000.00",
        "low value             3   56.9% █████▊        1.0% ▏                             -400.00     1",
        "Sum                   5  100.0% ██████████  100.0% ██████████                  48,600.00     1",
    ]


@pytest.mark.usefixtures("told")
def test_other_days(do: Do, crm: Run) -> None:
    found = by_name(do, "--from", "2026-06-02", "--to", "2026-06-03")
    assert (found["丙"]["minutes"], found["丙"]["time_share"], found["丙"]["margin_share"]) == (
        400,
        1.0,
        None,
    )
    assert by_name(do, "--months", "1")["甲"]["minutes"] == 160
    assert by_name(do, "--customer", "丙", "--limit", "1")["丙"]["time_share"] == round(600 / 1160, 6)
    assert crm("effort", "--from", "2026-06-02", "--months", "2").status == 2
    assert crm("effort", "--from", "2026-06-02", "--to", "2026-06-01").status == 2
    assert crm("effort", "--customer", "nobody").status == 1
    assert crm("effort", "--format", "ids").status == 2
    assert do("effort", "--flagged", "--format", "ids") == "3\n"
    cut = crm("effort", "--by", "customer", "--limit", "2")
    assert len(cut.out.splitlines()) == 2
    assert cut.err.endswith("the first 2 are shown; --limit 0 shows all\n")


@pytest.mark.usefixtures("told")
def test_archived_customers_took_time_too(do: Do) -> None:
    do("add", "己")
    for name in ("丙", "己"):
        do("customer", "archive", name)
    found = by_name(do)
    assert "己" not in found
    assert found["丙"]["time_share"] == round(600 / 1160, 6)


def test_the_rules_say_who_is_junk(do: Do, crm: Run) -> None:
    do("init", "--yes")
    do("rules", "init", "--preset", "care")
    do("add", "much for nothing")
    do("add", "little for much")
    do("sell", "2", "100000", "--cost", "1", "--on", "2026-10-01")
    do("log", "visit", "1", "--minutes", "1200", "--cost", "9000", "--on", "2026-10-01")
    do("log", "phone", "2", "--minutes", "5", "--on", "2026-10-02")
    do("classify", "--as-of", "2026-11-20")
    result = crm("effort", "--flagged", "--format", "json")
    assert [line["name"] for line in json.loads(result.out) if line["junk"]] == ["much for nothing"]
    assert "junk: as the rules judged on 2026-11-20\n" in result.err


def test_before_there_is_anything(do: Do, crm: Run, database: Path) -> None:
    assert crm("effort").status == 1
    assert not database.exists()
    do("init", "--yes")
    empty = crm("effort", "--format", "json")
    assert (empty.status, json.loads(empty.out)[0]["time_share"]) == (0, None)
    assert "nobody has been classified yet: run 'crm classify'\n" in empty.err
    do("add", "张三")
    do("log", "phone", "张三", "--minutes", "9", "--cost", "5")
    line = by_name(do)["张三"]
    assert (line["tier"], line["time_share"], line["margin_share"]) == (None, 1.0, None)
    assert (line["unprofitable"], line["junk"], line["minutes_suggested"]) == (True, False, None)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""), (0.0, "  0.0% "), (1.0, "100.0% ██████████"), (0.5, " 50.0% █████"), (0.125, " 12.5% █▎"),
        (-0.3, "-30.0% "), (2.0, "200.0% ██████████"),
    ],
)  # fmt: skip
def test_a_share_as_a_bar(value: float | None, shown: str) -> None:
    assert share(value) == shown
