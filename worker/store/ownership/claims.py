"""The rooms that this worker's agents have joined, and what became of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.store.database.clock import DatabaseTime
from worker.store.database.schema import rooms
from worker.store.database.transactions import Transactions, rows_of
from worker.store.database.upserts import upsert

from .heartbeat import LIMIT, Heartbeat
from .standing import CLOSED, LOST, NOT_JOINED, OPEN, Standing, claimed
from .standings import is_room, select_standings

GRACE = 1.0
"""Seconds for whoever removed an agent, before its room is taken as lost."""

CLAIMING = 5.0
"""Seconds for an agent that has joined to claim the room, before that is taken as lost nevertheless."""

LAUNCH = 30.0
"""Seconds that a room may take from when it is taken until its job is seen to run."""


@dataclass(frozen=True)
class Claim:
    """A room that was claimed."""

    epoch: int
    """Counts how often the room got an owner. What agents of another epoch have written stays."""

    conversation_id: str | None = None
    """What goes on there; None if nothing was begun since the room was opened."""

    away_since: float | None = None
    """When the agent before this one was last known to live, if it died, in seconds since the epoch."""


class Claims:
    """Claims rooms for one worker. All methods raise `StoreError` if the store fails."""

    def __init__(self, store: Transactions, heartbeat: Heartbeat) -> None:
        """Claim nothing yet.

        Args:
            store: The database.
            heartbeat: The worker's.
        """
        self._store = store
        self._heartbeat = heartbeat
        self._worker = heartbeat.worker
        self._without_job: set[tuple[str, int]] = set()

    async def claim(
        self, agent_name: str, name: str, sid: str, joined_at: int, job_metadata: str = ""
    ) -> Claim | None:
        """Claim a room, after its agent has joined it.

        The same claim may be made again if its answer was lost.

        Args:
            agent_name: The name under which the agent was dispatched; empty for automatic dispatch.
            name: The room's name.
            sid: The room's sid. With another than before, the room's conversation is none.
            joined_at: When the agent joined, in milliseconds by livekit-server's clock.
            job_metadata: The metadata of the dispatch.

        Returns:
            None if another agent has it, which joined later.
        """
        # PostgreSQL keeps no NUL.
        metadata = job_metadata.replace("\0", "")

        async def work(connection: AsyncConnection) -> Claim | None:
            await self._heartbeat.ensure(connection)
            await _ensure_room(connection, agent_name, name, sid)
            return await self._claim(
                connection, is_room(agent_name, name), sid, joined_at, metadata
            )

        return await self._store.run(work, limit=LIMIT)

    async def release(self, agent_name: str, name: str, epoch: int, *, closed: bool) -> bool:
        """Give a room up, on purpose.

        Args:
            agent_name: The name under which the agent was dispatched.
            name: The room's name.
            epoch: That of the claim.
            closed: Whether the room is to stay without an agent. Otherwise it is nobody's until it is
                claimed again.

        Returns:
            Whether it was still this epoch's.
        """
        state = CLOSED if closed else OPEN
        changes = {"owner": None, "state": state, "changed_at": DatabaseTime()}
        return await self._change(_has(agent_name, name, epoch), changes)

    async def lose(
        self, agent_name: str, name: str, epoch: int, *, to_another: bool = False
    ) -> bool:
        """Note that a room lost its agent, though nobody wanted that: some worker takes it soon.

        Args:
            agent_name: The name under which the agent was dispatched.
            name: The room's name.
            epoch: That of the claim.
            to_another: Whether another agent has joined, which can claim it meanwhile.

        Returns:
            Whether it was still this epoch's.
        """
        changes = _lost(CLAIMING) | {"tries": 0} if to_another else _lost(GRACE)
        return await self._change(_has(agent_name, name, epoch), changes)

    async def disturb(self, agent_name: str, name: str, sid: str) -> bool:
        """Note that a room of another worker needs an agent that joins anew: its agent may have lost its connection.

        Args:
            agent_name: The name under which the agent was dispatched.
            name: The room's name.
            sid: The room's sid.

        Returns:
            Whether another worker has it.
        """
        theirs = and_(rooms.c.sid == sid, rooms.c.state == OPEN, rooms.c.owner != self._worker)
        has_joined = rooms.c.joined_at != NOT_JOINED
        return await self._change(and_(is_room(agent_name, name), theirs, has_joined), _lost(GRACE))

    async def has(self, agent_name: str, name: str, epoch: int) -> bool:
        """Whether a room is still this epoch's."""
        mine = select(rooms.c.epoch).where(_has(agent_name, name, epoch))
        return bool(await self._store.run(rows_of(mine), writes=False, limit=LIMIT))

    async def reconcile(self, agent_name: str, running: Collection[str]) -> int:
        """Lose what this worker has in the store, but does not run: its job crashed, or ended unheard.

        It must have been so at the time before, too: a job that has just ended is still telling the store
        why. What was taken just now is left, as its job may be still to come.

        Args:
            agent_name: The name under which the worker's agents are dispatched.
            running: The names of the rooms that have a job here.

        Returns:
            How many rooms were lost.
        """
        is_settled = rooms.c.changed_at < DatabaseTime() - LAUNCH
        has_joined = rooms.c.joined_at != NOT_JOINED
        mine = and_(rooms.c.owner == self._worker, rooms.c.state == OPEN, has_joined | is_settled)
        own = select(rooms.c.name, rooms.c.epoch).where(rooms.c.agent_name == agent_name, mine)
        rows = await self._store.run(rows_of(own), writes=False, limit=LIMIT)
        known = set(running)
        before, self._without_job = (
            self._without_job,
            {(row.name, row.epoch) for row in rows if row.name not in known},
        )
        lost = before & self._without_job
        return sum([await self.lose(agent_name, *room) for room in lost])

    async def _claim(
        self,
        connection: AsyncConnection,
        this: ColumnElement[bool],
        sid: str,
        joined_at: int,
        metadata: str,
    ) -> Claim | None:
        # PostgreSQL's lock; SQLite has one writer at a time. What is joined to a row that had to be waited
        # for may be from before: it is read afterwards.
        await connection.execute(select(rooms.c.epoch).where(this).with_for_update())
        standing = select_standings(rooms.c.conversation_id).where(this)
        row = (await connection.execute(standing)).mappings().one()
        room = Standing.of(row)
        if not room.admits(self._worker, sid, joined_at):
            return None
        changes = claimed(room, self._worker, sid, joined_at) | {"job_metadata": metadata}
        await connection.execute(update(rooms).where(this).values(changes))
        conversation_id = changes.get("conversation_id", row["conversation_id"])
        return Claim(changes["epoch"], conversation_id, changes["lost_at"])

    async def _change(self, which: ColumnElement[bool], changes: dict[str, Any]) -> bool:
        async def work(connection: AsyncConnection) -> bool:
            changed = await connection.execute(update(rooms).where(which).values(changes))
            return changed.rowcount == 1

        return await self._store.run(work, limit=LIMIT)


def _has(agent_name: str, name: str, epoch: int) -> ColumnElement[bool]:
    is_owned = and_(rooms.c.state == OPEN, rooms.c.owner.is_not(None))
    return and_(is_room(agent_name, name), rooms.c.epoch == epoch, is_owned)


def _lost(grace: float) -> dict[str, Any]:
    # A pause between two tries goes on.
    soon = DatabaseTime() + grace
    not_before = case((rooms.c.not_before > soon, rooms.c.not_before), else_=soon)
    return {"state": LOST, "lost_at": DatabaseTime(), "not_before": not_before}


async def _ensure_room(connection: AsyncConnection, agent_name: str, name: str, sid: str) -> None:
    """Write a row that nobody has, if there is none, so that there is one to be locked."""
    statement = upsert(connection, rooms, ()).values(
        agent_name=agent_name,
        name=name,
        sid=sid,
        owner=None,
        epoch=0,
        joined_at=NOT_JOINED,
        job_metadata="",
        state=CLOSED,
        tries=0,
        not_before=0.0,
        changed_at=DatabaseTime(),
    )
    await connection.execute(statement)
