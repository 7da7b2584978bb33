"""The agent's first message, if it has one."""

from __future__ import annotations

from collections.abc import Callable

from assistant.answering.aloud import Aloud, Unheard
from assistant.people.people import People
from chat import ChatManager, OwnedTasks

from .conversation import Conversation


class Greeting:
    """Greets the first person who can see it, unless somebody has written before."""

    def __init__(
        self,
        chat: ChatManager,
        people: People,
        conversation: Conversation,
        open_aloud: Callable[[], Aloud] = Unheard,
    ) -> None:
        """Say nothing yet.

        Args:
            chat: Where to write.
            people: Who can see it.
            conversation: Remembers what was said.
            open_aloud: Begins what is read out.
        """
        self._open_aloud = open_aloud
        self._chat = chat
        self._people = people
        self._conversation = conversation
        self._tasks = OwnedTasks()

    def begin(self, text: str) -> None:
        """Wait for somebody, then say `text`."""
        self._tasks.spawn(self._greet(text), "greeting")

    def close(self) -> None:
        """Wait for nobody any more."""
        self._tasks.cancel()

    async def _greet(self, text: str) -> None:
        await self._people.anybody()
        if self._conversation.untouched:
            self._conversation.began(text)
            aloud = self._open_aloud()
            aloud.append(text)
            aloud.finish()
            await self._chat.send_message(text)
