"""Which policy a room has, and how much one reply answers under it."""

from __future__ import annotations

import pytest

from assistant.turns.overlap import MOST_TOGETHER, Overlap, choose_overlap, most_at_once


@pytest.mark.parametrize(
    ("people", "chosen"),
    [(0, Overlap.INTERRUPT), (1, Overlap.INTERRUPT), (2, Overlap.COLLECT), (9, Overlap.COLLECT)],
)
def test_without_a_choice_one_person_interrupts_and_several_do_not(
    people: int, chosen: Overlap
) -> None:
    assert choose_overlap(None, people) is chosen


@pytest.mark.parametrize("configured", Overlap)
@pytest.mark.parametrize("people", [0, 1, 2, 9])
def test_a_choice_holds_however_many_there_are(configured: Overlap, people: int) -> None:
    assert choose_overlap(configured, people) is configured


@pytest.mark.parametrize(
    ("policy", "most"),
    [(Overlap.QUEUE, 1), (Overlap.COLLECT, MOST_TOGETHER), (Overlap.INTERRUPT, MOST_TOGETHER)],
)
def test_only_a_queue_answers_one_by_one(policy: Overlap, most: int) -> None:
    assert most_at_once(policy) == most
