"""What customers like: noted, inferred from purchases, confirmed."""

import json
from collections.abc import Callable

import pytest

from conftest import Run

Do = Callable[..., str]


def noted(do: Do, *argv: str) -> list[tuple[str, str, str]]:
    found = json.loads(do("preference", "list", *argv, "--format", "json"))
    return [(each["topic"], each["value"], each["origin"]) for each in found]


def test_a_preference_is_noted_changed_deleted_and_brought_back(do: Do) -> None:
    do("add", "张三")
    assert do("preference", "add", "张三", "颜色", "深蓝") == "added preference #1 colour: 深蓝 for 张三\n"
    do("preference", "add", "张三", "delivery", "mornings", "--notes", "said so")
    assert noted(do, "张三") == [("color", "深蓝", "stated"), ("delivery", "mornings", "stated")]
    assert do("preference", "edit", "1", "--value", "浅蓝").splitlines()[1:] == ["  value: 深蓝 → 浅蓝"]
    assert do("preference", "delete", "1") == "deleted preference #1 colour: 浅蓝 of 张三\n"
    assert noted(do) == [("delivery", "mornings", "stated")]
    do("undo")
    assert noted(do)[0] == ("color", "浅蓝", "stated")


def test_what_is_noted_is_not_noted_again_however_it_is_spelled(crm: Run, do: Do) -> None:
    do("add", "Ann")
    do("preference", "add", "Ann", "color", "Dark Blue")
    result = crm("preference", "add", "Ann", "颜色", "dark blue")
    assert (result.status, result.err) == (65, "crm: error[data]: value: 'dark blue' is noted already: #1\n")
    do("preference", "add", "Ann", "style", "dark blue")
    again = crm("preference", "edit", "2", "--topic", "colour")
    assert again.status == 65
    assert noted(do) == [("color", "Dark Blue", "stated"), ("style", "dark blue", "stated")]


@pytest.mark.parametrize("words", [("", "x"), ("color", " ")])
def test_an_empty_preference_is_refused(words: tuple[str, str], crm: Run, do: Do) -> None:
    do("add", "Ann")
    result = crm("preference", "add", "Ann", *words)
    assert (result.status, "must not be empty" in result.err) == (65, True)
    assert noted(do) == []


@pytest.fixture
def bought(do: Do) -> None:
    """Seven orders in the year before 2026-11-20, five of them with beans; one with beans long before, and a refund."""
    do("add", "Ann")
    do("add", "Bob")
    do("product", "add", "Beans", "--category", "coffee")
    do("product", "add", "Cup", "--category", "ware")
    for number, (day, product) in enumerate(
        [
            ("2025-11-21", "Beans"), ("2026-01-05", "Beans"), ("2026-02-05", "Beans"), ("2026-03-05", "Beans"),
            ("2026-04-05", "Beans"), ("2026-05-05", "Cup"), ("2026-06-05", "Cup"), ("2025-11-20", "Cup"),
        ]
    ):  # fmt: skip
        do("sell", "Ann", "10", "--product", product, "--on", day, "--order", f"O-{number}")
    do(
        "sell", "Ann", "5", "--product", "Beans", "--on", "2026-01-05", "--order", "O-1"
    )  # one order, two lines
    do("sell", "Ann", "5", "--product", "Cup", "--refund")
    for day in ("2026-06-05", "2026-06-06"):
        do("sell", "Bob", "10", "--product", "Cup", "--on", day)  # two orders say too little


@pytest.mark.usefixtures("bought")
def test_purchases_suggest_and_say_on_what_grounds(crm: Run, do: Do) -> None:
    result = crm("preference", "infer", "--format", "json")
    found = [
        (each["customer"], each["topic"], each["value"], each["evidence"]) for each in json.loads(result.out)
    ]
    grounds = "5 of 7 orders in 12 months"
    assert found == [("Ann", "category", "coffee", grounds), ("Ann", "product", "Beans", grounds)]
    assert result.err == "nothing was changed; --save notes them\n"
    assert noted(do) == []


@pytest.mark.usefixtures("bought")
def test_what_was_inferred_is_confirmed_and_not_doubled(crm: Run, do: Do) -> None:
    do("preference", "add", "Ann", "product", "beans")
    do("preference", "infer", "Ann", "--save")
    assert noted(do) == [("product", "beans", "stated"), ("category", "coffee", "inferred")]
    assert (
        crm("preference", "infer", "--save").err == "nothing is bought often enough that is not noted yet\n"
    )
    again = crm("preference", "add", "Ann", "category", "coffee")
    assert again.err.splitlines()[1] == "hint: 'crm preference confirm 2' if the customer said so"
    assert do("preference", "confirm", "2").splitlines()[1:] == ["  origin: inferred → stated"]
    assert do("preference", "confirm", "2") == "nothing to do: it already is so\n"
    do("undo")
    do("undo")
    assert noted(do) == [("product", "beans", "stated")]
    assert "noted already" not in crm("preference", "infer").err


def test_no_such_preference_and_an_empty_list(crm: Run, do: Do) -> None:
    do("add", "Ann")
    assert do("preference", "list") == ""
    for verb in (("edit", "--value", "x"), ("confirm",), ("delete",)):
        result = crm("preference", verb[0], "7", *verb[1:])
        assert (result.status, result.err.splitlines()[1]) == (
            1,
            "hint: 'crm preference list' shows them with their ids",
        )
