"""A store that fails costs memory: callers get one error, the log one line, and it comes back by itself."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.doubles.proxy import Proxy
from tests.postgres import PostgresServer
from tests.waiting import eventually
from worker.store.database.address import StoreAddress, parse_address
from worker.store.database.failures import StoreError
from worker.store.database.schema import conversations, workers
from worker.store.store import Store

CANARY = "what-nobody-may-read"


async def read(connection: AsyncConnection) -> list[str]:
    return list(await connection.scalars(select(workers.c.id)))


async def write(connection: AsyncConnection) -> None:
    row = {"id": os.urandom(8).hex(), "agent_name": "", "key": CANARY * 20}
    await connection.execute(insert(conversations).values(row | {"created_at": 1, "changed_at": 1}))


async def failed(store: Store, *, limit: float = 10, writes: bool = True) -> str:
    """What kind of failure there is."""
    with pytest.raises(StoreError) as error:
        await store.run(write if writes else read, writes=writes, limit=limit)
    assert error.value.__cause__ is None
    return error.value.kind


async def works(store: Store) -> None:
    """Wait until it does."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await store.run(write)
            except StoreError:
                await asyncio.sleep(0.05)


@asynccontextmanager
async def behind_proxy(
    server: PostgresServer, url: str, *, is_open: bool = True
) -> AsyncIterator[tuple[Proxy, Store]]:
    """A store that reaches its server through a proxy, which is open or closed at first."""
    async with Proxy(server.port) as proxy:
        if is_open:
            await proxy.open()
        store = Store(parse_address(url.replace(f":{server.port}/", f":{proxy.port}/")))
        yield proxy, store
        await store.aclose()


