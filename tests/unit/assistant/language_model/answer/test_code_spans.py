"""What stands in code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language_model.answer.code_spans import CodeSpans
from tests.unit.assistant.language_model.answer.splits import PLACES, cut


def inside(*pieces: str) -> bool:
    spans = CodeSpans()
    for piece in pieces:
        spans.feed(piece)
    return spans.inside


@pytest.mark.parametrize(
    "text", ["`a", "``a`", "a `b", "```\na", "~~~\na", "  ```py\na\n", "````\n```\na", "~~~\n```\n"]
)
def test_in_code(text: str) -> None:
    assert inside(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "`a`",
        "``a` ``",
        "`a\n",
        "a ~~b",
        "```\na\n```",
        "```\na\n````\n",
        "a ~~~b",
        "~~~\n~~~\n",
    ],
)
def test_not_in_code(text: str) -> None:
    assert not inside(text)


@given(st.text(alphabet="`~\n a", max_size=40), PLACES)
def test_however_a_text_is_cut_it_is_the_same(text: str, places: list[int]) -> None:
    assert inside(*cut(text, places)) is inside(text)
