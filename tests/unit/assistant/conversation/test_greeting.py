"""The first word, if the agent has it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from livekit import rtc

from assistant.conversation.greeting import Greeting
from tests.unit.assistant.doubles import ADA, BOB, ROBOT, RoomDouble
from tests.unit.assistant.scene import ScriptedScene, talking

HELLO = "Hello, how can I help?"


def greeting(scene: ScriptedScene) -> Greeting:
    greets = Greeting(scene.chat.manager, scene.people, scene.conversation)
    greets.begin(HELLO)
    return greets


async def test_who_is_there_is_greeted_once_and_the_llm_knows() -> None:
    async with talking() as scene:
        greeting(scene)
        await scene.shown(HELLO)
        scene.room.announce(BOB)
        scene.room.activate("bob")
        scene.chat.receive("hi")
        await scene.shown(HELLO, "echo hi")
        assert scene.asked == [[("assistant", HELLO), ("user", "hi")]]


async def test_an_empty_room_is_not_greeted_but_who_comes_first_is() -> None:
    joined = replace(ADA, state=rtc.ParticipantState.PARTICIPANT_STATE_JOINED)
    async with talking(room=RoomDouble(ROBOT)) as scene:
        greeting(scene)
        await asyncio.sleep(0)
        scene.room.announce(joined)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert scene.chat.texts == []
        scene.room.activate("ada")
        await scene.shown(HELLO)


async def test_who_has_asked_already_is_answered_and_not_greeted() -> None:
    async with talking(room=RoomDouble(ROBOT)) as scene:
        greets = greeting(scene)
        scene.chat.receive("hi", by="ada")
        scene.room.announce(ADA)
        scene.room.activate("ada")
        await scene.shown("echo hi")
        greets.close()


async def test_a_greeting_cannot_be_edited_or_taken_back_by_a_person() -> None:
    async with talking() as scene:
        greeting(scene)
        await scene.shown(HELLO)
        (message_id,) = scene.chat.bubbles
        forged = scene.chat.receive("mine now", edited=True, id=message_id)
        scene.chat.delete(forged)
        scene.chat.receive("hi")
        await scene.shown(HELLO, "echo hi")


async def test_closed_it_greets_nobody() -> None:
    async with talking(room=RoomDouble(ROBOT)) as scene:
        greets = greeting(scene)
        await asyncio.sleep(0)
        greets.close()
        await asyncio.sleep(0)
        scene.room.announce(ADA)
        scene.room.activate("ada")
        scene.chat.receive("hi")
        await scene.shown("echo hi")
