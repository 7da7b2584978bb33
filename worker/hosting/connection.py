"""Connecting a job's room, which must never be cancelled in a process that others share."""

from __future__ import annotations

import asyncio
from collections.abc import Generator

from livekit.agents import AutoSubscribe, JobContext

from .event_routing import route_events

CONNECTING = "room connect"
"""Name of the task that connects; whoever cancels a job's tasks spares it."""


async def _connect(job: JobContext, auto_subscribe: AutoSubscribe) -> None:
    await job.connect(auto_subscribe=auto_subscribe)
    route_events(job.room)


class Connection:
    """A job's room on its way to being connected.

    Awaiting it waits for the connection; cancelling that wait leaves the connecting alone: the SDK
    would leak its sockets, and may end the whole process (rust-sdks#1340).
    """

    def __init__(self, job: JobContext, auto_subscribe: AutoSubscribe) -> None:
        """Begin to connect.

        Args:
            job: Whose room.
            auto_subscribe: Which tracks to subscribe to.
        """
        self._task = asyncio.get_running_loop().create_task(
            _connect(job, auto_subscribe), name=CONNECTING
        )

    def __await__(self) -> Generator[None, None, None]:
        return asyncio.shield(self._task).__await__()

    async def settled(self) -> None:
        """Wait until the room is connected or cannot be; only then can it be left."""
        await asyncio.wait({self._task})
