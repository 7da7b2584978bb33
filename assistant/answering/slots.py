"""Limits how many turns a process answers at once, and how fast they begin."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class NoFreeSlotError(Exception):
    """No slot became free in time: the process was answering as many turns as it may."""


class TurnSlots:
    """The turns that a process may answer at once; shared by all its rooms."""

    def __init__(self, count: int) -> None:
        """All are free."""
        self._slots = asyncio.Semaphore(count)

    @contextlib.asynccontextmanager
    async def slot(self, patience: float) -> AsyncIterator[None]:
        """Hold a slot.

        Raises:
            NoFreeSlotError: None became free in `patience` seconds.
        """
        try:
            async with asyncio.timeout(patience):
                await self._slots.acquire()
        except TimeoutError:
            raise NoFreeSlotError from None
        try:
            yield
        finally:
            self._slots.release()


BEGINNING_AT_ONCE = 4
"""How many turns of a process may begin within `BEGINNING_SECONDS`."""

BEGINNING_SECONDS = 0.06
"""About what so many beginnings take of the event loop where docs/performance.md was made."""


class TurnStarts:
    """Lets the turns of a process begin a few at a time, first come, first served.

    To begin, a turn needs the event loop for longer than for anything later. Many that begin together
    are all late, and delay the replies that are being written. Time decides, not what a turn
    has done: until its first word a turn mostly waits for the LLM.
    """

    def __init__(self) -> None:
        """Nothing begins yet."""
        self._free = asyncio.Semaphore(BEGINNING_AT_ONCE)

    async def admit(self) -> None:
        """Wait until one more may begin."""
        await self._free.acquire()
        asyncio.get_running_loop().call_later(BEGINNING_SECONDS, self._free.release)
