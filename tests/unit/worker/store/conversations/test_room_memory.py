from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from assistant.memory.kept import KeptReply, Recollection
from assistant.turns.turn import UNKNOWN, Outcome, UnreadFile
from tests.unit.worker.store.conversations.conversing import (
    LONG,
    FaultyStore,
    Worker,
    answered,
    asked,
    everything,
    next_moment,
)
from tests.waiting import eventually
from worker.store.conversations.recalling import Reach
from worker.store.database.schema import rooms


def texts(recalled: Recollection | None) -> list[str]:
    """What is remembered, as texts."""
    assert recalled is not None
    found = []
    for each in recalled.turns:
        found += [question.text for question in each.questions]
        found += [each.turn.reply.text] if each.turn.reply else []
    return found + [question.text for question in recalled.waiting]


async def test_a_new_room_has_no_conversation_and_a_new_person_nothing_to_remember(
    worker: Worker,
) -> None:
    memory = worker.memory()
    assert await memory.enter("RM_1", next_moment()) is None
    assert await memory.meet("ann") == Recollection()


async def test_all_that_was_kept_comes_back(worker: Worker) -> None:
    memory, _ = await worker.join("RM_1", "ann")
    files = (UnreadFile("a.pdf", "application/pdf", 7), UnreadFile("", "", None, "lost"))
    question = asked("What?", turn_id="t1", spoken=True, files=files)
    turn = answered(answer='[{"type": "message"}]', outcome=Outcome.CUT)
    half = replace(
        answered("t2"),
        created_at=turn.created_at + 1,
        ended_at=None,
        outcome=None,
        reply=KeptReply("m2", "Hal", kept="H"),
    )
    memory.keep_question(question)
    memory.keep_turn(turn)
    memory.keep_turn(half)
    assert await memory.kept(LONG)

    _, recalled = await worker.join("RM_1")

    assert recalled is not None
    first, second = recalled.turns
    assert (first.turn, first.questions, first.earlier) == (turn, (question,), False)
    assert (second.turn, second.questions) == (half, ())
    assert recalled.waiting == ()


async def test_the_newest_state_is_kept(worker: Worker) -> None:
    memory, _ = await worker.join("RM_1", "ann")
    question, turn = asked(), answered()
    memory.keep_question(question)
    memory.keep_turn(replace(turn, reply=KeptReply("m1")))
    assert await memory.kept(LONG)
    memory.keep_question(replace(question, text="Edited", turn_id="t1"))
    memory.keep_turn(turn)
    assert await memory.kept(LONG)

    _, recalled = await worker.join("RM_1")

    assert texts(recalled) == ["Edited", "Hi."]


async def test_questions_wait_that_nobody_has_begun_to_answer(worker: Worker) -> None:
    memory, _ = await worker.join("RM_1", "ann")
    memory.keep_question(asked("old", asked_at=time.time() - 301))
    memory.keep_question(asked("second", asked_at=time.time() - 1, author="ben"))
    memory.keep_question(asked("first", asked_at=time.time() - 2))
    memory.keep_question(asked("begun", turn_id="t1"))
    memory.keep_turn(answered())
    assert await memory.kept(LONG)

    _, recalled = await worker.join("RM_1")

    assert recalled is not None
    assert [question.text for question in recalled.waiting] == ["first", "second"]


async def test_what_waited_when_a_room_was_closed_waits_no_more(worker: Worker) -> None:
    memory, _ = await worker.join("RM_1", "ann")
    memory.keep_question(asked())
    assert await memory.kept(LONG)
    _, recalled = await worker.join("RM_2", "ann")
    assert texts(recalled) == []


async def test_a_turn_that_is_forgotten_leaves_its_questions_waiting(worker: Worker) -> None:
    memory, _ = await worker.join("RM_1", "ann")
    memory.keep_question(asked(turn_id="t1"))
    memory.keep_turn(answered())
    assert await memory.kept(LONG)
    memory.forget_turn("t1")
    assert await memory.kept(LONG)

    _, recalled = await worker.join("RM_1")

    assert recalled is not None
    assert recalled.turns == ()
    assert [question.text for question in recalled.waiting] == ["Hello?"]


async def test_a_question_that_is_forgotten_is_gone(worker: Worker, faulty: FaultyStore) -> None:
    memory, _ = await worker.join("RM_1", "ann")
    memory.keep_question(asked())
    assert await memory.kept(LONG)
    memory.forget_question("ann", "Hello?")
    assert await memory.kept(LONG)
    assert (await everything(faulty))["question"] == 0


async def test_late_questions_are_those_of_a_former_agent_alone(worker: Worker) -> None:
    former, _ = await worker.join("RM_1", "ann")
    former.keep_question(asked("before"))
    assert await former.kept(LONG)
    memory, _ = await worker.join("RM_1")
    former.keep_question(asked("late"))
    former.keep_question(asked("heard by both"))
    memory.keep_question(asked("heard by both"))
    memory.keep_question(asked("own"))
    assert await former.kept(LONG) is False
    assert await memory.kept(LONG)

    assert [question.text for question in await memory.late_questions()] == ["late"]
    assert await memory.late_questions() == ()


