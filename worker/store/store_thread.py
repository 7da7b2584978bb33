"""A thread with an event loop of its own, so that a busy room delays no heartbeat, and no store a room."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")

logger = logging.getLogger(__name__)

ENDING = 5.0
"""Seconds that the tasks of the thread have to end, at most."""


class StoreThread:
    """Runs coroutines of other threads. Starts at once."""

    def __init__(self, at_end: Callable[[], Awaitable[None]]) -> None:
        """Begin.

        Args:
            at_end: Called in the thread when all else there has ended.
        """
        self._at_end = at_end
        self._tasks: set[asyncio.Task[Any]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._work, name="store", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine in the thread, as a task that whoever called may cancel.

        Raises:
            RuntimeError: The thread has ended.
        """
        noted = self._note(coroutine)
        try:
            return asyncio.run_coroutine_threadsafe(noted, self._loop)
        except RuntimeError:
            noted.close()
            coroutine.close()
            raise

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Call a function in the thread, after what was called before. Nothing, if it has ended."""
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            logger.debug("nothing is stored any more")

    async def aclose(self) -> None:
        """Cancel what runs in the thread, and wait until it has ended, for a while."""
        try:
            self._loop.call_soon_threadsafe(self._loop.stop)
        except RuntimeError:
            return
        await asyncio.to_thread(self._thread.join, 2 * ENDING)

    def _work(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            self._loop.run_until_complete(self._end())
        finally:
            asyncio.set_event_loop(None)
            self._loop.close()

    async def _note(self, coroutine: Coroutine[Any, Any, T]) -> T:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            return await coroutine
        finally:
            self._tasks.discard(task)

    async def _end(self) -> None:
        await asyncio.sleep(0)  # What was asked for just now is begun, so that it can be cancelled.
        for task in self._tasks:
            task.cancel()
        # SQLAlchemy has tasks of its own, which give back the connections of what is cancelled.
        if tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(tasks, timeout=ENDING)
        await self._at_end()
        await self._loop.shutdown_asyncgens()
        await self._loop.shutdown_default_executor()
