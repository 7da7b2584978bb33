"""The replies of a room: written one after the other, and deleted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from assistant.turns.bubble import Bubble
from chat import ChatManager, OwnedTasks, failure_fields

from .aloud import Aloud
from .inheritance import message_of
from .reply import ReplyWriter

logger = logging.getLogger(__name__)


class Replies:
    """Opens a writer for each attempt. Of those it keeps only the ones that still write."""

    def __init__(self, chat: ChatManager) -> None:
        """Nothing is written yet.

        Args:
            chat: Where replies go.
        """
        self._chat = chat
        self._writers: list[ReplyWriter] = []
        self._tasks = OwnedTasks()

    def open(
        self,
        bubble: Bubble,
        permission: Callable[[], asyncio.Future[bool]],
        aloud: Aloud | None = None,
        noted: Callable[[], Awaitable[None]] | None = None,
    ) -> ReplyWriter:
        """Start a reply. It is written once all earlier ones are.

        Args:
            bubble: Where it is written; an earlier attempt may have begun it.
            permission: Asked when all earlier ones are written. False drops the reply. What it
                returns is not cancelled with the reply.
            aloud: Reads it out; None does not.
            noted: Awaited before its first text is sent; None waits for nothing.
        """
        earlier = self._still_writing()

        async def in_order() -> bool:
            await _written(earlier)
            return await asyncio.shield(permission())

        writer = ReplyWriter(self._chat, self._tasks, in_order, bubble, aloud, noted)
        self._writers = [*earlier, writer]
        return writer

    def take_back(self, bubble: Bubble, done: Callable[[], None] | None = None) -> None:
        """Write nothing more into a bubble, and delete its message, if there is one.

        Args:
            bubble: The bubble.
            done: Called when it is deleted, or that is given up; None calls nothing.
        """
        writers = self._still_writing()
        for writer in writers:
            if writer.bubble is bubble:
                writer.abandon()
        deletion = self._tasks.spawn(self._delete(bubble, writers), "reply deletion")
        if done is not None:
            deletion.add_done_callback(lambda task: None if task.cancelled() else done())

    async def delivered(self) -> None:
        """Wait until all replies are delivered, taken back or given up."""
        await self._tasks.wait()

    def cancel(self) -> None:
        """Write nothing any more."""
        self._tasks.cancel()

    def _still_writing(self) -> list[ReplyWriter]:
        return [writer for writer in self._writers if not writer.is_written]

    async def _delete(self, bubble: Bubble, writers: Iterable[ReplyWriter]) -> None:
        await _written(writers)
        message = message_of(bubble, self._chat)
        bubble.forget()
        if message is None:
            return
        message.deleted = True
        try:
            await self._chat.update_message(message)
        except Exception as error:  # noqa: BLE001  # It is logged, without its words.
            logger.error("reply not deleted", extra=failure_fields(error))


async def _written(writers: Iterable[ReplyWriter]) -> None:
    for writer in writers:
        await writer.written()
