"""What people see of a text with thoughts, blanks and calls in it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.language_model.answer.visible_text import VisibleText
from assistant.language_model.chunks import answered_part
from tests.unit.assistant.language_model.answer.splits import PLACES, cut, fed


def seen(pieces: list[str], *, may_call: bool = True, keeps_open: bool = True) -> str:
    visible = VisibleText(may_call=may_call)
    return answered_part(fed(visible.feed, pieces) + visible.end(keeps_open=keeps_open))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<think>\nhm\n</think>\n\nHi", "Hi"),
        ("\n\nhm</think>\n\nHi", "Hi"),
        ("\u200b\n<think>hm</think>\u200b\n", ""),
        ("<think>hm</think>\n<tool_call>{}", ""),
        ("hm</think>\n<tool_call>{}", ""),
        ("\n\n<tool_call>{}", ""),
        ("<tool_call>hm</think>Hi", "Hi"),
        ("Hi <tool_call>", "Hi <tool_call>"),
        ("<tool", "<tool"),
        ("\nHi</think>\n", "Hi"),
        ("Hi</think></think>", "Hi"),
    ],
)
def test_only_the_answer_is_seen(text: str, shown: str) -> None:
    assert seen([text]) == seen(list(text)) == shown


@pytest.mark.parametrize(
    "text", ["hm</think>\n", "<think>hm</think>\n", "<think>hm", "a</think></think>"]
)
def test_a_thought_is_not_left_standing_where_something_else_than_text_follows(text: str) -> None:
    assert seen([text], keeps_open=False) == seen(list(text), keeps_open=False) == ""


PARTS = ["<think>", "</think>", "<tool_call>", "a", " ", "\n", "\u200b", "`", "<", "."]


@given(
    st.lists(st.sampled_from(PARTS), max_size=14).map("".join), PLACES, st.booleans(), st.booleans()
)
@example(text="a</think></think>", places=[2], may_call=False, keeps_open=True)
def test_however_a_text_is_cut_the_same_is_seen(
    text: str, places: list[int], may_call: bool, keeps_open: bool
) -> None:
    whole = seen([text], may_call=may_call, keeps_open=keeps_open)
    assert seen(cut(text, places), may_call=may_call, keeps_open=keeps_open) == whole
