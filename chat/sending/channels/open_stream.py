"""A message as a text stream that stays open while it grows: only new text is written."""

from __future__ import annotations

import contextlib
import math
from abc import abstractmethod
from collections.abc import Iterable

from livekit import rtc

from chat.dialect import Dialect
from chat.message import ChatMessage
from chat.sending.draft import Draft, Earlier, tail_after
from chat.sending.pacing import stream_interval
from chat.wire import BLANK

from .admission import Admission
from .channel import Channel
from .failures import WRITE_FAILURES

DEPARTURE_LAG = 4.0
"""Seconds in which everybody has learned that somebody left. Receivers then drop the streams that are open
under that identity, also those of a successor; packets can overtake the news."""


class OpenStreamChannel(Channel):
    """What the dialects that know text streams share.

    The only open stream of a process is written as fast as the network allows. Several share the
    process's write budget, whatever rooms they are in.
    """

    reuses_id = True
    """Whether each stream for the message has the same id."""

    def __init__(self, participant: rtc.LocalParticipant, message: ChatMessage) -> None:
        """See `Channel`."""
        super().__init__(participant, message)
        self._writer: rtc.TextStreamWriter | None = None
        self._written = ""
        self._last_write = float("-inf")
        # Whether the members may have something else than `_written`.
        self._doubtful = False
        # Whether a stream may be open at the members', even if no writer is left to close it.
        self._perhaps_open = False
        # Until when receivers may learn that the writer of an earlier stream has left, and drop ours.
        self._departs_until: float | None = None

    def admit(self, members: Iterable[str], dialect: Dialect, earlier: Earlier | None) -> None:
        """See `Channel`."""
        if earlier is not None and earlier.open:
            self._perhaps_open = True
            self._departs_until = self._now + DEPARTURE_LAG
        super().admit(members, dialect, earlier)

    @property
    def _admission_in_use(self) -> Admission:
        # Streams of one message share an id, and receivers would mix two that are open.
        is_open = self.busy or self._target is None or not self._target.complete
        return Admission.LATER if is_open else Admission.NEVER

    @abstractmethod
    async def _open(self, draft: Draft) -> rtc.TextStreamWriter:
        """Open the stream that will carry the whole text of `draft`, and what follows."""

    @abstractmethod
    def _trailer(self, *, continues: bool) -> dict[str, str]:
        """The attributes at a stream's end; `continues` says that another will replace its text."""

    def _due_in(self) -> float:
        return self._last_write + stream_interval(len(self.growing)) - self._now

    async def _write(self, draft: Draft) -> None:
        self._last_write = self._now
        forgotten = self._forgotten
        if self._writer is not None and self._must_repeat(draft):
            self._doubtful = True
        text = ("" if draft.deleted else draft.text) or BLANK
        tail = tail_after(self._written, text)
        if self._writer is None or self._doubtful or tail is None or draft.deleted:
            await self._replace(text, draft)
        elif tail:
            await self._writer.write(tail)
            self._written = text
        if draft.complete:
            await self._end()
        if forgotten != self._forgotten:
            # What was lost meanwhile may be the end of what was just closed.
            self._perhaps_open = True

    def _must_repeat(self, draft: Draft) -> bool:
        """Whether the open stream may have been dropped, so that another one must repeat its text."""
        until = self._departs_until
        if until is None or not (draft.complete or self._now >= until):
            return False
        # Whoever learns of it even later has all in the end.
        self._departs_until = None if draft.complete else math.inf
        return True

    async def _replace(self, text: str, draft: Draft) -> None:
        """Write all of `text`, in one chunk, on a new stream."""
        self._doubtful = False
        with contextlib.suppress(*WRITE_FAILURES):
            await self._end(continues=True)
        if self._perhaps_open and self.reuses_id:
            # Receivers drop a stream whose id is open already. The open one has no writer any more,
            # and is closed by the trailer of an empty stream.
            await self._begin(draft)
            await self._end(continues=True)
        await self._begin(draft)
        if self._writer is not None:
            self.exists = True
            await self._writer.write(text)
            self._written = text

    async def _begin(self, draft: Draft) -> None:
        if not self.members:
            return  # All have left meanwhile.
        self._perhaps_open = True
        self.growing.add(self)
        self._writer = await self._open(draft)

    async def _end(self, *, continues: bool = False) -> None:
        writer, self._writer = self._writer, None
        self.growing.discard(self)
        if writer is not None:
            # With a reason, readers would raise, and lose the text that they have.
            await writer.aclose(attributes=self._trailer(continues=continues))
            self._perhaps_open = False

    def _lose(self) -> None:
        super()._lose()
        # Of a stream that was closed, the end may be what was lost.
        self._perhaps_open = self._perhaps_open or self._begun

    def _forget(self) -> None:
        # The next write opens another stream, with the whole text.
        super()._forget()
        self._doubtful = True
