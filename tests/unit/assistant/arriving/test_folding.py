"""What people take for the same text becomes the same."""

from __future__ import annotations

import unicodedata
from unittest.mock import patch

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from assistant.arriving.folding import fold

INVISIBLE = "\u200b\u200c\u200d\u200e\u2060\u2068\u2069\ufe0f\ufeff\u00ad\u034f"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ａ １", "a 1"),
        ("E\u0301", "é"),
        ("STRASSE", "strasse"),
        ("straße", "strasse"),
        ("ΣΑΣ", "σασ"),
        ("İIıi", "iiii"),
        ("a’b", "a'b"),
        ("a\u2011b", "a-b"),
        (" a\u00a0\n\u3000b ", "a b"),
        ("a✨️b", "a ✨ b"),
        ("™", "tm"),
        ("Ⓐⓑ", "ab"),
        ("\u2068a\u2069", "a"),
        ("\u3164", ""),
    ],
)
def test_a_text_becomes_what_it_is_compared_by(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_a_zero_width_space_becomes_what_the_caller_says() -> None:
    assert fold("a\u200bb") == "ab"
    assert fold("a\u200bb", zero_width_space=" ") == "a b"


@given(st.text(max_size=30), st.text(INVISIBLE, max_size=3), st.integers(0, 30))
def test_what_shows_nothing_changes_nothing(text: str, invisible: str, at: int) -> None:
    assert fold(text[:at] + invisible + text[at:]) == fold(text)


@given(st.text(max_size=30))
def test_composed_and_decomposed_are_the_same(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@given(st.text("a\u0301\u0323\u0344\u0308\u034f", max_size=300))
def test_no_more_marks_are_sorted_together_than_takes_no_time(text: str) -> None:
    longest = 0

    def normalize(form: str, part: str) -> str:
        nonlocal longest
        runs = regex.findall(r"[\p{M}--\u034f]+", part, regex.V1)
        longest = max(longest, *(len(run) for run in runs), 0)
        return unicodedata.normalize(form, part)  # type: ignore[arg-type]  # one of the four

    with patch("assistant.arriving.folding.unicodedata") as patched:
        patched.normalize = normalize
        fold(text)
    # A mark may decompose into two.
    assert longest <= 60
