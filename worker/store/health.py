"""Whether the store works. It is said in one line when it stops, and in one when it works again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from .database.failures import Failure, Kind

logger = logging.getLogger(__name__)

QUIET = 3600.0
"""Seconds until the same kind of failure is worth another line."""

_LOST = "; until it works again nothing is remembered"

_LINES: dict[Kind, str] = {
    "unreachable": f"the database of CHAT_MEMORY cannot be reached{_LOST}",
    "slow": f"the database of CHAT_MEMORY does not answer in time{_LOST}",
    "locked": f"the database of CHAT_MEMORY is locked by another program{_LOST}",
    "full": f"the disk of CHAT_MEMORY is full{_LOST}",
    "read-only": f"the database of CHAT_MEMORY cannot be written{_LOST}",
    "damaged": f"the database of CHAT_MEMORY is damaged{_LOST}",
    "denied": f"the database of CHAT_MEMORY denies access{_LOST}",
    "newer": "the database of CHAT_MEMORY belongs to a newer version; nothing is remembered",
    "refused": "the database of CHAT_MEMORY refused a statement, which is lost",
}


@dataclass(frozen=True)
class StoreHealth:
    """How the store is."""

    state: Literal["ok", "degraded"]
    """``degraded``: what is said meanwhile may be forgotten."""

    since: datetime
    """Since when."""

    why: Kind | None = None
    """What is the matter, if it is degraded."""

    @property
    def note(self) -> str:
        """What the worker's health check says of it; empty if it is ok."""
        return f"memory: {self.state} ({self.why})" if self.state != "ok" else ""


class HealthRecord:
    """Keeps account of one store. Used by one thread; `health` may be read by all."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """It is being opened.

        Args:
            now: A clock in seconds.
        """
        self._now = now
        self._said: dict[Kind, float] = {}
        self._is_unsaid = False
        self._is_write_needed = False
        self.health = StoreHealth("degraded", datetime.now(UTC), "opening")
        """How it is now."""

    def fail(self, failure: Failure, *, writes: bool, is_said: bool = False) -> None:
        """Note a failure.

        Args:
            failure: What it was.
            writes: Whether something was to be written: that something can be read proves nothing then.
            is_said: Whether somebody else says it.
        """
        if self.health.why != failure.kind:
            self.health = StoreHealth("degraded", datetime.now(UTC), failure.kind)
        self._is_write_needed |= writes
        if failure.kind in _LINES and not is_said:
            self._say(failure)

    def _say(self, failure: Failure) -> None:
        said = self._said.get(failure.kind)
        if said is None or self._now() - said >= QUIET:
            self._said[failure.kind] = self._now()
            self._is_unsaid = True
            logger.warning(_LINES[failure.kind], extra=failure.fields)

    def succeed(self, *, writes: bool) -> None:
        """Note that something was read or written, or that the store was opened."""
        if self.health.state == "ok" or (self._is_write_needed and not writes):
            return
        self.health = StoreHealth("ok", datetime.now(UTC))
        self._is_write_needed = False
        if self._is_unsaid:
            self._is_unsaid = False
            logger.info("the database of CHAT_MEMORY works again")
