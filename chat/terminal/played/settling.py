"""When a message looks finished to those who cannot know: clients whose messages grow by edits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .bubble import Bubble

QUIET = 1.5
"""Seconds without an edit after which a message is taken to be finished; a growing one is edited
every quarter of a second, or every second if it is long."""


class Settling:
    """Waits for each message to be left alone."""

    def __init__(
        self,
        is_busy: Callable[[Bubble], bool],
        on_settled: Callable[[Bubble], None],
        quiet: float = QUIET,
    ) -> None:
        """Nothing to wait for yet.

        Args:
            is_busy: Whether the sender of a message is still at work, however quiet.
            on_settled: Called with the newest state of a message that is taken to be finished.
            quiet: Seconds without an edit.
        """
        self._is_busy = is_busy
        self._on_settled = on_settled
        self._quiet = quiet
        self._timers: dict[tuple[str | None, str], asyncio.TimerHandle] = {}

    def touch(self, bubble: Bubble) -> None:
        """Note that a message has a new text."""
        if (timer := self._timers.pop(bubble.key, None)) is not None:
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._timers[bubble.key] = loop.call_later(self._quiet, self._look, bubble)

    def close(self) -> None:
        """Wait for nothing any more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _look(self, bubble: Bubble) -> None:
        if self._is_busy(bubble):
            self.touch(bubble)
        else:
            del self._timers[bubble.key]
            self._on_settled(bubble)
