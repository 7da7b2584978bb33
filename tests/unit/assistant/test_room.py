"""A room's assistant as a whole: how it leaves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

import prompts
from assistant import ProcessResources, RoomAssistant, RoomOptions, TurnSlots
from tests.doubles import Chunk, FakeRoom
from tests.unit.assistant.doubles import Held, ScriptedLLM
from tests.waiting import eventually

SHUT_DOWN = prompts.load("notice_shut_down")
STOPPED = prompts.load("notice_stopped")


@dataclass
class Stay:
    """An agent in a room with Ada."""

    room: FakeRoom
    model: ScriptedLLM
    assistant: RoomAssistant

    def say(self, stream_id: str, text: str) -> None:
        reader = self.room.open_stream("ada", stream_id)
        reader.write(text)
        reader.end()

    @property
    def heard(self) -> str:
        """All text that reached the wire."""
        return "|".join(frame.text for frame in self.room.me.sent if isinstance(frame, Chunk))


@contextlib.asynccontextmanager
async def staying(*answers: Held, grace: float = 0.0) -> AsyncIterator[Stay]:
    before = asyncio.all_tasks()
    model, room = ScriptedLLM(*answers), FakeRoom()
    room.connected = True
    assistant = RoomAssistant(
        room, model, ProcessResources(TurnSlots(1)), RoomOptions(closing_grace=grace)
    )
    await assistant.start(asyncio.sleep(0))
    room.join("ada")
    try:
        yield Stay(room, model, assistant)
    finally:
        await assistant.aclose()
    await eventually(lambda: asyncio.all_tasks() <= before)
    assert room.listeners == []


async def test_a_running_reply_has_its_grace_and_people_are_heard_meanwhile() -> None:
    held = Held("half", then=(" done",))
    async with staying(held, grace=30.0) as stay:
        stay.say("1", "one")
        await eventually(lambda: stay.heard == "half")
        leaving = asyncio.create_task(stay.assistant.aclose())
        await asyncio.sleep(0)
        stay.say("2", "two")
        await asyncio.sleep(0.05)
        held.go_on.set()
        await leaving
        assert stay.heard == f"half| done|{SHUT_DOWN}"
        assert len(stay.model.script.requests) == 1
        stay.say("3", "too late")


async def test_a_reply_can_be_stopped_in_its_grace() -> None:
    async with staying(Held("half"), grace=30.0) as stay:
        stay.say("1", "one")
        await eventually(lambda: stay.heard == "half")
        leaving = asyncio.create_task(stay.assistant.aclose())
        await asyncio.sleep(0)
        stay.say("2", "/stop")
        await leaving
        assert stay.heard == f"half|\n\n{STOPPED}"


async def test_nobody_waits_longer_than_the_limits_for_a_network_that_hangs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("assistant.room.CLOSING_LIMIT", 0.1)
    async with staying(Held("half")) as stay:
        stay.say("1", "one")
        await eventually(lambda: stay.heard == "half")
        stay.room.me.open.clear()
        async with asyncio.timeout(2):
            await stay.assistant.aclose()
        assert "room left before all replies were written" in caplog.messages
        stay.room.me.open.set()


async def test_a_session_that_does_not_end_is_left(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("assistant.room.RELEASE_LIMIT", 0.05)
    async with staying() as stay:
        session = stay.assistant._parts.session.session
        with monkeypatch.context() as hung:
            hung.setattr(session, "end", asyncio.Event().wait)
            async with asyncio.timeout(2):
                await stay.assistant.aclose()
        assert "session did not end in time" in caplog.messages
        await session.end()


async def test_what_fails_at_the_end_keeps_nothing_else_from_being_released(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with staying() as stay:
        monkeypatch.setattr(stay.assistant._parts.conversation, "aclose", _failing)
        with pytest.raises(ZeroDivisionError):
            await stay.assistant.aclose()
        assert stay.room.listeners == []
        monkeypatch.undo()


async def _failing(grace: float) -> None:
    raise ZeroDivisionError
