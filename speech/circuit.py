"""Whether a service may be asked now, by what became of earlier requests. Pure: told the time."""

from __future__ import annotations

from dataclasses import dataclass

from .trouble import Failure
from .utterance import Trouble

SHORTEST_PAUSE = 2.0
"""Seconds that a service is left alone when it failed twice in a row; each time twice as long."""

BUSY_PAUSE = 5.0
"""The same, when it has too much to do and does not say for how long."""

REFUSED_PAUSE = 15.0
"""The same, when it refuses every request: somebody has to change something first."""

LONGEST_PAUSE = 60.0
"""Seconds after which it is asked again, unless it wanted otherwise."""

LONGEST_WISH = 600.0
"""Seconds that it is left alone at most when it says for how long it wants to be."""

_FIRST_PAUSES = {Trouble.BUSY: BUSY_PAUSE, Trouble.REFUSED: REFUSED_PAUSE}


@dataclass(frozen=True)
class Attempt:
    """A request that is under way."""

    began_at: float
    """When it was sent."""

    is_probe: bool
    """Whether it is the one that finds out if an outage is over."""


class Circuit:
    """Counts failures. After some the service has an outage, and nothing is to be sent for a while.

    One failure may be chance, two in a row are an outage; to be refused, or to be told to wait, is one
    at once. After each pause one attempt is a probe: it ends the outage, or the next pause is longer.
    """

    def __init__(self) -> None:
        self.outage: Failure | None = None
        """What the service suffers from; None if it works."""
        self._failures = 0
        self._pauses = 0
        self._closed_until = 0.0
        self._last_failure = float("-inf")
        self._is_probed = False

    def refusal(self, now: float) -> Failure | None:
        """Why nothing is to be sent now; None if something may be."""
        return self.outage if self._is_probed or now < self._closed_until else None

    def begin(self, now: float) -> Attempt:
        """Note that a request is sent. Tell later what became of it, by one of the other methods."""
        is_probe = self.outage is not None
        self._is_probed = self._is_probed or is_probe
        return Attempt(now, is_probe)

    def worked(self, attempt: Attempt) -> bool:
        """Note that a request was answered. Returns whether that ended an outage."""
        # A late answer to what was asked before the outage does not say that it is over.
        if self.outage is not None and not attempt.is_probe:
            return False
        was_out = self.outage is not None
        self.outage, self._is_probed = None, False
        self._failures = self._pauses = 0
        self._closed_until = 0.0
        return was_out

    def failed(self, attempt: Attempt, failure: Failure, now: float) -> bool:
        """Note that a request failed. Returns whether the service has an outage that is news."""
        if not failure.is_about_service:
            self.gave_up(attempt)
            return False
        # What is under way at the same time fails for the same reason.
        if attempt.began_at < self._last_failure:
            return False
        self._last_failure = now
        self._failures += 1
        self.gave_up(attempt)
        if self._failures < 2 and failure.trouble not in _FIRST_PAUSES and not attempt.is_probe:
            return False
        is_news = self.outage is None or self.outage.trouble is not failure.trouble
        self.outage = failure
        self._closed_until = now + _pause(failure, self._pauses)
        self._pauses += 1
        return is_news

    def gave_up(self, attempt: Attempt) -> None:
        """Note that nothing is known of a request: whoever made it has left."""
        if attempt.is_probe:
            self._is_probed = False


def _pause(failure: Failure, pauses: int) -> float:
    if failure.retry_after is not None:
        return min(max(failure.retry_after, SHORTEST_PAUSE), LONGEST_WISH)
    first = _FIRST_PAUSES.get(failure.trouble, SHORTEST_PAUSE)
    return min(first * 2.0 ** min(pauses, 10), LONGEST_PAUSE)
