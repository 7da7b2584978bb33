"""Rooms with nobody in them but the agent, and what a worker says of itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from socket import SOCK_DGRAM

import psutil
from livekit import api

from tests.waiting import eventually
from tests.worker_process import LogRecord, WorkerProcess

FAULTY_AGENT = ("-m", "tests.e2e.hosting.faulty_agent", "start")
"""The command line of the worker whose jobs fail on purpose."""

READY = "agent ready"

REPLY_LIMIT = 15.0
"""Seconds for the end of a reply all of whose text is there, on a busy machine."""

IDENTITY = "agent-assistant"
"""The agent's, in every room."""


@dataclass(frozen=True)
class Rooms:
    """Opens and closes rooms."""

    livekit: api.LiveKitAPI

    async def open(self, *names: str) -> None:
        """Create rooms, all at once; the server asks a worker for each."""
        requests = (api.CreateRoomRequest(name=name, empty_timeout=600) for name in names)
        await asyncio.gather(*(self.livekit.room.create_room(r) for r in requests))

    async def open_for(self, name: str, *agent_names: str) -> None:
        """Create a room for agents of these workers, which are all asked at once."""
        agents = [api.RoomAgentDispatch(agent_name=agent) for agent in agent_names]
        request = api.CreateRoomRequest(name=name, empty_timeout=600, agents=agents)
        await self.livekit.room.create_room(request)

    async def dispatch(self, name: str, agent_name: str = "") -> None:
        """Ask a worker of this name, or an automatic one, for an agent."""
        request = api.CreateAgentDispatchRequest(room=name, agent_name=agent_name)
        await self.livekit.agent_dispatch.create_dispatch(request)

    async def jobs_of(self, name: str) -> list[api.Job]:
        """The jobs of a room's dispatches, as the server has written them down."""
        dispatches = await self.livekit.agent_dispatch.list_dispatch(name)
        return [job for dispatch in dispatches for job in dispatch.state.jobs]

    async def undispatch(self, name: str) -> None:
        """Delete all dispatches of a room, which ends their jobs."""
        dispatches = self.livekit.agent_dispatch
        for dispatch in await dispatches.list_dispatch(name):
            await dispatches.delete_dispatch(dispatch.id, name)

    async def remove_agent(self, name: str) -> None:
        """Send the agent out of a room."""
        who = api.RoomParticipantIdentity(room=name, identity=IDENTITY)
        await self.livekit.room.remove_participant(who)

    async def agents_in(self, name: str) -> list[api.ParticipantInfo]:
        """The agents in a room, dead ones that LiveKit has not removed yet included."""
        request = api.ListParticipantsRequest(room=name)
        there = await self.livekit.room.list_participants(request)
        return [who for who in there.participants if who.kind == api.ParticipantInfo.AGENT]

    async def close(self, *names: str) -> None:
        """Delete rooms, which sends everybody out, the agent too."""
        requests = (api.DeleteRoomRequest(room=name) for name in names)
        await asyncio.gather(*(self.livekit.room.delete_room(r) for r in requests))

    async def close_again(self) -> None:
        """Delete what there is.

        To an agent whose transport is closed before it reads why, its room looks lost: the SDK joins
        again (rtc 1.1.21, about once in 1,000 rooms on a busy machine), which makes the room anew.
        """
        there = await self.livekit.room.list_rooms(api.ListRoomsRequest())
        # A room may go by itself in between.
        with contextlib.suppress(api.TwirpError):
            await self.close(*(room.name for room in there.rooms))


def records(worker: WorkerProcess, message: str) -> list[LogRecord]:
    """All lines with this message so far."""
    return [record for record in worker.logs if record["message"] == message]


async def agents_ready(
    workers: Collection[WorkerProcess], names: Iterable[str], limit: float = 60
) -> None:
    """Wait until one of these workers has been ready in each of these rooms."""
    missing = set(names)

    def all_ready() -> bool:
        missing.difference_update(line["room"] for w in workers for line in records(w, READY))
        return not missing

    await eventually(all_ready, limit)


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
    transport_sockets: int
    """Of WebRTC: for datagrams, or listening; a connected room has about 30."""
    other_descriptors: int


async def state_of(worker: WorkerProcess) -> State:
    """Ask the worker with the faulty agent for its state."""
    before = len(records(worker, "state"))
    os.kill(worker.pid, signal.SIGUSR1)
    told = await eventually(lambda: records(worker, "state")[before:], 20)
    assert isinstance(told, list)
    process = psutil.Process(worker.pid)
    sockets = process.net_connections(kind="inet")
    transport = sum(s.type == SOCK_DGRAM or s.status == psutil.CONN_LISTEN for s in sockets)
    return State(
        tasks=told[0]["tasks"],
        listeners=told[0]["listeners"],
        rooms=told[0]["rooms"],
        pool_threads=told[0]["pool_threads"],
        other_threads=process.num_threads() - told[0]["pool_threads"],
        transport_sockets=transport,
        other_descriptors=process.num_fds() - transport,
    )


async def replies_ended(worker: WorkerProcess, room_name: str, times: int) -> None:
    """Wait until so many replies have ended in a room.

    A client of JSON packets may see all of a text before that. What it writes until then is answered
    together with the question before, in the same bubble.
    """

    def ended() -> int:
        return sum(record.get("room") == room_name for record in records(worker, "reply ended"))

    await eventually(lambda: ended() >= times, REPLY_LIMIT)
