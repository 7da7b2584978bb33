"""Tasks that have an owner: kept alive until they end, and ended together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from .failures import failure_fields

logger = logging.getLogger(__name__)


class OwnedTasks:
    """Tasks that are kept alive until they end, and can be cancelled together.

    ``asyncio`` itself keeps only a weak reference to a task. Unlike in an ``asyncio.TaskGroup``, a
    task that fails is logged and leaves the others running.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def __bool__(self) -> bool:
        """Whether any has not ended."""
        return bool(self._tasks)

    def spawn(self, coroutine: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Start a task and own it. An exception that ends it is logged."""
        task = asyncio.get_running_loop().create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            extra = {"task": task.get_name(), **failure_fields(error)}
            logger.error("task failed", extra=extra)

    def cancel(self) -> None:
        """Cancel every task, but not the caller's own: a handler may close its manager."""
        for task in self._tasks - {_current_task()}:
            task.cancel()

    async def wait(self, limit: float | None = None) -> None:
        """Wait until all have ended, at most `limit` seconds if there is a limit. Cancels none."""
        pending = self._tasks - {_current_task()}
        if pending:
            await asyncio.wait(pending, timeout=limit)


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # Called outside of a running loop.
        return None
