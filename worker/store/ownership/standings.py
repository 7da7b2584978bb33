"""Selects rooms with what is known of their owners, and expressions about them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from worker.store.database.clock import FUTURE, DatabaseTime, is_past
from worker.store.database.schema import rooms, workers

from .standing import LOST

_STANDING = (
    rooms.c.sid,
    rooms.c.owner,
    rooms.c.epoch,
    rooms.c.joined_at,
    rooms.c.state,
    rooms.c.lost_at,
    rooms.c.tries,
    rooms.c.changed_at,
    workers.c.expires_at,
    DatabaseTime().label("now"),
)


def select_standings(*more: ColumnElement[Any]) -> Select[Any]:
    """Select all that a `Standing` has, and more columns."""
    return select(*_STANDING, *more).select_from(_WITH_OWNERS)


def is_room(agent_name: str, name: str) -> ColumnElement[bool]:
    """Whether it is this room."""
    return and_(rooms.c.agent_name == agent_name, rooms.c.name == name)


def has_expired() -> ColumnElement[bool]:
    """Whether the owner has no row, or an expired one."""
    now = DatabaseTime()
    expires_at = workers.c.expires_at
    return or_(workers.c.id.is_(None), expires_at <= now, expires_at > now + FUTURE)


def select_owners(agent_name: str, worker: str) -> Select[Any]:
    """Select a row for each worker that has rooms which may need another: all but this worker's own."""
    process = (workers.c.machine, workers.c.pid, workers.c.process_started_at)
    is_lost = rooms.c.state == LOST
    return (
        select(
            rooms.c.owner, is_lost.label("is_lost"), has_expired().label("has_expired"), *process
        )
        .select_from(_WITH_OWNERS)
        .where(
            rooms.c.agent_name == agent_name,
            rooms.c.owner.is_not(None),
            or_(rooms.c.owner != worker, is_lost),
            is_past(rooms.c.not_before),
        )
        .distinct()
    )


def select_lost(agent_name: str, worker: str, dead: Collection[str]) -> Select[Any]:
    """Select the standings of rooms that have lost their agent and may be taken now, longest waiting first.

    Args:
        agent_name: The name under which their agents are dispatched.
        worker: Who wants to take them.
        dead: Workers that are known to be dead.
    """
    has_dead_owner = or_(has_expired(), rooms.c.owner.in_(dead))
    return (
        select_standings(rooms.c.name, rooms.c.job_metadata)
        .where(
            rooms.c.agent_name == agent_name,
            rooms.c.owner.is_not(None),
            or_(rooms.c.state == LOST, and_(rooms.c.owner != worker, has_dead_owner)),
            is_past(rooms.c.not_before),
        )
        .order_by(rooms.c.not_before)
    )


_WITH_OWNERS = rooms.outerjoin(workers, workers.c.id == rooms.c.owner)
