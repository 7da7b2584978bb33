"""Looks for rooms that lost their agent for as long as a worker runs, and joins them."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from livekit.protocol.agent import Job

from worker.hosting.job_fields import job_fields

from .joining import Joining
from .listed_rooms import ListedRooms
from .ownership import LostRoom, Ownership
from .pace import Pace
from .room_lists import FAILURES, RoomLists, failure_name
from .room_view import Finding, has_people, wants_in
from .withdrawn import find_withdrawn

logger = logging.getLogger(__name__)

TAKE_INTERVAL = 1.0
"""Seconds between two questions about lost rooms to the store."""

LOOK_INTERVAL = (8.0, 10.0)
"""Seconds, from and to, between two looks at LiveKit's lists: workers are not to look in step."""

CONFIRM_AFTER = (0.5, 2.0)
"""Seconds, from and to, after which a room that seems lost is looked at again. Its agent may just have
been replaced; and of several workers that look, the first to join is seen by the others."""

LOOK_AGAIN = (1.0, 2.0, 4.0)
"""Seconds between a job's end and looks at its room: an agent that was frozen and woke up may have taken
its place, and is about to leave."""

JOINS_PER_SECOND = 10.0
"""Rooms joined a second at most: each has conversations to go on with."""


@dataclass(frozen=True)
class Worker:
    """What is to be known of the worker."""

    jobs: Callable[[], list[Job]]
    """The jobs that run."""

    takes_jobs: Callable[[], bool]
    """Whether it is registered and not about to end."""

    end: Callable[[str], Coroutine[Any, Any, None]]
    """Ends the job with this id."""

    ask: Callable[[], AbstractAsyncContextManager[RoomLists]]
    """Asks LiveKit."""


