"""One reply on its way from the LLM to the chat: a buffer, and a task that writes what gathered."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from time import monotonic

from chat import ChatManager, ChatMessage
from chat.sending.pacing import stream_interval

logger = logging.getLogger(__name__)


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
        permission: Awaitable[bool],
        into: ChatMessage | None = None,
    ) -> None:
        """Start the writing task. Call `finish`, `drop` or `abandon` in the end.

        Args:
            chat: Where to write.
            growing: The process's count of growing replies, which sets the pace.
            permission: Awaited before the first write. False drops the reply.
            into: The message that this reply replaces the text of, once it has any; None sends a
                message of its own.
        """
        self._chat = chat
        self._growing = growing
        self._permission = permission
        self._pieces: list[str] = []
        self._text = ""
        self._permitted = False
        self._given_up = False
        self._shown = into is not None
        self._changed = asyncio.Event()
        self._ending = asyncio.Event()
        self._message = into
        self._task = asyncio.get_running_loop().create_task(self._run(), name="reply writer")
        self._task.add_done_callback(_log_failure)

    @property
    def has_text(self) -> bool:
        """Whether there is any text that a person would see."""
        return bool(self._text.strip()) or any(piece.strip() for piece in self._pieces)

    @property
    def ends_with_space(self) -> bool:
        """Whether white space is the newest of the text."""
        return "".join((self._text[-1:], *self._pieces))[-1:].isspace()

    @property
    def shown(self) -> bool:
        """Whether people may see something of it, or of the reply that it replaces."""
        return self._shown

    @property
    def message(self) -> ChatMessage | None:
        """The message that people see; None before the first write."""
        return self._message

    def append(self, text: str) -> None:
        """Add to the reply's end. Text that comes after the end is dropped."""
        if not self._ending.is_set():
            self._pieces.append(text)
            self._changed.set()

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
        """Write nothing more, and take the message back, if there is one."""
        self.abandon()
        await self.written()
        if self._message is not None:
            self._message.deleted = True
            await self._chat.update_message(self._message)
            self._message = None

    async def written(self) -> None:
        """Wait until the finished message is delivered, given up, or dropped. Never raises."""
        await asyncio.wait({self._task})

    async def aclose(self, limit: float) -> None:
        """Wait at most `limit` seconds for the finished message, then give it up."""
        _, late = await asyncio.wait({self._task}, timeout=limit)
        for task in late:
            task.cancel()

    async def _run(self) -> None:
        self._permitted = await self._permission
        if self._permitted:
            self._growing.count += 1
            try:
                await self._write()
            finally:
                self._growing.count -= 1

    async def _write(self) -> None:
        finished = False
        while not finished:
            await self._changed.wait()
            self._changed.clear()
            started = monotonic()
            finished = self._ending.is_set()
            if not self._given_up:
                await self._write_gathered(complete=finished)
            await self._pause(started)

    async def _write_gathered(self, *, complete: bool) -> None:
        self._text += "".join(self._pieces)
        self._pieces.clear()
        if not self._text.strip():
            return
        if self._message is not None:
            self._message.message = self._text
            await self._chat.update_message(self._message, complete=complete)
        else:
            self._shown = True
            self._message = await self._chat.send_message(self._text, complete=complete)

    async def _pause(self, started: float) -> None:
        wait = stream_interval(self._growing.count) - (monotonic() - started)
        if wait > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), wait)


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("reply not written", exc_info=error)
