"""Which dispatches a worker takes: as many as it has room for, however fast they come."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from livekit.agents import JobRequest

from .identity import identity_of_job

logger = logging.getLogger(__name__)


class Admission:
    """Takes jobs up to a number, and leaves the others to other workers."""

    def __init__(
        self,
        max_rooms: int,
        running: Callable[[], Iterable[str]],
        has_memory: Callable[[], bool],
    ) -> None:
        """Count from nothing.

        Args:
            max_rooms: How many jobs to take at a time.
            running: The ids of the jobs that have been launched.
            has_memory: Whether there is memory for one more.
        """
        self._max_rooms = max_rooms
        self._running = running
        self._has_memory = has_memory
        self._accepted: set[str] = set()

    @property
    def rooms(self) -> int:
        """How many jobs run, or were accepted and are about to."""
        return len(self._accepted.union(self._running()))

    async def answer(self, request: JobRequest, *, identity: str, name: str) -> None:
        """Take a job or leave it to another worker. Returns when it has been launched.

        Args:
            request: What the server asks.
            identity: The agent's identity in the room.
            name: What people see as its name.
        """
        if self.rooms >= self._max_rooms or not self._has_memory():
            logger.info("room refused", extra={"job_id": request.id, "rooms": self.rooms})
            await request.reject(terminate=False)
            return
        self._accepted.add(request.id)
        try:
            of_job = identity_of_job(identity, request.id)
            await request.accept(identity=of_job, name=name)
        finally:
            self._accepted.discard(request.id)
