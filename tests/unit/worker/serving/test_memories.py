"""After a standstill a process finds out which of its rooms others have taken meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from livekit.agents import JobContext
from livekit.protocol.agent import Job
from livekit.protocol.models import Room

from tests.doubles import FakeRoom
from tests.unit.worker.store.ownership.fleet import AGENT, Fleet, open_fleet
from tests.waiting import eventually
from worker.rescue import Need
from worker.serving import memories
from worker.serving.held_rooms import HeldRoom
from worker.serving.memories import STANDSTILL, Memories
from worker.settings import Settings
from worker.store.ownership.heartbeat import new_worker_id

JOINED = datetime(2026, 1, 1, tzinfo=UTC)
LATER = int(JOINED.timestamp() * 1000) + 1

INTERVAL = 0.01
"""Seconds between two looks at the clock."""

LONG = INTERVAL + STANDSTILL + 0.1
"""Seconds that pass between two looks only if the process has stood still."""

LOOKS = 10
"""Looks after which rooms have been checked: there is none while they are."""


class Clock:
    """Stands still but for what a test says: what is really slept does not count."""

    def __init__(self) -> None:
        self.looks = 0
        self.now = 0.0

    def __call__(self) -> float:
        self.looks += 1
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass between two looks."""
        self.now += seconds

    async def be_looked_at(self) -> None:
        """Wait until the rooms have been checked, if they were to be."""
        seen = self.looks + LOOKS
        await eventually(lambda: self.looks >= seen)


class Process:
    """A process with rooms in the store, and the other workers of the deployment."""

    def __init__(self, memories: Memories, fleet: Fleet, clock: Clock) -> None:
        self.fleet = fleet
        self.clock = clock
        self.replaced: list[str] = []
        self.rooms: dict[str, FakeRoom] = {}
        self._memories = memories
        self._held: list[HeldRoom] = []

    async def join(self, name: str, joined_at: datetime = JOINED) -> HeldRoom:
        """Have the agent of one more room join it, or another one join it anew."""
        room = self.rooms[name] = FakeRoom()
        job = SimpleNamespace(room=room, job=Job(agent_name=AGENT, room=Room(name=name)))
        held = self._memories.hold(cast(JobContext, job))
        held.on_replaced = lambda: self.replaced.append(name)
        self._held.append(held)
        assert await held.claim(f"RM_{name}", joined_at) is not None
        return held

    async def lose(self, *names: str) -> None:
        """Have another worker take rooms."""
        other = await self.fleet.worker()
        for name in names:
            await other.must_claim(name, LATER)

    async def leave(self) -> None:
        for held in self._held:
            await held.end(Need.NONE)


@pytest.fixture
async def process(store_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Process]:
    clock = Clock()
    monkeypatch.setenv("CHAT_MEMORY", store_url)
    # That of a job, which has a store to itself.
    monkeypatch.setenv("CHAT_INTERNAL_WORKER_ID", new_worker_id(AGENT))
    monkeypatch.delenv("CHAT_INTERNAL_WORKER_PID", raising=False)
    monkeypatch.setattr(memories, "clock", clock)
    monkeypatch.setattr(memories, "INTERVAL", INTERVAL)
    async with open_fleet(store_url) as fleet:
        ours = Memories(Settings())
        process = Process(ours, fleet, clock)
        yield process
        await process.leave()
        await ours.aclose()


async def test_after_a_standstill_each_room_is_checked(process: Process) -> None:
    for name in ("cats", "dogs", "ours"):
        await process.join(name)
    await process.lose("cats", "dogs")
    process.clock.advance(LONG)
    await process.clock.be_looked_at()
    assert sorted(process.replaced) == ["cats", "dogs"]


@pytest.mark.parametrize("seconds", [0.0, INTERVAL, LONG - 0.2])
async def test_without_one_none_is_checked(process: Process, seconds: float) -> None:
    await process.join("cats")
    await process.lose("cats")
    process.clock.advance(seconds)
    await process.clock.be_looked_at()
    assert process.replaced == []


async def test_each_standstill_counts(process: Process) -> None:
    await process.join("cats")
    process.clock.advance(LONG)
    await process.clock.be_looked_at()
    assert process.replaced == []
    await process.lose("cats")
    process.clock.advance(LONG)
    await process.clock.be_looked_at()
    assert process.replaced == ["cats"]


async def test_a_room_that_was_left_before_is_not_checked(process: Process) -> None:
    left = await process.join("cats")
    await process.join("dogs")
    await left.end(Need.ANOTHER)
    await process.lose("cats", "dogs")
    process.clock.advance(LONG)
    await process.clock.be_looked_at()
    assert process.replaced == ["dogs"]


async def test_the_former_job_of_a_room_that_is_joined_anew_leaves(process: Process) -> None:
    await process.join("dogs")
    await process.join("cats")
    await process.join("cats", JOINED + timedelta(seconds=1))
    await eventually(lambda: process.replaced)
    await process.clock.be_looked_at()
    assert process.replaced == ["cats"]


async def test_whose_connection_is_mended_looks_who_has_the_room(process: Process) -> None:
    for name in ("cats", "dogs", "ours"):
        await process.join(name)
    await process.lose("cats", "dogs")
    process.rooms["cats"].emit("reconnected")
    process.rooms["ours"].emit("reconnected")
    await eventually(lambda: process.replaced)
    await process.clock.be_looked_at()
    assert process.replaced == ["cats"]
