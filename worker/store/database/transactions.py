"""What others ask of the store: transactions, from its own thread or from any."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection

from .failures import StoreError

T = TypeVar("T")

logger = logging.getLogger(__name__)

Work = Callable[[AsyncConnection], Awaitable[T]]
"""What is done in one transaction. It may be cancelled, and then changes nothing."""

LIMIT = 10.0
"""Seconds that a transaction may take."""


class Transactions(Protocol):
    """Does things in transactions, whoever asks. `Store` does."""

    async def run(
        self, work: Work[T], *, writes: bool = True, limit: float = LIMIT, urgent: bool = False
    ) -> T:
        """Do something in one transaction, see `Store.run`."""
        ...


class OwnTransactions(Protocol):
    """Does things in transactions, for tasks of the store's thread. `Store` does."""

    async def transact(self, work: Work[T], *, writes: bool = True, limit: float = LIMIT) -> T:
        """Do something in one transaction, see `Store.transact`."""
        ...


class StoreAccess(OwnTransactions, Protocol):
    """A store with a thread of its own. `Store` is one."""

    def start(self, task: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a task in the store's thread. Raises RuntimeError if that has ended."""
        ...

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Call a function there, after what was called before. Nothing, if the thread has ended."""
        ...


def rows_of(statement: Select[Any]) -> Work[list[Any]]:
    """Return a transaction that reads the rows of a statement."""

    async def read(connection: AsyncConnection) -> list[Any]:
        return list((await connection.execute(statement)).all())

    return read


async def answer_or(otherwise: T, answer: Awaitable[T]) -> T:
    """Wait for an answer.

    Args:
        otherwise: What to return if the store does not answer, which it has said in the log already.
        answer: What asks it.
    """
    try:
        return await answer
    except StoreError as error:
        logger.debug("the store does not answer", extra={"error": error.kind})
        return otherwise
