"""Which dispatches the worker accepts: as many as it has capacity for, and one for each room."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from livekit.agents import JobRequest
from livekit.protocol.agent import Job
from livekit.protocol.models import Room

from .identity import identity_of_job
from .job_fields import job_fields
from .occupancy import FindOccupant, Occupant

if TYPE_CHECKING:
    from livekit.agents.job import RunningJobInfo

logger = logging.getLogger(__name__)

NEW_ROOM_SECONDS = 1.0
"""Age up to which a room without people has no agent but one that this worker was asked for."""

SETTLING = 0.5
"""Seconds after which a room is looked at that was opened just after one of the same name was deleted."""

LIMIT = 2.5
"""Seconds for all questions about a room: livekit-server waits 3 s for the answer to a dispatch."""

JOIN_LIMIT = 10.0
"""Seconds from a job's launch for which its agent, not in the room yet, counts as on its way."""


class Admission:
    """Accepts a limited number of jobs and leaves the rest to other workers; a room keeps its agent."""

    def __init__(
        self,
        max_rooms: int,
        running: Callable[[], Iterable[RunningJobInfo]],
        has_memory: Callable[[], bool],
        find_occupant: FindOccupant,
        is_open: Callable[[Room], Awaitable[bool]],
    ) -> None:
        """Count from nothing.

        Args:
            max_rooms: How many jobs to take at a time.
            running: The jobs that have been launched.
            has_memory: Whether there is memory for one more.
            find_occupant: Finds whether an agent is in a room already, of whatever worker.
            is_open: Finds whether a room is still there.
        """
        self._max_rooms = max_rooms
        self._running = running
        self._has_memory = has_memory
        self._find_occupant = find_occupant
        self._is_open = is_open
        self._accepted: dict[str, str] = {}
        """Rooms (their sid) of the jobs that were accepted and not launched yet."""
        self._entered: dict[str, tuple[str, float]] = {}
        """Rooms that were asked for in the last seconds: by name their sid, and when."""

    @property
    def rooms(self) -> int:
        """How many jobs run, or were accepted and are about to."""
        return len(self._accepted.keys() | {info.job.id for info in self._running()})

    @property
    def awaited(self) -> set[str]:
        """The rooms (their sid) of the jobs that were accepted and not launched yet."""
        return set(self._accepted.values())

    @property
    def places(self) -> int:
        """How many more jobs it would take now."""
        return max(0, self._max_rooms - self.rooms) if self._has_memory() else 0

    @contextlib.contextmanager
    def hold_place(self, job_id: str, room_sid: str) -> Iterator[bool]:
        """Count a job that nobody dispatched as accepted, until it has been launched.

        Args:
            job_id: The job.
            room_sid: The room that it is for.

        Yields:
            Whether there is a place for it.
        """
        if not self.places:
            yield False
            return
        with self._counted({job_id: room_sid}):
            yield True

    @contextlib.contextmanager
    def expecting(self, jobs: Iterable[Job]) -> Iterator[None]:
        """Count jobs as accepted until they have been launched, whether there is a place for them or not.

        Args:
            jobs: Jobs that this worker goes on with.
        """
        with self._counted({job.id: job.room.sid for job in jobs}):
            yield

    @contextlib.contextmanager
    def _counted(self, rooms: Mapping[str, str]) -> Iterator[None]:
        """Count jobs as accepted, by whose id `rooms` has the sid of the room."""
        self._accepted |= rooms
        try:
            yield
        finally:
            for job_id in rooms:
                del self._accepted[job_id]

    async def answer(self, request: JobRequest, *, identity: str, name: str) -> None:
        """Take a job, leave it to another worker or refuse it. Returns when it has been launched.

        Two workers that are asked at the same time may both take one, as neither sees the other's
        agent yet. The last to join remains then, see `identity`.

        Args:
            request: What the server asks.
            identity: The agent's identity in the room.
            name: What people see as its name.
        """
        if not self.places:
            logger.info(
                "dispatch refused: no capacity", extra={"job_id": request.id, "rooms": self.rooms}
            )
            await request.reject(terminate=False)
            return
        joining = self.is_joining(request.room.sid)
        reopened = self._is_reopened(request.room)
        with self._counted({request.id: request.room.sid}):
            if await self._is_needless(request, identity, joining=joining, reopened=reopened):
                await request.reject(terminate=True)
            else:
                of_job = identity_of_job(identity, request.id)
                await request.accept(identity=of_job, name=name)

    def is_joining(self, room_sid: str) -> bool:
        """Whether an agent of this worker is on its way into the room, or has just come."""
        since = time.time() - JOIN_LIMIT
        return room_sid in self._accepted.values() or any(
            info.job.room.sid == room_sid and info.launched_at > since for info in self._running()
        )

    def _is_reopened(self, room: Room) -> bool:
        """Whether a room of the same name was given an agent of this worker just before this one.

        That was deleted then. Its agent may have opened this room, by joining it.
        """
        now = time.monotonic()
        self._entered = {n: e for n, e in self._entered.items() if e[1] > now - JOIN_LIMIT}
        before, _ = self._entered.get(room.name, (room.sid, now))
        self._entered[room.name] = (room.sid, now)
        return before != room.sid

    async def _is_needless(
        self, request: JobRequest, identity: str, *, joining: bool, reopened: bool
    ) -> bool:
        """Whether a room needs no agent; false also where that is not known in time."""
        try:
            async with asyncio.timeout(LIMIT):
                if reopened and not await self._stays_open(request.room):
                    extra = job_fields(request.job)
                    logger.info("dispatch refused: the room was deleted", extra=extra)
                    return True
                if await self._has_agent(request, identity, joining=joining, reopened=reopened):
                    extra = job_fields(request.job)
                    logger.warning("dispatch refused: the room has an agent", extra=extra)
                    return True
        except TimeoutError:
            extra = job_fields(request.job)
            logger.warning("could not find out in time whether the room has an agent", extra=extra)
        return False

    async def _stays_open(self, room: Room) -> bool:
        # Whoever opened it by mistake deletes it within that time.
        await asyncio.sleep(SETTLING)
        return await self._is_open(room)

    async def _has_agent(
        self, request: JobRequest, identity: str, *, joining: bool, reopened: bool
    ) -> bool:
        occupant = Occupant.NOBODY
        if reopened or not _is_new(request.room):
            occupant = await self._find_occupant(request.room.name, identity)
        if occupant is Occupant.SILENT:
            extra = job_fields(request.job)
            logger.warning("replacing an agent that does not respond", extra=extra)
        elif occupant is Occupant.LEAVING:
            logger.info("replacing an agent that is leaving", extra=job_fields(request.job))
        # Where the server cannot say, an agent that lives may lose its place, but no room is without one.
        return occupant is Occupant.ALIVE or (occupant is Occupant.NOBODY and joining)


def _is_new(room: Room) -> bool:
    """Whether a room was just opened: then nobody can be there, and the dispatch need not wait.

    A clock that differs from the server's costs a question, or an agent its place.
    """
    age = time.time() - room.creation_time_ms / 1000
    return room.num_participants == 0 and age < NEW_ROOM_SECONDS
