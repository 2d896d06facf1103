"""Whom a word means: never guessed, and the same in every command."""

import pytest

from conftest import Once, Run


@pytest.fixture(autouse=True)
def people(once: Once, crm: Run) -> None:

    @once
    def _built() -> None:
        for argv in (
            (
                "张三",
                "--phone",
                "138 0013 8000",
                "--email",
                "Zhang@Example.com",
                "--external-id",
                "K-7",
                "--company",
                "远山贸易",
            ),
            ("张三丰", "--phone", "010-62345678", "--company", "武当"),
            ("Ann Lee", "--email", "ann@example.com", "--external-id", "007"),
            ("ANN LEE", "--company", "Other"),
            ("Bob", "--external-id", "2"),
            ("Gone Girl",),
        ):
            assert crm("add", *argv).status == 0
        assert crm("customer", "archive", "Gone Girl").status == 0


def found(crm: Run, word: str) -> str:
    result = crm("show", word, "--format", "ids")
    return result.out.strip() if result.status == 0 else result.err.splitlines()[0]


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("1", "1"), ("#1", "1"), (" #1 ", "1"), ("#2", "2"),
        ("K-7", "1"), ("007", "3"),
        ("138 0013 8000", "1"), ("13800138000", "1"), ("+86 138-0013-8000", "1"), ("008613800138000", "1"),
        ("１３８００１３８０００", "1"), ("+8613800138000", "1"), ("(010) 6234 5678", "2"), ("010-62345678", "2"),
        ("01062345678", "2"), ("+86 10 6234 5678", "2"),
        ("zhang@example.com", "1"), ("ZHANG@EXAMPLE.COM", "1"), ("ann@example.com", "3"),
        ("张三", "1"),  # the whole name beats a part of another
        ("三丰", "2"), ("远山", "1"), ("bob", "5"), ("bO", "5"),
        ("6", "6"), ("Gone", "6"),  # archived ones are found as well
    ],
)  # fmt: skip
def test_the_one_who_is_meant(word: str, number: str, crm: Run) -> None:
    assert found(crm, word) == number


def test_an_id_that_is_also_an_external_id_is_asked_about(crm: Run) -> None:
    result = crm("show", "2")
    assert result.status == 1
    assert result.err.splitlines() == [
        "crm: error[ambiguous]: '2' fits 2 customers",
        "hint: name one by its id, for example #2",
        "2  张三丰 · 武当 · 010-62345678",
        "5  Bob",
    ]


@pytest.mark.parametrize(
    "command",
    [
        ("show",), ("why",), ("customer", "edit"), ("customer", "archive"), ("log", "phone"), ("opportunity", "add"),
        ("contact", "list"), ("interaction", "list"), ("transaction", "list"), ("opportunity", "list"),
    ],
)  # fmt: skip
def test_nothing_is_guessed_in_any_command(command: tuple[str, ...], crm: Run) -> None:
    before = crm("journal", "--format", "json").out
    result = crm(*command, "ann lee")
    assert (result.status, result.out) == (1, "")
    assert result.err.splitlines() == [
        "crm: error[ambiguous]: 'ann lee' fits 2 customers",
        "hint: name one by its id, for example #3",
        "3  Ann Lee",
        "4  ANN LEE · Other",
    ]
    assert crm("journal", "--format", "json").out == before


@pytest.mark.parametrize("word", ["99", "#99", "#0", "13900139000", "nobody@example.com", "Zzz"])
def test_nobody(word: str, crm: Run) -> None:
    result = crm("show", word)
    assert (result.status, result.out) == (1, "")
    assert result.err.splitlines()[0] == f"crm: error[not-found]: no customer fits '{word}'"


def test_the_nearest_name_is_offered(crm: Run) -> None:
    assert crm("show", "Bobb").err.splitlines()[1] == "hint: did you mean Bob?"


def test_many_that_fit_are_listed_up_to_twenty(crm: Run) -> None:
    for number in range(22):
        crm("add", f"Crowd {number}")
    lines = crm("show", "crowd").err.splitlines()
    assert lines[0] == "crm: error[ambiguous]: 'crowd' fits 20+ customers"
    assert len(lines) == 22


def test_a_wildcard_is_a_character(crm: Run) -> None:
    crm("add", "100% sure_thing")
    assert found(crm, "%") == "7"
    assert found(crm, "_t") == "7"
