"""Wrapping of Chinese and English text: nothing is lost, nothing is too wide, no line begins with a full stop."""

from hypothesis import given
from hypothesis import strategies as st

from crmcli.render.wrap import pieces, width_of, wrap


def test_chinese_breaks_anywhere_but_before_closing_and_after_opening_punctuation() -> None:
    assert wrap("尚未成交则缺失。", 14) == ["尚未成交则缺", "失。"]
    assert wrap("比例（见下）；缺失", 6) == ["比例", "（见", "下）；", "缺失"]


def test_a_number_stays_with_what_it_counts() -> None:
    assert wrap("距上次联系 79 天，周期 5 天", 14) == ["距上次联系", "79 天，周期", "5 天"]


def test_english_breaks_at_spaces_and_beside_chinese() -> None:
    assert wrap("电话email或visit，其他 words follow", 12) == ["电话email或", "visit，其他", "words follow"]
    assert pieces("名称。  [必填]") == ["名", "称。  ", "[必填]"]


def test_a_word_wider_than_the_line_is_folded() -> None:
    assert wrap("网址 https://example.com/a", 10) == ["网址", "https://ex", "ample.com/", "a"]


def test_no_text_is_no_line() -> None:
    assert wrap("", 10) == []


@given(st.text(alphabet="客户，。；（）：“”[]、 ab1…", max_size=60), st.integers(min_value=4, max_value=30))
def test_nothing_is_lost_and_nothing_is_too_wide(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert max(map(width_of, lines), default=0) <= width
