"""Batches in transactions of their own, also where a row of them cannot be written."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from worker.store.database.failures import StoreError
from worker.store.database.transactions import OwnTransactions

from .batches import write_batch
from .entries import Entry

logger = logging.getLogger(__name__)

Done = Callable[[Sequence[Entry]], None]
"""Is told which changes are done with."""


async def write(store: OwnTransactions, batch: Sequence[Entry], done: Done) -> None:
    """Write a batch. If rows of it are at fault, all but those, which are left out.

    Args:
        store: Where to.
        batch: One change for each key.
        done: Called each time that some of them are written, or left out.

    Raises:
        StoreError: The store fails.
    """

    async def work(connection: AsyncConnection) -> None:
        await write_batch(connection, batch)

    try:
        await store.transact(work)
    except StoreError as failure:
        if not failure.is_of_data:
            raise
        if len(batch) > 1:
            middle = len(batch) // 2
            await write(store, batch[:middle], done)
            await write(store, batch[middle:], done)
            return
        batch[0].opening.has_lost = True
        logger.warning("a row that the store cannot hold was left out")
    done(batch)
