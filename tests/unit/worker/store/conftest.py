"""What the tests of the store share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.unit.worker.store.conversations.conversing import FaultyStore, Worker
from worker.store.database.address import StoreAddress, parse_address
from worker.store.store import Store


@pytest.fixture
def address(store_url: str) -> StoreAddress:
    """A database of each kind, with all tables."""
    return parse_address(store_url)


@pytest.fixture
async def store(address: StoreAddress) -> AsyncIterator[Store]:
    """A store in it."""
    store = Store(address)
    yield store
    await store.aclose()


@pytest.fixture
def faulty(store: Store) -> FaultyStore:
    """The store, which can be out of order."""
    return FaultyStore(store)


@pytest.fixture
async def worker(faulty: FaultyStore) -> AsyncIterator[Worker]:
    """A process that keeps what is said in its rooms there."""
    worker = Worker.begin(faulty)
    yield worker
    worker.die()
