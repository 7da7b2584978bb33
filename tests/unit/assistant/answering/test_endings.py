"""How every attempt ends, and that people can see it."""

from __future__ import annotations

import pytest

import prompts
from assistant.answering.endings import ELLIPSIS, AttemptEnd, BubbleEnd, closing_words, end_of
from assistant.turns.turn import Outcome

SEEN_OTHERWISE = {
    Outcome.DONE: "its last word",
    Outcome.WITHDRAWN: "the bubble is gone",
    Outcome.ANEW: "another attempt writes on",
    Outcome.SUPERSEDED: "another turn answers it",
}
NOTICES = {
    Outcome.STOPPED: "notice_stopped",
    Outcome.CUT: "notice_cut",
    Outcome.FILTERED: "notice_filtered",
    Outcome.REFUSED: "notice_busy",
    Outcome.EMPTY: "notice_no_answer",
    Outcome.FAILED: "notice_answer_failed",
    Outcome.SHUT_DOWN: "notice_shut_down",
}

WITHOUT_TEXT = {
    Outcome.DONE: AttemptEnd(Outcome.EMPTY, BubbleEnd.COMPLETE),
    Outcome.INTERRUPTED: AttemptEnd(Outcome.SUPERSEDED, BubbleEnd.LEAVE),
    Outcome.ANEW: AttemptEnd(Outcome.ANEW, BubbleEnd.LEAVE),
    Outcome.SUPERSEDED: AttemptEnd(Outcome.SUPERSEDED, BubbleEnd.LEAVE),
}
"""What becomes of an attempt that wrote nothing; of all others, what they ended as is completed."""


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("has_text", [True, False])
def test_an_attempt_that_has_nothing_left_to_answer_is_taken_back(
    outcome: Outcome, has_text: bool
) -> None:
    end = end_of(outcome, has_text=has_text, has_questions=False)
    assert end == AttemptEnd(Outcome.WITHDRAWN, BubbleEnd.TAKE_BACK)


@pytest.mark.parametrize("outcome", Outcome)
def test_an_attempt_without_text_ends_as_its_outcome_says(outcome: Outcome) -> None:
    end = end_of(outcome, has_text=False, has_questions=True)
    assert end == WITHOUT_TEXT.get(outcome, AttemptEnd(outcome, BubbleEnd.COMPLETE))


@pytest.mark.parametrize("outcome", Outcome)
def test_text_is_completed_unless_another_attempt_goes_on(outcome: Outcome) -> None:
    goes_on = outcome in (Outcome.ANEW, Outcome.SUPERSEDED)
    bubble = BubbleEnd.LEAVE if goes_on else BubbleEnd.COMPLETE
    assert end_of(outcome, has_text=True, has_questions=True) == AttemptEnd(outcome, bubble)


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("text", ["some text", ""])
def test_every_ending_has_words_but_those_that_are_seen_otherwise(
    outcome: Outcome, text: str
) -> None:
    assert bool(closing_words(outcome, text).strip()) is (outcome not in SEEN_OTHERWISE)


@pytest.mark.parametrize(("outcome", "prompt"), NOTICES.items())
def test_a_notice_is_a_paragraph_of_its_own(outcome: Outcome, prompt: str) -> None:
    notice = prompts.load(prompt)
    assert closing_words(outcome, "") == closing_words(outcome, " \n\u200b") == notice
    assert closing_words(outcome, "some text") == f"\n\n{notice}"


@pytest.mark.parametrize(
    ("text", "words"),
    [("half", f" {ELLIPSIS}"), ("half ", ELLIPSIS), ("half\n", ELLIPSIS), ("", ELLIPSIS)],
)
def test_an_interruption_is_an_ellipsis(text: str, words: str) -> None:
    assert closing_words(Outcome.INTERRUPTED, text) == words
