"""Texts are joined as their script has it, and what is missing is marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.transcription.joining import MISSING, join

TEXTS = st.lists(st.none() | st.text(max_size=8))


@pytest.mark.parametrize(
    ("texts", "joined"),
    [
        ([], ""),
        (["Hello."], "Hello."),
        ([" Hello, ", "are you there? "], "Hello, are you there?"),
        (["Hello,", "", "  ", "again."], "Hello, again."),
        (["我想", "问一下"], "我想问一下"),
        (["我想。", "Python"], "我想。Python"),
        (["今日は", "いい天気ですね"], "今日はいい天気ですね"),
        (["สวัสดี", "ครับ"], "สวัสดีครับ"),
        (["안녕", "하세요"], "안녕 하세요"),
        (["我用", "Python"], "我用 Python"),
        (["Grüße", "aus Köln"], "Grüße aus Köln"),
        ([None, "there"], "… there"),
        (["Hi", None], "Hi …"),
        (["Hi", None, "", None, "there"], "Hi … there"),
        (["我", None, "你"], "我…你"),
        ([None], ""),
        ([None, "", None], ""),
    ],
)
def test_joins(texts: list[str | None], joined: str) -> None:
    assert join(texts) == joined


@given(TEXTS, TEXTS)
def test_never_changes_what_was_there(texts: list[str | None], more: list[str | None]) -> None:
    assert join(texts + more).startswith(join(texts))


@given(TEXTS)
def test_keeps_all_words_in_order(texts: list[str | None]) -> None:
    assert _letters(join(texts)) == _letters("".join(each or "" for each in texts))


def _letters(text: str) -> str:
    return "".join(text.split()).replace(MISSING, "")
