"""What is kept of a room's conversation, without a database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from assistant.memory.kept import KeptQuestion, KeptTurn, RecalledTurn, Recollection
from assistant.turns.turn import UNKNOWN

Key = tuple[str, str]
"""Author and id of a question."""


@dataclass
class ConversationDouble:
    """What outlives the process, of one conversation."""

    turns: dict[str, tuple[KeptTurn, str]] = field(default_factory=dict)
    """By id, with the sid of the room in which it was."""
    questions: dict[Key, tuple[KeptQuestion, str]] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    """The identities of those who took part."""

    def authors_in(self, sid: str) -> frozenset[str]:
        asked = (q.author for q, asked_in in self.questions.values() if asked_in == sid)
        return frozenset(asked) - {UNKNOWN}

    def questions_of(self, turn_id: str | None) -> tuple[KeptQuestion, ...]:
        found = [q for q, _ in self.questions.values() if q.turn_id == turn_id]
        return tuple(sorted(found, key=lambda question: question.asked_at))

    def recollection(self, sid: str, away_since: float | None) -> Recollection:
        turns = sorted(self.turns.values(), key=lambda row: row[0].created_at)
        return Recollection(
            turns=tuple(
                RecalledTurn(
                    turn,
                    self.questions_of(turn.id),
                    turn_sid != sid,
                    self.authors_in(turn_sid) if turn_sid != sid else frozenset(),
                )
                for turn, turn_sid in turns
            ),
            waiting=self.questions_of(None),
            away_since=away_since,
        )


@dataclass
class StoreDouble:
    """What outlives the process: the conversations under one room's name, newest last."""

    conversations: list[ConversationDouble] = field(default_factory=list)
    by_sid: dict[str, ConversationDouble] = field(default_factory=dict)

    @property
    def only(self) -> ConversationDouble:
        (conversation,) = self.conversations
        return conversation

    def meet(self, identity: str, sid: str) -> ConversationDouble:
        known = [each for each in self.conversations if identity in each.members]
        found = known[-1] if known else ConversationDouble()
        if not known:
            self.conversations.append(found)
        self.by_sid[sid] = found
        return found


class MemoryDouble:
    """A `RoomMemory`. It notes what it is asked to keep, can be slow, and can die with its process."""

    def __init__(self, store: StoreDouble | None = None) -> None:
        self.store = store or StoreDouble()
        self.latency = 0.0
        """Seconds until what is kept is in the store, and until it answers."""
        self.failure: Exception | None = None
        """Raised by whatever is called, if there is one."""
        self.away_since: float | None = None
        self.late: list[KeptQuestion] = []
        """What `late_questions` returns."""
        self.kept_turns: list[KeptTurn] = []
        """Every state of every turn that was to be kept."""
        self.calls: list[str] = []
        """The names of all methods that were called, in order."""
        self.met: list[str] = []
        self.misuse: list[str] = []
        """What was called when it must not be: the journal survives what this raises."""
        self.is_dead = False
        self._sid = ""
        self._conversation: ConversationDouble | None = None
        self._queue: list[Callable[[], None]] = []
        self._written = asyncio.Event()

    def die(self) -> None:
        """Write nothing any more, not even what is queued."""
        self.is_dead = True
        self._queue.clear()

    async def enter(self, room_sid: str, joined_at: datetime) -> Recollection | None:
        await self._asked("enter")
        self._sid = room_sid
        self._conversation = self.store.by_sid.get(room_sid)
        if self._conversation is None:
            return None
        return self._conversation.recollection(room_sid, self.away_since)

    async def meet(self, identity: str) -> Recollection:
        await self._asked("meet")
        self.met.append(identity)
        self._conversation = self.store.meet(identity, self._sid)
        return self._conversation.recollection(self._sid, self.away_since)

    async def share(self) -> None:
        await self._asked("share")

    async def late_questions(self) -> tuple[KeptQuestion, ...]:
        await self._asked("late_questions")
        return tuple(self.late)

    def keep_question(self, question: KeptQuestion) -> None:
        def write(conversation: ConversationDouble) -> None:
            conversation.questions[question.author, question.id] = (question, self._sid)
            conversation.members.add(question.author)

        self._queued("keep_question", write)

    def keep_turn(self, turn: KeptTurn) -> None:
        def write(conversation: ConversationDouble) -> None:
            _, sid = conversation.turns.get(turn.id, (turn, self._sid))
            conversation.turns[turn.id] = (turn, sid)

        self.kept_turns.append(turn)
        self._queued("keep_turn", write)

    def forget_question(self, author: str, message_id: str) -> None:
        def write(conversation: ConversationDouble) -> None:
            conversation.questions.pop((author, message_id), None)

        self._queued("forget_question", write)

    def forget_turn(self, turn_id: str) -> None:
        def write(conversation: ConversationDouble) -> None:
            conversation.turns.pop(turn_id, None)
            for key, (question, sid) in conversation.questions.items():
                if question.turn_id == turn_id:
                    conversation.questions[key] = (replace(question, turn_id=None), sid)

        self._queued("forget_turn", write)

    async def kept(self, limit: float) -> bool:
        self._called("kept")
        if not self._queue:
            return True
        newest = self._queue[-1]
        try:
            async with asyncio.timeout(limit):
                while newest in self._queue:
                    self._written.clear()
                    await self._written.wait()
        except TimeoutError:
            return False
        return True

    async def _asked(self, name: str) -> None:
        self._called(name)
        if self.latency:
            await asyncio.sleep(self.latency)

    def _queued(self, name: str, write: Callable[[ConversationDouble], None]) -> None:
        self._called(name)
        if (conversation := self._conversation) is None:
            self.misuse.append(f"{name} before it is known in which conversation")
            return

        def entry() -> None:
            write(conversation)

        self._queue.append(entry)
        if self.latency:
            asyncio.get_running_loop().call_later(self.latency, self._write)
        else:
            self._write()

    def _write(self) -> None:
        if self._queue and not self.is_dead:
            self._queue.pop(0)()
            self._written.set()

    def _called(self, name: str) -> None:
        if self.is_dead:
            self.misuse.append(f"{name} after the end of the process")
        self.calls.append(name)
        if self.failure is not None:
            raise self.failure