class Rescuer:
    """Joins rooms of the store that are lost, and those that only LiveKit's lists show as lost."""

    def __init__(
        self,
        joining: Joining,
        listed: ListedRooms,
        worker: Worker,
        ownership: Ownership | None = None,
    ) -> None:
        """Look for nothing yet.

        Args:
            joining: Joins.
            listed: Looks at LiveKit's lists.
            worker: The worker.
            ownership: Which worker has which room; None without a store.
        """
        self._joining = joining
        self._listed = listed
        self._worker = worker
        self._ask = worker.ask
        self._ownership = ownership
        loop = asyncio.get_running_loop()
        self._pace = Pace(JOINS_PER_SECOND, loop.time, asyncio.sleep)
        self._joins: set[asyncio.Task[None]] = set()
        self._joined: set[str] = set()
        """The rooms (their sid) that are being joined."""

    async def run(self) -> None:
        """Look until cancelled. Begins at once: the worker may be the former self of one that died."""
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._look_for_ever(), name="rooms that are listed")
                if self._ownership is None:
                    both.create_task(self._look_again_for_ever(), name="rooms that were left")
                else:
                    both.create_task(
                        self._take_for_ever(self._ownership), name="rooms that are lost"
                    )
        finally:
            for join in self._joins:
                join.cancel()

    @property
    def _places(self) -> int:
        return self._joining.admission.places if self._worker.takes_jobs() else 0

    async def _take_for_ever(self, ownership: Ownership) -> None:
        while True:
            most = min(self._places, int(JOINS_PER_SECOND * TAKE_INTERVAL))
            for room in await ownership.take_lost(most) if most > 0 else []:
                await self._pace.wait()
                self._start(self._take(room, ownership))
            await asyncio.sleep(TAKE_INTERVAL)

    async def _take(self, room: LostRoom, ownership: Ownership) -> None:
        if not await self._join_once(room.sid, self._join_taken(room, ownership)):
            await ownership.put_back(room)

    async def _look_for_ever(self) -> None:
        while True:
            await self._end_withdrawn()
            if self._places and (self._ownership is None or await self._ownership.is_first()):
                await self._look()
            await asyncio.sleep(random.uniform(*LOOK_INTERVAL))

    async def _look_again_for_ever(self) -> None:
        before: dict[str, Job] = {}
        while True:
            now = {job.id: job for job in self._worker.jobs()}
            for job_id in before.keys() - now.keys():
                self._start(self._look_again(before[job_id]))
            before = now
            await asyncio.sleep(TAKE_INTERVAL)

    async def _look_again(self, left: Job) -> None:
        for pause in LOOK_AGAIN:
            await asyncio.sleep(pause)
            try:
                async with self._ask() as lists:
                    found = await self._listed.look_again(lists, left)
            except FAILURES:
                # There are the looks at all rooms, too, which tell of it.
                return
            # A room that ends those that join it is not to have used up its tries within seconds.
            if found is not None and len(found.wants[-1].rescues) <= 1:
                if self._places:
                    await self._look_after(found)
                return

    async def _end_withdrawn(self) -> None:
        try:
            async with self._ask() as lists:
                withdrawn = await find_withdrawn(lists, self._worker.jobs())
        except FAILURES as error:
            extra = {"error": failure_name(error)}
            logger.warning("could not look whether agents are still wanted", extra=extra)
            return
        for job in withdrawn:
            extra = {**job_fields(job), "reason": "DISPATCH_DELETED"}
            logger.warning("job ended by LiveKit", extra=extra)
            self._start(self._worker.end(job.id))

    async def _look(self) -> None:
        try:
            async with self._ask() as lists:
                found = await self._listed.look(lists)
        except FAILURES as error:
            extra = {"error": failure_name(error)}
            logger.warning("could not look for rooms without an agent", extra=extra)
            return
        if found:
            await asyncio.sleep(random.uniform(*CONFIRM_AFTER))
        for each in found:
            await self._pace.wait()
            if self._places:
                self._start(self._look_after(each))

    async def _look_after(self, found: Finding) -> None:
        await self._join_once(found.room.sid, self._join_listed(found))

    def _start(self, join: Coroutine[Any, Any, None]) -> None:
        # A process for the job may take seconds to start, and the others are not to wait for it.
        task = asyncio.get_running_loop().create_task(join, name="rescue")
        self._joins.add(task)
        task.add_done_callback(self._joins.discard)

    async def _join_once(self, sid: str, join: Coroutine[Any, Any, None]) -> bool:
        """Join a room unless it is being joined: the lists and the store may both say that it is lost.

        Returns:
            Whether it was not being joined.
        """
        if sid in self._joined:
            join.close()
            return False
        self._joined.add(sid)
        try:
            await join
        finally:
            self._joined.discard(sid)
        return True

    async def _join_listed(self, found: Finding) -> None:
        name = found.room.name
        opened = {name: found.room.sid}
        if self._ownership is not None and await self._ownership.owned(opened):
            return
        try:
            async with self._ask() as lists:
                if await self._listed.is_still_lost(lists, found):
                    metadata = found.wants[-1].job_metadata
                    await self._joining.join(lists, found.room, found.wants, metadata)
        except _FAILURES as error:
            _log_failure(name, found.room.sid, error)

    async def _join_taken(self, lost: LostRoom, ownership: Ownership) -> None:
        try:
            # `lk agent dev` may have this worker go on with the job of a former process.
            if not self._places or self._joining.admission.is_joining(lost.sid):
                await ownership.put_back(lost)
                return
            async with self._ask() as lists:
                view = await lists.view(lost.name, lost.sid)
                if view is None or not has_people(view):
                    await ownership.close_room(lost)
                    return
                wants = wants_in(view.dispatches, self._joining.agent)
                if await self._joining.join(lists, view.room, wants, lost.job_metadata):
                    return
        except _FAILURES as error:
            _log_failure(lost.name, lost.sid, error)
        await ownership.put_back(lost)


_FAILURES = (*FAILURES, RuntimeError)
"""How a join fails: the server does not answer, or no process could be started."""


def _log_failure(name: str, sid: str, error: BaseException) -> None:
    extra = {"room": name, "room_id": sid, "error": failure_name(error)}
    logger.warning("could not join a room that lost its agent", extra=extra)
