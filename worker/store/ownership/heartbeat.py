"""This worker's row, which is renewed as long as the worker lives."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.store.database.clock import LIFETIME, DatabaseTime
from worker.store.database.failures import StoreError
from worker.store.database.schema import rooms, workers
from worker.store.database.transactions import Transactions, answer_or
from worker.store.database.upserts import upsert

from .machine import Process, this_process
from .standing import LOST, OPEN
from .steadiness import Steadiness

logger = logging.getLogger(__name__)

LIMIT = 4.0
"""Seconds that a transaction may take: less than it takes until a worker counts as dead."""

BEAT_LIMIT = 2.0
"""Seconds that a heartbeat may take: if one is lost, there is time for another."""

INTERVAL = 1.0
"""Seconds between two heartbeats."""


def deployment_prefix(agent_name: str) -> str:
    """What the ids of all workers of a deployment begin with: several may share a database."""
    return hashlib.sha256(agent_name.encode()).hexdigest()[:12] + "-"


def new_worker_id(agent_name: str) -> str:
    """Return an id for a worker that starts; another each time.

    Args:
        agent_name: The name under which its agents are dispatched; empty for automatic dispatch.
    """
    return deployment_prefix(agent_name) + uuid.uuid4().hex


class Heartbeat:
    """Keeps this worker's row from expiring."""

    def __init__(
        self,
        store: Transactions,
        worker: str,
        is_alive: Callable[[], bool] = lambda: True,
        process: Process | None = None,
        steadiness: Steadiness | None = None,
    ) -> None:
        """Beat not yet.

        Args:
            store: The database.
            worker: This worker's id.
            is_alive: Whether the rooms are still looked after. If not, there are no heartbeats: other
                workers take the rooms.
            process: The worker's process, if it is not this one.
            steadiness: What follows the heartbeats.
        """
        self._store = store
        self._is_alive = is_alive
        self._steadiness = steadiness or Steadiness()
        self._is_away = False
        self.worker = worker
        self.process = process or this_process()

    @property
    def is_steady(self) -> bool:
        """Whether a worker whose row has expired is dead: it could have renewed it, as we could."""
        return self._steadiness.is_steady(time.monotonic())

    async def run(self) -> None:
        """Beat until cancelled. A store that is away is tried again each second."""
        while True:
            if self._is_alive():
                await self.beat()
            await asyncio.sleep(INTERVAL)

    async def beat(self) -> bool:
        """Renew the row, or write it anew.

        Returns:
            Whether the store answered.
        """
        try:
            database_time = await self._store.run(self._renew, limit=BEAT_LIMIT, urgent=True)
        except StoreError as error:
            self._note_failure(error)
            return False
        self._steadiness.note_beat(time.monotonic(), database_time)
        if self._is_away:
            logger.info("the store knows again that this worker lives")
        self._is_away = False
        return True

    async def ensure(self, connection: AsyncConnection) -> None:
        """Write the row if there is none: a room's owner without one counts as dead."""
        await connection.execute(upsert(connection, workers, ()).values(self._row()))

    async def end(self) -> None:
        """Delete the row. Rooms that the worker has still are for others, at once."""
        await answer_or(None, self._store.run(self._delete, limit=LIMIT))

    async def _renew(self, connection: AsyncConnection) -> float:
        row = self._row()
        renewed = tuple(name for name in row if name != "id")
        statement = upsert(connection, workers, renewed).values(row)
        result = await connection.execute(statement.returning(workers.c.expires_at))
        return float(result.scalar_one()) - LIFETIME

    async def _delete(self, connection: AsyncConnection) -> None:
        left = (rooms.c.owner == self.worker) & (rooms.c.state == OPEN)
        lost = {"state": LOST, "lost_at": DatabaseTime(), "not_before": DatabaseTime()}
        await connection.execute(update(rooms).where(left).values(lost))
        await connection.execute(delete(workers).where(workers.c.id == self.worker))

    def _row(self) -> dict[str, Any]:
        return {
            "id": self.worker,
            "machine": self.process.machine,
            "pid": self.process.pid,
            "process_started_at": self.process.started_at,
            "expires_at": DatabaseTime() + LIFETIME,
        }

    def _note_failure(self, error: StoreError) -> None:
        self._steadiness.note_failure()
        if not self._is_away:
            logger.warning(
                "the store does not know that this worker lives", extra={"error": error.kind}
            )
        self._is_away = True
