"""Connecting a job's room, which must never be cancelled in a process that others share."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Collection, Generator
from typing import Any

from livekit import rtc
from livekit.agents import AutoSubscribe, JobContext

from .deleted_room import leave_if_deleted
from .event_routing import route_events
from .identity import join_as_agent
from .occupancy import LifeSign
from .outside_end import log_end_from_outside

CONNECTING = "room connect"
"""Name of the task that connects; whoever cancels a job's tasks spares it."""


class Connection:
    """A job's room on its way to being connected.

    Awaiting it waits for the connection; cancelling that wait leaves the connecting alone: the SDK
    would leak its sockets, and may end the whole process (rust-sdks#1340).
    """

    def __init__(
        self,
        job: JobContext,
        auto_subscribe: AutoSubscribe,
        encryption: rtc.E2EEOptions | None = None,
    ) -> None:
        """Begin to connect.

        Args:
            job: Whose room.
            auto_subscribe: Which tracks to subscribe to.
            encryption: How what is sent and read is encrypted, end to end; None for rooms without.
        """
        self._room = job.room
        self._life_sign: LifeSign | None = None
        self._closed = False
        self._task = asyncio.get_running_loop().create_task(
            self._connect(job, auto_subscribe, encryption), name=CONNECTING
        )

    def __await__(self) -> Generator[None, None, None]:
        return asyncio.shield(self._task).__await__()

    async def _connect(
        self, job: JobContext, auto_subscribe: AutoSubscribe, encryption: rtc.E2EEOptions | None
    ) -> None:
        join_as_agent(job)
        log_end_from_outside(job, lambda: self.is_leaving)
        await job.connect(auto_subscribe=auto_subscribe, encryption=encryption)
        await leave_if_deleted(job)
        if not self._closed:
            self._life_sign = LifeSign(job.room.local_participant)
        route_events(job.room)

    @property
    def is_leaving(self) -> bool:
        """Whether another agent may take this one's place."""
        return self._life_sign is not None and self._life_sign.is_leaving

    def announce_leaving(self, make_way: Callable[[], Awaitable[None]] | None = None) -> None:
        """Let another agent take this one's place from now on.

        Args:
            make_way: Called before another agent is told so, which joins soon after.
        """
        if self._life_sign is not None:
            self._life_sign.make_way = make_way
            self._life_sign.is_leaving = True

    def announce_staying(self) -> None:
        """Let no other agent take this one's place any more."""
        if self._life_sign is not None:
            self._life_sign.is_leaving = False

    def close(self) -> None:
        """Release what keeps the room's memory. Call it last; the job disconnects the room."""
        self._closed = True
        if self._life_sign is not None:
            self._life_sign.close()
            self._life_sign = None

    async def settled(self, limit: float) -> bool:
        """Wait until the room is connected or cannot be; only then can it be left.

        Args:
            limit: Seconds to wait at most. A room that is connected only later is left then.

        Returns:
            Whether it came to that in time.
        """
        done, pending = await asyncio.wait({self._task}, timeout=limit)
        if pending:
            leave_when_connected(self._room, pending)
        return bool(done)


_leaving: set[asyncio.Task[None]] = set()


def leave_when_connected(room: rtc.Room, connecting: Collection[asyncio.Task[Any]]) -> None:
    """Leave a room, after these tasks have connected it if there are any. Returns at once."""
    leave = asyncio.get_running_loop().create_task(
        _leave(room, connecting),
        # It must not look like a part of the job, which may be over before.
        context=contextvars.Context(),
    )
    _leaving.add(leave)
    leave.add_done_callback(_leaving.discard)


async def _leave(room: rtc.Room, connecting: Collection[asyncio.Task[Any]]) -> None:
    # A connect that is cancelled leaks sockets and may end the process (rust-sdks#1340).
    if connecting:
        await asyncio.wait(connecting)
    await room.disconnect()
