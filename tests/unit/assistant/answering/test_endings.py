"""How every attempt ends, and that people can see it."""

from __future__ import annotations

import pytest

import prompts
from assistant.answering.endings import ELLIPSIS, AttemptEnd, BubbleEnd, closing_words, end_of
from assistant.language_model import Failure, Remedy
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
    Outcome.TOO_LONG: "notice_question_too_long",
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


@pytest.mark.parametrize(
    ("remedy", "prompt"),
    [
        (Remedy.ASK_AGAIN, "notice_answer_failed"),
        (Remedy.OPERATOR, "notice_operator"),
        (Remedy.SHORTEN, "notice_question_too_long"),
        (Remedy.REPHRASE, "notice_filtered"),
    ],
)
def test_the_words_after_a_failure_say_what_helps(remedy: Remedy, prompt: str) -> None:
    words = closing_words(Outcome.FAILED, "", Failure("status 400", remedy=remedy))
    assert words == prompts.load(prompt)


@pytest.mark.parametrize(
    ("seconds", "time"),
    [
        (None, "in a minute"),
        (0.0, "in about 5 seconds"),
        (0.2, "in about 5 seconds"),
        (30.0, "in about 30 seconds"),
        (31.0, "in about 35 seconds"),
        (90.0, "in about 90 seconds"),
        (91.0, "in about 2 minutes"),
        (3_600.0, "in about 60 minutes"),
        (86_400.0, "in some hours"),
    ],
)
def test_who_has_to_wait_is_told_how_long(seconds: float | None, time: str) -> None:
    failure = Failure("status 429", remedy=Remedy.WAIT, retry_after=seconds)
    words = closing_words(Outcome.FAILED, "", failure)
    assert words == prompts.fill("notice_wait", time=time)


def test_an_answer_that_was_cut_while_the_llm_thought_says_so() -> None:
    cut, thinking = prompts.load("notice_cut"), prompts.load("notice_thinking_cut")
    assert closing_words(Outcome.CUT, "", thought=True) == thinking
    assert closing_words(Outcome.CUT, "", thought=False) == cut
    assert closing_words(Outcome.CUT, "some text", thought=True) == f"\n\n{cut}"
