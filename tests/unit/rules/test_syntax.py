"""What is no YAML is told in plain words at its place, whichever of PyYAML's parsers found it."""

from collections.abc import Iterator

import pytest
import yaml

from crmcli import i18n
from crmcli.rules import source
from crmcli.rules.checker import check
from crmcli.rules.folder import read_files, shipped_folder
from crmcli.rules.syntax import problem

SHIPPED = read_files(shipped_folder())

# text, line, column, what is wrong, part of the hint
WRONG = [
    ("when: orders > 3: x", 1, 17, "a colon cannot stand here", "quote"),
    ("a: 1\n  b: 2", 2, 4, "a colon cannot stand here", "indent"),
    ("a: 1\nb\nc: 2", 2, 1, "a key without its colon", "name: value"),
    ("a: 1\nb", 2, 1, "a key without its colon", "name: value"),
    ("a：1\nb: 2", 1, 2, "a key without its colon", "plain signs, not ："),
    ("a: 1\nb： 2\nc: 3", 2, 2, "a key without its colon", "plain signs, not ："),
    ("- 你好：x\n- a: b: c", 2, 7, "a colon cannot stand here", "quote"),
    ("a:\n\tb: 1", 2, 1, "a tab cannot stand here", "blanks"),
    ("a: 1\n\tb: 2", 2, 1, "a tab cannot stand here", "blanks"),
    ("a: @x", 1, 4, "a text cannot begin with @", "quote"),
    ("a: `x`", 1, 4, "a text cannot begin with `", "quote"),
    ("a: ? b", 1, 4, "a text cannot begin with ?", "quote"),
    ("a: *", 1, 5, "aliases (*name) are not allowed", "'*'"),
    ("a: & b", 1, 5, "anchors (&name) are not allowed", ""),
    ('a: 1\nb: "x\nc: 2', 2, 4, "a quotation mark without its counterpart", ""),
    ("a: 'x", 1, 4, "a quotation mark without its counterpart", ""),
    ('a: "x\n--- b"', 1, 4, "a quotation mark without its counterpart", ""),
    ("a: [1, 2\nb: 3", 1, 4, "a list in [ ] lacks a comma or its end", ""),
    ("a: [1, 2", 1, 4, "a list in [ ] lacks a comma or its end", ""),
    ('a: ["x" "y"]', 1, 9, "a list in [ ] lacks a comma or its end", ""),
    ("a: {x: 1\nb: 2", 1, 4, "a mapping in { } lacks a comma or its end", ""),
    ("a: {x: 1 y: 2}", 1, 11, "a mapping in { } lacks a comma or its end", ""),
    ("a: - b", 1, 4, "a list (- item) cannot begin here", "next line"),
    ("a: ]", 1, 4, "a value is missing here", ""),
    ("a: [1, , 2]", 1, 8, "a value is missing here", ""),
    ("a: | x\n  y", 1, 6, "a text after | or > begins on the next line", ""),
    ("%YAML 9.9\n---\na: 1", 1, 1, "YAML directives are not allowed", ""),
    ("a: !x!y z", 1, 4, "tags (!name) are not allowed", "quote"),
    ("a:\n  b: 1\n c: 2", 3, 2, "this does not fit what stands before it", "indent"),
    ("a:\n  - b\n  c: 1", 3, 3, "this does not fit what stands before it", "indent"),
    ("a: 'it's'", 1, 8, "this does not fit what stands before it", "quotation marks"),
    ("a: b\n]", 2, 1, "this does not fit what stands before it", "brackets"),
    ("a: 1\nbc: \x07b", 2, 5, "holds a character that cannot be stored", ""),
    ("a: \ud800", 1, 4, "holds a character that cannot be stored", ""),
]  # fmt: skip


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(yaml, request.param):
        pytest.skip("PyYAML was built without libyaml")
    monkeypatch.setattr(source, "_LOADER", getattr(yaml, request.param))


@pytest.mark.usefixtures("_parser")
@pytest.mark.parametrize(
    ("text", "line", "column", "what", "hint"), WRONG, ids=[repr(case[0])[:30] for case in WRONG]
)
def test_what_is_wrong_is_said_in_plain_words_at_its_place(
    text: str, line: int, column: int, what: str, hint: str
) -> None:
    root, (fault,) = source.parse(text, "own.yaml")
    assert root is None
    assert (fault.code, fault.what, fault.line, fault.column) == ("yaml-syntax", what, line, column)
    assert hint in fault.hint


@pytest.mark.usefixtures("_parser")
def test_a_sign_after_a_backslash_that_means_nothing_is_refused() -> None:
    (fault,) = source.parse('a: "\\q"', "own.yaml")[1]  # the parsers differ by one column
    assert (fault.what, fault.line) == ("a backslash that means nothing here", 1)
    assert "twice" in fault.hint


def test_words_of_the_parser_that_are_new_are_shown_in_brackets() -> None:
    mark = yaml.Mark("own.yaml", 0, 1, 2, "a\nb: c", 0)
    found = problem(yaml.MarkedYAMLError(None, None, "found a thing", mark), "a\nb: c", ["a", "b: c"])
    assert (found.what, found.line, found.column) == ("cannot be read as YAML (found a thing)", 2, 3)
    found = problem(MemoryError("of " + "x" * 900), "a: b", ["a: b"])
    assert found.what.startswith("cannot be read as YAML (of xxx")
    assert (len(found.what) < 300, found.line) == (True, 0)


@pytest.fixture
def _chinese() -> Iterator[None]:
    before = i18n.language()
    i18n.setup("zh_CN")
    yield
    i18n.setup(before)


@pytest.mark.usefixtures("_chinese")
@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("kind == 5", ("文本", "数字")),
        ("next_close_on == orders", ("日期", "数字")),
        ("orders and no_followup", ("数字",)),
        ("orders in (1, 'a')", ("文本", "数字")),
        ("kind < 'person'", ("文本",)),
        ("(1 if no_followup else 'a') == 1", ("数字", "文本")),
        ("days_between(orders, today) > 1", ("日期",)),
        ("max(orders, kind) > 1", ("数字",)),
        ("kind", ("文本",)),
    ],
)
def test_types_have_chinese_words(condition: str, words: tuple[str, ...]) -> None:
    grades = SHIPPED["grades.yaml"].replace("when: no_followup", f'when: "{condition}"', 1)
    (fault,) = check({**SHIPPED, "grades.yaml": grades})[1]
    assert fault.code in {"wrong-type", "not-a-condition"}
    for word in words:
        assert word in fault.what
    for english in ("number", "text", "bool", "date"):
        assert english not in fault.what


@pytest.mark.parametrize(
    ("condition", "what"),
    [
        ("waiting == 1", "a true-or-false value cannot be compared with a number"),
        ("next_close_on", "a condition must be true or false, this is a date"),
    ],
)
def test_a_type_is_not_called_as_in_the_code(condition: str, what: str) -> None:
    grades = SHIPPED["grades.yaml"].replace("when: no_followup", f"when: {condition}", 1)
    assert [fault.what for fault in check({**SHIPPED, "grades.yaml": grades})[1]] == [what]


@pytest.mark.usefixtures("_chinese")
@pytest.mark.parametrize("text", sorted({case[0] for case in WRONG}), ids=repr)
def test_chinese_output_has_no_words_of_the_parser(text: str) -> None:
    (fault,) = source.parse(text, "own.yaml")[1]
    for english in ("expected", "found", "allowed", "scanning", "unacceptable"):
        assert english not in fault.what
