"""One reply on its way from the LLM to the chat: a buffer, and a task that writes what gathered."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic

from chat import ChatManager, ChatMessage
from chat.events import OwnedTasks
from chat.sending.pacing import stream_interval

logger = logging.getLogger(__name__)

LAST_TRIES = 3
"""How often the last write of a reply is made, if it raises. What the network does is `ChatManager`'s
affair, and does not raise."""

RETRY_DELAY = 0.5
"""Seconds from one of these tries to the next."""


@dataclass
class GrowingReplies:
    """How many replies grow now; shared by all rooms of a process, to keep its write budget."""

    count: int = 0


class ReplyWriter:
    """Writes one reply as one message that grows.

    `append` never waits. One write is in flight at a time; what gathers meanwhile goes in the next.
    The message is sent with the first visible text: a reply without any leaves no bubble.
    """

    def __init__(
        self,
        chat: ChatManager,
        growing: GrowingReplies,
        tasks: OwnedTasks,
        permission: Callable[[], Awaitable[bool]],
        replaced: ReplyWriter | None = None,
    ) -> None:
        """Start the writing task. Call `finish`, `drop` or `abandon` in the end.

        Args:
            chat: Where to write.
            growing: The process's count of growing replies, which sets the pace.
            tasks: Owns the writing task.
            permission: Called and awaited before the first write. False drops the reply.
            replaced: A finished or abandoned reply whose message this one takes over, once it has
                text of its own; None sends a message of its own.
        """
        self._chat = chat
        self._growing = growing
        self._replaced = replaced
        self._text_before = ""
        self._pieces: list[str] = []
        self._text = ""
        self._permitted = False
        self._given_up = False
        self._changed = asyncio.Event()
        self._ending = asyncio.Event()
        self._message: ChatMessage | None = None
        self._task = tasks.spawn(self._run(permission), "reply writer")

    @property
    def text(self) -> str:
        """Its text so far, written or not."""
        return "".join((self._text, *self._pieces))

    @property
    def has_text(self) -> bool:
        """Whether there is any text that a person would see."""
        return bool(self.text.strip())

    @property
    def visible_text(self) -> str:
        """What people see, or will; perhaps of the reply that it replaces. Empty for no message."""
        own = self._text if self._given_up else self.text
        return own if own.strip() else self.replaced_text

    @property
    def replaced_text(self) -> str:
        """What people see of the reply that it replaces; empty if it replaces none."""
        return self._replaced.visible_text if self._replaced is not None else self._text_before

    @property
    def message(self) -> ChatMessage | None:
        """The message that people see, perhaps of the reply that it replaces; None before any."""
        if self._message is None and self._replaced is not None:
            return self._replaced.message
        return self._message

    def append(self, text: str) -> None:
        """Add to the reply's end. Text that comes after the end is dropped."""
        if not self._ending.is_set():
            self._pieces.append(text)
            self._changed.set()

    def keep_replaced(self) -> None:
        """Begin with the text that it replaces, if it has none of its own."""
        if not self.has_text:
            self._pieces = [self.replaced_text]

    def finish(self) -> None:
        """Complete the message as it stands, as soon as the network allows."""
        self._ending.set()
        self._changed.set()

    def abandon(self) -> None:
        """Write nothing more: another writer takes over the message, if there is one."""
        self._given_up = True
        self.finish()
        if not self._permitted:
            self._task.cancel()

    async def drop(self) -> None:
        """Write nothing more, and take the message back, if there is one. Never raises."""
        self.abandon()
        await self.written()
        message = self.message
        self._message = self._replaced = None
        if message is None:
            return
        message.deleted = True
        try:
            await self._chat.update_message(message)
        except Exception:
            logger.exception("reply not taken back")

    async def written(self) -> None:
        """Wait until the finished message is delivered, given up, or dropped. Never raises."""
        await asyncio.wait({self._task})
        if self._replaced is not None:
            await self._replaced.written()

    async def _run(self, permission: Callable[[], Awaitable[bool]]) -> None:
        if self._replaced is not None:
            await self._replaced.written()
            self._message, self._text_before = self._replaced.message, self._replaced.visible_text
            self._replaced = None
        self._permitted = await permission()
        if self._permitted:
            self._growing.count += 1
            try:
                await self._write()
            finally:
                self._growing.count -= 1

    async def _write(self) -> None:
        finished, last_tries = False, LAST_TRIES
        while not finished:
            await self._changed.wait()
            self._changed.clear()
            started = monotonic()
            finished = self._ending.is_set()
            if not self._given_up and not await self._try_to_write(complete=finished):
                if self._message is None:
                    return  # What a first write came to is not known: another could double it.
                if finished and last_tries > 1:
                    last_tries -= 1
                    finished = False
                    self._changed.set()
                    await asyncio.sleep(RETRY_DELAY)
            await self._pause(started)

    async def _try_to_write(self, *, complete: bool) -> bool:
        try:
            await self._write_gathered(complete=complete)
        except Exception:
            logger.exception("reply not written")
            return False
        return True

    async def _write_gathered(self, *, complete: bool) -> None:
        self._text = self.text
        self._pieces.clear()
        if not self._text.strip():
            return
        if self._message is not None:
            self._message.message = self._text
            await self._chat.update_message(self._message, complete=complete)
        else:
            self._message = await self._chat.send_message(self._text, complete=complete)

    async def _pause(self, started: float) -> None:
        wait = stream_interval(self._growing.count) - (monotonic() - started)
        if wait > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), wait)
