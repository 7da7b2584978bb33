"""Words for the end of an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language_model.answer.finish import Finish, finish_of


@pytest.mark.parametrize(
    ("words", "finish"),
    [
        ("stop STOP Stop end_turn endTurn END-TURN eos tool_calls functionCall", Finish.STOP),
        ("FINISH_REASON_STOP stop_sequence COMPLETE done", Finish.STOP),
        ("length MAX_TOKENS maxTokens max_output_tokens model_length", Finish.LENGTH),
        ("repetition_truncation max_thinking_tokens prompt_too_long", Finish.LENGTH),
        ("content_filter SAFETY RECITATION PROHIBITED_CONTENT refusal", Finish.CONTENT_FILTER),
        ("output_filtered prompt_blocked moderation_hit", Finish.CONTENT_FILTER),
        ("error network_error ERROR_LIMIT abort cancelled timeout", Finish.ERROR),
        ("insufficient_system_resource MALFORMED_FUNCTION_CALL OTHER hmm", Finish.ERROR),
    ],
)
def test_words_of_many_services_mean_the_same(words: str, finish: Finish) -> None:
    assert {finish_of(word) for word in words.split()} == {finish}


@pytest.mark.parametrize(
    "word",
    [None, "", " ", "null", "NONE", "FINISH_REASON_UNSPECIFIED", 1, True, False, [], {}, 0.5],
)
def test_what_says_nothing_ends_nothing(word: object) -> None:
    assert finish_of(word) is None


@given(st.text())
def test_any_word_is_an_end_or_none(word: str) -> None:
    assert finish_of(word) in (None, *Finish)


@given(st.lists(st.sampled_from(Finish), min_size=1))
def test_of_several_words_the_worst_counts(words: list[Finish]) -> None:
    worst: Finish | None = None
    for word in words:
        worst = word.worse(worst)
    assert worst is max(words, key=list(Finish).index)
