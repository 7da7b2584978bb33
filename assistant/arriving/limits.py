"""The limits for one person and for one room. No I/O."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

MINUTE = 60.0


@dataclass(frozen=True)
class Limits:
    """The limits of one room's conversation."""

    messages_per_minute: int = 30
    """Messages of one person in a minute; those beyond it are not read."""

    bot_turns: int = 5
    """How often in a row somebody may answer the agent faster than a person can; 0 for no limit. See
    `BotWatch`."""

    waiting: int = 40
    """Messages that wait to be answered; those beyond it are not read."""

    context_bytes: int = 200_000
    """Bytes of a conversation in a request, escapes included; older turns are forgotten."""

    patience: float = 60.0
    """Seconds that a turn waits for others of the worker to end, before it is refused."""


class RateLimit:
    """Counts messages of each person in the last minute. Its callers tell the time."""

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
        if not self.has_room(identity, now):
            return False
        self._arrivals.setdefault(identity, deque()).append(now)
        return True

    def has_room(self, identity: str, now: float) -> bool:
        """Whether a message would be allowed. It is not counted."""
        self._forget_before(now - MINUTE)
        return len(self._arrivals.get(identity, ())) < self._per_minute

    def _forget_before(self, start: float) -> None:
        for identity, arrivals in list(self._arrivals.items()):
            while arrivals and arrivals[0] <= start:
                arrivals.popleft()
            if not arrivals:
                del self._arrivals[identity]
