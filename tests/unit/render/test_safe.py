"""Text from data cannot act on a terminal, and what only looks odd stays."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.render.safe import safe, safe_json

DANGEROUS = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x61C, 0xFEFF)}
DANGEROUS |= set("\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("王小明 O'Brien é", "王小明 O'Brien é"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\x00\x08\r", "␀␈␍"),
        ("a\tb\nc", "a b⏎c"),
        ("\x7f", "␡"),
        ("\x9b31m", "\\x9b31m"),
        ("\x85", "\\x85"),
        ("abc\u202egnp.exe", "abc\\u202egnp.exe"),
        ("\u2066x\u2069\u200e\u200f\u061c", "\\u2066x\\u2069\\u200e\\u200f\\u061c"),
        ("a\u2028b\u2029c", "a\\u2028b\\u2029c"),
        ("\ufeffid", "\\ufeffid"),
        ("half \ud83d", "half \\ud83d"),
        ("byte \udcff", "byte \\udcff"),
    ],
)
def test_what_acts_becomes_visible(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize(
    "text",
    ["\u3000王", "a\u00a0b", "👩\u200d👩\u200d👧", "❤\ufe0f", "e\u0301", "🇨🇳", "\ue000"],
)
def test_what_only_looks_odd_stays(text: str) -> None:
    assert safe(text) == text
    assert safe(text + "\x1b") == text + "␛"


def test_lines_and_tabs_stay_where_lines_are_wanted() -> None:
    assert safe("a\tb\nc\r\x1b", multiline=True) == "a\tb\nc␍␛"


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_dangerous_is_left(text: str) -> None:
    for shown in (safe(text), safe(text, multiline=True).replace("\n", "").replace("\t", "")):
        shown.encode()  # no half characters
        assert not set(shown) & DANGEROUS


@given(st.text(st.characters(exclude_categories=())))
def test_json_text_keeps_its_value(text: str) -> None:
    encoded = safe_json(json.dumps(text, ensure_ascii=False))
    assert json.loads(encoded.encode("utf-8", "backslashreplace")) == text
    assert encoded.isascii() or not set(encoded) & DANGEROUS
