"""Workers that share a database, without the time that passes between their heartbeats."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import RowMapping, delete, event, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from worker.rescue.ownership import LostRoom
from worker.store.database.address import parse_address
from worker.store.database.clock import EXPRESSIONS, LIFETIME
from worker.store.database.engine import WRITES, create_engine
from worker.store.database.failures import STORE_ERRORS, StoreError, failure_of
from worker.store.database.schema import rooms, workers
from worker.store.database.transactions import LIMIT
from worker.store.ownership.claims import Claim, Claims
from worker.store.ownership.heartbeat import Heartbeat, new_worker_id
from worker.store.ownership.machine import Process, this_process
from worker.store.ownership.ownership import SharedOwnership
from worker.store.ownership.taking import Taking

T = TypeVar("T")

AGENT = "helper"


@dataclass(frozen=True)
class FleetWorker:
    """A worker, as far as the database knows it."""

    heartbeat: Heartbeat
    claims: Claims
    taking: Taking
    ownership: SharedOwnership
    agent_name: str

    @property
    def id(self) -> str:
        return self.heartbeat.worker

    async def beat(self) -> None:
        assert await self.heartbeat.beat()

    async def take(self, most: int = 100) -> list[LostRoom]:
        """Take rooms, right after a heartbeat."""
        await self.beat()
        return await self.taking.take(most)

    async def claim(
        self, name: str, joined_at: int, sid: str = "", metadata: str = ""
    ) -> Claim | None:
        return await self.claims.claim(
            self.agent_name, name, sid or f"RM_{name}", joined_at, metadata
        )

    async def must_claim(self, name: str, joined_at: int, sid: str = "") -> Claim:
        claim = await self.claim(name, joined_at, sid)
        assert claim is not None
        return claim

    async def lose(self, name: str, epoch: int) -> bool:
        return await self.claims.lose(self.agent_name, name, epoch)

    async def release(self, name: str, epoch: int, *, closed: bool = True) -> bool:
        return await self.claims.release(self.agent_name, name, epoch, closed=closed)


@dataclass(frozen=True)
class Fleet:
    """All workers on a database."""

    engine: AsyncEngine
    process: Process = field(default_factory=this_process)

    @property
    def store(self) -> Direct:
        return Direct(self.engine)

    async def worker(self, agent_name: str = AGENT, process: Process | None = None) -> FleetWorker:
        """Start a worker; its rooms are those of its agent's name."""
        worker = new_worker_id(agent_name)
        heartbeat = Heartbeat(self.store, worker, process=process or self.process)
        started = FleetWorker(
            heartbeat,
            Claims(self.store, heartbeat),
            Taking(self.store, agent_name, worker, heartbeat.process.machine),
            SharedOwnership(self.store, agent_name, heartbeat),
            agent_name,
        )
        await started.beat()
        return started

    async def workers(self, count: int) -> Sequence[FleetWorker]:
        return [await self.worker() for _ in range(count)]

    async def pass_time(self, seconds: float, *living: FleetWorker) -> None:
        """Let time pass, for all but those who live: these beat meanwhile."""
        async with self.engine.begin() as connection:
            await connection.execute(
                update(workers).values(expires_at=workers.c.expires_at - seconds)
            )
            times = (rooms.c.lost_at, rooms.c.not_before, rooms.c.changed_at)
            await connection.execute(
                update(rooms).values({column.name: column - seconds for column in times})
            )
        for worker in living:
            await worker.beat()

    async def expire(self, *living: FleetWorker) -> None:
        """Let so much time pass that all workers count as dead, except for those who live."""
        await self.pass_time(LIFETIME + 0.1, *living)

    async def forget(self, worker: FleetWorker) -> None:
        """Delete a worker's row."""
        async with self.engine.begin() as connection:
            await connection.execute(delete(workers).where(workers.c.id == worker.id))

    async def change(self, name: str, **values: Any) -> None:
        """Write something into the rows of a room's name."""
        async with self.engine.begin() as connection:
            await connection.execute(update(rooms).where(rooms.c.name == name).values(values))

    async def room(self, name: str, agent_name: str = AGENT) -> RowMapping:
        """The row of a room."""
        row = await self.find_room(name, agent_name)
        assert row is not None
        return row

    async def find_room(self, name: str, agent_name: str = AGENT) -> RowMapping | None:
        """The row of a room, if it has one."""
        which = (rooms.c.name == name) & (rooms.c.agent_name == agent_name)
        async with self.engine.connect() as connection:
            return (await connection.execute(select(rooms).where(which))).mappings().one_or_none()

    async def worker_row(self, worker: FleetWorker) -> RowMapping | None:
        """The row of a worker, if it has one."""
        which = select(workers).where(workers.c.id == worker.id)
        async with self.engine.connect() as connection:
            return (await connection.execute(which)).mappings().one_or_none()

    async def rooms(self, *names: str) -> dict[str, RowMapping]:
        """The rows of rooms that have one, by their names."""
        which = rooms.c.name.in_(names) & (rooms.c.agent_name == AGENT)
        async with self.engine.connect() as connection:
            found = (await connection.execute(select(rooms).where(which))).mappings().all()
        return {row["name"]: row for row in found}

    async def clear(self) -> None:
        """Forget all workers and rooms."""
        async with self.engine.begin() as connection:
            await connection.execute(delete(rooms))
            await connection.execute(delete(workers))


@dataclass(frozen=True)
class Direct:
    """Transactions in the loop of the test, and not in a thread."""

    engine: AsyncEngine

    async def run(
        self,
        work: Callable[[AsyncConnection], Awaitable[T]],
        *,
        writes: bool = True,
        limit: float = LIMIT,
        urgent: bool = False,
    ) -> T:
        try:
            async with asyncio.timeout(10 * limit), self.engine.connect() as connection:
                await connection.execution_options(**{WRITES: writes})
                async with connection.begin():
                    return await work(connection)
        except STORE_ERRORS as error:
            raise StoreError(failure_of(error).kind) from None


@asynccontextmanager
async def open_fleet(store_url: str) -> AsyncIterator[Fleet]:
    """A fleet on a database with tables, without workers."""
    engine = create_engine(parse_address(store_url), connections=8, statement_limit=30.0)
    _stop_clock(engine)
    try:
        yield Fleet(engine)
    finally:
        await engine.dispose()


def _stop_clock(engine: AsyncEngine) -> None:
    """Stop the database's clock, which `Fleet.pass_time` sets: no test depends on how long it takes."""
    now = f"CAST({time.time()!r} AS double precision)"

    @event.listens_for(engine.sync_engine, "before_cursor_execute", retval=True)
    def tell_time(*call: Any) -> tuple[str, Any]:
        _, _, statement, parameters, *_ = call
        for expression in EXPRESSIONS.values():
            statement = statement.replace(expression, now)
        return statement, parameters


def names(taken: Sequence[LostRoom]) -> list[str]:
    """The names of rooms, sorted."""
    return sorted(room.name for room in taken)
