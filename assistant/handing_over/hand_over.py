"""How a room's agent makes way for another one, which answers what it leaves."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

from assistant.memory.memory import RoomMemory
from assistant.parts import RoomParts
from chat import ChatMessage

from .handed_over import HandedOver, HandedQuestion, MissedMessage, from_json, to_json

LOOK_INTERVAL = 0.05
"""Seconds between two looks at whether the room is at rest: nothing announces that nobody speaks."""

EXPECTING_LIMIT = 3.0
"""Seconds for the agent before to tell what it has left, once this one is in the room."""

KEEPING_LIMIT = 1.0
"""Seconds until all is kept that the next agent is to remember."""

MOST_HEARD = 200
"""Messages of which an agent knows while it is replaced that it was there: the newest."""

MOST_ANSWERED = 50
"""Messages that the next agent is told not to answer: the newest."""


class HandOver:
    """Lets the agent of one room stop between two turns, and another one begin there."""

    def __init__(self, parts: RoomParts, memory: RoomMemory | None = None) -> None:
        """Change nothing yet.

        Args:
            parts: Those of the room.
            memory: Keeps the conversation, and tells the next agent of it; None keeps nothing.
        """
        self._parts = parts
        self._memory = memory
        self._expects = False
        self._expecting: asyncio.TimerHandle | None = None
        self._heard: deque[object] | None = None
        self._late: list[MissedMessage] | None = None

    def close(self) -> None:
        """Listen no more."""
        self._expect_nothing()
        if self._heard is not None:
            self._parts.chat.off("message_received", self._note_heard)

    def _listen(self) -> None:
        """Note what comes from now on, as somebody else may hear it, too."""
        if self._heard is None:
            self._heard = deque(maxlen=MOST_HEARD)
            self._parts.chat.on("message_received", self._note_heard)

    def _note_heard(self, message: ChatMessage) -> None:
        noted = MissedMessage.of(message)
        if self._late is not None:
            self._late.append(noted)
        elif self._heard is not None:
            self._heard.append(noted.key)

    def _has_heard(self, message: MissedMessage) -> bool:
        return self._heard is not None and message.key in self._heard

    def expect(self) -> None:
        """Begin no turn before `take_over`: until then nobody knows what is answered. Call `joined`, too.

        With a memory that is known.
        """
        self._listen()
        if self._memory is not None:
            return
        self._expects = True
        self._parts.conversation.hold()

    def joined(self) -> None:
        """Expect nothing for long any more: this agent is in the room, and the one before knows it."""
        if self._expects:
            loop = asyncio.get_running_loop()
            self._expecting = loop.call_later(EXPECTING_LIMIT, self.go_on)

    def _expect_nothing(self) -> None:
        self._expects = False
        if self._expecting is not None:
            self._expecting.cancel()
            self._expecting = None

    async def rest(self, limit: float) -> bool:
        """Begin no turn any more, until `go_on`, and wait for the end of what is said now.

        What is asked meanwhile waits, and can be edited and taken back as always.

        Args:
            limit: Seconds to wait at most. A reply that runs then goes on.

        Returns:
            Whether all that was begun is written and heard, and nobody is speaking.
        """
        self._listen()
        self._expect_nothing()
        self._parts.conversation.hold()
        try:
            async with asyncio.timeout(limit):
                # Several things must end at once, and each of them may begin again.
                while not self._is_at_rest:  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_INTERVAL)
                await self._parts.conversation.delivered()
        except TimeoutError:
            return False
        await self._keep()
        return True

    @property
    def _is_at_rest(self) -> bool:
        parts = self._parts
        undecided = parts.typed.undecided or parts.speech.undecided
        return parts.conversation.is_at_rest and not undecided and not parts.speech.is_speaking

    async def make_way(self) -> None:
        """Take back a reply that still runs: its questions wait again. Returns once all is written."""
        await self._parts.conversation.give_up()
        await self._keep()

    async def _keep(self) -> None:
        if self._memory is not None:
            await self._memory.kept(KEEPING_LIMIT)

    def go_on(self) -> None:
        """Begin turns again: nobody has come."""
        self._parts.conversation.go_on()

    def leave(self) -> str:
        """Say what is still to be answered, and what is not, for `take_over` of the agent that comes next.

        What is heard after that, as it was on its way, is `missed`.
        """
        self._late = []
        now = asyncio.get_running_loop().time()
        conversation = self._parts.conversation
        questions = tuple(HandedQuestion.of(each, now) for each in conversation.waiting)
        if self._memory is not None:
            # The next agent remembers the rest, or the store does not answer; then it answers twice at worst
            # what a client sends again.
            return to_json(HandedOver(questions))
        answered = tuple(
            (each.identity, each.id) for each in conversation.answered[-MOST_ANSWERED:]
        )
        return to_json(HandedOver(questions, answered))

    def missed(self, heard: Iterable[ChatMessage]) -> str | None:
        """What this agent has not heard before `leave`, for `take_over` of the next one; None if it is nothing.

        Args:
            heard: What somebody else has heard since this one began to rest.
        """
        messages = [*map(MissedMessage.of, heard), *(self._late or ())]
        by_key = {message.key: message for message in messages if not self._has_heard(message)}
        return to_json(HandedOver(missed=tuple(by_key.values()))) if by_key else None

    def take_over(self, left: str) -> None:
        """Answer what a former agent has left or missed, but for what has been asked here already.

        Args:
            left: What it said in `leave` or in `missed`.
        """
        now = asyncio.get_running_loop().time()
        conversation, people = self._parts.conversation, self._parts.people
        handed_over = from_json(left)
        for identity, message_id in handed_over.answered:
            conversation.note_answered(message_id, identity)
        for handed in handed_over.questions:
            announced = people.find(handed.identity) is not None
            conversation.ask(handed.question(now, announced=announced))
        for missed in handed_over.missed:
            if not self._has_heard(missed):
                self._parts.typed.take(missed.message)
        if self._expects:
            self._expect_nothing()
            self.go_on()
