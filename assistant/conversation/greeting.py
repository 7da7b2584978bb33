"""The agent's first message, if it has one."""

from __future__ import annotations

from assistant.memory.journal import Journal
from assistant.people.people import People
from chat import ChatManager, OwnedTasks

from .conversation import Conversation

RECALL_LIMIT = 3.0
"""Seconds in which it must be known whether this is a new conversation: one that goes on needs no greeting."""


class Greeting:
    """Greets the first person who can see it, unless somebody has written before."""

    def __init__(
        self,
        chat: ChatManager,
        people: People,
        conversation: Conversation,
        journal: Journal | None = None,
    ) -> None:
        """Say nothing yet.

        Args:
            chat: Where to write.
            people: Who can see it.
            conversation: Remembers what was said, and reads it out.
            journal: Tells when it is known what was said before; None for a room without memory.
        """
        self._chat = chat
        self._people = people
        self._conversation = conversation
        self._journal = journal or Journal()
        self._tasks = OwnedTasks()

    def begin(self, text: str) -> None:
        """Wait for somebody, then say `text`."""
        self._tasks.spawn(self._greet(text), "greeting")

    def close(self) -> None:
        """Wait for nobody any more."""
        self._tasks.cancel()

    async def _greet(self, text: str) -> None:
        await self._people.anybody()
        await self._journal.recalled(RECALL_LIMIT)
        if self._conversation.untouched:
            turn = self._conversation.began(text)
            await self._chat.send_message(text, message_id=turn.bubble.message_id)
            self._journal.delivered(turn)
