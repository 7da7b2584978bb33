"""Whose turn it is to have a segment open: one at a time, first come, first served."""

from __future__ import annotations

import asyncio
from collections import OrderedDict


class Turn:
    """A queue whose first has the turn. Requesting it does not wait, so the order is kept."""

    def __init__(self) -> None:
        self._queue: OrderedDict[object, asyncio.Event] = OrderedDict()

    def request(self, who: object) -> None:
        """Join the queue, unless `who` is in it."""
        self._queue.setdefault(who, asyncio.Event())
        self._call_first()

    def has(self, who: object) -> bool:
        """Whether it is the turn of `who`."""
        return next(iter(self._queue), None) is who

    async def wait(self, who: object) -> None:
        """Wait until it is the turn of `who`."""
        self.request(who)
        await self._queue[who].wait()

    def release(self, who: object) -> None:
        """Give up the turn, or the place in the queue."""
        self._queue.pop(who, None)
        self._call_first()

    def _call_first(self) -> None:
        if self._queue:
            next(iter(self._queue.values())).set()
