"""The agent comes to a room in which another one was before."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from livekit import rtc

from assistant.people.notices import Notices
from assistant.people.people import ANNOUNCEMENT_LIMIT, People
from chat import OwnedTasks

from .away import UNNOTICED, time_away
from .resumption import Resumption


class Comeback:
    """Goes on where the former agent left off, and says that nobody was there meanwhile."""

    def __init__(self, people: People, notices: Notices, resumption: Resumption | None) -> None:
        """Do nothing yet.

        Args:
            people: Who may have written to nobody.
            notices: Tells them.
            resumption: Goes on; None for a room without memory.
        """
        self._people = people
        self._notices = notices
        self._resumption = resumption
        self._tasks = OwnedTasks()

    def begin(self, room: rtc.Room, *, rescued: bool) -> None:
        """Go on in a room, which is connected now.

        Args:
            room: The room.
            rescued: Whether its agent died. With a memory, that tells for how long nobody was there.
        """
        if self._resumption is not None:
            resuming = self._resume(self._resumption, room, rescued=rescued)
            self._tasks.spawn(resuming, "comeback")
        elif rescued:
            self._tasks.spawn(self._tell(None), "comeback")

    def close(self) -> None:
        """Begin nothing any more."""
        self._tasks.cancel()
        if self._resumption is not None:
            self._resumption.close()

    async def _resume(self, resumption: Resumption, room: rtc.Room, *, rescued: bool) -> None:
        joined_at = room.local_participant.joined_at or datetime.now(UTC)
        away = await resumption.resume(room.sid, joined_at)
        if rescued if away is None else away > UNNOTICED:
            await self._tell(away)

    async def _tell(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(ANNOUNCEMENT_LIMIT):
                await self._people.anybody()
        except TimeoutError:
            return
        self._notices.tell("notice_away", None, time=time_away(seconds))
