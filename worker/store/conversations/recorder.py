"""What a room's memory does on the store's thread."""

from __future__ import annotations

import time
from datetime import datetime
from functools import partial

from assistant.memory.kept import KeptQuestion, Recollection
from worker.store.database.failures import StoreError

from .conversations import settle
from .entries import Change, Entry, ForgottenQuestion, Key
from .recalling import WAITING_AGE, Reach, recall, waiting_questions
from .room_opening import Conversation, Opening
from .rows import storable
from .writer import Writer

MOST_HOMES = 5_000
"""Of how many questions and turns it is known in which conversation they were, where a person has one alone."""


class Recorder:
    """Keeps what one opening of a room wants kept. All is called on the store's thread."""

    def __init__(self, opening: Opening, writer: Writer, reach: Reach) -> None:
        self._opening = opening
        self._writer = writer
        self._reach = reach
        # What came before anybody was there, such as a greeting, has no conversation yet.
        self._early: dict[Key, Change] = {}
        self._heard: dict[tuple[str, str], float] = {}
        self._homes: dict[Key, Conversation] = {}

    async def enter(self, room_sid: str, joined_at: datetime) -> Recollection | None:
        """Claim the room, see `RoomMemory.enter`."""
        self._opening.sid, self._opening.joined_at = room_sid, joined_at
        return await self._go_on()

    async def meet(self, identity: str) -> Recollection | None:
        """Choose the conversation, see `RoomMemory.meet`. None if the store fails."""
        self._know(identity)
        return await self._go_on()

    def share(self) -> None:
        """Leave a person's conversation, see `RoomMemory.share`."""
        self._opening.is_shared = True
        if not self._opening.is_settled:
            self._writer.settle_later(self._opening)

    async def late_questions(self) -> tuple[KeptQuestion, ...]:
        """See `RoomMemory.late_questions`. Nothing if the store fails."""
        if (conversation := self._opening.current) is None:
            return ()
        work = partial(
            waiting_questions, conversation_id=conversation.id, room_sid=self._opening.sid
        )
        try:
            found = await self._writer.store.transact(work, writes=False)
        except StoreError:
            return ()
        late = tuple(each for each in found if (each.author, each.id) not in self._heard)
        self._hear(late)
        return late

    def put(self, change: Change) -> None:
        """Have a change written."""
        if isinstance(change, KeptQuestion):
            self._know(change.author)
            self._hear((change,))
        elif isinstance(change, ForgottenQuestion):
            self._heard[storable(change.author), storable(change.id)] = time.time()
        entry = self._entry(change)
        if self._has_place:
            self._flush()
            self._writer.put(entry)
        else:
            self._early[entry.key] = change

    async def kept(self) -> bool:
        """Wait until what was put is written; no, at once, if it has no conversation yet."""
        if not self._has_place:
            return not self._early
        self._flush()
        await self._writer.written(self._opening)
        has_lost, self._opening.has_lost = self._opening.has_lost, False
        return not has_lost and not self._opening.is_replaced

    @property
    def _has_place(self) -> bool:
        """Whether there is a conversation, or somebody by whom it is chosen."""
        return self._opening.author is not None or self._opening.conversation is not None

    def _know(self, identity: str) -> None:
        """Note who is the first person there, if nobody was."""
        if self._opening.author is None:
            self._opening.author = identity
            self._flush()

    def _flush(self) -> None:
        early, self._early = self._early, {}
        for change in early.values():
            self._writer.put(self._entry(change))

    def _entry(self, change: Change) -> Entry:
        entry = Entry(self._opening, change, self._opening.current)
        if self._opening.place.scope == "room":
            return entry
        # An edit of what was said to a person alone belongs there, whoever has come since.
        home = self._homes.get(entry.key) or entry.conversation
        if home is not None:
            self._settle_home(entry.key, home)
        return Entry(self._opening, change, home)

    def _settle_home(self, key: Key, home: Conversation) -> None:
        self._homes[key] = home
        if len(self._homes) > MOST_HOMES:
            del self._homes[next(iter(self._homes))]

    async def _go_on(self) -> Recollection | None:
        """Do what can be done now, and leave the rest to the writer."""
        opening = self._opening
        try:
            await settle(self._writer.store, opening)
            return await self._recall(opening.current)
        except StoreError:
            return None
        finally:
            # The writer finds out by itself how the store does, and says so. It also has to be told
            # of a room whose changes have a place now.
            self._writer.settle_later(opening)

    async def _recall(self, conversation: Conversation | None) -> Recollection | None:
        if conversation is None:
            return None
        self._flush()
        opening = self._opening
        lost_at = opening.claimed.lost_at if opening.claimed else None
        work = partial(
            recall,
            conversation_id=conversation.id,
            room_sid=opening.sid,
            reach=self._reach,
            away_since=lost_at,
        )
        recalled = await self._writer.store.transact(work, writes=False)
        self._hear(recalled.waiting)
        if opening.place.scope == "person":
            asked = [each for turn in recalled.turns for each in turn.questions]
            for question in (*asked, *recalled.waiting):
                self._settle_home(Entry(opening, question, None).key, conversation)
        return recalled

    def _hear(self, heard: tuple[KeptQuestion, ...]) -> None:
        """Note which questions are known here, for as long as they could be asked for."""
        for question in heard:
            self._heard[storable(question.author), storable(question.id)] = time.time()
        while self._heard:
            oldest = next(iter(self._heard))
            if self._heard[oldest] > time.time() - 2 * WAITING_AGE:
                return
            del self._heard[oldest]
