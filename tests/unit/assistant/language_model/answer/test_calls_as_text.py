"""Tool calls that come as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language_model.answer.calls_as_text import CallsAsText
from assistant.language_model.chunks import WITHDRAWN
from tests.unit.assistant.language_model.answer.splits import PLACES, cut, fed

CALLS = [
    '<tool_call>{"name": "look"}</tool_call>',
    "<|tool_calls_section_begin|>",
    "<function=look>{}</function>",
    "[TOOL_CALLS][{}]",
    "<|python_tag|>look()",
    "<\uff5ctool▁calls▁begin\uff5c>",
    f"hm{WITHDRAWN}<tool_call>",
]


def shown(pieces: list[str], *, looks: bool = True) -> tuple[str, bool]:
    calls = CallsAsText(looks)
    text = fed(calls.feed, pieces) + calls.end()
    return text.rpartition(WITHDRAWN)[2], calls.found


@pytest.mark.parametrize("text", CALLS)
def test_a_call_is_found_and_not_shown(text: str) -> None:
    assert shown([text]) == shown(list(text)) == ("", True)


@pytest.mark.parametrize("text", CALLS)
def test_where_no_tool_was_offered_a_text_is_a_text(text: str) -> None:
    assert shown(list(text), looks=False) == (text.rpartition(WITHDRAWN)[2], False)


@pytest.mark.parametrize("text", ["Write <tool_call> like this.", "<tool>", "<", "[TOOL", ""])
def test_other_texts_are_shown(text: str) -> None:
    assert shown([text]) == shown(list(text)) == (text, False)


@given(st.text(alphabet="<tol_ca>[ \n" + WITHDRAWN, max_size=30), PLACES)
def test_however_a_text_is_cut_the_same_is_shown(text: str, places: list[int]) -> None:
    assert shown(cut(text, places)) == shown([text])
