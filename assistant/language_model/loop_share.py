"""Lets others use the event loop while much is done that need not wait for anything."""

from __future__ import annotations

import asyncio

SHARE = 0.005
"""Seconds for which a task may have the event loop to itself."""


class LoopShare:
    """One task's share of the running event loop."""

    def __init__(self) -> None:
        """It begins with the first `give_way`."""
        self._loop = asyncio.get_running_loop()
        self._since: float | None = None

    async def give_way(self) -> None:
        """Leave the event loop to others if nobody else had it during a share."""
        if self._since is None:
            self._since = self._loop.time()
            # This runs as soon as the loop is left, for whatever reason.
            self._loop.call_soon(self._begin_anew)
        elif self._loop.time() - self._since > SHARE:
            await asyncio.sleep(0)

    def _begin_anew(self) -> None:
        self._since = None
