"""Rooms that are deleted while their agent joins stay deleted, and are answered once."""

from __future__ import annotations

import asyncio

from livekit import api

from tests.doubles import FakeOpenAI
from tests.e2e.hosting.rooms import Rooms, records
from tests.e2e.people import Door
from tests.tokens import MintToken
from tests.waiting import eventually
from tests.worker_process import running_worker
from worker.devstack.livekit_server import LiveKitServer

ROOMS = 20
STEP = 0.02
"""Seconds more, from room to room, until it is deleted: somewhere in there the agent joins."""


async def test_a_room_deleted_while_its_agent_joins_stays_deleted(
    livekit_server: LiveKitServer,
    fake_openai: FakeOpenAI,
    token: MintToken,
    rooms: Rooms,
    isolation: str,
) -> None:
    names = [f"short-{number}" for number in range(ROOMS)]
    with running_worker(livekit_server, fake_openai, CHAT_ISOLATION=isolation) as worker:
        for number, name in enumerate(names):
            await rooms.open(name)
            # When it is deleted is what differs from room to room.
            await asyncio.sleep(STEP * number)
            await rooms.close(name)
        async with Door(livekit_server.url, token, "last").enter() as ada:
            await ada.ask("hello")
            await eventually(lambda: len(records(worker, "received job request")) > ROOMS / 2)

            async def only_the_last() -> bool:
                there = await rooms.livekit.room.list_rooms(api.ListRoomsRequest())
                return {room.name for room in there.rooms} == {"last"}

            async with asyncio.timeout(30):
                while not await only_the_last():  # noqa: ASYNC110 - another process's doing.
                    await asyncio.sleep(0.2)
        ready = [line["room"] for line in records(worker, "agent ready")]
        assert len(ready) == len(set(ready))
