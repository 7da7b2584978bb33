"""Rooms that keep their conversations in a real store, which can be out of order for a while."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from assistant.memory.kept import KeptQuestion, KeptReply, KeptTurn, Recollection
from assistant.turns.turn import Outcome
from tests.waiting import POLL_INTERVAL
from worker.store.conversations.recalling import Reach
from worker.store.conversations.room_memory import StoredRoomMemory
from worker.store.conversations.room_opening import Claimed, RoomPlace, Scope
from worker.store.conversations.waiting_entries import WaitingEntries
from worker.store.conversations.writer import Writer
from worker.store.database.failures import StoreError
from worker.store.database.schema import rooms, schema
from worker.store.database.upserts import upsert
from worker.store.store import Store

T = TypeVar("T")

AGENT = "agent"

LONG = 10.0
"""Seconds that a healthy store may take in a test, however busy the machine is."""


class FaultyStore:
    """A real store that is out of order whenever a test says so."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.is_down = False
        self.working = asyncio.Event()
        self.working.set()
        self.refusals = 0

    async def transact(
        self,
        work: Callable[[AsyncConnection], Awaitable[T]],
        *,
        writes: bool = True,
        limit: float = 10.0,
    ) -> T:
        if self.is_down:
            self.refusals += 1
            raise StoreError("unreachable")
        await self.working.wait()
        return await self.store.transact(work, writes=writes, limit=limit)

    def start(self, task: Coroutine[Any, Any, T]) -> Future[T]:
        return self.store.start(task)

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        self.store.call(function, *arguments)

    async def read(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Ask the store from a test, whether it is out of order or not."""
        return await self.store.run(work)

    async def hang(self) -> None:
        """Have it answer nobody, from now on."""
        await asyncio.wrap_future(self.start(self._set_working(False)))

    async def answer(self) -> None:
        """Have it answer everybody."""
        await asyncio.wrap_future(self.start(self._set_working(True)))

    async def _set_working(self, value: bool) -> None:
        (self.working.set if value else self.working.clear)()


@dataclass
class RowClaim:
    """Claims a room: whoever joined last has it."""

    store: FaultyStore
    room: str
    claims: int = 0

    async def claim(self, room_sid: str, joined_at: datetime) -> Claimed | None:
        self.claims += 1
        return await self.store.transact(partial(self._claim, room_sid, joined_at))

    async def _claim(
        self, sid: str, joined_at: datetime, connection: AsyncConnection
    ) -> Claimed | None:
        moment = int(joined_at.timestamp() * 1000)
        this = (rooms.c.agent_name == AGENT) & (rooms.c.name == self.room)
        row = {
            "agent_name": AGENT,
            "name": self.room,
            "sid": sid,
            "epoch": 0,
            "joined_at": 0,
            "job_metadata": "",
            "state": "open",
            "tries": 0,
            "not_before": 0.0,
            "changed_at": 0.0,
        }
        await connection.execute(upsert(connection, rooms, ()), [row])
        found = (await connection.execute(select(rooms).where(this).with_for_update())).one()
        if found.sid == sid and found.joined_at > moment:
            return None
        values: dict[str, Any] = {"epoch": found.epoch + 1, "joined_at": moment, "sid": sid}
        if found.sid != sid:
            values["conversation_id"] = None
        await connection.execute(update(rooms).where(this).values(values))
        return Claimed(found.epoch + 1, found.lost_at)


@dataclass
class Worker:
    """A process that keeps what is said in its rooms."""

    store: FaultyStore
    writer: Writer
    working: Future[None]
    claims: list[RowClaim] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    joined: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def begin(cls, store: FaultyStore, most: int = 10_000) -> Worker:
        writer = Writer(store, waiting=WaitingEntries(most), first_pause=0.01)
        return cls(store, writer, store.start(writer.work()))

    def die(self) -> None:
        """Write nothing any more."""
        self.working.cancel()

    def memory(
        self,
        room: str = "room",
        *,
        scope: Scope = "room",
        named: str | None = None,
        patience: float = LONG,
        reach: Reach | None = None,
    ) -> StoredRoomMemory:
        claim = RowClaim(self.store, room)
        self.claims.append(claim)
        return StoredRoomMemory(
            self.store,
            self.writer,
            RoomPlace(AGENT, room, scope, named),
            claim,
            lambda: self.replaced.append(room),
            patience=patience,
            meeting=patience,
            reach=reach,
        )

    async def join(
        self, sid: str, person: str | None = None, room: str = "room", **options: Any
    ) -> tuple[StoredRoomMemory, Recollection | None]:
        """Enter a room, and meet a person there if there is no conversation."""
        memory = self.memory(room, **options)
        recalled = await memory.enter(sid, next_moment())
        if recalled is None and person is not None:
            recalled = await memory.meet(person)
        return memory, recalled


_moments = itertools.count(1)


def next_moment() -> datetime:
    """When an agent joins: later than all others."""
    return datetime.fromtimestamp(1_700_000_000 + next(_moments), UTC)


def asked(text: str = "Hello?", **fields: Any) -> KeptQuestion:
    return KeptQuestion(
        **{
            "author": "ann",
            "id": text,
            "name": "Ann",
            "text": text,
            "asked_at": time.time(),
            **fields,
        }
    )


def answered(id: str = "t1", text: str = "Hi.", **fields: Any) -> KeptTurn:
    reply = KeptReply(f"m-{id}", text, delivered=True)
    return KeptTurn(
        **{
            "id": id,
            "created_at": time.time(),
            "ended_at": time.time(),
            "outcome": Outcome.DONE,
            "attempts": 1,
            "reply": reply,
            **fields,
        }
    )


async def everything(store: FaultyStore) -> dict[str, int]:
    """How many rows each table has."""

    async def count(connection: AsyncConnection) -> dict[str, int]:
        return {
            table.name: await connection.scalar(select(func.count()).select_from(table)) or 0
            for table in schema.sorted_tables
        }

    return await store.read(count)


async def rows_become(store: FaultyStore, table: str, count: int) -> None:
    """Wait until a table has so many rows."""
    async with asyncio.timeout(LONG):
        # Another thread's doing, which no event announces.
        while (await everything(store))[table] != count:  # noqa: ASYNC110
            await asyncio.sleep(POLL_INTERVAL)
