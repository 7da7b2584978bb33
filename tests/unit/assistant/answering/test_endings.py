"""Every way in which a reply ends can be seen."""

from __future__ import annotations

import pytest

import prompts
from assistant.answering.endings import ELLIPSIS, closing_words
from assistant.turns.turn import Outcome

SEEN_OTHERWISE = {
    Outcome.DONE: "its last word",
    Outcome.WITHDRAWN: "the bubble is gone",
    Outcome.ANEW: "another attempt writes on",
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


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("after_text", [True, False])
def test_every_ending_has_words_but_those_that_are_seen_otherwise(
    outcome: Outcome, after_text: bool
) -> None:
    words = closing_words(outcome, after_text=after_text, after_space=False)
    assert bool(words.strip()) is (outcome not in SEEN_OTHERWISE)


@pytest.mark.parametrize(("outcome", "prompt"), NOTICES.items())
def test_a_notice_is_a_paragraph_of_its_own(outcome: Outcome, prompt: str) -> None:
    notice = prompts.load(prompt)
    assert closing_words(outcome, after_text=False, after_space=False) == notice
    assert closing_words(outcome, after_text=True, after_space=False) == f"\n\n{notice}"


@pytest.mark.parametrize(
    ("after_text", "after_space", "words"),
    [(True, False, f" {ELLIPSIS}"), (True, True, ELLIPSIS), (False, False, ELLIPSIS)],
)
def test_an_interruption_is_an_ellipsis(after_text: bool, after_space: bool, words: str) -> None:
    assert (
        closing_words(Outcome.INTERRUPTED, after_text=after_text, after_space=after_space) == words
    )
