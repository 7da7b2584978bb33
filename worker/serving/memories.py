"""The memories of the rooms of one process, in the store of the worker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from livekit.agents import JobContext

from assistant import RoomMemory
from worker import rescue
from worker.hosting.standstill import clock
from worker.settings import Settings
from worker.store.conversations.recalling import Reach
from worker.store.conversations.room_memory import PROMPT, RESCUE, StoredRoomMemory
from worker.store.conversations.room_opening import RoomPlace
from worker.store.conversations.writer import Writer
from worker.store.ownership.claims import Claims
from worker.store.ownership.heartbeat import Heartbeat
from worker.store.store import Store

from .held_rooms import HeldRoom
from .worker_id import is_worker, worker_id

logger = logging.getLogger(__name__)

ENDING = 3.0
"""Seconds until all that is to be kept is written, and all rooms are given up, when a process ends."""

INTERVAL = 0.5
"""Seconds between two looks at the clock."""

STANDSTILL = 2.0
"""Seconds more than that after which others may have taken this process for dead, and its rooms."""


class Memories:
    """Makes the memory of each room of a process."""

    def __init__(self, settings: Settings) -> None:
        """Begin to write. Call it in the event loop of the rooms.

        Args:
            settings: Of which CHAT_MEMORY is set.
        """
        self._settings = settings
        self._store = Store.shared(settings, of_worker=is_worker())
        self._writer = Writer(self._store)
        self._writing = self._store.start(self._writer.work())
        heartbeat = Heartbeat(self._store, worker_id())
        self._claims = Claims(self._store, heartbeat)
        self._held: set[HeldRoom] = set()
        self._none_held = asyncio.Event()
        self._none_held.set()
        self._loop = asyncio.get_running_loop()
        self._watching = self._loop.create_task(self._watch(), name="standstills")
        self._checks: set[asyncio.Task[None]] = set()

    def hold(self, job: JobContext) -> HeldRoom:
        """Return what claims a job's room. Its `end` must be called."""
        held = HeldRoom(
            self._claims,
            job,
            lambda: self._on_end(held),
            lambda: self._on_claim(held),
        )
        self._held.add(held)
        self._none_held.clear()
        # Somebody else may have joined meanwhile, whose place the mended connection has taken.
        job.room.on("reconnected", lambda: self._start_check(held))
        return held

    def of(
        self, job: JobContext, room: HeldRoom, conversation: str, on_replaced: Callable[[], None]
    ) -> RoomMemory:
        """Return the memory of a job's room, which is not connected yet.

        Args:
            job: The job.
            room: What claims its room.
            conversation: The name of the conversation; empty for the room's own.
            on_replaced: Called once, if the room has another agent.
        """
        settings = self._settings
        room.on_replaced = on_replaced
        return StoredRoomMemory(
            self._store,
            self._writer,
            RoomPlace(
                job.job.agent_name,
                job.job.room.name,
                settings.chat_memory_scope,
                conversation or None,
            ),
            room,
            on_replaced,
            patience=RESCUE if rescue.goes_on(job) else PROMPT,
            reach=Reach(size=settings.chat_max_context_bytes),
        )

    async def aclose(self) -> None:
        """Write what is left, and close the store if only this process has it."""
        try:
            async with asyncio.timeout(ENDING):
                await self._none_held.wait()
                await asyncio.wrap_future(self._store.start(self._writer.drained()))
        except TimeoutError:
            logger.warning("not all that was said is kept: the store does not answer in time")
        self._writing.cancel()
        self._watching.cancel()
        for check in self._checks:
            check.cancel()
        if not self._store.is_of_worker:
            await self._store.aclose()

    def _on_end(self, held: HeldRoom) -> None:
        self._held.discard(held)
        if not self._held:
            self._none_held.set()

    def _on_claim(self, held: HeldRoom) -> None:
        # From the thread of the store.
        self._loop.call_soon_threadsafe(self._check_former, held)

    def _check_former(self, held: HeldRoom) -> None:
        """Have other jobs of a room that was just claimed leave it.

        A job whose connection is lost, and whose room this worker has joined anew, would mend it in the end, and
        take that of its successor.
        """
        for other in self._held:
            if other is not held and other.is_same_room(held):
                self._start_check(other)

    def _start_check(self, held: HeldRoom) -> None:
        if held in self._held:
            check = self._loop.create_task(held.check(), name="who has a room")
            self._checks.add(check)
            check.add_done_callback(self._checks.discard)

    async def _watch(self) -> None:
        """After each standstill find out which rooms others have taken, and leave those at once.

        LiveKit does not always tell: the SDK mends its connection by taking that of the next agent.
        """
        while True:
            before = clock()
            await asyncio.sleep(INTERVAL)
            if clock() - before > INTERVAL + STANDSTILL:
                await asyncio.gather(*(held.check() for held in self._held))
