"""Rooms that are opened and closed in waves, in one worker that is not started again."""

import asyncio
from collections.abc import Callable

from livekit import api

from benchmarks.churn import Sample
from benchmarks.client import Person
from benchmarks.counting import sample
from benchmarks.native_logs import keep_native_logs_native
from benchmarks.processes import ChildFailedError, Listener
from benchmarks.rooms import mint_token
from worker.devstack.livekit_server import LiveKitServer

ROOMS = 2000
SHORT_ROOMS = 200

WAVE = 20
"""Rooms that are opened at once, and closed at once when all have their agent."""

TALKING = 2
"""Rooms of a wave in which there is a person, and a message is exchanged."""

_READY = "agent ready"
_LIMIT = 30.0
"""Seconds that the agents of a wave may take, and again the messages."""

_REST = 15.0
"""Seconds after the last wave, in which native parts of rooms end."""


async def churn(
    server: LiveKitServer, worker: Listener, rooms: int, on_sample: Callable[[Sample], None]
) -> None:
    """Open and close so many rooms, and read what the worker takes after each wave.

    Args:
        server: Where the worker is registered.
        worker: A running `benchmarks.counted_worker`.
        rooms: How many.
        on_sample: Called after each wave, and when the worker has come to rest.

    Raises:
        ChildFailedError: If a room has no agent, or the agent no answer, in time.
    """
    keep_native_logs_native()
    on_sample(sample(worker, 0))
    url = server.url.replace("ws", "http", 1)
    async with api.LiveKitAPI(url, server.api_key, server.api_secret) as livekit:
        for done in range(0, rooms, WAVE):
            await _go_through(livekit, server, worker, [f"churn-{done + n}" for n in range(WAVE)])
            on_sample(sample(worker, done + WAVE))
    await asyncio.sleep(_REST)
    on_sample(sample(worker, rooms))


async def _go_through(
    livekit: api.LiveKitAPI, server: LiveKitServer, worker: Listener, names: list[str]
) -> None:
    create = api.CreateRoomRequest
    await asyncio.gather(*(livekit.room.create_room(create(name=name)) for name in names))
    people = [Person("stream") for _ in names[:TALKING]]
    joined = await asyncio.gather(
        asyncio.to_thread(_wait_for_agents, worker, len(names)),
        *(
            person.join(server.url, mint_token(server, name, "person"), _LIMIT)
            for person, name in zip(people, names, strict=False)
        ),
    )
    if None in joined[1:]:
        raise ChildFailedError("a room that was opened and closed got no answer")
    await asyncio.gather(*(person.leave() for person in people))
    delete = api.DeleteRoomRequest
    await asyncio.gather(*(livekit.room.delete_room(delete(room=name)) for name in names))


def _wait_for_agents(worker: Listener, count: int) -> None:
    for _ in range(count):
        worker.wait_for_line(_READY, _LIMIT)
