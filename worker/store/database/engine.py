"""The connections to the store: SQLAlchemy's engine, with what each of the two databases needs."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Any

from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from .address import StoreAddress

STATEMENT_LIMIT = 5.0
"""Seconds that a statement may take, a connection to be made, another's lock be waited for, and a transaction
pause between two statements."""

WRITES = "store_writes"
"""The execution option of a connection whose transaction is to write: SQLite locks at its beginning, and
PostgreSQL ends it if its process stands still."""

_PRAGMAS = ("synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON")
"""Of each connection to SQLite. NORMAL loses nothing when a process is killed."""


def create_engine(
    address: StoreAddress, connections: int, statement_limit: float = STATEMENT_LIMIT
) -> AsyncEngine:
    """Make an engine, which connects when it is used. Whoever makes it disposes of it.

    Args:
        address: Where the store is.
        connections: How many it may have at a time.
        statement_limit: Seconds that a statement may take.
    """
    _keep_libraries_quiet()
    options = {
        # Statements and their parameters are what people say.
        "hide_parameters": True,
        "pool_size": connections,
        "max_overflow": 0,
        "pool_timeout": statement_limit,
    }
    if address.kind == "sqlite":
        return _sqlite(address, statement_limit, options)
    return _postgres(address, statement_limit, options)


def _sqlite(address: StoreAddress, limit: float, options: dict[str, Any]) -> AsyncEngine:
    # Its driver begins a transaction late, and only to write. Without a level of isolation it begins none.
    arguments = {"timeout": limit, "isolation_level": None}
    assert address.path is not None
    # A file that is gone is not made again: that is for whoever opens the store.
    options_of_file = {"mode": "rw", "uri": "true"}
    url = URL.create(
        "sqlite+aiosqlite", database=address.path.absolute().as_uri(), query=options_of_file
    )
    engine = create_async_engine(url, connect_args=arguments, **options)
    event.listen(engine.sync_engine, "connect", _set_pragmas)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _set_pragmas(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
        # A statement whose answer is not read has not ended, and locks the file.
        cursor.fetchall()
    cursor.close()


def _begin(connection: Connection) -> None:
    # Two that read first and then write would each wait for the other, until one is refused.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def empty_log(connection: Connection) -> None:
    """Move what is in the log of changes of SQLite to its file, and make the log empty."""
    # In no transaction, whose end it would wait for.
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    cursor.fetchall()
    cursor.close()


def _postgres(address: StoreAddress, limit: float, options: dict[str, Any]) -> AsyncEngine:
    import asyncpg  # type: ignore[import-untyped]  # It has no types.

    arguments: dict[str, Any] = {}
    cache: dict[str, Any] = {}
    if not address.prepares_statements:
        arguments = {"prepared_statement_cache_size": 0, "prepared_statement_name_func": str}
        cache = {"statement_cache_size": 0}

    async def connect(**_: object) -> Any:
        # Its own reading of the URL knows sslmode and all else that PostgreSQL's programs do.
        return await asyncpg.connect(address.url, timeout=limit, command_timeout=limit, **cache)

    engine = create_async_engine(
        "postgresql+asyncpg://",
        # What is read after a lock has to be newer than the lock, whatever the database's default is.
        isolation_level="READ COMMITTED",
        connect_args={**arguments, "async_creator_fn": connect},
        # After a restart of the database all connections of the pool are broken.
        pool_pre_ping=True,
        **options,
    )
    event.listen(engine.sync_engine, "begin", _limit_idleness(limit))
    return engine


def _limit_idleness(limit: float) -> Callable[[Connection], None]:
    """Have the server end a transaction whose process was frozen: others wait for its locks."""
    # For the transaction alone, as a pooler may give the connection to others.
    statement = f"SET LOCAL idle_in_transaction_session_timeout = {math.ceil(1000 * limit)}"

    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITES, False):
            connection.exec_driver_sql(statement)

    return begin


def _keep_libraries_quiet() -> None:
    """Have no library log statements, parameters, or errors that quote them."""
    for name in ("aiosqlite", "asyncpg", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
