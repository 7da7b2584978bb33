"""What ears take for the same is written the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.arriving.folding import fold
from assistant.arriving.sounds import sound_of, words_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada", "aida"),
        ("ada", "adah"),
        ("lumi", "loomy"),
        ("claire", "clare"),
        ("sophia", "sofia"),
        ("max", "macs"),
        ("john", "jon"),
        ("thea", "tea"),
        ("assistant", "asistant"),
        ("ada", "ада"),
        ("niko", "νικο"),
    ],
)
def test_spellings_of_one_sound_are_one(one: str, other: str) -> None:
    assert sound_of(one) == sound_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("ada", "at"), ("ada", "add"), ("claire", "clear"), ("claire", "clara"), ("lumi", "luma")],
)
def test_other_sounds_stay_apart(one: str, other: str) -> None:
    assert sound_of(one) != sound_of(other)


def test_words_have_no_punctuation_and_no_accents_that_may_be_left_out() -> None:
    assert words_of(fold("“Arrête”, Zoë! रुको… 停。")) == ["arrete", "zoe", "रुको", "停"]


@given(st.text(st.characters(codec="utf-8"), max_size=50))
def test_any_text_has_words_and_sounds(text: str) -> None:
    for word in words_of(fold(text)):
        assert word
        assert len(sound_of(word)) <= 2 * len(word)
