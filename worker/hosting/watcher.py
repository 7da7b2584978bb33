"""Watches the event loop from a thread: how late it is, and what blocks it."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from time import monotonic
from typing import Any

from .job_fields import job_fields
from .tasks import job_of, where_running

logger = logging.getLogger(__name__)

INTERVAL = 0.25
"""Seconds between two looks."""

BLOCKED_AFTER = 0.5
"""Seconds after which a loop that does not answer counts as blocked."""

DECAY = 0.8
"""What is left of a delay after each interval without one: 2 s are 0.2 s after 2.5 s."""

QUIET = 10.0
"""Seconds between two reports at least, so that a machine that is too slow does not fill its log."""


class LoopWatcher:
    """Pings the event loop, and measures how long it takes to respond."""

    def __init__(self) -> None:
        self._lag = 0.0
        self._reported = -QUIET
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def lag(self) -> float:
        """Seconds that the loop was late of late: the worst, fading."""
        return self._lag

    def start(self) -> None:
        """Watch the running loop, in the thread that calls this, until it is closed."""
        loop, thread_id = asyncio.get_running_loop(), threading.get_ident()
        self._thread = threading.Thread(
            target=self._watch, args=(loop, thread_id), name="loop watcher", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self, loop: asyncio.AbstractEventLoop, thread_id: int) -> None:
        while not self._stopping.wait(INTERVAL):
            answered = threading.Event()
            asked = monotonic()
            try:
                loop.call_soon_threadsafe(answered.set)
            except RuntimeError:  # The loop is closed.
                return
            if not answered.wait(BLOCKED_AFTER):
                self._wait_out(loop, thread_id, answered, asked)
            self._lag = max(monotonic() - asked, self._lag * DECAY)

    def _wait_out(
        self,
        loop: asyncio.AbstractEventLoop,
        thread_id: int,
        answered: threading.Event,
        asked: float,
    ) -> None:
        reporting = asked - self._reported >= QUIET
        if reporting:
            self._reported = asked
            logger.warning("event loop blocked", extra=_what_runs(loop, thread_id))
        while not answered.wait(INTERVAL):
            self._lag = max(self._lag, monotonic() - asked)
            if self._stopping.is_set() or loop.is_closed():
                return
        if reporting:
            blocked = round(monotonic() - asked, 2)
            logger.warning("event loop no longer blocked", extra={"blocked_seconds": blocked})


def _what_runs(loop: asyncio.AbstractEventLoop, thread_id: int) -> dict[str, Any]:
    """Return what the loop's thread is at, as log fields: its stack, and the task and its job."""
    found: dict[str, Any] = {"stack": where_running(sys._current_frames().get(thread_id))}
    task = asyncio.current_task(loop)
    if task is not None:
        found["task"] = task.get_name()
        job = job_of(task)
        if job is not None:
            found |= job_fields(job.job)
    return found
