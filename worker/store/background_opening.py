"""Opens a store in the background, again and again if need be, while others wait for its engine."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout

from sqlalchemy.ext.asyncio import AsyncEngine

from .database.address import StoreAddress
from .database.failures import STORE_ERRORS, Failure, StoreError, failure_of
from .health import HealthRecord
from .preparation.opening import OpeningError, open_store

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
"""Seconds between two tries; the first one doubles until it is the longest."""

_FINAL = frozenset({"newer", "damaged", "refused"})
"""What no waiting helps against."""


class BackgroundOpening:
    """The opening of one store. Used on the store's thread, but for `first_failure`."""

    def __init__(
        self, address: StoreAddress, record: HealthRecord, connections: int, *, prepares: bool
    ) -> None:
        """Open nothing yet.

        Args:
            address: Where the store is.
            record: What keeps account of it.
            connections: How many there may be at a time.
            prepares: Whether to check its file and to migrate it.
        """
        self._address = address
        self._record = record
        self._connections = connections
        self._prepares = prepares
        self._is_awaited = prepares
        self._engine: AsyncEngine | None = None
        self._tried = asyncio.Event()
        self._first: Future[Failure | None] = Future()

    def first_failure(self, limit: float) -> Failure | None:
        """Wait, blocking, for the first try; in any thread but the store's.

        Args:
            limit: Seconds to wait at most.

        Returns:
            What failed; None if nothing did so far. What no waiting helps against is for the caller to say.
        """
        try:
            return self._first.result(limit)
        except FutureTimeout:
            self._is_awaited = False
            return None

    async def engine(self) -> AsyncEngine:
        """Return the engine, after the first try.

        Raises:
            StoreError: The store is not open.
        """
        await self._tried.wait()
        if self._engine is None:
            raise StoreError(self._record.health.why or "unreachable")
        return self._engine

    async def run(self) -> None:
        """Try to open it until it is open, or cannot be opened as it is."""
        pause = FIRST_PAUSE
        while (failure := await self._try()) is not None:
            if failure.kind in _FINAL:
                return
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))
            pause = min(2 * pause, LONGEST_PAUSE)

    async def dispose(self) -> None:
        """Close the connections."""
        if self._engine is not None:
            await self._engine.dispose()

    async def _try(self) -> Failure | None:
        failure = await self._open()
        if failure is None:
            self._record.succeed(writes=True)
        else:
            is_returned = self._is_awaited and not self._first.done() and failure.kind in _FINAL
            self._record.fail(failure, writes=True, is_said=is_returned)
        self._tried.set()
        if not self._first.done():
            self._first.set_result(failure)
        return failure

    async def _open(self) -> Failure | None:
        try:
            self._engine = await open_store(
                self._address, self._connections, prepares=self._prepares
            )
        except OpeningError as error:
            return error.failure
        except (*STORE_ERRORS, sqlite3.Error) as error:
            return failure_of(error)
        return None
