"""How much of everything one person, one room and one worker may have."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

MINUTE = 60.0


@dataclass(frozen=True)
class Limits:
    """The limits of one room's conversation."""

    messages_per_minute: int = 30
    """Messages of one person in a minute; those beyond it are not read."""

    waiting: int = 40
    """Messages that wait to be answered; those beyond it are not read."""

    context_bytes: int = 200_000
    """UTF-8 bytes of the conversation that the LLM is told; older turns are forgotten."""

    patience: float = 60.0
    """Seconds that a turn waits for others of the worker to end, before it is refused."""


class RateLimit:
    """Counts messages of each person in the last minute. No clock of its own."""

    def __init__(self, per_minute: int) -> None:
        """Nobody has written yet."""
        self._per_minute = per_minute
        self._arrivals: dict[str, deque[float]] = {}

    def allows(self, identity: str, now: float) -> bool:
        """Count a message, unless it is one too many.

        Args:
            identity: Who wrote it.
            now: Seconds of a clock that never goes back.
        """
        self._forget_before(now - MINUTE)
        arrivals = self._arrivals.setdefault(identity, deque())
        if len(arrivals) >= self._per_minute:
            return False
        arrivals.append(now)
        return True

    def _forget_before(self, start: float) -> None:
        for identity, arrivals in list(self._arrivals.items()):
            while arrivals and arrivals[0] <= start:
                arrivals.popleft()
            if not arrivals:
                del self._arrivals[identity]


class NoFreeSlotError(Exception):
    """The process was answering as many turns as it may for as long as one was waited for."""


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
    are all late, and hold up the replies that are being written. It goes by time, not by what a turn
    has done: until its first word a turn mostly waits for the LLM.
    """

    def __init__(self) -> None:
        """Nothing begins yet."""
        self._free = asyncio.Semaphore(BEGINNING_AT_ONCE)

    async def admit(self) -> None:
        """Wait until one more may begin."""
        await self._free.acquire()
        asyncio.get_running_loop().call_later(BEGINNING_SECONDS, self._free.release)
