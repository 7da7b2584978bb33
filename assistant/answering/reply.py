"""One reply on its way from the LLM to the chat: a buffer, and a task that writes what gathered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from assistant.turns.bubble import Bubble
from chat import ChatManager, OwnedTasks, failure_fields, is_blank

from .aloud import Aloud, Unheard
from .beginning import has_hardly_begun
from .inheritance import message_of

logger = logging.getLogger(__name__)

LAST_TRIES = 3
"""How often the last write of a reply is made, if it raises. What the network does is `ChatManager`'s
affair, and does not raise."""

RETRY_DELAY = 0.5
"""Seconds from one of these tries to the next."""


class ReplyWriter:
    """Writes one reply as one message that grows.

    `append` never waits. One write is in flight at a time; what gathers meanwhile goes in the next.
    The message is sent with the first visible text: a reply without any leaves no bubble.
    """

    def __init__(
        self,
        chat: ChatManager,
        tasks: OwnedTasks,
        permission: Callable[[], Awaitable[bool]],
        bubble: Bubble | None = None,
        aloud: Aloud | None = None,
        noted: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Start the writing task. Call `finish` or `abandon` in the end.

        Args:
            chat: Where to write.
            tasks: Owns the writing task.
            permission: Called and awaited before the first write. False drops the reply.
            bubble: Where to write. The first visible text of this reply replaces what is there;
                None is a new one.
            aloud: Reads it out; None does not.
            noted: Called and awaited before the first text is sent; None waits for nothing.
        """
        self.bubble = bubble or Bubble()
        """Where it is written."""
        self.began_at: float | None = None
        """When it got its first word, by the event loop's clock; None before that."""
        self._chat = chat
        self._aloud = aloud or Unheard()
        self._noted = noted
        self._pieces: list[str] = []
        self._text = ""
        self._permitted = False
        self._given_up = False
        self._changed = asyncio.Event()
        self._ending = asyncio.Event()
        self._task = tasks.spawn(self._run(permission), "reply writer")

    @property
    def text(self) -> str:
        """Its text so far, written or not."""
        return "".join((self._text, *self._pieces))

    @property
    def sent(self) -> str:
        """As much of its text as was sent, or is being sent."""
        return self._text

    @property
    def has_text(self) -> bool:
        """Whether there is any text that a person would see."""
        return not is_blank(self.text)

    @property
    def has_hardly_begun(self) -> bool:
        """Whether there is too little of it yet to be kept when it is interrupted."""
        if self.began_at is None:
            return True
        seconds = asyncio.get_running_loop().time() - self.began_at
        return has_hardly_begun(self.text, seconds)

    @property
    def is_replacing(self) -> bool:
        """Whether people still see an earlier answer in its bubble, and this one has no word yet."""
        return bool(self.bubble.kept) and not self.has_text

    def append(self, text: str) -> None:
        """Add to the reply's end. Text that comes after the end is dropped."""
        if not self._ending.is_set():
            if self.began_at is None and not is_blank(text):
                self.began_at = asyncio.get_running_loop().time()
            self._pieces.append(text)
            self._aloud.append(text)
            self._changed.set()

    def withdraw(self, start: int) -> None:
        """Take its text back from some character on; what is shown of it is replaced by what follows."""
        if not self._ending.is_set():
            self._pieces, self._text = [self.text[:start]], ""
            self._aloud.withdraw(start)

    def keep_replaced(self) -> None:
        """Begin with the answer that it would replace, unless it has text already."""
        if not self.has_text:
            self._text = ""
            self._pieces = [self.bubble.kept]

    def finish(self, last_words: str = "") -> None:
        """Complete the message as it stands, as soon as the network allows.

        Args:
            last_words: Put at its end; they go when another attempt has nothing to replace them with.
        """
        if not self._ending.is_set():
            answer = self.text
            self.append(last_words)
            self._aloud.finish()
            self._end(self.text, answer)

    def hush(self) -> None:
        """Read nothing of it out any more."""
        self._aloud.abandon()

    def abandon(self) -> None:
        """Write nothing more, not even what has gathered."""
        self._given_up = True
        self.hush()
        self._pieces.clear()
        self._end(self._text, self._text)
        if not self._permitted:
            self._task.cancel()

    def _end(self, text: str, kept: str) -> None:
        if not is_blank(text):
            self.bubble.text, self.bubble.kept = text, kept
        self._ending.set()
        self._changed.set()

    @property
    def is_written(self) -> bool:
        """Whether nothing of it will be written any more."""
        return self._task.done()

    def on_written(self, call: Callable[[], None]) -> None:
        """Have something called once the finished message is delivered or given up, unless it is cancelled."""
        self._task.add_done_callback(lambda task: None if task.cancelled() else call())

    async def written(self) -> None:
        """Wait until the finished message is delivered or given up. Never raises."""
        await asyncio.wait({self._task})

    async def _run(self, permission: Callable[[], Awaitable[bool]]) -> None:
        self._permitted = await permission()
        if self._permitted:
            await self._write()

    async def _write(self) -> None:
        finished, last_tries = False, LAST_TRIES
        while not finished:
            await self._changed.wait()
            self._changed.clear()
            finished = self._ending.is_set()
            if not self._given_up and not await self._try_to_write(complete=finished):
                if self.bubble.message is None:
                    return  # What a first write came to is not known: another could double it.
                if finished and last_tries > 1:
                    last_tries -= 1
                    finished = False
                    self._changed.set()
                    await asyncio.sleep(RETRY_DELAY)

    async def _try_to_write(self, *, complete: bool) -> bool:
        try:
            await self._write_gathered(complete=complete)
        except Exception as error:  # noqa: BLE001  # It is logged, without its words.
            logger.error("reply not written", extra=failure_fields(error))
            return False
        return True

    async def _write_gathered(self, *, complete: bool) -> None:
        if self._noted is not None and self.has_text:
            noted, self._noted = self._noted, None
            await noted()
        self._text = self.text
        self._pieces.clear()
        if is_blank(self._text):
            return
        if (message := message_of(self.bubble, self._chat)) is not None:
            message.message = self._text
            await self._chat.update_message(message, complete=complete)
        else:
            self.bubble.message = await self._chat.send_message(
                self._text, complete=complete, message_id=self.bubble.message_id
            )
