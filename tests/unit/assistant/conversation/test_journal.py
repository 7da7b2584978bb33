"""What is kept of a conversation, and when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from livekit.agents import llm

import prompts
from assistant.arriving.mention import Mention
from assistant.conversation.greeting import Greeting
from assistant.language_model.chunks import FINISH_REASON
from assistant.memory.kept import KeptQuestion, KeptTurn
from assistant.turns.overlap import Overlap
from assistant.turns.turn import Outcome
from tests.doubles.memory import MemoryDouble
from tests.unit.assistant.doubles import ADA, BOB, ROBOT, Held, RoomDouble, saying
from tests.unit.assistant.remembering import Life, RememberingScene
from tests.unit.assistant.scene import Setting, group, play
from tests.waiting import eventually


def turns(scene: RememberingScene) -> list[KeptTurn]:
    """All that are in the store."""
    return [turn for turn, _ in scene.memory.store.only.turns.values()]


def questions(scene: RememberingScene) -> list[KeptQuestion]:
    return [question for question, _ in scene.memory.store.only.questions.values()]


def test_a_question_and_its_answer_are_kept() -> None:
    async def scene() -> None:
        await asyncio.sleep(1_000.0)
        async with Life().agent() as scene:
            asked = scene.chat.receive("hi")
            await scene.shown("echo hi")
            await scene.answering.delivered()
            (turn,), (question,) = turns(scene), questions(scene)
            assert question == KeptQuestion("ada", asked.id, "ada", "hi", 1_000.0, turn.id)
            (message_id,) = scene.chat.bubbles
            assert turn.reply is not None
            assert turn.reply.message_id == message_id
            assert (turn.reply.text, turn.reply.kept) == ("echo hi", "echo hi")
            assert turn.reply.delivered
            assert turn.outcome is Outcome.DONE
            assert turn.answer is None, "it is no more than the text"
            assert turn.ended_at == pytest.approx(1_000.0, abs=1.0)

    play(scene())


def test_the_turn_and_the_id_of_its_message_are_kept_before_anything_is_sent() -> None:
    async def scene() -> None:
        held = Held("an answer")
        async with Life().agent(held) as scene:
            await asyncio.sleep(1.0)
            scene.memory.latency = 0.1
            scene.chat.receive("hi")
            await eventually(lambda: scene.chat.texts)
            assert asyncio.get_running_loop().time() == pytest.approx(1.1, abs=0.02)
            (turn,) = turns(scene)
            assert (turn.outcome, turn.ended_at, turn.attempts) == (None, None, 1)
            assert turn.reply is not None
            held.go_on.set()
            await scene.shown("an answer")
            assert list(scene.chat.bubbles) == [turn.reply.message_id]

    play(scene())


@pytest.mark.parametrize("thinking", [0.0, 0.1, 0.2, 3.0])
def test_a_slow_store_delays_the_first_text_by_no_more_than_its_limit(thinking: float) -> None:
    async def slow() -> AsyncIterator[str]:
        await asyncio.sleep(thinking)
        for number in range(100):
            yield f"{number} "
            await asyncio.sleep(0.01)

    async def scene() -> None:
        async with Life().agent(saying("warm"), slow) as scene:
            scene.chat.receive("begin")
            await scene.shown("warm")
            scene.memory.latency = 5.0
            now = asyncio.get_running_loop().time
            asked_at = now()
            scene.chat.receive("hi")
            await eventually(lambda: len(scene.chat.bubbles) == 2)
            assert now() - asked_at < thinking + 0.15 + 0.05
            await scene.has_completed(2)
            assert now() - asked_at < max(thinking + 0.15, thinking + 1.0) + 0.1

    play(scene())


@pytest.mark.parametrize("hangs", ["enter", "meet"])
def test_a_store_that_does_not_answer_delays_the_first_answer_only(hangs: str) -> None:
    class Hanging(MemoryDouble):
        async def _asked(self, name: str) -> None:
            await super()._asked(name)
            if name == hangs:
                await asyncio.Event().wait()

    async def scene() -> None:
        life = Life()
        async with life.agent(memory=Hanging(life.store)) as scene:
            now = asyncio.get_running_loop().time
            for number, limit in ((1, 0.15), (2, 0.0)):
                asked_at = now()
                scene.chat.receive(f"question {number}")
                await scene.has_completed(number)
                assert now() - asked_at < limit + 0.1
            assert scene.memory.kept_turns == []

    play(scene())


def test_what_is_said_before_it_is_known_where_is_kept_in_order() -> None:
    async def scene() -> None:
        life = Life()
        memory = MemoryDouble(life.store)
        memory.latency = 2.0
        async with life.agent(memory=memory) as scene:
            first = scene.chat.receive("one")
            await scene.shown("echo one")
            scene.chat.receive("two")
            scene.chat.edit(first, "one!")
            await scene.has_completed(2)
            await asyncio.sleep(30.0)
            assert [turn.outcome for turn in turns(scene)] == [Outcome.DONE] * len(turns(scene))
            assert {question.text for question in questions(scene)} == {"one!", "two"}
            assert memory.met == ["ada"]

    play(scene())


def test_nothing_is_kept_per_token() -> None:
    async def torrent() -> AsyncIterator[str]:
        for number in range(10_000):
            yield f"word{number} "
            if number % 100 == 0:
                await asyncio.sleep(0.1)

    async def scene() -> None:
        async with Life().agent(torrent) as scene:
            scene.chat.receive("hi")
            await eventually(lambda: scene.chat.completed, 60.0)
            await scene.answering.delivered()
            # It begins, is looked at each second, ends, and is delivered.
            assert 11 <= len(scene.memory.kept_turns) <= 15
            assert len(scene.memory.calls) < 30

    play(scene())


def test_what_is_shown_of_a_reply_is_kept_each_second_while_it_grows() -> None:
    async def scene() -> None:
        held = Held("half", then=(" done",))
        async with Life().agent(held) as scene:
            scene.chat.receive("hi")
            await scene.begins("half")
            await asyncio.sleep(5.0)
            texts = [turn.reply.text for turn in scene.memory.kept_turns if turn.reply]
            assert texts == ["", "half"]
            held.go_on.set()
            await scene.shown("half done")
            await scene.answering.delivered()
            calls = len(scene.memory.calls)
            await asyncio.sleep(60.0)
            assert len(scene.memory.calls) == calls, "a room at rest costs something"

    play(scene())


def test_an_edit_is_kept_and_so_is_the_answer_that_replaces_the_other() -> None:
    async def scene() -> None:
        async with Life().agent() as scene:
            asked = scene.chat.receive("one")
            await scene.shown("echo one")
            scene.chat.edit(asked, "two")
            await scene.shown("echo two")
            await scene.answering.delivered()
            (turn,), (question,) = turns(scene), questions(scene)
            assert (question.text, question.turn_id) == ("two", turn.id)
            assert turn.reply is not None
            assert (turn.reply.text, turn.reply.delivered, turn.attempts) == ("echo two", True, 1)

    play(scene())


def test_a_deleted_question_is_gone_with_its_answer() -> None:
    async def scene() -> None:
        async with Life().agent() as scene:
            asked = scene.chat.receive("one")
            await scene.shown("echo one")
            scene.chat.delete(asked)
            await scene.shown()
            await scene.answering.delivered()
            assert (turns(scene), questions(scene)) == ([], [])

    play(scene())


def test_what_is_deleted_while_it_is_answered_leaves_nothing() -> None:
    async def scene() -> None:
        held = Held("half")
        async with Life().agent(held) as scene:
            asked = scene.chat.receive("one")
            await scene.begins("half")
            scene.chat.delete(asked)
            await eventually(lambda: not scene.chat.texts)
            await scene.answering.delivered()
            assert (turns(scene), questions(scene)) == ([], [])

    play(scene())


def test_a_deletion_that_is_not_kept_in_time_is_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scene() -> None:
        async with Life().agent() as scene:
            asked = scene.chat.receive("one")
            await scene.shown("echo one")
            scene.memory.latency = 20.0
            scene.chat.delete(asked)
            await asyncio.sleep(15.0)
            assert "a deleted message is not deleted from memory yet" in caplog.messages
            await asyncio.sleep(15.0)
            assert questions(scene) == []

    play(scene())


def test_a_stopped_reply_and_what_was_taken_back_are_kept_as_such() -> None:
    async def scene() -> None:
        life = Life(setting=Setting(overlap=Overlap.QUEUE))
        async with life.agent(Held("half an answer that was begun")) as scene:
            scene.chat.receive("one")
            await scene.begins("half an answer that was begun")
            scene.chat.receive("two")
            scene.chat.receive("/stop")
            scene.chat.receive("/stop")
            await scene.has_completed(2)
            await scene.answering.delivered()
            (turn,), (question,) = turns(scene), questions(scene)
            assert turn.outcome is Outcome.STOPPED
            assert turn.reply is not None
            assert turn.reply.kept == "half an answer that was begun"
            assert turn.reply.text.endswith(prompts.load("notice_stopped"))
            assert question.text == "one"

    play(scene())


def test_a_reply_that_had_hardly_begun_is_kept_until_another_has_its_bubble() -> None:
    async def scene() -> None:
        async with Life().agent(Held("ha")) as scene:
            scene.chat.receive("one")
            await scene.begins("ha")
            scene.chat.receive("two")
            await scene.shown("echo one\ntwo")
            await scene.answering.delivered()
            (turn,) = turns(scene)
            assert [question.turn_id for question in questions(scene)] == [turn.id] * 2
            assert turn.reply is not None
            assert list(scene.chat.bubbles) == [turn.reply.message_id]
            assert "forget_turn" in scene.memory.calls

    play(scene())


def test_what_is_overheard_is_kept_and_forgotten_when_it_is_asked_after_all() -> None:
    async def scene() -> None:
        life = Life(group("Ada", "Bob"), Setting(mention=Mention.ALWAYS))
        ada = replace(ADA, name="Ada")
        async with life.agent() as scene:
            said = scene.chat.receive("lunch?", ada)
            await asyncio.sleep(1.0)
            (turn,), (question,) = turns(scene), questions(scene)
            assert (turn.outcome, turn.reply, question.turn_id) == (None, None, turn.id)
            assert turn.ended_at is not None
            scene.chat.edit(said, "Assistant, lunch?")
            await eventually(lambda: "echo Assistant, lunch?" in scene.chat.completed)
            await scene.answering.delivered()
            (turn,), (question,) = turns(scene), questions(scene)
            assert (turn.outcome, question.turn_id) == (Outcome.DONE, turn.id)

    play(scene())


def test_what_history_forgets_as_it_is_refused_is_not_remembered_either() -> None:
    async def filtered() -> AsyncIterator[llm.ChoiceDelta]:
        yield llm.ChoiceDelta(role="assistant", extra={FINISH_REASON: "content_filter"})

    async def scene() -> None:
        async with Life().agent(saying("fine"), filtered, filtered) as scene:
            for number in (1, 2, 3):
                scene.chat.receive(f"question {number}")
                await scene.has_completed(number)
            await scene.answering.delivered()
            assert [turn.outcome for turn in turns(scene)] == [Outcome.FILTERED]
            assert [question.text for question in questions(scene)] == ["question 3"]

    play(scene())


def test_what_an_agent_wrote_before_it_was_announced_is_not_kept() -> None:
    async def scene() -> None:
        life = Life(RoomDouble(ADA))
        async with life.agent(Held()) as scene:
            scene.chat.receive("beep", by="robot")
            await asyncio.sleep(0.5)
            scene.room.announce(ROBOT)
            await asyncio.sleep(1.0)
            assert (turns(scene), questions(scene)) == ([], [])

    play(scene())


def test_the_greeting_is_a_turn_without_questions() -> None:
    async def scene() -> None:
        async with Life().agent() as scene:
            greeting = Greeting(
                scene.chat.manager, scene.people, scene.conversation, scene.parts.journal
            )
            greeting.begin("Hello!")
            await scene.shown("Hello!")
            await asyncio.sleep(1.0)
            (turn,) = turns(scene)
            assert turn.reply is not None
            assert list(scene.chat.bubbles) == [turn.reply.message_id]
            assert (turn.outcome, turn.reply.delivered) == (Outcome.DONE, True)

    play(scene())


def test_a_memory_that_fails_costs_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        async with Life().agent() as scene:
            scene.chat.receive("one")
            await scene.shown("echo one")
            scene.memory.failure = OSError("canary")
            asked = scene.chat.receive("two")
            await scene.has_completed(2)
            scene.chat.delete(asked)
            await asyncio.sleep(1.0)
            await scene.shown("echo one")
            assert "nothing kept of what happened" in caplog.messages
            assert "canary" not in caplog.text

    play(scene())


def test_who_comes_second_shares_the_conversation_before_what_they_say_is_kept() -> None:
    async def scene() -> None:
        life = Life()
        async with life.agent() as scene:
            scene.chat.receive("one")
            await scene.shown("echo one")
            assert "share" not in scene.memory.calls
            scene.memory.calls.clear()
            scene.chat.receive("Assistant, two", by="bob")
            await asyncio.sleep(0)
            assert scene.memory.calls[:2] == ["share", "keep_question"]
            scene.room.announce(BOB)
            scene.room.activate("bob")
            await scene.has_completed(2)
            await asyncio.sleep(1.0)
            assert scene.memory.calls.count("share") == 1

    play(scene())


def test_two_who_wrote_before_the_memory_came_share_it_before_that_is_kept() -> None:
    async def scene() -> None:
        life = Life()
        memory = MemoryDouble(life.store)
        memory.latency = 1.0
        async with life.agent(memory=memory) as scene:
            scene.chat.receive("one")
            scene.room.announce(BOB)
            scene.chat.receive("Assistant, two", by="bob")
            await asyncio.sleep(10.0)
            assert memory.calls[:4] == ["enter", "meet", "share", "keep_question"]
            assert memory.calls.count("share") == 1

    play(scene())
