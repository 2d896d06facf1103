import csv
from pathlib import Path

import pytest

from crmcli.exchange.phones import to_e164


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("13800138000", "+8613800138000"),
        ("138-0013-8000", "+8613800138000"),
        ("138 0013 8000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("0086-13800138000", "+8613800138000"),
        ("8613800138000", "+8613800138000"),
        ("(010)62345678", "+861062345678"),
        ("（０１０）６２３４５６７８", "+861062345678"),
        ("010-62345678转8001", "+861062345678"),
        ("010-62345678 转 8001", "+861062345678"),
        ("010-62345678 ext. 8001", "+861062345678"),
        ("010-62345678x8001", "+861062345678"),
        ("010-62345678#8001", "+861062345678"),
        ("13800138000/010-62345678", "+8613800138000"),
        ("8001 / 13800138000", "+8613800138000"),
        ("13800138000、13900139000", "+8613800138000"),
        ("13800138000；13900139000", "+8613800138000"),
        ("+60 12-345 6789 ::: 04-1234567", "+60123456789"),
        ("+1 650 253 0000", "+16502530000"),
        ("电话：13800138000", "+8613800138000"),
    ],
)
def test_numbers_as_they_are_written(text: str, expected: str) -> None:
    assert to_e164(text, "CN") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "无",
        "1.38E+10",
        "12345",
        "138001380",
        "99999999999",
        "转8001",
        "/",
        "-",
        "\0",
        "9" * 5000,
        "\ud800",
    ],
)
def test_what_cannot_be_read_is_none(text: str) -> None:
    assert to_e164(text, "CN") is None


def test_the_country_decides_what_a_bare_number_is() -> None:
    assert to_e164("020 7946 0958", "GB") == "+442079460958"
    assert to_e164("020 7946 0958", "gb ") == "+442079460958"
    assert to_e164("13800138000", "") is None
    assert to_e164("+8613800138000", "") == "+8613800138000"
    assert to_e164("13800138000", "XX") is None


def test_the_short_way_for_mobile_numbers_is_the_library_way() -> None:
    found = 0
    for prefix in range(100, 200):
        for rest in ("00138000", "99999999", "05123456"):
            text = f"{prefix}{rest}"
            assert to_e164(text, "CN") == to_e164(f"{text} ", "CN"), text
            found += to_e164(text, "CN") is not None
    assert 100 < found < 200


def test_the_library_own_examples(shared: Path) -> None:
    with (shared / "oracles/phones_libphonenumber_examples.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    valid = [row for row in rows if row["valid"] == "1"]
    assert len(valid) > 500
    assert {to_e164(row["international"], "CN") for row in valid} == {row["e164"] for row in valid}
    wrong = [row for row in valid if to_e164(row["national"], row["region"]) != row["e164"]]
    assert wrong == []
