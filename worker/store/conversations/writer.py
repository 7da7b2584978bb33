"""Writes what all rooms of a process want kept, in few transactions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from worker.store.database.failures import StoreError
from worker.store.database.transactions import OwnTransactions

from .conversations import settle
from .divided_batches import write
from .entries import Entry
from .room_opening import Opening
from .waiting_entries import WaitingEntries

logger = logging.getLogger(__name__)

GATHERING = 0.25
"""Seconds for which changes are gathered: as many as come meanwhile share a transaction."""

BATCH = 500
"""Changes in one transaction at most, so that others may write, too."""

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 5.0
"""Seconds between two attempts while the store fails; the first one doubles until it is the longest."""


class Writer:
    """The one that writes conversations in a process. Used on the store's thread alone."""

    def __init__(
        self,
        store: OwnTransactions,
        *,
        on_lost: Callable[[int], None] = lambda _: None,
        waiting: WaitingEntries | None = None,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        """Prepare; nothing is written until `work` runs.

        Args:
            store: Where to.
            on_lost: Told how many changes will never be written, as too many waited.
            waiting: What is to be written.
            first_pause: Seconds after the first failure.
        """
        self.store = store
        """Where to."""
        self._on_lost = on_lost
        self._first_pause = first_pause
        # An empty queue is false.
        self._waiting = WaitingEntries() if waiting is None else waiting
        self._unsettled: dict[Opening, None] = {}
        self._asked = asyncio.Event()
        self._hurried = asyncio.Event()
        self._in_a_hurry = 0
        self._rounds = asyncio.Condition()
        self._has_told_of_loss = False

    def put(self, entry: Entry) -> None:
        """Have a change written soon."""
        self._note_lost(self._waiting.put(entry))
        if not entry.opening.is_settled:
            self._unsettled[entry.opening] = None
        self._asked.set()

    def settle_later(self, opening: Opening) -> None:
        """Have a room claimed, and its conversation chosen, as soon as the store answers."""
        self._unsettled[opening] = None
        self._asked.set()

    async def written(self, opening: Opening) -> None:
        """Have all that a room has put here until now written at once, and wait for it.

        What will never be written is not waited for, see `Opening.has_lost`.
        """
        last = self._waiting.newest
        await self._until(lambda: not self._waiting.is_open(opening, last))

    async def drained(self) -> None:
        """Have all written at once that can be, and wait for it."""
        await self._until(lambda: not self._waiting.has_writable)

    async def work(self) -> None:
        """Write what is put here, for ever."""
        pause = self._first_pause
        while True:
            await self._gather()
            try:
                await self._write_all()
            except StoreError:
                # The store says itself what is the matter.
                self._asked.set()
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                pause = self._first_pause

    async def _until(self, condition: Callable[[], bool]) -> None:
        self._in_a_hurry += 1
        self._hurried.set()
        try:
            async with self._rounds:
                await self._rounds.wait_for(condition)
        finally:
            self._in_a_hurry -= 1
            if not self._in_a_hurry:
                self._hurried.clear()

    async def _gather(self) -> None:
        await self._asked.wait()
        try:
            async with asyncio.timeout(GATHERING):
                await self._hurried.wait()
        except TimeoutError:
            return

    async def _write_all(self) -> None:
        self._asked.clear()
        # A room that cannot be claimed does not keep the others from writing.
        failure = await self._settle_all()
        while batch := self._waiting.take(BATCH):
            await self._write(batch)
        # Something may have been found to be without a place.
        await self._tell()
        if failure is not None:
            raise failure

    async def _settle_all(self) -> StoreError | None:
        for opening in list(self._unsettled):
            # Before it is settled: it may be put here again meanwhile, as more is to be done.
            del self._unsettled[opening]
            try:
                if not opening.is_settled:
                    await settle(self.store, opening)
            except StoreError as failure:
                if not failure.is_of_data:
                    self._unsettled[opening] = None
                    return failure
                opening.is_closed = True
                logger.warning("a room that the store cannot hold has no memory")
        return None

    async def _write(self, batch: Sequence[Entry]) -> None:
        try:
            await write(self.store, batch, self._waiting.strike)
            self._has_told_of_loss = False
        finally:
            self._note_lost(self._waiting.put_back())
            await self._tell()

    async def _tell(self) -> None:
        async with self._rounds:
            self._rounds.notify_all()

    def _note_lost(self, changes: int) -> None:
        if not changes:
            return
        self._on_lost(changes)
        if not self._has_told_of_loss:
            self._has_told_of_loss = True
            logger.warning("too much waits for the store, not all of it is kept")
