"""Finds jobs of rescues whose notes were deleted: LiveKit ends a job whose dispatch is deleted."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from livekit.agents import JobContext
from livekit.protocol.agent import Job
from livekit.protocol.agent_dispatch import AgentDispatch
from livekit.protocol.models import Room

from .joining import is_rescue
from .room_lists import FAILURES, RoomLists


class Dispatches(Protocol):
    """What LiveKit is asked."""

    async def rooms(self, names: Collection[str] = ()) -> list[Room]:
        """Return the open rooms, or those of them with these names."""
        ...

    async def dispatches(self, room: str) -> list[AgentDispatch]:
        """Return the agents that were asked for in a room; none if it is gone."""
        ...


async def find_withdrawn(lists: Dispatches, jobs: Iterable[Job]) -> list[Job]:
    """Return those of a worker's jobs which LiveKit does not know of and whose notes are gone.

    Args:
        lists: Asks LiveKit. It may raise what it does if the server does not answer.
        jobs: The jobs that run.
    """
    withdrawn = []
    for job in [job for job in jobs if is_rescue(job.id) and job.dispatch_id]:
        listed = await lists.dispatches(job.room.name)
        if job.dispatch_id in [dispatch.id for dispatch in listed]:
            continue
        # A server that was restarted has forgotten notes and all, and the room is another.
        if job.room.sid in [room.sid for room in await lists.rooms([job.room.name])]:
            withdrawn.append(job)
    return withdrawn


async def is_withdrawn(job: JobContext) -> bool:
    """Whether a rescue is not wanted any more before it has joined its room.

    A process for it may have taken long to start. If another worker's agent has joined since, each would
    remove the other's note, and the room would have none.
    """
    if not is_rescue(job.job.id) or not job.job.dispatch_id:
        return False
    try:
        listed = await RoomLists(job.api).dispatches(job.job.room.name)
    except FAILURES:
        return False
    return job.job.dispatch_id not in [dispatch.id for dispatch in listed]
