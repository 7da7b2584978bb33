"""What was kept of turns, and what is made of it: the same turns, as old as they are."""

from __future__ import annotations

import asyncio

import pytest

from assistant.memory.kept import RecalledTurn, Recollection
from assistant.memory.restoring import restore
from assistant.memory.snapshots import ended_snapshot, open_snapshot, question_snapshot
from assistant.turns.bubble import Bubble
from assistant.turns.turn import Outcome, Question, Turn, UnreadFile


def turn_of(outcome: Outcome | None = Outcome.DONE) -> Turn:
    now = asyncio.get_running_loop().time()
    file = UnreadFile("a.pdf", "application/pdf", 7)
    question = Question("1", "ada", "Ada", "hi", now - 50.0, files=(file,), spoken=True)
    bubble = Bubble(text="yes\n\n(Stopped.)", kept="yes")
    return Turn([question], 1_000.0, outcome=outcome, bubble=bubble, ended_at=now - 40.0)


def recalled(turn: Turn, *, earlier: bool = False, is_open: bool = False) -> Recollection:
    kept = open_snapshot(turn, "") if is_open else ended_snapshot(turn, delivered=True)
    questions = tuple(question_snapshot(each, turn) for each in turn.questions)
    return Recollection((RecalledTurn(kept, questions, earlier),))


async def test_a_turn_is_restored_as_it_was_with_its_age() -> None:
    turn = turn_of()
    (restored,) = restore(recalled(turn)).turns
    assert (restored.id, restored.created_at) == (turn.id, turn.created_at)
    assert (restored.outcome, restored.earlier) == (Outcome.DONE, False)
    assert restored.ended_at == pytest.approx(turn.ended_at, abs=0.5)
    (question,), (before,) = restored.questions, turn.questions
    assert question.asked_at == pytest.approx(before.asked_at, abs=0.5)
    assert (question.text, question.files, question.spoken) == ("hi", before.files, True)
    assert (restored.bubble.text, restored.bubble.kept) == (turn.bubble.text, turn.bubble.kept)
    assert restored.bubble.message_id == turn.bubble.message_id
    assert restored.bubble.inherited is not None
    assert restored.bubble.inherited.complete


async def test_what_was_not_ended_counts_as_ended_by_leaving_and_is_unfinished() -> None:
    turn = turn_of(None)
    turn.attempts = 1
    restored = restore(recalled(turn, is_open=True))
    (unfinished,) = restored.unfinished
    assert restored.turns == [unfinished]
    assert (unfinished.outcome, unfinished.attempts) == (Outcome.SHUT_DOWN, 1)
    assert unfinished.bubble.inherited is not None
    assert not unfinished.bubble.inherited.complete


async def test_what_was_overheard_is_not_taken_for_unfinished() -> None:
    turn = turn_of(None)
    turn.bubble = Bubble()
    restored = restore(recalled(turn))
    assert restored.unfinished == restored.undelivered == []
    assert restored.turns[0].outcome is None


@pytest.mark.parametrize(("earlier", "count"), [(False, 1), (True, 0)])
async def test_what_may_not_have_reached_people_is_known_in_the_same_opening(
    earlier: bool, count: int
) -> None:
    turn = turn_of()
    kept = ended_snapshot(turn, delivered=False)
    restored = restore(Recollection((RecalledTurn(kept, (), earlier),)))
    assert len(restored.undelivered) == count


async def test_a_time_that_is_in_the_future_is_now() -> None:
    turn = turn_of()
    turn.ended_at = asyncio.get_running_loop().time() + 3_600.0
    (restored,) = restore(recalled(turn)).turns
    assert restored.ended_at <= asyncio.get_running_loop().time()
