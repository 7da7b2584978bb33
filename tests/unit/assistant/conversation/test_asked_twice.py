"""A question that a client sends again to the next agent stays in one turn, however late that is remembered."""

from __future__ import annotations

import asyncio

import pytest

import prompts
from assistant.arriving.mention import Mention
from assistant.turns.overlap import Overlap
from tests.doubles.memory import MemoryDouble
from tests.unit.assistant.doubles import ADA, BOB, ROBOT, Held, RoomDouble, saying
from tests.unit.assistant.remembering import Life, had, kept_texts, rows
from tests.unit.assistant.scene import Setting, play

ANSWERS_FIRST = 1.0
"""Seconds that a memory takes for which an answer does not wait."""

COMES_FIRST = 0.1
"""Seconds for which it does."""


def late(life: Life, seconds: float = ANSWERS_FIRST) -> MemoryDouble:
    """A memory that takes its time."""
    memory = MemoryDouble(life.store)
    memory.latency = seconds
    return memory


def test_what_was_answered_and_is_sent_again_to_the_next_agent_is_not_answered_again() -> None:
    async def scene() -> None:
        life = Life()
        [asked] = await had(life, "one")
        for _ in range(2):
            async with life.agent(memory=late(life, COMES_FIRST)) as scene:
                scene.chat.receive("one", id=asked.id)
                await asyncio.sleep(10.0)
                await scene.shown("echo one")
                assert scene.asked == []
        [turn] = rows(life)
        assert [question.id for question in life.store.only.questions_of(turn.id)] == [asked.id]

    play(scene())


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("others", [(), ("two",)])
def test_what_was_answered_is_not_answered_again_though_that_is_remembered_late(
    others: tuple[str, ...], ended: bool
) -> None:
    async def scene() -> None:
        life = Life(setting=Setting(overlap=Overlap.COLLECT))
        [asked] = await had(life, "one")
        first = saying("one again") if ended else Held("one again")
        async with life.agent(first, memory=late(life)) as scene:
            scene.chat.receive("one", id=asked.id)
            for other in others:
                scene.chat.receive(other)
            await scene.begins("echo one", "one again")
            await asyncio.sleep(10.0)
            if ended and others:
                # They were answered together, which is not undone.
                await scene.shown("echo one", "one again")
            else:
                await scene.shown("echo one", *(f"echo {other}" for other in others))
        assert kept_texts(life) == [["one"], *([other] for other in others)]

    play(scene())


def test_what_is_sent_again_with_another_text_is_an_edit() -> None:
    async def scene() -> None:
        life = Life()
        [asked] = await had(life, "one")
        async with life.agent(memory=late(life, COMES_FIRST)) as scene:
            scene.chat.receive("two", id=asked.id)
            await asyncio.sleep(10.0)
            await scene.shown("echo two")
            assert len(scene.asked) == 1
        assert kept_texts(life) == [["two"]]

    play(scene())


@pytest.mark.parametrize("ended", [False, True])
def test_what_says_something_else_and_is_being_answered_already_stays_a_new_question(
    ended: bool,
) -> None:
    async def scene() -> None:
        life = Life()
        [asked] = await had(life, "one")
        answer = saying("two, then") if ended else Held("two,", then=(" then",))
        async with life.agent(answer, memory=late(life)) as scene:
            scene.chat.receive("two", id=asked.id)
            await asyncio.sleep(10.0)
            await scene.begins("echo one", "two, then" if ended else "two,")
            assert len(scene.asked) == 1
        assert kept_texts(life) == [[], ["two"]]

    play(scene())


def test_what_is_sent_again_and_then_edited_is_answered() -> None:
    async def scene() -> None:
        life = Life()
        [asked] = await had(life, "one")
        async with life.agent(Held(), Held("two,"), memory=late(life)) as scene:
            again = scene.chat.receive("one", id=asked.id)
            await scene.has_asked(1)
            scene.chat.edit(again, "two")
            await asyncio.sleep(10.0)
            await scene.begins("echo one", "two,")
        assert kept_texts(life) == [[], ["two"]]

    play(scene())


