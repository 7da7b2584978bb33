"""Many rooms at once: the server asks a worker once for each, and never again."""

from __future__ import annotations

import asyncio
import uuid

from tests.doubles import FakeOpenAI
from tests.e2e.people import Door
from tests.tokens import MintToken
from tests.worker_process import WorkerProcess
from worker.devstack.livekit_server import LiveKitServer

ROOMS = 6
"""More than the worker keeps processes ready for."""


async def test_every_room_of_a_burst_gets_the_agent(
    shared_worker: WorkerProcess, llm: FakeOpenAI, livekit_server: LiveKitServer, token: MintToken
) -> None:
    async def visit() -> None:
        door = Door(livekit_server.url, token, f"room-{uuid.uuid4().hex[:12]}")
        async with door.enter() as ada:
            await ada.ask("hello")

    await asyncio.gather(*(visit() for _ in range(ROOMS)))
