"""When a failed write is tried again. No clock and no I/O."""

from __future__ import annotations

RETRY_LIMIT = 10.0
"""Seconds during which a failed write is tried again."""

FIRST_RETRY = 0.1
"""Seconds before the first retry. Each further one waits twice as long, up to `LONGEST_RETRY`."""

LONGEST_RETRY = 2.0
"""Most seconds before a retry."""


class Retries:
    """The failures of a write in a row."""

    def __init__(self) -> None:
        """Nothing failed yet."""
        self._failing_since: float | None = None
        self._next_delay = FIRST_RETRY

    def delay(self, now: float) -> float | None:
        """Count a failure.

        Args:
            now: Seconds of a clock that never goes back.

        Returns:
            Seconds to wait before the next try; None to give up.
        """
        if self._failing_since is None:
            self._failing_since = now
        delay = self._next_delay
        self._next_delay = min(delay * 2, LONGEST_RETRY)
        return delay if now - self._failing_since + delay <= RETRY_LIMIT else None
