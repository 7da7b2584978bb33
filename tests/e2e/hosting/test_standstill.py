"""A worker that stood still: the log says so, and a job whose agent is gone ends."""

from __future__ import annotations

import asyncio

import pytest

from tests.doubles import FakeOpenAI
from tests.e2e.hosting.rooms import Rooms, agents_ready, records
from tests.waiting import eventually
from tests.worker_process import WorkerProcess, running_worker
from worker.devstack.livekit_server import LiveKitServer
from worker.hosting.standstill import MENDING

FROZEN = 20.0
"""Seconds: the server has given up the agents by then."""

ROOMS = 5


# The clock is the worker's in either isolation, and each run stands still for more than a minute.
@pytest.mark.parametrize("isolation", ["shared"])
async def test_each_room_of_a_frozen_worker_has_its_agent_or_a_line_in_the_log(
    livekit_server: LiveKitServer, fake_openai: FakeOpenAI, rooms: Rooms, isolation: str
) -> None:
    names = [f"room-{number}" for number in range(ROOMS)]
    with running_worker(livekit_server, fake_openai, CHAT_ISOLATION=isolation) as worker:
        await rooms.open(*names)
        await agents_ready([worker], names)
        worker.freeze()
        await rooms.remove_agent(names[0])
        # This is the fault.
        await asyncio.sleep(FROZEN)
        worker.thaw()
        await eventually(lambda: records(worker, "worker stood still"), 15)
        await eventually(lambda: records(worker, "rooms checked"), MENDING + 30)
        for name in names:
            assert await rooms.agents_in(name) or told_of(worker, name), name


def told_of(worker: WorkerProcess, room: str) -> bool:
    ends = ("agent lost its room", "job ended by LiveKit")
    return any(record["room"] == room for end in ends for record in records(worker, end))