def test_also_an_answer_that_is_not_the_newest_is_taken_back() -> None:
    async def scene() -> None:
        life = Life(setting=Setting(overlap=Overlap.QUEUE))
        [asked] = await had(life, "one")
        held = Held("two,")
        async with life.agent(saying("one again"), held, memory=late(life)) as scene:
            scene.chat.receive("one", id=asked.id)
            await scene.shown("echo one", "one again")
            scene.chat.receive("two")
            await scene.begins("echo one", "one again", "two,")
            await asyncio.sleep(10.0)
            held.go_on.set()
            await scene.shown("echo one", "two,")
            await asyncio.sleep(10.0)
        assert kept_texts(life) == [["one"], ["two"]]

    play(scene())


@pytest.mark.parametrize("seconds", [COMES_FIRST, ANSWERS_FIRST])
@pytest.mark.parametrize("ended", [False, True])
def test_what_was_overheard_and_names_the_agent_now_is_answered(
    seconds: float, ended: bool
) -> None:
    async def scene() -> None:
        life = Life(RoomDouble(ADA, BOB, ROBOT), Setting(mention=Mention.ALWAYS))
        async with life.agent() as scene:
            overheard = scene.chat.receive("what is for lunch?")
            await asyncio.sleep(3.0)
        told = scene.chat.texts
        answer = saying("soup") if ended else Held("soup")
        async with life.agent(answer, memory=late(life, seconds)) as scene:
            scene.chat.receive("Assistant, what is for lunch?", id=overheard.id)
            await asyncio.sleep(10.0)
            await scene.begins(*told, "soup")
        assert kept_texts(life) == [["Assistant, what is for lunch?"]]

    play(scene())


@pytest.mark.parametrize("waits", [False, True])
def test_what_is_deleted_after_it_was_sent_again_is_gone(waits: bool) -> None:
    async def scene() -> None:
        life = Life()
        [asked] = await had(life, "one")
        answers = () if waits else (Held("one again"),)
        seconds = COMES_FIRST if waits else ANSWERS_FIRST
        async with life.agent(*answers, memory=late(life, seconds)) as scene:
            again = scene.chat.receive("one", id=asked.id)
            if not waits:
                await scene.begins("echo one", "one again")
            scene.chat.delete(again)
            await asyncio.sleep(10.0)
            assert scene.chat.texts == []
            scene.chat.receive("two")
            await scene.has_completed(1)
            assert scene.told == ["two"]
            await asyncio.sleep(10.0)
        assert kept_texts(life) == [["two"]]

    play(scene())


def test_a_stop_takes_back_only_that_it_was_sent_again() -> None:
    async def scene() -> None:
        life = Life()
        [asked] = await had(life, "one")
        async with life.agent(memory=late(life, COMES_FIRST)) as scene:
            scene.chat.receive("one", id=asked.id)
            scene.chat.receive("/stop")
            await asyncio.sleep(10.0)
            await scene.shown("echo one", prompts.load("notice_taken_back"))
            assert scene.asked == []
        assert kept_texts(life) == [["one"]]

    play(scene())


@pytest.mark.parametrize("sends", [False, True])
def test_what_another_agent_says_it_answered_stays_though_that_is_remembered_late(
    sends: bool,
) -> None:
    async def scene() -> None:
        life = Life()
        [asked] = await had(life, "one")
        async with life.agent(Held("one again"), memory=late(life)) as scene:
            if sends:
                scene.chat.receive("one", id=asked.id)
                await scene.begins("echo one", "one again")
            scene.conversation.note_answered(asked.id, "ada")
            await asyncio.sleep(10.0)
            await scene.shown("echo one")
        assert kept_texts(life) == [["one"]]

    play(scene())
