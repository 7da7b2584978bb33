"""The times of a process, by its event loop's clock, and those that mean something to others."""

from __future__ import annotations

import asyncio
from time import time


def since_epoch(loop_time: float) -> float:
    """A time of the event loop's clock in seconds since the epoch, by its age."""
    return time() - (_loop_time() - loop_time)


def of_loop(seconds: float) -> float:
    """A time since the epoch by the event loop's clock; it may be from before that began.

    It is never in the future, whatever the clock of the machine that noted it said.
    """
    return _loop_time() - age(seconds)


def age(seconds: float) -> float:
    """How many seconds ago a time since the epoch was."""
    return max(time() - seconds, 0.0)


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
