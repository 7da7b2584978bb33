"""Takes rooms that have lost their agent. Two workers never take the same one."""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy import Row, RowMapping, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.rescue.ownership import LostRoom
from worker.store.database.clock import FUTURE, DatabaseTime
from worker.store.database.schema import rooms, workers
from worker.store.database.transactions import Transactions, rows_of

from .heartbeat import LIMIT
from .machine import Process, is_gone
from .standing import Standing, given_up, taken
from .standings import is_room, select_lost, select_owners

logger = logging.getLogger(__name__)


class Taking:
    """Takes rooms for one worker."""

    def __init__(self, store: Transactions, agent_name: str, worker: str, machine: str) -> None:
        """Take nothing yet.

        Args:
            store: The database.
            agent_name: The name under which the worker's agents are dispatched: rooms of others are left.
            worker: The worker's id.
            machine: Where it runs, see `machine`.
        """
        self._store = store
        self._agent_name = agent_name
        self._worker = worker
        self._machine = machine

    async def take(self, most: int) -> list[LostRoom]:
        """Take rooms, those first that wait longest.

        Args:
            most: How many at most.
        """
        look = rows_of(select_owners(self._agent_name, self._worker))
        owners = await self._store.run(look, writes=False, limit=LIMIT)
        dead = {row.owner for row in owners if self._is_gone(row)}
        # Nearly always there is nothing to take, and nothing is locked.
        if not dead and not any(row.is_lost or row.has_expired for row in owners):
            return []

        async def work(connection: AsyncConnection) -> list[LostRoom]:
            if not await self._is_alive(connection):
                return []
            return await self._take(connection, dead, most)

        return await self._store.run(work, limit=LIMIT)

    def _is_gone(self, row: Row[Any]) -> bool:
        if row.machine is None:
            return False
        return is_gone(Process(row.machine, row.pid, row.process_started_at), self._machine)

    async def _is_alive(self, connection: AsyncConnection) -> bool:
        """Whether our own row is valid now. If not, the store was away, and the others' mean nothing."""
        now, expires_at = DatabaseTime(), workers.c.expires_at
        mine = (workers.c.id == self._worker) & (expires_at > now) & (expires_at <= now + FUTURE)
        # An UPDATE, so that it stays so until the end.
        renewed = await connection.execute(update(workers).where(mine).values(pid=workers.c.pid))
        return renewed.rowcount == 1

    async def _take(self, connection: AsyncConnection, dead: set[str], most: int) -> list[LostRoom]:
        lost = select_lost(self._agent_name, self._worker, dead)
        # PostgreSQL's lock; SQLite has one writer at a time. What is joined to a row that was changed since
        # the statement began may be from before: it is read again, now that nobody changes it.
        locked = lost.limit(most).with_for_update(of=rooms, skip_locked=True)
        names = [row["name"] for row in (await connection.execute(locked)).mappings()]
        still_lost = lost.where(rooms.c.name.in_(names))
        found = (await connection.execute(still_lost)).mappings().all()
        answers = [await self._take_room(connection, row) for row in found]
        return [room for room in answers if room is not None]

    async def _take_room(self, connection: AsyncConnection, row: RowMapping) -> LostRoom | None:
        standing = Standing.of(row)
        changes = taken(standing, self._worker)
        if changes is None:
            logger.error(
                "room given up: it ended its workers too often",
                extra={"sid": standing.sid, "tries": standing.tries},
            )
        this = is_room(self._agent_name, row["name"])
        await connection.execute(update(rooms).where(this).values(changes or given_up(standing)))
        if changes is None:
            return None
        return LostRoom(
            name=row["name"],
            sid=standing.sid,
            agent_name=self._agent_name,
            job_metadata=row["job_metadata"],
            lost_at=changes["lost_at"],
        )


async def find_first_worker(connection: AsyncConnection, prefix: str) -> str | None:
    """Return the smallest id of a living worker.

    Args:
        connection: To the database.
        prefix: What the ids of the deployment's workers begin with.
    """
    now, expires_at = DatabaseTime(), workers.c.expires_at
    living = (expires_at > now) & (expires_at <= now + FUTURE)
    first = select(func.min(workers.c.id)).where(workers.c.id.startswith(prefix), living)
    smallest: str | None = await connection.scalar(first)
    return smallest
