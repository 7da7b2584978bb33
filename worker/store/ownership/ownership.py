"""Which worker has which room, for the rescue of rooms. See `Ownership` there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.rescue.ownership import LostRoom
from worker.store.database.clock import DatabaseTime
from worker.store.database.schema import rooms
from worker.store.database.transactions import Transactions, answer_or, rows_of

from .heartbeat import LIMIT, Heartbeat, deployment_prefix
from .standing import CLOSED, LOST, NOT_JOINED, OPEN
from .standings import is_room
from .taking import Taking, find_first_worker

T = TypeVar("T")

LATER = 2.0
"""Seconds until a room that could not be joined may be taken again."""

_MOST_NAMES = 500
"""How many rooms are asked for in one statement."""


class SharedOwnership:
    """Implements `Ownership` in the database."""

    def __init__(self, store: Transactions, agent_name: str, heartbeat: Heartbeat) -> None:
        """Own nothing yet.

        Args:
            store: The database.
            agent_name: The name under which the worker's agents are dispatched; empty for automatic dispatch.
            heartbeat: The worker's.
        """
        self._store = store
        self._agent_name = agent_name
        self._heartbeat = heartbeat
        self._worker = heartbeat.worker
        machine = heartbeat.process.machine
        self._taking = Taking(store, agent_name, self._worker, machine)

    async def take_lost(self, most: int) -> list[LostRoom]:
        """Take rooms whose worker died, or which were lost.

        Nothing is taken while this worker's own heartbeat was disturbed just now: see `Steadiness`.
        """
        if most < 1 or not self._heartbeat.is_steady:
            return []
        return await answer_or([], self._taking.take(most))

    async def close_room(self, room: LostRoom) -> None:
        """Note that a room that was taken needs no agent. Nothing, if one has joined it since."""
        changes = {"owner": None, "state": CLOSED, "changed_at": DatabaseTime()}
        await answer_or(None, self._change_taken(room, changes))

    async def put_back(self, room: LostRoom) -> None:
        """Note that a room that was taken could not be joined. Nothing, if an agent has joined it since."""
        # It is not the room that is to blame: this does not count as a try.
        changes = {
            "state": LOST,
            "tries": rooms.c.tries - 1,
            "not_before": DatabaseTime() + LATER,
        }
        await answer_or(None, self._change_taken(room, changes))

    async def owned(self, opened: Mapping[str, str]) -> set[str]:
        """Which of these rooms are looked after, or stay without an agent."""
        nothing: set[str] = set()
        return await answer_or(nothing, self._owned(opened))

    async def is_first(self) -> bool:
        """Whether this worker's id is the smallest of its deployment's."""
        prefix = deployment_prefix(self._agent_name)

        async def look(connection: AsyncConnection) -> str | None:
            return await find_first_worker(connection, prefix)

        return await answer_or(None, self._read(look)) == self._worker

    async def _owned(self, opened: Mapping[str, str]) -> set[str]:
        names = list(opened)
        owned: set[str] = set()
        for start in range(0, len(names), _MOST_NAMES):
            some = rooms.c.name.in_(names[start : start + _MOST_NAMES])
            is_ours = rooms.c.agent_name == self._agent_name
            found = select(rooms.c.name, rooms.c.sid).where(is_ours, some, _is_settled())
            rows = await self._read(rows_of(found))
            owned |= {row.name for row in rows if opened[row.name] == row.sid}
        return owned

    async def _read(self, look: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        return await self._store.run(look, writes=False, limit=LIMIT)

    async def _change_taken(self, room: LostRoom, changes: dict[str, Any]) -> None:
        taken = and_(
            is_room(self._agent_name, room.name),
            rooms.c.sid == room.sid,
            rooms.c.owner == self._worker,
            rooms.c.joined_at == NOT_JOINED,
            rooms.c.state == OPEN,
        )

        async def change(connection: AsyncConnection) -> None:
            await connection.execute(update(rooms).where(taken).values(changes))

        await self._store.run(change, limit=LIMIT)


def _is_settled() -> ColumnElement[bool]:
    """All but what was given up without being closed: who died is found by `take_lost`."""
    return rooms.c.owner.is_not(None) | (rooms.c.state == CLOSED)
