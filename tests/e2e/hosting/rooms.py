"""Rooms with nobody in them but the agent, and what a worker says of itself."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
from livekit import api

from tests.waiting import eventually
from tests.worker_process import LogRecord, WorkerProcess

FAULTY_AGENT = ("-m", "tests.e2e.hosting.faulty_agent", "start")
"""The command line of the worker whose jobs fail on purpose."""

READY = "agent ready"


@dataclass(frozen=True)
class Rooms:
    """Opens and closes rooms."""

    livekit: api.LiveKitAPI

    async def open(self, *names: str) -> None:
        """Create rooms, all at once; the server asks a worker for each."""
        requests = (api.CreateRoomRequest(name=name, empty_timeout=600) for name in names)
        await asyncio.gather(*(self.livekit.room.create_room(r) for r in requests))

    async def close(self, *names: str) -> None:
        """Delete rooms, which sends everybody out, the agent too."""
        requests = (api.DeleteRoomRequest(room=name) for name in names)
        await asyncio.gather(*(self.livekit.room.delete_room(r) for r in requests))


def records(worker: WorkerProcess, message: str) -> list[LogRecord]:
    """All lines with this message so far."""
    return [record for record in worker.logs if record["message"] == message]


async def agents_ready(workers: Sequence[WorkerProcess], count: int, limit: float = 60) -> None:
    """Wait until these workers have been ready in so many rooms, all in all."""
    await eventually(lambda: sum(len(records(w, READY)) for w in workers) >= count, limit)


@dataclass(frozen=True)
class State:
    """What a worker holds at one moment."""

    tasks: int
    listeners: int
    """Subscriptions to the SDK's native events."""
    rooms: int
    """Objects that are rooms, connected or not."""
    pool_threads: int
    """Of Python's executors. They are started one by one as work comes, and kept."""
    other_threads: int
    """All others: the native side's keep for 10 s what they started for more work than usual."""
    descriptors: int


async def state_of(worker: WorkerProcess) -> State:
    """Ask the worker with the faulty agent for its state."""
    before = len(records(worker, "state"))
    os.kill(worker.pid, signal.SIGUSR1)
    told = await eventually(lambda: records(worker, "state")[before:], 20)
    assert isinstance(told, list)
    process = psutil.Process(worker.pid)
    return State(
        tasks=told[0]["tasks"],
        listeners=told[0]["listeners"],
        rooms=told[0]["rooms"],
        pool_threads=told[0]["pool_threads"],
        other_threads=process.num_threads() - told[0]["pool_threads"],
        descriptors=process.num_fds(),
    )
