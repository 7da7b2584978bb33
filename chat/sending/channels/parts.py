"""A message as packets that carry whole texts, a long one as several parts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from livekit.rtc.participant import PublishDataError

from chat.message import ChatMessage
from chat.sending.draft import Draft, Earlier
from chat.sending.splitting import part_id, split

Publish = Callable[[ChatMessage, bool], Awaitable[int]]
"""Sends a part, given whether it edits one that was sent before. Returns the bytes sent."""


class Parts:
    """What participants show of one message, part by part.

    Each part is sent as a message, with an id derived from the message's. An edit changes, adds or
    empties only the parts that differ.
    """

    def __init__(self, message: ChatMessage) -> None:
        """Send nothing yet; nothing is shown.

        Args:
            message: Its id and timestamp are what the packets carry.
        """
        self._message = message
        # None is a part of which it is not known what is shown, if anything.
        self._shown: list[str | None] = []

    @property
    def exist(self) -> bool:
        """Whether the addressees may show anything of the message."""
        return bool(self._shown)

    def doubt(self) -> None:
        """Assume that packets may have been lost: the next `write` sends every part again."""
        self._shown = [None] * len(self._shown)

    def presume(self, earlier: Earlier | None) -> None:
        """Assume that addressees show `earlier`. If others do not, call `doubt`, too."""
        if earlier is not None:
            texts = split(earlier.text)
            shown = texts if earlier.certain else [None] * len(texts)
            self._shown += shown[len(self._shown) :]

    async def write(self, draft: Draft, publish: Publish) -> int:
        """Send what makes the addressees show `draft`.

        Returns:
            The bytes that were sent.
        """
        texts = [""] if draft.deleted else split(draft.text)
        size = 0
        for index in range(max(len(texts), len(self._shown))):
            text = texts[index] if index < len(texts) else ""
            if draft.deleted or not self._shows(index, text):
                size += await self._write_part(index, text, draft, publish)
        return size

    def _shows(self, index: int, text: str) -> bool:
        return index < len(self._shown) and self._shown[index] == text

    async def _write_part(self, index: int, text: str, draft: Draft, publish: Publish) -> int:
        known = index < len(self._shown)
        # It may have arrived even if it is never acknowledged.
        self._shown[index : index + 1] = [None]
        part = replace(
            self._message,
            id=part_id(self._message.id, index),
            message=text,
            deleted=draft.deleted,
        )
        try:
            size = await publish(part, known or draft.deleted)
        except PublishDataError:
            if not known:
                self._shown.pop()
            raise
        self._shown[index] = text
        return size
