"""An event loop whose clock jumps to the next timer, so that hours of waiting cost nothing."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from contextlib import ExitStack
from typing import Any, TypeVar
from unittest.mock import patch

T = TypeVar("T")


class _JumpingSelector(selectors.SelectSelector):
    """Does not wait: the time it was to wait has passed when it returns."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("nothing can happen any more, yet something is awaited")
        if not ready and timeout is not None:
            self.now += max(timeout, 0.0)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """For what waits only for timers and for its own tasks, not for threads or sockets."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now

    def advance(self, seconds: float) -> None:
        """Let time pass as if the running task had worked, without waiting for anything."""
        self._jumping.now += seconds


def run_in_virtual_time(coroutine: Coroutine[Any, Any, T], *clocks: str) -> T:
    """Run a coroutine to its end.

    Args:
        coroutine: What to run.
        clocks: Where a ``monotonic`` function is to tell the loop's time, as ``module.name``.
    """
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner, ExitStack() as patches:
        for clock in clocks:
            patches.enter_context(patch(clock, runner.get_loop().time))
        return runner.run(coroutine)
