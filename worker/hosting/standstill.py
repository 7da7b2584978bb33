"""Finds rooms that lost their agent while the worker stood still, and ends those jobs.

A process that is stopped, or a machine that sleeps, loses its connections. The SDK mends them afterwards;
where it cannot, it sometimes says nothing, and the job would hold its place for ever.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

import aiohttp
from livekit import api

from . import occupancy
from .identity import identity_in_room
from .job_fields import job_fields

if TYPE_CHECKING:
    from livekit.agents.job import RunningJobInfo

    from .room_client import RoomClient

logger = logging.getLogger(__name__)

INTERVAL = 1.0
"""Seconds between two looks at the clock."""

STANDSTILL = 5.0
"""Seconds more than that after which the worker has stood still."""

MENDING = 45.0
"""Seconds that the SDK has for mending connections: it tries for some 30 s."""

REQUEST_LIMIT = 5.0
"""Seconds for the server to say whether an agent is in its room."""


def clock() -> float:
    """Return seconds that also pass while the machine sleeps, where the system counts them."""
    which = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(which)


class Standstills:
    """Watches for standstills, and looks after the rooms after each."""

    def __init__(
        self,
        running: Callable[[], Iterable[RunningJobInfo]],
        is_in_room: Callable[[RunningJobInfo], Awaitable[bool]],
        end: Callable[[str], Awaitable[None]],
    ) -> None:
        """Watch nothing yet.

        Args:
            running: The jobs.
            is_in_room: Whether a job's agent is in its room, as the server sees it.
            end: Ends the job with this id.
        """
        self._running = running
        self._is_in_room = is_in_room
        self._end = end

    async def watch(
        self,
        clock: Callable[[], float] = clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        date: Callable[[], float] = time.time,
    ) -> None:
        """Watch until cancelled.

        Args:
            clock: Seconds.
            sleep: Waits for so many of them.
            date: Unix time in seconds, as jobs have it.
        """
        due, ended = math.inf, 0.0
        while True:
            before = clock()
            await sleep(INTERVAL)
            now = clock()
            if (stood := now - before - INTERVAL) > STANDSTILL:
                logger.warning("worker stood still", extra={"seconds": round(stood)})
                due, ended = now + MENDING, date()
            elif now >= due:
                due = math.inf
                await self.end_lost(ended)

    async def end_lost(self, launched_before: float) -> None:
        """End the jobs whose agents are not in their rooms.

        Args:
            launched_before: When the worker ran again, in Unix time. Agents of later jobs may be on their way.
        """
        jobs = [
            info
            for info in self._running()
            if not info.fake_job and info.launched_at < launched_before
        ]
        lost = await asyncio.gather(*map(self._end_if_lost, jobs), return_exceptions=True)
        for error in lost:
            if isinstance(error, BaseException):
                extra = {"error": type(error).__name__}
                logger.warning("could not end a job that may have lost its room", extra=extra)
        logger.info("rooms checked", extra={"rooms": len(jobs), "lost": lost.count(True)})

    async def _end_if_lost(self, info: RunningJobInfo) -> bool:
        """End a job if its agent is not in its room. Returns whether that was so."""
        if await self._is_in_room(info):
            return False
        logger.warning("agent lost its room", extra=job_fields(info.job))
        await self._end(info.job.id)
        return True


async def is_in_room(rooms: RoomClient, info: RunningJobInfo, sid: str = "") -> bool:
    """Whether a job's agent is in its room; true also where the server does not say.

    Args:
        rooms: Asks the server.
        info: The job.
        sid: The agent's sid: another worker's agent may have taken the place. Empty if it is not known.
    """
    identity = identity_in_room(info.accept_arguments.identity, info.job.id)
    who = api.RoomParticipantIdentity(room=info.job.room.name, identity=identity)
    try:
        async with asyncio.timeout(REQUEST_LIMIT):
            there = await rooms.get_participant(who)
            return sid in ("", there.sid)
    except api.ServerError as error:
        return error.code != api.ServerErrorCode.NOT_FOUND
    except (aiohttp.ClientError, TimeoutError):
        pass
    return True


def can_watch() -> bool:
    """Whether the installed packages have what this needs."""
    return not occupancy.FEATURE.misfits
