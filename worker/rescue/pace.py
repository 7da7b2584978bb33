"""Keeps something from being done too often."""

from __future__ import annotations

from collections.abc import Awaitable, Callable


class Pace:
    """So many times a second at most."""

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """Nothing was done yet.

        Args:
            per_second: How often at most.
            clock: Seconds.
            sleep: Waits for so many of them.
        """
        self._interval = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0

    async def wait(self) -> None:
        """Wait for one's turn."""
        now = self._clock()
        turn = max(now, self._next)
        self._next = turn + self._interval
        if turn > now:
            await self._sleep(turn - now)
