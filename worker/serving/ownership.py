"""The worker's own part in the store: it says that it lives, and looks after what belongs to it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any

from worker import rescue
from worker.hosting.direct_server import DirectServer
from worker.refusal import refuse
from worker.settings import Settings
from worker.store.conversations.retention import Retention
from worker.store.database.failures import StoreError
from worker.store.ownership.claims import Claims
from worker.store.ownership.heartbeat import Heartbeat
from worker.store.ownership.ownership import SharedOwnership
from worker.store.store import Store

from .worker_id import become_worker

logger = logging.getLogger(__name__)

OPENING = 10.0
"""Seconds that the worker waits at its start to find out whether it may use the store."""

RECONCILING = 2.0
"""Seconds between two looks at whether the rooms that it owns are those that it runs."""


class WorkerOwnership:
    """Takes part in the store from the worker's registration on, until it ends."""

    def __init__(self, server: DirectServer, settings: Settings) -> None:
        """Open the store; exits with a line if the worker must not use it.

        Args:
            server: The worker.
            settings: Of which CHAT_MEMORY is set.
        """
        self._server = server
        self._settings = settings
        self._name = settings.chat_agent_name
        identifier = become_worker(self._name)
        self._store = store = Store.shared(settings, of_worker=True)
        if (refusal := store.refusal(OPENING)) is not None:
            refuse([refusal])
        self._heartbeat = Heartbeat(store, identifier, lambda: server.is_responsive())
        self._claims = Claims(store, self._heartbeat)
        self._tasks: list[Future[None]] = []
        self._reconciling: asyncio.Task[None] | None = None
        server.health_note = lambda: store.health.note
        server.last_acts.append(self._end)

    def begin(self) -> rescue.Ownership:
        """Begin. Call it in the event loop of the worker, once it is registered."""
        ownership = SharedOwnership(self._store, self._name, self._heartbeat)
        days = self._settings.chat_memory_days
        retention = Retention(self._store, days, ownership.is_first, self._store.empty_log)
        self._start(self._heartbeat.run(), "heartbeat")
        self._start(retention.work(), "retention")
        loop = asyncio.get_running_loop()
        self._reconciling = loop.create_task(self._reconcile(), name="rooms that are owned")
        return ownership

    def _start(self, task: Coroutine[Any, Any, None], name: str) -> None:
        def note_end(ended: Future[None]) -> None:
            if not ended.cancelled() and (error := ended.exception()) is not None:
                extra = {"task": name, "error": type(error).__name__}
                logger.error("a task of the store has ended", extra=extra)

        started = self._store.start(task)
        started.add_done_callback(note_end)
        self._tasks.append(started)

    async def _reconcile(self) -> None:
        while True:
            await asyncio.sleep(RECONCILING)
            running = [info.job.room.name for info in self._server.active_jobs]
            try:
                await self._claims.reconcile(self._name, running)
            except StoreError as error:
                logger.debug("rooms are not compared", extra={"error": error.kind})

    async def _end(self) -> None:
        """Leave what is left to the other workers."""
        if self._reconciling is not None:
            self._reconciling.cancel()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await self._heartbeat.end()
        await self._store.aclose()
