"""What is read out, and what silences it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from assistant.answering.aloud import ReadingAloud, Unheard
from assistant.conversation.stop import Stop
from assistant.turns.overlap import Overlap
from assistant.turns.turn import Turn
from tests.unit.assistant.doubles import BOB, Answer, Held, Listener, failing, saying
from tests.unit.assistant.scene import ScriptedScene, Setting, group, talking
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("every_word_counts")


@asynccontextmanager
async def listening(
    *answers: Answer, overlap: Overlap | None = None, people: tuple[str, ...] = ("Ada",)
) -> AsyncIterator[tuple[ScriptedScene, Listener]]:
    async with talking(*answers, room=group(*people), setting=Setting(overlap=overlap)) as scene:
        listener = Listener()
        scene.answering.aloud = ReadingAloud(listener.open)
        yield scene, listener


async def test_a_reply_is_read_out_as_it_is_written() -> None:
    async with listening(saying("one ", "answer")) as (scene, listener):
        scene.chat.receive("a question")
        await scene.shown("one answer")
        assert listener.heard == ["one answer."]


async def test_the_line_that_says_how_a_reply_ended_is_read_out() -> None:
    async with listening(failing(error=ValueError()), failing(error=ValueError())) as (
        scene,
        listener,
    ):
        scene.chat.receive("a question")
        await scene.has_completed(1)
        assert listener.heard == [f"{scene.chat.texts[0]}."]


async def test_a_stop_silences_what_is_being_written() -> None:
    async with listening(Held("half")) as (scene, listener):
        scene.chat.receive("a question")
        await scene.begins("half")
        scene.chat.receive("/stop")
        await scene.has_completed(1)
        assert listener.heard == ["half!"]


async def test_a_stop_silences_what_is_written_and_still_read_out() -> None:
    async with listening(saying("a long answer")) as (scene, listener):
        scene.chat.receive("a question")
        await scene.shown("a long answer")
        assert scene.arrivals.stop("ada") is Stop.STOPPED
        assert listener.heard == ["a long answer!"]
        assert scene.arrivals.stop("ada") is Stop.NOTHING
        assert scene.chat.texts == ["a long answer"]


async def test_only_who_asked_can_silence_what_is_read_out() -> None:
    async with listening(saying("for Ada"), people=("Ada", "Bob")) as (scene, listener):
        scene.chat.receive("a question")
        await scene.shown("for Ada")
        assert scene.arrivals.stop(BOB.identity) is Stop.NOTHING
        assert listener.heard == ["for Ada."]


async def test_a_message_to_one_who_is_alone_silences_the_reply_before() -> None:
    async with listening(saying("first"), saying("second")) as (scene, listener):
        scene.chat.receive("one")
        await scene.shown("first")
        scene.chat.receive("two")
        await scene.shown("first", "second")
        assert listener.heard == ["first!", "second."]


async def test_messages_that_are_collected_let_the_reply_before_be_read_to_its_end() -> None:
    async with listening(overlap=Overlap.COLLECT) as (scene, listener):
        scene.chat.receive("one")
        await scene.shown("echo one")
        scene.chat.receive("two")
        await scene.shown("echo one", "echo two")
        assert listener.heard == ["echo one.", "echo two."]


async def test_an_answer_that_is_given_anew_silences_the_one_before() -> None:
    async with listening(saying("first"), saying("second")) as (scene, listener):
        message = scene.chat.receive("one")
        await scene.shown("first")
        scene.chat.edit(message, "another")
        await scene.shown("second")
        assert listener.heard == ["first!", "second."]


async def test_an_answer_that_is_taken_back_is_silenced() -> None:
    async with listening(saying("first")) as (scene, listener):
        message = scene.chat.receive("one")
        await scene.shown("first")
        scene.chat.delete(message)
        await eventually(lambda: not scene.chat.texts)
        assert listener.heard == ["first!"]


async def test_a_greeting_is_read_out() -> None:
    async with listening() as (scene, listener):
        scene.parts.greeting.begin("Hello.")
        await scene.shown("Hello.")
        assert listener.heard == ["Hello.."]


async def test_a_stop_silences_a_greeting() -> None:
    async with listening() as (scene, listener):
        scene.parts.greeting.begin("Hello.")
        await scene.shown("Hello.")
        assert scene.arrivals.stop("ada") is Stop.STOPPED
        assert listener.heard == ["Hello.!"]


def test_what_is_over_is_not_silenced_again() -> None:
    listener = Listener()
    aloud, turn = ReadingAloud(listener.open), Turn([], 0.0)
    aloud.begin(turn)
    listener.replies[0].is_over = True
    assert not aloud.hush(lambda _: True)
    assert listener.replies[0].end == ""


def test_without_a_voice_nothing_is_there_to_be_silenced() -> None:
    aloud = ReadingAloud()
    aloud.begin(Turn([], 0.0)).append("words")
    assert isinstance(aloud.begin(Turn([], 0.0)), Unheard)
    assert not aloud.hush(lambda _: True)
