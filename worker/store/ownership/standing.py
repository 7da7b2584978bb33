"""Who has a room, and who may have it next. Values and rules, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping

from worker.store.database.clock import FUTURE, LIFETIME

OPEN, LOST, CLOSED = "open", "lost", "closed"
"""The states of a room: it has an agent, or is about to; it lost it and needs another; it stays without."""

NOT_JOINED = 0
"""The `joined_at` of a room that was taken, and whose new agent has not joined: whoever joins was later."""

MOST_TRIES = 5
"""How often in a row a room is taken whose agents live for less than `QUIET`. Then it is what ends its workers."""

QUIET = 5.0
"""Seconds with an agent after which a room has done nothing wrong: its workers die for other reasons. Others
may be on the same workers, which are not to be given up with it."""

FORGOTTEN = 120.0
"""Seconds after which a try is too long ago to count, however short its agent lived."""

LONGEST_PAUSE = 4.0
"""Seconds between two tries, at most."""


@dataclass(frozen=True)
class Standing:
    """A room's row, with what is known of its owner. Times are by the database's clock."""

    sid: str
    """The room's sid."""

    owner: str | None
    """The worker that has it; that had it, if it is lost. None if it stays without an agent."""

    epoch: int
    """Counts how often it got an owner."""

    joined_at: int
    """When its agent joined, in milliseconds by livekit-server's clock."""

    state: str
    """One of those above."""

    lost_at: float | None
    """When its agent was last known to live, if it is lost or was."""

    tries: int
    """How often it was taken since it was last quiet."""

    changed_at: float
    """When it last got an owner, or lost it on purpose."""

    expires_at: float | None
    """When its owner counts as dead; None if it has no row."""

    now: float
    """The time."""

    @classmethod
    def of(cls, row: RowMapping) -> Standing:
        """Return the standing of a row that has all of it."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    @property
    def has_living_owner(self) -> bool:
        """Whether a worker has it, and lives."""
        if self.state != OPEN or self.owner is None or self.expires_at is None:
            return False
        return self.now < self.expires_at <= self.now + FUTURE

    def admits(self, worker: str, sid: str, joined_at: int) -> bool:
        """Whether an agent that has joined may have it: of several, the last one.

        LiveKit let that one have the identity, and removed the others.
        """
        if not self.has_living_owner or self.joined_at < joined_at:
            return True
        # The same claim once more, as its answer was lost; or a room that was opened in between.
        return self.joined_at == joined_at and (self.owner == worker or self.sid != sid)

    def away_since(self, worker: str, sid: str, joined_at: int) -> float | None:
        """Since when the room was without an agent when this one joined; None if it was not."""
        if self.sid != sid or self.state == CLOSED or self.owner is None:
            return None
        is_again = self.owner == worker and self.joined_at == joined_at
        if self.state == LOST or self.joined_at == NOT_JOINED or is_again:
            return self.lost_at
        return None if self.has_living_owner else self.last_seen

    @property
    def last_seen(self) -> float | None:
        """When its agent was last known to live; None if that is not known."""
        if self.state == LOST or (self.joined_at == NOT_JOINED and self.lost_at is not None):
            return self.lost_at
        return None if self.expires_at is None else min(self.now, self.expires_at - LIFETIME)

    @property
    def was_quiet(self) -> bool:
        """Whether it had an agent long enough, or lost it too long ago, for its loss to be the room's doing."""
        died_at = self.now if self.last_seen is None else self.last_seen
        return died_at - self.changed_at > QUIET or self.now - self.changed_at > FORGOTTEN


def claimed(room: Standing, worker: str, sid: str, joined_at: int) -> dict[str, Any]:
    """Return what changes when an agent that has joined gets a room which admits it."""
    changes: dict[str, Any] = {
        "owner": worker,
        "sid": sid,
        "epoch": room.epoch + 1,
        "joined_at": joined_at,
        "state": OPEN,
        "lost_at": room.away_since(worker, sid, joined_at),
        "changed_at": room.now,
    }
    if room.sid != sid:
        # It has only its name in common with the one before.
        changes |= {"conversation_id": None, "tries": 0}
    elif room.has_living_owner and room.owner != worker:
        # It is handed over: the agent before did not die.
        changes["tries"] = 0
    return changes


def taken(room: Standing, worker: str) -> dict[str, Any] | None:
    """Return what changes when a worker takes a room whose owner died, or which was lost.

    Returns:
        None if it was taken too often.
    """
    tries = 1 if room.was_quiet else room.tries + 1
    if tries > MOST_TRIES:
        return None
    return {
        "owner": worker,
        "epoch": room.epoch + 1,
        "joined_at": NOT_JOINED,
        "state": OPEN,
        "lost_at": room.last_seen,
        "tries": tries,
        "not_before": room.now + min(2.0 ** (tries - 1), LONGEST_PAUSE),
        "changed_at": room.now,
    }


def given_up(room: Standing) -> dict[str, Any]:
    """Return what changes when a room is left without an agent, as it ends its workers."""
    return {"owner": None, "epoch": room.epoch + 1, "state": CLOSED, "changed_at": room.now}
