"""Conversations are deleted when nobody has gone on with them for long enough."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.store.database.clock import DatabaseTime
from worker.store.database.failures import StoreError
from worker.store.database.schema import conversations, questions, rooms, workers
from worker.store.database.transactions import OwnTransactions

logger = logging.getLogger(__name__)

INTERVAL = 3600.0
"""Seconds between two looks."""

BATCH = 500
"""Conversations that are deleted in one transaction, so that others may write meanwhile."""

DAY = 86_400.0
"""Seconds."""

WEEK = 7 * DAY
"""Seconds."""

UNUSED_AGE = DAY
"""Seconds for which the rows of closed rooms, of workers that are gone, and of conversations in which nothing was
said are kept at least."""


class Retention:
    """Deletes what is old, for all workers of a deployment."""

    def __init__(
        self,
        store: OwnTransactions,
        days: float,
        is_first: Callable[[], Awaitable[bool]],
        empty_log: Callable[[], Awaitable[None]],
    ) -> None:
        """Prepare.

        Args:
            store: The store.
            days: How long a conversation is kept after it was last changed; 0 keeps it for ever.
            is_first: Whether this worker is the one that deletes.
            empty_log: Empties the log of changes, which holds what was deleted, if the store has one.
        """
        self._store = store
        self._days = days
        self._is_first = is_first
        self._empty_log = empty_log

    async def work(self, interval: float = INTERVAL) -> None:
        """Delete what is old, now and at each interval. A store that fails is asked the next time."""
        while True:
            try:
                if await self._is_first():
                    await self.delete_old()
            except StoreError as failure:
                logger.warning(
                    "old conversations could not be deleted",
                    extra={"error": failure.kind},
                )
            await asyncio.sleep(interval)

    async def delete_old(self) -> int:
        """Delete what is old.

        Returns:
            How many conversations were deleted.

        Raises:
            StoreError: The store fails.
        """
        # The clock that is behind counts: a wrong one deletes nothing early.
        now = min(await self._store.transact(_database_time, writes=False), time.time())
        deleted = await self._delete_conversations(now - self._days * DAY) if self._days else 0
        await self._store.transact(partial(_delete_unused, now - UNUSED_AGE))
        await self._store.transact(partial(_delete_empty, now - UNUSED_AGE))
        if deleted:
            await self._empty_log()
            logger.info("old conversations deleted", extra={"conversations": deleted})
        return deleted

    async def _delete_conversations(self, before: float) -> int:
        deleted, count = 0, BATCH
        while count == BATCH:
            count = await self._store.transact(partial(_delete_some, before))
            deleted += count
        return deleted


async def _database_time(connection: AsyncConnection) -> float:
    return float((await connection.execute(select(DatabaseTime()))).scalar_one())


async def _delete_some(before: float, connection: AsyncConnection) -> int:
    is_old = conversations.c.changed_at < before
    old = select(conversations.c.id).where(is_old).limit(BATCH)
    # One that somebody goes on with meanwhile is looked at once more, and stays.
    gone = await connection.execute(
        delete(conversations).where(conversations.c.id.in_(old), is_old)
    )
    return gone.rowcount


async def _delete_unused(before: float, connection: AsyncConnection) -> None:
    is_closed = rooms.c.state == "closed"
    # Whoever died with all other workers is given up, too: nobody waits that long for an agent.
    has_no_worker = rooms.c.owner.is_not(None) & rooms.c.owner.not_in(select(workers.c.id))
    is_forsaken = has_no_worker & (rooms.c.changed_at < before - WEEK)
    is_old = rooms.c.changed_at < before
    await connection.execute(delete(rooms).where(is_old, is_closed | is_forsaken))
    await connection.execute(delete(workers).where(workers.c.expires_at < before))


async def _delete_empty(before: float, connection: AsyncConnection) -> None:
    """Delete what nobody has said anything in: a room was opened, and perhaps people were greeted."""
    is_of_late = conversations.c.changed_at.between(before - WEEK, before)
    is_said = exists().where(questions.c.conversation_id == conversations.c.id)
    await connection.execute(delete(conversations).where(is_of_late, ~is_said))
