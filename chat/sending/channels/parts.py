"""A message as packets that carry whole texts, a long one as several parts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from chat.message import ChatMessage
from chat.sending.draft import Draft, Earlier
from chat.sending.splitting import Splitter, part_id

from .failures import NOTHING_SENT

Publish = Callable[[ChatMessage, bool], Awaitable[int]]
"""Sends a part, given whether it edits one that was sent before. Returns the bytes sent."""


@dataclass
class _Presumed:
    """What addressees may show; it is cut part by part, when that is needed."""

    text: str
    certain: bool
    splitter: Splitter = field(default_factory=Splitter)


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
        self._splitter = Splitter()
        # None is a part of which it is not known what is shown, if anything.
        self._shown: list[str | None] = []
        self._presumed: list[_Presumed] = []
        self._doubts = 0

    @property
    def exist(self) -> bool:
        """Whether the addressees may show anything of the message."""
        return bool(self._shown or self._presumed)

    def doubt(self) -> None:
        """Assume that packets may have been lost: the next `write` sends every part again."""
        self._doubts += 1
        self._shown = [None] * len(self._shown)
        for presumed in self._presumed:
            presumed.certain = False

    def presume(self, earlier: Earlier | None) -> None:
        """Assume that addressees show `earlier`. If others do not, call `doubt`, too."""
        if earlier is not None:
            self._presumed.append(_Presumed(earlier.text, earlier.certain))

    def _recall(self, index: int) -> bool:
        """Note what may be shown in a part. Returns whether there was something to be noted."""
        while index == len(self._shown) and self._presumed:
            presumed = self._presumed[0]
            text = presumed.splitter.part(presumed.text, index)
            if text is not None:
                self._shown.append(text if presumed.certain else None)
                return True
            del self._presumed[0]
        return False

    async def write(self, draft: Draft, publish: Publish) -> int:
        """Send what makes the addressees show `draft`.

        A part is cut only when those before it are sent: cutting all would hold up other rooms.

        Returns:
            The bytes that were sent.
        """
        size = index = 0
        doubts = self._doubts
        whole = "" if draft.deleted else draft.text
        while True:
            recalled = self._recall(index)
            text = self._splitter.part(whole, index)
            if text is None and index >= len(self._shown):
                return size
            if draft.deleted or not self._shows(index, text or ""):
                size += await self._write_part(index, text or "", draft, publish)
                # A doubt that came meanwhile goes for all that this call writes.
                if doubts == self._doubts:
                    self._shown[index] = text or ""
            elif recalled:
                await asyncio.sleep(0)
            index += 1

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
        except NOTHING_SENT:
            if not known:
                self._shown.pop()
            raise
        return size
