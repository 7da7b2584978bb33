"""How much of an answer is worth keeping, in whatever script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.beginning import BEGINNING_CHARS, BEGINNING_WORDS, has_hardly_begun

LONG_AGO = 60.0


@pytest.mark.parametrize(
    ("text", "hardly"),
    [
        ("", True),
        ("Hel", True),
        ("one two three four five six seven eight nine ten eleven", True),
        ("one two three four five six seven eight nine ten eleven twelve", False),
        ("It's a cat, isn't it? - Yes, 3.14 of them, she said.", True),
        ("我是一个助手、很高兴认", True),
        ("我是一个助手、很高兴认识你", False),
        ("こんにちは、わたしは", True),
        ("こんにちは、わたしはロボットです", False),
        ("สวัสดีครับ", True),
        ("สวัสดีครับ ผมเป็นผู้ช่วยของคุณ", False),
        ("안녕하세요 저는 여러분의 도우미입니다", True),
        ("." * (BEGINNING_CHARS - 1), True),
        ("." * BEGINNING_CHARS, False),
        ("😀" * BEGINNING_CHARS, False),
        (" \n" * BEGINNING_CHARS + "Hel", True),
    ],
    ids=ascii,
)
def test_a_dozen_words_are_worth_keeping(text: str, hardly: bool) -> None:
    assert has_hardly_begun(text, LONG_AGO) is hardly


@pytest.mark.parametrize(("seconds", "hardly"), [(0.0, True), (1.99, True), (2.0, False)])
def test_nothing_is_that_came_within_two_seconds(seconds: float, hardly: bool) -> None:
    assert has_hardly_begun("word " * 500, seconds) is hardly


@given(st.integers(0, 40), st.text(" ,.!\n", min_size=1, max_size=3))
def test_words_count_however_they_are_separated(count: int, separator: str) -> None:
    hardly = has_hardly_begun(separator.join(["word"] * count), LONG_AGO)
    assert hardly is (count < BEGINNING_WORDS) or "." in separator
