"""A room's assistant as a whole: how it leaves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from livekit import rtc

import prompts
from assistant import ProcessResources, RoomAssistant, RoomOptions, TurnSlots
from tests.doubles import Chunk, FakeRoom
from tests.doubles.memory import MemoryDouble
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
async def staying(
    *answers: Held,
    grace: float = 0.0,
    greeting: str = "",
    memory: MemoryDouble | None = None,
    rescued: bool = False,
) -> AsyncIterator[Stay]:
    before = asyncio.all_tasks()
    model, room = ScriptedLLM(*answers), FakeRoom()
    room.connected = True
    assistant = RoomAssistant(
        room,
        model,
        ProcessResources(TurnSlots(1)),
        RoomOptions(closing_grace=grace, greeting=greeting),
        memory=None if memory is None else lambda _: memory,
        rescued=rescued,
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


async def test_when_the_room_is_gone_the_llm_is_let_go_and_nothing_more_is_written(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    let_go = asyncio.Event()

    class Canary(Held):
        async def __call__(self) -> AsyncIterator[str]:
            try:
                async for delta in super().__call__():
                    yield delta
            finally:
                let_go.set()

    async with staying(Canary("canary"), grace=30.0) as stay:
        stay.say("1", "one")
        await eventually(lambda: stay.heard == "canary")
        # A room that it leaves because it is told to has its grace, until it is gone.
        leaving = asyncio.create_task(stay.assistant.aclose())
        await asyncio.sleep(0.01)
        sent = len(stay.room.me.sent)
        stay.room.connected = False
        stay.room.emit("disconnected", rtc.DisconnectReason.ROOM_DELETED)
        async with asyncio.timeout(2):
            await let_go.wait()
            await leaving
        assert len(stay.room.me.sent) == sent
    assert [r.__dict__["answering"] for r in caplog.records if r.message == "room is gone"] == [
        True
    ]
    assert "canary" not in caplog.text
    assert not [r for r in caplog.records if r.exc_info]


async def test_a_connection_that_is_restored_ends_no_reply() -> None:
    held = Held("half", then=(" done",))
    async with staying(held) as stay:
        stay.say("1", "one")
        await eventually(lambda: stay.heard == "half")
        stay.room.emit("reconnecting")
        await asyncio.sleep(0)
        stay.room.emit("reconnected")
        held.go_on.set()
        await eventually(lambda: "done" in stay.heard)


async def test_who_gives_way_says_nothing_more_and_leaves_its_reply_to_another() -> None:
    memory = MemoryDouble()
    async with staying(Held("half"), grace=30.0, memory=memory) as stay:
        stay.say("1", "one")
        await eventually(lambda: stay.heard == "half")
        stay.say("2", "two")
        calls = list(memory.calls)
        stay.assistant.give_way()
        async with asyncio.timeout(2):
            await stay.assistant.aclose()
        assert stay.heard == "half"
        assert memory.calls == calls
    assert [turn.outcome for turn, _ in memory.store.only.turns.values()] == [None]
    assert memory.misuse == []


async def test_who_leaves_waits_until_the_end_is_kept_but_not_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("assistant.room.KEEPING_LIMIT", 0.3)
    memory = MemoryDouble()
    async with staying(memory=memory) as stay:
        stay.say("1", "one")
        await eventually(lambda: memory.store.conversations and memory.store.only.turns)
        memory.latency = 0.1
        stay.say("2", "two")
        await eventually(lambda: "two" in stay.heard)
        await stay.assistant.aclose()
        assert all(turn.outcome for turn, _ in memory.store.only.turns.values())
    async with staying(memory=MemoryDouble()) as stay:
        stay.assistant._memory = hanging = MemoryDouble()
        hanging.latency = 60.0
        hanging._queue.append(lambda: None)
        async with asyncio.timeout(2):
            await stay.assistant.aclose()


async def test_a_rescued_room_without_memory_is_told_so_and_not_greeted() -> None:
    away = prompts.fill("notice_away", time="a moment")
    async with staying(rescued=True, greeting="Hello!") as stay:
        await eventually(lambda: away in stay.heard)
        await asyncio.sleep(0.05)
        assert stay.heard == away
