"""Whether this worker is registered with the LiveKit server, and since when it is not."""

from __future__ import annotations

import time
from collections.abc import Callable


class Registration:
    """The worker's registration, which can be lost and renewed any number of times."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is missing yet.

        Args:
            clock: The time in seconds.
        """
        self._clock = clock
        self._missing_since: float | None = None
        self.had = False
        """Whether there ever was one."""

    @property
    def missing_for(self) -> float:
        """Seconds since it was needed and not there; 0 while it is there."""
        return self._clock() - self._missing_since if self._missing_since is not None else 0.0

    def miss(self) -> None:
        """Note that it is needed and not there, from now on."""
        if self._missing_since is None:
            self._missing_since = self._clock()

    def hold(self) -> None:
        """Note that it is there."""
        self._missing_since = None
        self.had = True
