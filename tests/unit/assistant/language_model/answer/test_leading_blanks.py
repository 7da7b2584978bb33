"""Blank lines before an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language_model.answer.leading_blanks import MOST_INDENT, LeadingBlanks
from assistant.language_model.chunks import WITHDRAWN, answered_part
from chat import is_blank
from tests.unit.assistant.language_model.answer.splits import PLACES, cut, fed


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Hi\n\n", "Hi\n\n"),
        ("\n\nHi", "Hi"),
        (" \r\n\tHi", "\tHi"),
        ("\n    code\n", "    code\n"),
        ("\u200b\n\nHi", "Hi"),
        ("\n\u200bHi", "\u200bHi"),
        ("\u2028\u2800\nHi", "Hi"),
        ("\n \u200b\n", ""),
        (" " * 1_000 + "Hi", " " * MOST_INDENT + "Hi"),
        ("", ""),
        (f"hm{WITHDRAWN}\n\nHi", "Hi"),
        (f"\n{WITHDRAWN}\nHi", "Hi"),
    ],
)
def test_an_answer_begins_with_its_first_visible_line(text: str, shown: str) -> None:
    assert answered_part(fed(LeadingBlanks().feed, [text])) == shown
    assert answered_part(fed(LeadingBlanks().feed, text)) == shown


@given(st.text(alphabet="ab \t\n\r\u200b\u2028", max_size=30), PLACES)
def test_however_a_text_is_cut_the_same_is_shown(text: str, places: list[int]) -> None:
    whole = LeadingBlanks().feed(text)
    assert fed(LeadingBlanks().feed, cut(text, places)) == whole
    assert text.endswith(whole)
    assert is_blank(text.removesuffix(whole))


def test_only_what_was_passed_on_is_withdrawn() -> None:
    blanks = LeadingBlanks()
    assert blanks.feed(f"\n{WITHDRAWN}") == ""
    assert blanks.feed("hm") == "hm"
    assert blanks.feed(f"{WITHDRAWN}\n") == ""
    assert blanks.feed("Hi") == f"{WITHDRAWN}Hi"
