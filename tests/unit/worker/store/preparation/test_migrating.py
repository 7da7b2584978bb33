"""The tables are made once, whoever comes, and never by an older version."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.devstack.paths import PROJECT
from worker.store.database.address import StoreAddress, parse_address
from worker.store.database.engine import create_engine
from worker.store.database.schema import schema
from worker.store.preparation.migrating import NewerDatabaseError, alembic_config, migrate
from worker.store.preparation.revision import HEAD, REVISIONS, read_revision
from worker.store.preparation.sqlite_file import prepare_file
from worker.store.store import Store

ROUNDS = 20


@pytest.fixture
def empty(empty_store_url: str) -> StoreAddress:
    """A database without tables."""
    address = parse_address(empty_store_url)
    if address.path is not None:
        prepare_file(address.path)
    return address


async def inspected(address: StoreAddress, look: Callable[[Connection], object]) -> object:
    engine = create_engine(address, 1)
    async with engine.begin() as connection:
        seen = await connection.run_sync(look)
    await engine.dispose()
    return seen


def differences(connection: Connection) -> object:
    return compare_metadata(MigrationContext.configure(connection), schema)


def names(connection: Connection) -> object:
    """The names of all constraints and indexes, which later migrations will need."""
    look = inspect(connection)
    return [
        (
            look.get_pk_constraint(table)["name"],
            sorted(str(key["name"]) for key in look.get_foreign_keys(table)),
            sorted(str(index["name"]) for index in look.get_indexes(table)),
        )
        for table in sorted(schema.tables)
    ]


async def test_the_tables_are_those_of_the_schema(
    address: StoreAddress, empty: StoreAddress
) -> None:
    assert await inspected(address, differences) == []
    migrated = await inspected(address, names)
    other = parse_address(empty.setting)
    await inspected(other, drop_all)
    await inspected(other, schema.create_all)
    assert migrated == await inspected(other, names)


def drop_all(connection: Connection) -> None:
    found = MetaData()
    found.reflect(connection)
    found.drop_all(connection)


def test_the_code_knows_all_revisions_without_alembic() -> None:
    steps = ScriptDirectory.from_config(alembic_config())
    assert tuple(step.revision for step in reversed(list(steps.walk_revisions()))) == REVISIONS


def test_a_worker_does_not_import_alembic() -> None:
    code = "import sys, worker.store.store; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False).returncode == 0


async def test_to_migrate_again_changes_nothing(address: StoreAddress) -> None:
    await migrate(address)
    assert await inspected(address, read_revision) == HEAD


async def test_workers_that_begin_at_once_make_the_tables_once(empty: StoreAddress) -> None:
    def migrate_here(_: int) -> None:
        asyncio.run(migrate(empty))

    for _ in range(ROUNDS):
        await inspected(empty, drop_all)
        with ThreadPoolExecutor(2) as workers:
            assert list(workers.map(migrate_here, range(2))) == [None, None]
        assert await inspected(empty, read_revision) == HEAD


async def test_processes_that_begin_at_once_make_the_tables_once(empty: StoreAddress) -> None:
    command = [sys.executable, "-m", "worker.store.preparation.migrating"]

    def start(_: int) -> str:
        done = subprocess.run(
            command, input=empty.setting, cwd=PROJECT, text=True, check=True, capture_output=True
        )
        return done.stdout + done.stderr

    with ThreadPoolExecutor(2) as workers:
        assert list(workers.map(start, range(2))) == ["", ""]
    assert await inspected(empty, read_revision) == HEAD


async def make_newer(address: StoreAddress) -> None:
    def change(connection: Connection) -> None:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    await inspected(address, change)


async def test_a_newer_database_is_not_touched(address: StoreAddress) -> None:
    await make_newer(address)
    with pytest.raises(NewerDatabaseError):
        await migrate(address)
    assert await inspected(address, read_revision) == "9999"


async def test_a_newer_database_is_one_line_and_the_worker_does_not_start(
    address: StoreAddress,
) -> None:
    await make_newer(address)
    store = Store(address)
    line = await asyncio.to_thread(store.refusal, 20)
    assert line == (
        "CHAT_MEMORY names the database of a newer version; run that version, or name another"
    )
    assert store.health.why == "newer"
    await store.aclose()


async def test_tables_of_somebody_else_are_left_alone(empty: StoreAddress) -> None:
    def occupy(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE room (number integer)"))

    await inspected(empty, occupy)
    store = Store(empty)
    line = await asyncio.to_thread(store.refusal, 40)
    assert line is not None
    assert "name an empty one" in line
    await store.aclose()

    async def columns(connection: AsyncConnection) -> list[str]:
        return await connection.run_sync(lambda c: inspect(c).get_table_names())

    engine = create_engine(empty, 1)
    async with engine.connect() as connection:
        assert await columns(connection) == ["room"]
    await engine.dispose()
