"""Whether expired heartbeats of others mean that they are dead. No I/O.

They don't, if nobody could beat for a while, or if the database's clock was just set: those who live beat
again within their lifetime.
"""

from __future__ import annotations

from worker.store.database.clock import LIFETIME

MOST_PAUSE = 3.0
"""Seconds between two heartbeats, at most, for the time between them to count as undisturbed."""

MOST_DRIFT = 2.0
"""Seconds that the database's clock may gain or lose between two heartbeats."""


class Steadiness:
    """Follows one worker's heartbeats."""

    def __init__(self) -> None:
        self._beaten_at: float | None = None
        self._ahead = 0.0
        self._has_failed = False
        self._patient_until = float("-inf")

    def note_beat(self, time: float, database_time: float) -> None:
        """Note a heartbeat.

        Args:
            time: Seconds by a clock that nobody sets.
            database_time: Seconds by the database's clock.
        """
        ahead = database_time - time
        if self._has_failed or not self._is_undisturbed(time, ahead):
            self._patient_until = time + LIFETIME
        self._beaten_at, self._ahead, self._has_failed = time, ahead, False

    def note_failure(self) -> None:
        """Note that a heartbeat did not reach the database: those of others may not have, either."""
        self._has_failed = True

    def is_steady(self, time: float) -> bool:
        """Whether who has not beaten is dead."""
        if self._beaten_at is None or self._has_failed or time - self._beaten_at > MOST_PAUSE:
            return False
        return time >= self._patient_until

    def _is_undisturbed(self, time: float, ahead: float) -> bool:
        if self._beaten_at is None:
            return True
        return time - self._beaten_at <= MOST_PAUSE and abs(ahead - self._ahead) <= MOST_DRIFT
