"""One agent makes way, and the next one goes on: nothing is lost, and nothing is answered twice."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from assistant.handing_over.hand_over import EXPECTING_LIMIT, HandOver
from assistant.handing_over.handed_over import from_json
from chat import ChatMessage
from tests.doubles.memory import MemoryDouble
from tests.unit.assistant.doubles import ADA, Held, saying
from tests.unit.assistant.scene import ScriptedScene, conversing, play

GRACE = 5.0


@contextlib.asynccontextmanager
async def agent(
    scene: ScriptedScene | None = None,
) -> AsyncIterator[tuple[ScriptedScene, HandOver]]:
    """An agent in a room of its own, as two never see the same there."""
    scene = scene or ScriptedScene()
    hand_over = HandOver(scene.parts)
    async with conversing(scene):
        yield scene, hand_over
        hand_over.close()


def missed(
    text: str | None, message_id: str = "m1", *, edited: bool = False, deleted: bool = False
) -> ChatMessage:
    return ChatMessage(
        text, message_id, participant_identity=ADA.identity, edited=edited, deleted=deleted
    )


def test_who_rests_completes_its_reply_and_begins_none_until_it_goes_on() -> None:
    async def scene() -> None:
        held = Held("one ", then=("two",))
        async with agent(ScriptedScene(held)) as (old, hand_over):
            old.chat.receive("first")
            await held.started.wait()
            rest = asyncio.create_task(hand_over.rest(GRACE))
            await asyncio.sleep(1.0)
            assert not rest.done()
            old.chat.receive("second")
            held.go_on.set()
            assert await rest
            await asyncio.sleep(30.0)
            await old.shown("one two")
            hand_over.go_on()
            await old.shown("one two", "echo second")

    play(scene())


def test_what_waits_can_be_edited_and_taken_back() -> None:
    async def scene() -> None:
        async with agent() as (old, hand_over):
            assert await hand_over.rest(GRACE)
            first, second = old.chat.receive("first"), old.chat.receive("second")
            old.chat.edit(first, "edited")
            old.chat.delete(second)
            (question,) = from_json(hand_over.leave()).questions
            assert (question.id, question.text) == (first.id, "edited")

    play(scene())


def test_a_reply_that_is_longer_than_the_grace_is_left_to_the_next_agent() -> None:
    async def scene() -> None:
        held = Held("one ")
        async with agent(ScriptedScene(held)) as (old, hand_over):
            old.chat.receive("first")
            await held.started.wait()
            began = asyncio.get_running_loop().time()
            assert not await hand_over.rest(GRACE)
            assert asyncio.get_running_loop().time() - began == pytest.approx(GRACE)
            old.chat.receive("second")
            await old.begins("one ")
            await hand_over.make_way()
            assert old.chat.texts == []
            assert [q.text for q in from_json(hand_over.leave()).questions] == ["first", "second"]
            await asyncio.sleep(30.0)
            assert len(old.asked) == 1

    play(scene())


def test_the_next_agent_answers_what_is_left_and_nothing_else() -> None:
    async def scene() -> None:
        async with agent() as (old, hand_over):
            answered = old.chat.receive("answered")
            await old.has_completed(1)
            await hand_over.rest(GRACE)
            left = old.chat.receive("left")
            text = hand_over.leave()
        async with agent() as (new, successor):
            successor.expect()
            # Some clients send a message again to an agent that has just come.
            new.chat.receive("answered", id=answered.id)
            new.chat.receive("left", id=left.id)
            successor.take_over(text)
            successor.take_over(text)
            new.chat.receive("answered", id=answered.id)
            await asyncio.sleep(10.0)
            await new.shown("echo left")

    play(scene())


def test_the_next_agent_answers_nothing_before_it_knows_what_is_answered_but_not_for_long() -> None:
    async def scene() -> None:
        async with agent() as (new, successor):
            successor.expect()
            new.chat.receive("hello")
            await asyncio.sleep(EXPECTING_LIMIT + 1.0)
            assert new.asked == [], "as long as it has not joined"
            successor.joined()
            await asyncio.sleep(EXPECTING_LIMIT - 0.1)
            assert new.asked == []
            await new.shown("echo hello")

    play(scene())


def test_what_only_somebody_else_heard_is_answered_once() -> None:
    async def scene() -> None:
        async with agent() as (old, hand_over):
            await hand_over.rest(GRACE)
            both = old.chat.receive("heard by both")
            assert hand_over.missed([both]) is None
            text = hand_over.missed([both, missed("gap"), missed("as it came", "m2")])
            assert text is not None
        async with agent(ScriptedScene(saying("a"), saying("b"))) as (new, successor):
            successor.expect()
            new.chat.receive("as it came", id="m2")
            successor.take_over(text)
            successor.take_over(text)
            await asyncio.sleep(10.0)
            assert sorted(new.questions[-1].split("\n")) == ["as it came", "gap"]
            assert [q.text for q in new.conversation.answered] == ["as it came", "gap"]

    play(scene())


def test_what_is_heard_too_late_to_be_left_is_missed_once() -> None:
    async def scene() -> None:
        async with agent() as (old, hand_over):
            await hand_over.rest(GRACE)
            before = old.chat.receive("before")
            assert [q.text for q in from_json(hand_over.leave()).questions] == ["before"]
            late = old.chat.receive("late")
            text = hand_over.missed([before, late])
            assert text is not None
            assert [each.text for each in from_json(text).missed] == ["late"]
            alone = hand_over.missed([])
            assert alone == text

    play(scene())


def test_edits_deletions_and_commands_are_missed_too() -> None:
    async def scene() -> None:
        async with agent() as (old, hand_over):
            await hand_over.rest(GRACE)
            first, second = old.chat.receive("first"), old.chat.receive("second")
            left = hand_over.leave()
            changes = hand_over.missed(
                [missed("edited", first.id, edited=True), missed(None, second.id, deleted=True)]
            )
            stop = hand_over.missed([missed("/stop")])
            assert changes is not None
            assert stop is not None
        held = Held("one ")
        async with agent(ScriptedScene(held)) as (new, successor):
            new.conversation.hold()
            successor.take_over(left)
            successor.take_over(changes)
            new.conversation.go_on()
            await held.started.wait()
            assert new.questions == ["edited"]
            await new.begins("one ")
            successor.take_over(stop)
            await new.has_completed(1)
            assert len(new.asked) == 1

    play(scene())


def test_with_a_memory_only_what_waits_is_told() -> None:
    async def scene() -> None:
        memory = MemoryDouble()
        first = ScriptedScene(memory=memory)
        hand_over = HandOver(first.parts, memory)
        async with conversing(first):
            await asyncio.sleep(1.0)
            memory.latency = 0.5
            first.chat.receive("answered")
            await first.has_completed(1)
            assert await hand_over.rest(GRACE)
            # All of it is kept by now.
            turns = [turn for turn, _ in memory.store.only.turns.values()]
            assert [turn.outcome is not None for turn in turns] == [True]
            first.chat.receive("left")
            left = from_json(hand_over.leave())
            assert [question.text for question in left.questions] == ["left"]
            assert left.answered == ()
            hand_over.close()

    play(scene())
