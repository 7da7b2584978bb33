"""Finds rooms that lost their agent, by nothing but LiveKit's own lists."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Protocol

from livekit.protocol.agent import Job
from livekit.protocol.agent_dispatch import AgentDispatch
from livekit.protocol.models import ParticipantInfo, Room

from .notes import TRIES
from .pace import Pace
from .room_view import Agent, Finding, RoomView, Want, find_lost, has_agent, has_people

logger = logging.getLogger(__name__)

REQUESTS_PER_SECOND = 50.0
"""Requests a second at most, so that looking costs the server little however many rooms there are."""

PATIENCE = 12.0
"""Seconds for which an agent may be on its way: a worker that was asked has 10 s to answer."""

_SECOND = 1_000_000_000


class Lists(Protocol):
    """What LiveKit is asked."""

    async def rooms(self) -> list[Room]:
        """Return the open rooms."""
        ...

    async def participants(self, room: str) -> list[ParticipantInfo]:
        """Return who is in a room; nobody if it is gone."""
        ...

    async def dispatches(self, room: str) -> list[AgentDispatch]:
        """Return the agents that were asked for in a room; none if it is gone."""
        ...

    async def view(self, name: str, sid: str) -> RoomView | None:
        """Return all about a room; None if it is gone."""
        ...


class ListedRooms:
    """Looks at all rooms but those of its worker, and remembers between two looks what it saw."""

    def __init__(
        self,
        agent: Agent,
        own: Callable[[], Collection[str]],
        *,
        clock: Callable[[], float] = time.monotonic,
        date: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Nothing was seen yet.

        Args:
            agent: Whose rooms are looked for.
            own: The sids of the rooms that the worker is in, or about to be.
            clock: Seconds.
            date: Unix time in seconds.
            sleep: Waits for so many of them.
        """
        self._agent = agent
        self._own = own
        self._clock = clock
        self._date = date
        self._sleep = sleep
        self._pace = Pace(REQUESTS_PER_SECOND, clock, sleep)
        self._with_agent: set[str] = set()
        """Rooms, by sid, in which an agent of ours was seen."""
        self._given_up: set[str] = set()
        """Rooms, by sid, of which it was logged that they are given up."""
        self._missing: dict[str, float] = {}
        """Agents that were promised and not there, by their dispatch: since when that is known."""

    async def look(self, lists: Lists) -> list[Finding]:
        """Look at each room once, and return those that seem to have lost their agent.

        Args:
            lists: Asks LiveKit. It may raise what it does if the server does not answer.
        """
        rooms = await lists.rooms()
        sids = {room.sid for room in rooms}
        self._with_agent &= sids
        self._given_up &= sids
        missing, self._missing = self._missing, {}
        found = [await self._look_at(lists, room, missing) for room in rooms]
        # Workers that look at the same time begin with different rooms.
        return random.sample(lost := [each for each in found if each is not None], len(lost))

    async def look_again(self, lists: Lists, left: Job) -> Finding | None:
        """Return the room of a job of this worker that has ended, if it is to have an agent and has none.

        Args:
            lists: Asks LiveKit.
            left: The job.
        """
        if (view := await lists.view(left.room.name, left.room.sid)) is None:
            return None

        def is_due(want: Want) -> bool:
            return want.dispatch_id == left.dispatch_id or (
                want.had_agent and self._came(view, want)
            )

        found = find_lost(view, self._agent, is_due)
        return None if found is None or found.is_given_up else found

    async def is_still_lost(self, lists: Lists, found: Finding) -> bool:
        """Whether a room that seemed to be lost still does. Ask just before it is joined.

        Args:
            lists: Asks LiveKit.
            found: The room.
        """
        if found.room.sid in self._own():
            return False
        if (view := await lists.view(found.room.name, found.room.sid)) is None:
            return False
        before = {want.dispatch_id for want in found.wants}
        again = find_lost(view, self._agent, lambda want: want.dispatch_id in before)
        return again is not None and not again.is_given_up

    async def _look_at(self, lists: Lists, room: Room, missing: dict[str, float]) -> Finding | None:
        if room.sid in self._own():
            self._with_agent.add(room.sid)
            return None
        found = self._find(await self._view(lists, room), missing)
        if found is None or not found.is_given_up:
            return found
        if room.sid not in self._given_up:
            self._given_up.add(room.sid)
            extra = {"room": room.name, "room_id": room.sid, "tries": TRIES}
            logger.error("room given up: it lost its agent too often", extra=extra)
        return None

    async def _view(self, lists: Lists, room: Room) -> RoomView:
        await self._pace.wait()
        view = RoomView(room, tuple(await lists.participants(room.name)))
        if has_agent(view, self._agent.identity):
            self._with_agent.add(room.sid)
        elif has_people(view):
            await self._pace.wait()
            dispatches = tuple(await lists.dispatches(room.name))
            return RoomView(room, view.participants, dispatches)
        return view

    def _find(self, view: RoomView, missing: dict[str, float]) -> Finding | None:
        def is_due(want: Want) -> bool:
            now = self._clock()
            since = self._missing[want.dispatch_id] = missing.get(want.dispatch_id, now)
            return now - since >= PATIENCE or (want.had_agent and self._came(view, want))

        return find_lost(view, self._agent, is_due)

    def _came(self, view: RoomView, want: Want) -> bool:
        """Whether an agent had the time to come, and so has gone since.

        A clock that differs from the server's costs some seconds, or lets two agents meet: one remains.
        """
        age = self._date() - want.since / _SECOND
        # An agent that was seen may have been another one, before this one was promised.
        is_new = abs(age) < PATIENCE
        return not is_new and (age > 0 or view.room.sid in self._with_agent)
