"""What the rescue of rooms asks of whoever knows which worker has which room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class LostRoom:
    """A room whose agent is gone though nobody wanted that."""

    name: str
    """Its name."""

    sid: str
    """Its sid: a room of the same name that was opened since is another."""

    agent_name: str
    """The name under which its agent was dispatched; empty for automatic dispatch."""

    job_metadata: str
    """The metadata of the dispatch."""

    lost_at: float | None = None
    """When its agent was last known to live, in seconds since the epoch; None if that is not known."""


class Ownership(Protocol):
    """Which worker has which room, in a store that all workers of a deployment share.

    Methods return nothing, and raise nothing, where the store does not answer.
    """

    async def take_lost(self, most: int) -> list[LostRoom]:
        """Take rooms whose worker died, or which were lost: they belong to this worker then.

        Two workers never take the same room. A room that was taken too often in a short time is left.

        Args:
            most: How many at most.
        """
        ...

    async def close_room(self, room: LostRoom) -> None:
        """Note that a room that was taken needs no agent: it is gone, or nobody is there."""
        ...

    async def put_back(self, room: LostRoom) -> None:
        """Note that a room that was taken could not be joined: somebody may take it again, a little later."""
        ...

    async def owned(self, opened: Mapping[str, str]) -> set[str]:
        """Which rooms nobody else has to look for.

        They belong to a worker that lives, or are lost and known to be, or stay without an agent: theirs
        was removed on purpose, or the room was given up.

        Args:
            opened: Names of rooms, with their sids. Of another opening of a room nothing is known.

        Returns:
            Names.
        """
        ...

    async def is_first(self) -> bool:
        """Whether this worker is the one that looks for rooms which no worker knows of."""
        ...
