from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from tests.unit.worker.store.ownership.fleet import AGENT, Direct, Fleet, names, open_fleet
from worker.store.database.address import parse_address
from worker.store.database.clock import LIFETIME
from worker.store.database.engine import create_engine
from worker.store.database.schema import schema
from worker.store.ownership.heartbeat import Heartbeat, new_worker_id
from worker.store.ownership.machine import this_process


@pytest.fixture
async def fleet(store_url: str) -> AsyncIterator[Fleet]:
    async with open_fleet(store_url) as fleet:
        yield fleet


async def test_a_heartbeat_renews_the_row(fleet: Fleet) -> None:
    worker = await fleet.worker()
    first = await fleet.worker_row(worker)
    await fleet.pass_time(3.0)
    await worker.beat()
    second = await fleet.worker_row(worker)

    assert first is not None
    assert second is not None
    process = this_process()
    assert (first["machine"], first["pid"]) == (process.machine, process.pid)
    assert first["process_started_at"] == process.started_at
    assert second["expires_at"] >= first["expires_at"]


async def test_the_heart_beats_until_the_rooms_stand_still_and_when_they_go_on(
    fleet: Fleet,
) -> None:
    is_alive, looks, again = False, 0, asyncio.Event()

    def look() -> bool:
        nonlocal looks
        looks += 1
        if looks == 2:
            again.set()
        return is_alive

    heartbeat = Heartbeat(fleet.store, new_worker_id(AGENT), look)
    beating = asyncio.create_task(heartbeat.run())
    try:
        async with asyncio.timeout(10):
            await again.wait()
            assert not heartbeat.is_steady
            is_alive = True
            while not heartbeat.is_steady:  # noqa: ASYNC110  # The row is all that tells.
                await asyncio.sleep(0.01)
    finally:
        beating.cancel()


async def test_the_row_is_deleted_at_the_end_and_rooms_that_are_left_are_lost(
    fleet: Fleet,
) -> None:
    worker, other = await fleet.workers(2)
    left = await worker.must_claim("left", 1_000)
    ended = await worker.must_claim("ended", 1_000)
    await worker.release("ended", ended.epoch)
    await worker.heartbeat.end()

    assert await fleet.worker_row(worker) is None
    (room,) = await other.take()
    assert room.name == "left"
    assert room.lost_at is not None
    assert not await worker.lose("left", left.epoch)


async def test_a_store_that_was_away_is_noticed_once_and_used_again(
    fleet: Fleet, caplog: pytest.LogCaptureFixture
) -> None:
    worker, other = await fleet.workers(2)
    claim = await worker.must_claim("cats", 1_000)
    with caplog.at_level(logging.INFO):
        # The tables are gone, and back.
        async with fleet.engine.begin() as connection:
            await connection.run_sync(schema.drop_all)
        assert not await worker.heartbeat.beat()
        assert not await worker.heartbeat.beat()
        assert not worker.heartbeat.is_steady
        assert await worker.ownership.take_lost(1) == []
        async with fleet.engine.begin() as connection:
            await connection.run_sync(schema.create_all)
        await worker.beat()

    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    # The others may not have beaten since the store is back.
    assert not worker.heartbeat.is_steady
    await other.beat()
    assert (await other.must_claim("cats", 2_000)).epoch == claim.epoch


async def test_an_engine_that_cannot_connect_raises_nothing() -> None:
    engine = create_engine(parse_address("postgresql://nobody:nothing@127.0.0.1:1/none"), 1)
    heartbeat = Heartbeat(Direct(engine), new_worker_id(AGENT))

    assert not await heartbeat.beat()
    await heartbeat.end()
    await engine.dispose()


async def test_a_worker_that_was_frozen_goes_on_under_its_id(fleet: Fleet) -> None:
    frozen, other = await fleet.workers(2)
    await frozen.must_claim("taken", 1_000)
    await fleet.expire(other)
    assert names(await other.take()) == ["taken"]
    await frozen.beat()
    await frozen.must_claim("new", 1_000)
    await fleet.pass_time(LIFETIME - 1)

    assert await other.take() == []
