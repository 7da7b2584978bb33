"""The store of one process: a thread that has the connections, and whether they work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import nullcontext
from typing import Any, TypeVar

from worker.settings import Settings

from .background_opening import BackgroundOpening
from .database.address import StoreAddress, parse_address
from .database.engine import WRITES, empty_log
from .database.failures import STORE_ERRORS, StoreError, failure_of
from .database.transactions import LIMIT, Work
from .health import HealthRecord, StoreHealth
from .store_thread import ENDING, StoreThread

T = TypeVar("T")

logger = logging.getLogger(__name__)

CONNECTIONS = 4
"""Those of a process with many rooms."""


class Store:
    """Opened in the background, again and again if need be. Its methods may be called in any thread."""

    _of_process: Store | None = None

    def __init__(
        self, address: StoreAddress, *, connections: int = CONNECTIONS, prepares: bool = True
    ) -> None:
        """Begin to open it.

        Args:
            address: Where it is.
            connections: How many there may be at a time; with one more for what is urgent, if it prepares.
            prepares: Whether to check its file and to migrate it, as one process of a worker does. It asks
                for `refusal` then, which nobody else says.
        """
        self.is_of_worker = prepares
        """Whether it is the worker's own, and not that of a job which has a process to itself."""
        self._address = address
        self._record = HealthRecord()
        self._opening = BackgroundOpening(
            address, self._record, connections + 1 if prepares else connections, prepares=prepares
        )
        self._common = asyncio.Semaphore(connections)
        self._thread = StoreThread(self._opening.dispose)
        self._thread.run(self._opening.run()).add_done_callback(_report_mistake)

    @classmethod
    def shared(cls, settings: Settings, *, of_worker: bool) -> Store:
        """The one store of this process, which is made when it is first asked for.

        Args:
            settings: Of which CHAT_MEMORY is set.
            of_worker: Whether this is a worker's process, and not that of one of its jobs.
        """
        if cls._of_process is None:
            assert settings.chat_memory is not None
            address = parse_address(settings.chat_memory.get_secret_value())
            connections = CONNECTIONS if of_worker else 1
            cls._of_process = cls(address, connections=connections, prepares=of_worker)
        return cls._of_process

    @property
    def health(self) -> StoreHealth:
        """How it is."""
        return self._record.health

    def refusal(self, limit: float) -> str | None:
        """Wait, blocking, until the store is open or could not be opened for the first time.

        Args:
            limit: Seconds to wait at most.

        Returns:
            Why this worker must not be started with it, in one line; None if it may, even if it is down.
        """
        failure = self._opening.first_failure(limit)
        return _REFUSALS.get(failure.kind) if failure is not None else None

    async def run(
        self, work: Work[T], *, writes: bool = True, limit: float = LIMIT, urgent: bool = False
    ) -> T:
        """Do something in one transaction, in the store's thread.

        Whoever waits may be cancelled: what was begun is done all the same.

        Args:
            work: What to do. It runs in the store's thread and loop.
            writes: Whether it changes anything.
            limit: Seconds that it may take.
            urgent: Whether it waits for no connection that others use, as a heartbeat.

        Raises:
            StoreError: It was not done, as far as is known.
        """
        try:
            doing = self._thread.run(self._answer(work, writes=writes, limit=limit, urgent=urgent))
        except RuntimeError:
            raise StoreError("unreachable") from None
        waiting = asyncio.wrap_future(doing)
        # Of what nobody waits for any more, asyncio would complain.
        waiting.add_done_callback(_look_at)
        try:
            # Longer, for to give up a connection takes a while, too.
            async with asyncio.timeout(limit + ENDING):
                return await asyncio.shield(waiting)
        except TimeoutError:
            raise StoreError("slow") from None

    async def transact(
        self, work: Work[T], *, writes: bool = True, limit: float = LIMIT, urgent: bool = False
    ) -> T:
        """Do the same for a task that runs in the store's thread already; see `run` and `start`.

        Raises:
            StoreError: It was not done, as far as is known.
        """
        try:
            async with asyncio.timeout(limit):
                engine = await self._opening.engine()
                async with (
                    nullcontext() if urgent else self._common,
                    engine.connect() as connection,
                ):
                    await connection.execution_options(**{WRITES: writes})
                    async with connection.begin():
                        done = await work(connection)
        except STORE_ERRORS as error:
            failure = failure_of(error)
            self._record.fail(failure, writes=writes)
            # The text of the other one quotes what was to be written.
            raise StoreError(failure.kind) from None
        self._record.succeed(writes=writes)
        return done

    def start(self, task: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a task in the store's thread, until it ends, is cancelled or the store is closed.

        Raises:
            RuntimeError: The store is closed.
        """
        return self._thread.run(task)

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Call a function in the store's thread, after what was called before. Nothing, if it is closed."""
        self._thread.call(function, *arguments)

    async def empty_log(self) -> None:
        """Have SQLite empty its log of changes, which holds what was deleted; for tasks of the thread.

        Raises:
            StoreError: It was not done. SQLite does it by itself when the log is long.
        """
        if self._address.kind != "sqlite":
            return
        try:
            engine = await self._opening.engine()
            async with self._common, engine.connect() as connection:
                await connection.run_sync(empty_log)
        except STORE_ERRORS as error:
            raise StoreError(failure_of(error).kind) from None

    async def aclose(self) -> None:
        """Cancel what runs in the thread, and close the connections."""
        if Store._of_process is self:
            Store._of_process = None
        await self._thread.aclose()

    async def _answer(self, work: Work[T], *, writes: bool, limit: float, urgent: bool) -> T:
        try:
            return await self.transact(work, writes=writes, limit=limit, urgent=urgent)
        except asyncio.CancelledError:
            # By the end of the thread, which is none of whoever waits in another.
            raise StoreError("unreachable") from None


def _look_at(done: asyncio.Future[T]) -> None:
    if not done.cancelled():
        done.exception()


def _report_mistake(opening: Future[None]) -> None:
    if not opening.cancelled() and (error := opening.exception()) is not None:
        logger.error("the store was not opened", extra={"cause": type(error).__name__})


_REFUSALS = {
    "newer": "CHAT_MEMORY names the database of a newer version; run that version, or name another",
    "damaged": "CHAT_MEMORY names a database that is damaged",
    "refused": "CHAT_MEMORY names a database in which the tables cannot be made; name an empty one",
}
"""Why a worker does not start."""
