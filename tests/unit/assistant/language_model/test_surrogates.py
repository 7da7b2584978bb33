"""Text that an LLM streams in halves of characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language_model.surrogates import SurrogateJoiner

TEXTS = st.text(st.sampled_from("ab\xe9\ud83d\ude00\U0001f600\ud800\udfff"), max_size=20)


def repaired(text: str) -> str:
    """The same text with each half that is alone replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def in_utf16_units(text: str) -> str:
    """The same text with each character beyond U+FFFF as two halves."""
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(chr(units[at] << 8 | units[at + 1]) for at in range(0, len(units), 2))


@given(TEXTS, st.lists(st.integers(0, 40)))
def test_however_it_is_cut_the_text_is_the_same(text: str, cuts: list[int]) -> None:
    units = in_utf16_units(text)
    ends = sorted(min(cut, len(units)) for cut in cuts)
    joiner = SurrogateJoiner()
    pieces = zip([0, *ends], [*ends, len(units)], strict=True)
    joined = "".join(joiner.join(units[start:end]) for start, end in pieces)
    joined.encode()
    # Half a character at the very end waits for ever for the other.
    assert joined in (repaired(text).removesuffix("\ufffd"), repaired(text))


@pytest.mark.parametrize(
    ("pieces", "joined"),
    [
        (["a", "b"], ["a", "b"]),
        (["\ud83d", "\ude00"], ["", "\U0001f600"]),
        (["\ud83d", "", "\ude00"], ["", "", "\U0001f600"]),
        (["\ud83d", "b"], ["", "\ufffdb"]),
        (["\ude00"], ["\ufffd"]),
        (["\U0001f600"], ["\U0001f600"]),
    ],
)
def test_half_a_character_waits_for_the_other(pieces: list[str], joined: list[str]) -> None:
    joiner = SurrogateJoiner()
    assert [joiner.join(piece) for piece in pieces] == joined