async def test_no_more_turns_are_recalled_than_are_asked_for(worker: Worker) -> None:
    memory, _ = await worker.join("RM_1", "ann")
    for number in range(5):
        memory.keep_turn(answered(f"t{number}", f"{number}", created_at=100.0 + number))
    memory.keep_question(asked("of an old turn", turn_id="t0"))
    assert await memory.kept(LONG)
    _, recalled = await worker.join("RM_1", reach=Reach(turns=2))
    assert texts(recalled) == ["3", "4"]


@pytest.mark.parametrize(("size", "expected"), [(8, 2), (7, 1), (1, 1), (12, 3)])
async def test_no_more_text_is_recalled_than_is_asked_for_but_the_newest_turn(
    worker: Worker, size: int, expected: int
) -> None:
    memory, _ = await worker.join("RM_1", "ann")
    for number in range(4):
        turn = answered(f"t{number}", "ü", created_at=100.0 + number)
        memory.keep_turn(turn)
        memory.keep_question(asked("é", id=f"q{number}", turn_id=turn.id))
    assert await memory.kept(LONG)
    _, recalled = await worker.join("RM_1", reach=Reach(size=size))
    assert recalled is not None
    assert [each.turn.id for each in recalled.turns] == [f"t{n}" for n in range(4 - expected, 4)]


async def test_the_claim_says_since_when_nobody_was_there(
    worker: Worker, faulty: FaultyStore
) -> None:
    await worker.join("RM_1", "ann")

    async def lose(connection: AsyncConnection) -> None:
        await connection.execute(update(rooms).values(lost_at=123.0))

    await faulty.read(lose)
    _, recalled = await worker.join("RM_1")
    assert recalled is not None
    assert recalled.away_since == 123.0


async def test_who_writes_is_a_member_but_not_who_is_unknown(
    worker: Worker, faulty: FaultyStore
) -> None:
    memory, _ = await worker.join("RM_1", "ann")
    for author in ("ann", "ann", "ben", UNKNOWN):
        memory.keep_question(asked(author=author))
    assert await memory.kept(LONG)
    assert (await everything(faulty))["member"] == 2


async def test_a_greeting_before_anybody_came_is_kept_with_the_conversation(
    worker: Worker,
) -> None:
    memory = worker.memory()
    assert await memory.enter("RM_1", next_moment()) is None
    memory.keep_turn(answered(text="Welcome!"))
    assert await memory.kept(LONG) is False
    await memory.meet("ann")
    assert await memory.kept(LONG)
    _, recalled = await worker.join("RM_1")
    assert texts(recalled) == ["Welcome!"]


async def test_two_in_a_room_are_one_replaced_by_the_one_that_joined_later(
    worker: Worker, faulty: FaultyStore
) -> None:
    zombies = Worker.begin(faulty)
    zombie, _ = await zombies.join("RM_1", "ann")
    zombie.keep_turn(answered(text="old"))
    zombie.keep_question(asked(turn_id="t1"))
    assert await zombie.kept(LONG)
    memory, _ = await worker.join("RM_1")
    memory.keep_turn(answered(text="new"))
    memory.keep_question(asked(turn_id="t1", text="Edited", id="Hello?"))
    assert await memory.kept(LONG)

    for text in ("stale", "staler"):
        zombie.keep_turn(answered(text=text))
        zombie.keep_question(asked(turn_id="t1"))
        zombie.keep_question(asked("heard", author="ben"))
        assert await zombie.kept(LONG) is False
    zombie.forget_turn("t1")
    assert await zombie.kept(LONG) is False

    await eventually(lambda: zombies.replaced)
    assert (zombies.replaced, worker.replaced) == (["room"], [])
    _, recalled = await worker.join("RM_1")
    # What the one that is no more had heard is a fact, but no newer one.
    assert texts(recalled) == ["Edited", "new", "heard"]
    zombies.die()


async def test_who_joined_earlier_than_the_one_that_is_there_is_replaced_at_once(
    worker: Worker,
) -> None:
    early, late = next_moment(), next_moment()
    memory = worker.memory()
    await memory.enter("RM_1", late)
    await memory.meet("ann")
    loser = worker.memory()
    await loser.enter("RM_1", early)
    await eventually(lambda: worker.replaced)
    loser.keep_question(asked("heard"))
    assert await loser.kept(LONG) is False
    assert [question.text for question in await memory.late_questions()] == ["heard"]


async def test_twenty_that_begin_a_conversation_at_once_begin_one(
    worker: Worker, faulty: FaultyStore
) -> None:
    workers = [Worker.begin(faulty) for _ in range(20)]
    memories = [each.memory() for each in workers]
    for memory in memories:
        await memory.enter("RM_1", next_moment())
    await asyncio.gather(*(each.meet(f"person {n}") for n, each in enumerate(memories)))
    for number, memory in enumerate(memories):
        memory.keep_question(asked(f"{number}", author=f"person {number}"))
    await asyncio.gather(*(memory.kept(LONG) for memory in memories))

    rows = await everything(faulty)
    assert (rows["conversation"], rows["question"], rows["member"]) == (1, 20, 20)
    for each in workers:
        each.die()
