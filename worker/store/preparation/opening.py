"""Opens a store: its file or server is there, and its tables are those that this code knows."""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy.ext.asyncio import AsyncEngine

from worker.store.database.address import StoreAddress
from worker.store.database.engine import create_engine
from worker.store.database.failures import Failure

from .migration import migrate
from .revision import HEAD, is_newer, read_revision
from .sqlite_file import prepare_file

logger = logging.getLogger(__name__)


class OpeningError(Exception):
    """The store cannot be used as it is."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.kind)
        self.failure = failure
        """Why."""


async def open_store(address: StoreAddress, connections: int, *, prepares: bool) -> AsyncEngine:
    """Connect to a store for the first time.

    Args:
        address: Where it is.
        connections: How many there may be at a time.
        prepares: Whether to check its file and to migrate it. Another process does it otherwise.

    Returns:
        The engine, of which whoever called disposes.

    Raises:
        OpeningError: Its tables are not what they should be.
        SQLAlchemyError: It does not work; so do the other `STORE_ERRORS`, and `sqlite3.Error`.
    """
    if prepares and address.path is not None:
        await _prepare(address)
    engine = create_engine(address, connections)
    try:
        await _bring_up_to_date(engine, address, prepares=prepares)
    except BaseException:
        await engine.dispose()
        raise
    return engine


async def _prepare(address: StoreAddress) -> None:
    assert address.path is not None
    damaged = await asyncio.to_thread(prepare_file, address.path)
    if damaged is not None:
        logger.error(
            "the database of CHAT_MEMORY was damaged and has been set aside; a new one is begun",
            extra={"file": str(damaged)},
        )


async def _bring_up_to_date(engine: AsyncEngine, address: StoreAddress, *, prepares: bool) -> None:
    async with engine.connect() as connection:
        revision = await connection.run_sync(read_revision)
    if is_newer(revision):
        raise OpeningError(Failure("newer"))
    if revision == HEAD:
        return
    if not prepares:
        raise OpeningError(Failure("opening"))
    failure = await migrate(address)
    if failure is not None:
        raise OpeningError(failure)
