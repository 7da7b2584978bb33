"""Which conversation goes on in a room: it depends on who is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime

from assistant.memory.kept import Recollection
from assistant.memory.memory import RoomMemory
from assistant.memory.room_journal import RoomJournal
from assistant.people.people import People
from chat import OwnedTasks


class Recall:
    """Finds the conversation of a room, and notices when it is no longer one person's."""

    def __init__(self, memory: RoomMemory, journal: RoomJournal, people: People) -> None:
        """Ask for nothing yet.

        Args:
            memory: Keeps conversations.
            journal: Knows who has said something. It must hold back what it notes.
            people: Who is there.
        """
        self._memory = memory
        self._journal = journal
        self._people = people
        self._tasks = OwnedTasks()
        self._met: set[str] = set()
        self._wrote = asyncio.Event()
        self._is_shared = False

    async def find(self, room_sid: Awaitable[str], joined_at: datetime) -> Recollection:
        """Return what is remembered of the conversation, once it is known which one it is.

        If this opening of the room has none yet, that depends on the first who is there, or writes.

        Args:
            room_sid: See `RoomMemory.enter`. It can take a moment until it is known.
            joined_at: Likewise.
        """
        self._journal.on_author = self._wrote.set
        recollection = await self._memory.enter(await room_sid, joined_at)
        if recollection is None:
            first = await self._first()
            self._met.add(first)
            recollection = await self._memory.meet(first)
        self._met |= {each.author for turn in recollection.turns for each in turn.questions}
        self._met |= {question.author for question in recollection.waiting}
        return recollection

    async def watch(self) -> None:
        """Notice from now on when a second person comes. Call it before the journal goes on.

        If somebody has come already, it returns once that is known of the conversation.
        """
        self._journal.on_author = self._look
        self._people.on_active(self._look)
        if self._becomes_shared():
            await self._memory.share()

    def close(self) -> None:
        """Notice nothing any more."""
        self._people.off_active(self._look)
        self._tasks.cancel()

    async def _first(self) -> str:
        """The first who has written, or else who can see what is written."""
        while True:
            if self._journal.authors:
                return next(iter(self._journal.authors))
            if self._people.audience:
                return self._people.audience[0].identity
            came = asyncio.ensure_future(self._people.anybody())
            wrote = asyncio.ensure_future(self._wrote.wait())
            try:
                await asyncio.wait({came, wrote}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                came.cancel()
                wrote.cancel()

    def _becomes_shared(self) -> bool:
        """Note who is there or has written. Returns whether they are several, for the first time."""
        self._met |= {person.identity for person in self._people.audience}
        self._met |= set(self._journal.authors)
        if self._is_shared or len(self._met) < 2:
            return False
        self._is_shared = True
        return True

    def _look(self, _: object = None) -> None:
        if self._becomes_shared():
            # What the second one says belongs to where the conversation goes on.
            self._journal.notes.hold()
            self._tasks.spawn(self._share(), "shared conversation")

    async def _share(self) -> None:
        await self._memory.share()
        self._journal.notes.release()