@pytest.fixture
def database(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    with postgres_server.database(postgres_template) as url:
        yield url


@pytest.fixture
def file(sqlite_template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "memory.db"
    path.write_bytes(sqlite_template.read_bytes())
    return path


def at(path: Path) -> StoreAddress:
    return parse_address(f"sqlite:///{path}")


NO_DATABASE = b"no database at all" * 1000


def replace(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def content_of(path: Path) -> bytes:
    return path.read_bytes()


def modes_in(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records]


async def test_a_server_that_is_down_at_first_is_used_once_it_is_there(
    postgres_server: PostgresServer, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with behind_proxy(postgres_server, database, is_open=False) as (proxy, store):
        assert await asyncio.to_thread(store.refusal, 20) is None
        assert await failed(store) == "unreachable"
        assert store.health.why == "unreachable"
        await proxy.open()
        await works(store)
        assert store.health.state == "ok"
    assert lines(caplog) == [
        "the database of CHAT_MEMORY cannot be reached; until it works again nothing is remembered",
        "the database of CHAT_MEMORY works again",
    ]


async def test_a_server_that_is_gone_and_comes_back_is_two_lines(
    postgres_server: PostgresServer, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with behind_proxy(postgres_server, database) as (proxy, store):
        await works(store)
        caplog.clear()
        await proxy.close()
        for _ in range(5):
            assert await failed(store) == "unreachable"
        await proxy.open()
        await works(store)
        assert store.health.state == "ok"
    assert len(lines(caplog)) == 2
    assert {record.cause for record in caplog.records if hasattr(record, "cause")}


async def test_a_server_that_does_not_answer_is_slow_and_all_connections_come_back(
    postgres_server: PostgresServer, database: str
) -> None:
    async with behind_proxy(postgres_server, database) as (proxy, store):
        await works(store)
        proxy.freeze()
        kinds = await asyncio.gather(*(failed(store, limit=1) for _ in range(8)))
        assert set(kinds) == {"slow"}
        assert store.health.why == "slow"
        proxy.thaw()
        await works(store)
        await asyncio.gather(*(store.run(read, writes=False) for _ in range(8)))


async def test_connections_that_the_server_ended_are_no_failure(
    postgres_server: PostgresServer, database: str
) -> None:
    store = Store(parse_address(database))
    await asyncio.gather(*(store.run(write) for _ in range(4)))
    name = database.rpartition("/")[2]
    postgres_server.execute(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    )
    await store.run(write)
    assert store.health.state == "ok"
    await store.aclose()


async def test_a_read_only_server_can_be_read(
    postgres_server: PostgresServer, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    name = database.rpartition("/")[2]
    postgres_server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    store = Store(parse_address(database))
    assert await failed(store) == "read-only"
    await store.run(read, writes=False)
    assert store.health.why == "read-only", "that it can be read does not mean that it works"
    await store.aclose()
    assert len(lines(caplog)) == 1
    assert caplog.records[0].code == "25006"  # type: ignore[attr-defined]


async def test_a_wrong_password_is_one_line_without_it(
    postgres_server: PostgresServer, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(parse_address(database.replace(postgres_server.password, CANARY)))
    assert await asyncio.to_thread(store.refusal, 20) is None
    assert await failed(store) == "denied"
    await store.aclose()
    assert len(lines(caplog)) == 1
    assert CANARY not in written(caplog)


def written(caplog: pytest.LogCaptureFixture) -> str:
    """All that is in the log records, also in their extra fields."""
    return "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)


async def test_no_statement_and_no_password_is_logged(
    store: Store, address: StoreAddress, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def fail(connection: AsyncConnection) -> None:
        await write(connection)
        await connection.execute(text("SELECT * FROM nothing WHERE x = :x"), {"x": CANARY})

    await store.run(write)
    for _ in range(3):
        with pytest.raises(StoreError) as refused:
            await store.run(fail)
        assert CANARY not in f"{refused.value!r} {refused.value.__context__!r}"
    assert CANARY not in written(caplog)
    assert "INSERT" not in written(caplog)
    if address.kind == "postgres":
        password = address.url.partition("@")[0].rpartition(":")[2]
        assert password not in written(caplog)


async def test_a_full_disk_is_said_and_over_when_there_is_room(file: Path) -> None:
    store = Store(at(file), connections=1)
    await works(store)

    async def limit(connection: AsyncConnection, pages: int) -> None:
        await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    await store.run(lambda connection: limit(connection, 1))
    kinds = [await failed_or_not(store) for _ in range(100)]
    assert kinds[-1] == "full"
    assert store.health.why == "full"
    await store.run(lambda connection: limit(connection, 100_000), writes=False)
    await works(store)
    assert store.health.state == "ok"
    await store.aclose()


async def failed_or_not(store: Store) -> str:
    try:
        await store.run(write)
    except StoreError as error:
        return error.kind
    return ""


async def test_a_lock_that_another_holds_is_waited_for_and_then_said(file: Path) -> None:
    store = Store(at(file))
    await works(store)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert await failed(store) == "locked"
        assert await store.run(read, writes=False) == []
        other.execute("ROLLBACK")
        await works(store)
    await store.aclose()


async def test_a_damaged_file_is_set_aside_and_a_new_one_begun(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    replace(file, NO_DATABASE)
    store = Store(at(file))
    assert await asyncio.to_thread(store.refusal, 60) is None
    await store.run(write)
    await store.aclose()
    (kept,) = file.parent.glob("memory.db.corrupt-*")
    assert content_of(kept) == NO_DATABASE
    (line,) = caplog.records
    assert line.levelname == "ERROR"
    assert "was damaged and has been set aside; a new one is begun" in line.message


async def test_damage_inside_a_file_is_found(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        row = "INSERT INTO conversation VALUES (?, '', ?, 1, 1)"
        connection.executemany(row, [(str(number), CANARY * 40) for number in range(100)])
        connection.commit()
    replace(file, content_of(file)[:-40960] + os.urandom(40960))
    store = Store(at(file))
    assert await asyncio.to_thread(store.refusal, 60) is None
    assert len(list(file.parent.glob("memory.db.corrupt-*"))) == 1
    await store.aclose()


async def test_a_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    store = Store(at(tmp_path / "memory.db"))
    await store.run(write, limit=60)
    assert modes_in(tmp_path) == dict.fromkeys(
        ["memory.db", "memory.db-shm", "memory.db-wal"], 0o600
    )
    await store.aclose()


async def test_connections_to_sqlite_are_set_up(file: Path) -> None:
    async def pragmas(connection: AsyncConnection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        return [await connection.scalar(text(f"PRAGMA {name}")) for name in names]

    store = Store(at(file))
    assert await store.run(pragmas, writes=False) == ["wal", 1, 1, 1, 5000]
    await store.aclose()


async def test_what_was_written_survives_a_kill(file: Path) -> None:
    code = (
        "import asyncio, os, signal, sys\n"
        "from tests.unit.worker.store.test_faults import Path, Store, at, write\n"
        "async def main():\n"
        "    await Store(at(Path(sys.argv[1]))).run(write)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    ended = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code, str(file)], check=False
    )
    assert ended.returncode == -9

    async def keys(connection: AsyncConnection) -> list[str]:
        return list(await connection.scalars(select(conversations.c.key)))

    store = Store(at(file))
    assert await store.run(keys, writes=False) == [CANARY * 20]
    await eventually(lambda: store.health.state == "ok")
    await store.aclose()
