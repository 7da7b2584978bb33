"""What a process does not do in time, or the database's owner has set, harms no other process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.store.database.address import parse_address
from worker.store.database.engine import WRITES, create_engine
from worker.store.database.schema import workers

ROW = {"id": "W_1", "machine": "m", "pid": 1, "process_started_at": 1.0, "expires_at": 2.0}


@pytest.fixture
def postgres_url(postgres_server: object, store_url: str, store_kind: str) -> str:
    if store_kind != "postgres":
        pytest.skip("SQLite has neither levels of isolation nor a server that ends transactions")
    return store_url


@asynccontextmanager
async def writing(url: str, limit: float) -> AsyncIterator[AsyncConnection]:
    """A process that writes."""
    engine = create_engine(parse_address(url), 1, statement_limit=limit)
    try:
        async with engine.connect() as connection:
            await connection.execution_options(**{WRITES: True})
            yield connection
    finally:
        await engine.dispose()


@pytest.mark.parametrize("query", ["", "?statement_cache_size=0"])
async def test_a_process_that_stands_still_in_a_transaction_does_not_keep_its_locks(
    postgres_url: str, query: str
) -> None:
    change = update(workers).values(pid=2)
    async with writing(postgres_url, 60.0) as other, writing(postgres_url + query, 2.0) as frozen:
        await other.execute(insert(workers).values(ROW))
        await other.commit()
        await frozen.execute(change)
        # As long as it takes until the server gives the lock to whoever waits.
        async with asyncio.timeout(30):
            await other.execute(change)
        await frozen.invalidate()


async def test_what_is_read_is_new_whatever_the_database_prefers(postgres_url: str) -> None:
    name = postgres_url.rpartition("/")[2]
    async with writing(postgres_url, 60.0) as connection:
        change = f"ALTER DATABASE \"{name}\" SET default_transaction_isolation = 'serializable'"
        await connection.execute(text(change))
        await connection.commit()
    async with writing(postgres_url, 60.0) as connection:
        level = await connection.scalar(text("SHOW transaction_isolation"))
        assert level == "read committed"
