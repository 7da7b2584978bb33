"""A store is opened in the background, and does what it is asked in a thread of its own."""

from __future__ import annotations

import asyncio
import gc
import threading
import traceback

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.waiting import eventually
from worker.settings import Settings
from worker.store.database.address import StoreAddress, parse_address
from worker.store.database.failures import StoreError
from worker.store.database.schema import workers
from worker.store.store import CONNECTIONS, Store

ROW = {"id": "W_1", "machine": "m", "pid": 1, "process_started_at": 1.0, "expires_at": 2.0}


async def write(connection: AsyncConnection) -> None:
    await connection.execute(insert(workers).values(ROW))


async def read(connection: AsyncConnection) -> list[str]:
    return list(await connection.scalars(select(workers.c.id)))


async def test_what_is_written_can_be_read(store: Store) -> None:
    await store.run(write)
    assert await store.run(read, writes=False) == ["W_1"]
    assert store.health.state == "ok"
    assert store.refusal(1.0) is None


async def test_it_outlives_the_store(address: StoreAddress) -> None:
    for work in (write, read):
        store = Store(address)
        found = await store.run(work)
        await store.aclose()
    assert found == ["W_1"]


async def test_work_is_done_in_a_thread_of_its_own(store: Store) -> None:
    async def name(_: AsyncConnection) -> str:
        return threading.current_thread().name

    assert await store.run(name) == "store"


async def test_a_transaction_that_fails_changes_nothing(store: Store) -> None:
    async def write_twice(connection: AsyncConnection) -> None:
        await write(connection)
        await write(connection)

    with pytest.raises(StoreError) as refused:
        await store.run(write_twice)
    assert refused.value.kind == "refused"
    assert await store.run(read) == []


async def test_a_mistake_in_the_work_is_no_failure_of_the_store(store: Store) -> None:
    async def mistake(connection: AsyncConnection) -> None:
        await write(connection)
        raise KeyError

    with pytest.raises(KeyError):
        await store.run(mistake)
    assert await store.run(read) == []
    assert store.health.state == "ok"


async def test_who_waits_may_be_cancelled_and_the_work_is_done(store: Store) -> None:
    began, may_go_on, ended = threading.Event(), threading.Event(), threading.Event()

    async def write_late(connection: AsyncConnection) -> None:
        began.set()
        await asyncio.to_thread(may_go_on.wait, 10)
        await write(connection)
        ended.set()

    waiting = asyncio.ensure_future(store.run(write_late))
    await eventually(began.is_set)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    may_go_on.set()
    await eventually(ended.is_set)
    # One that writes waits for its end; SQLite's lock and PostgreSQL's key see to that.
    with pytest.raises(StoreError):
        await store.run(write)


async def test_what_nobody_waits_for_any_more_may_fail(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    began, may_go_on = threading.Event(), threading.Event()

    async def fail_late(_: AsyncConnection) -> None:
        began.set()
        await asyncio.to_thread(may_go_on.wait, 10)
        raise TimeoutError

    waiting = asyncio.ensure_future(store.run(fail_late))
    await eventually(began.is_set)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    may_go_on.set()
    await eventually(lambda: store.health.state == "degraded")
    await store.run(write)
    gc.collect()
    assert "asyncio" not in {record.name for record in caplog.records}


async def test_a_task_of_the_thread_uses_it_there(store: Store) -> None:
    async def work() -> list[str]:
        await store.transact(write)
        return await store.transact(read, writes=False)

    assert await asyncio.wrap_future(store.start(work())) == ["W_1"]


async def test_closing_ends_who_waits_with_an_error_of_the_store(store: Store) -> None:
    began = threading.Event()

    async def wait_forever(_: AsyncConnection) -> None:
        began.set()
        await asyncio.Event().wait()

    waiting = asyncio.ensure_future(store.run(wait_forever))
    await eventually(began.is_set)
    await store.aclose()
    with pytest.raises(StoreError):
        await waiting
    with pytest.raises(StoreError):
        await store.run(read)
    with pytest.raises(RuntimeError):
        store.start(asyncio.sleep(0))
    assert "store" not in {thread.name for thread in threading.enumerate()}


async def test_writers_wait_for_each_other(store: Store) -> None:
    await store.run(write)

    async def count_up(connection: AsyncConnection) -> None:
        pid = await connection.scalar(select(workers.c.pid).with_for_update())
        await asyncio.sleep(0)
        await connection.execute(text("UPDATE worker SET pid = :pid"), {"pid": (pid or 0) + 1})

    await asyncio.gather(*(store.run(count_up) for _ in range(20)))

    async def pid(connection: AsyncConnection) -> int | None:
        return await connection.scalar(select(workers.c.pid))

    assert await store.run(pid) == 21


async def test_what_is_urgent_waits_for_nobody_who_has_a_connection(store: Store) -> None:
    busy = threading.Semaphore(0)

    async def wait_forever(_: AsyncConnection) -> None:
        busy.release()
        await asyncio.Event().wait()

    waiting = [
        asyncio.ensure_future(store.run(wait_forever, writes=False)) for _ in range(2 * CONNECTIONS)
    ]
    for _ in range(CONNECTIONS):
        assert await asyncio.to_thread(busy.acquire, timeout=10)
    await store.run(write, limit=4.0, urgent=True)
    with pytest.raises(StoreError) as slow:
        await store.run(read, writes=False, limit=0.1)
    assert slow.value.kind == "slow"
    await store.aclose()
    await asyncio.wait(waiting)
    assert all(isinstance(each.exception(), StoreError) for each in waiting)


async def test_a_value_that_fits_nowhere_is_no_text_of_an_error(store: Store) -> None:
    async def write_too_much(connection: AsyncConnection) -> None:
        await connection.execute(
            insert(workers).values(ROW | {"machine": "\udccacanary", "pid": 2**70})
        )

    with pytest.raises(StoreError) as refused:
        await store.run(write_too_much)
    assert refused.value.is_of_data
    assert "canary" not in "".join(traceback.format_exception(refused.value))


async def test_a_process_that_does_not_prepare_waits_until_another_has(
    empty_store_url: str,
) -> None:
    address = parse_address(empty_store_url)
    guest = Store(address, connections=1, prepares=False)
    with pytest.raises(StoreError) as refused:
        await guest.run(read)
    assert refused.value.kind in {"opening", "unreachable"}
    host = Store(address)
    await host.run(write, limit=60)
    await eventually(lambda: guest.health.state == "ok", 40)
    assert await guest.run(read) == ["W_1"]
    await guest.aclose()
    await host.aclose()


async def test_a_process_has_one_until_it_is_closed(store_url: str) -> None:
    settings = Settings(_env_file=None, chat_memory=SecretStr(store_url))
    store = Store.shared(settings, of_worker=True)
    assert Store.shared(settings, of_worker=True) is store
    await store.run(write)
    await store.aclose()
    other = Store.shared(settings, of_worker=True)
    assert other is not store
    assert await other.run(read) == ["W_1"]
    await other.aclose()
