"""One message on its way to the participants of one dialect: newest text wins, one write in flight.

A channel owns a task only while it has something to deliver. Its participants are fixed, because a
text stream's addressees are named in its header and cannot change while it is open.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import replace
from time import monotonic
from typing import Any

from livekit import rtc
from livekit.rtc.participant import PublishDataError

from .draft import Draft, tail_after
from .message import ChatMessage
from .pacing import edit_interval
from .wire import (
    ATTRIBUTE_DELETED,
    ATTRIBUTE_REVISION,
    BLANK,
    TOPIC_JSON,
    TOPIC_JSON_UPDATE,
    TOPIC_STREAM,
    encode,
)

logger = logging.getLogger(__name__)

WRITE_LIMIT = 5.0
"""Seconds after which a write that has not been acknowledged counts as failed."""

RETRY_LIMIT = 10.0
"""Seconds during which a failed write is tried again, always with the newest text."""

FIRST_RETRY = 0.1
"""Seconds before the first retry; each further one waits twice as long, at most two seconds."""

# StreamError is a ConnectionError; RuntimeError is what the SDK raises for a writer that the
# room's disconnection closed.
_WRITE_FAILURES = (ConnectionError, PublishDataError, RuntimeError, TimeoutError)


class Channel(ABC):
    """Delivers the drafts of one message to `members`."""

    exclusive = False
    """Whether no second channel of this kind may be at work on the same message: text streams
    share one id space in a room, and two open ones with the same id would be mixed."""

    paced = False
    """Whether incomplete drafts are delivered at an interval, so that none need be waited for."""

    def __init__(
        self,
        participant: rtc.LocalParticipant,
        message: ChatMessage,
        members: Iterable[str],
        *,
        exists: bool = False,
    ) -> None:
        """Open nothing yet.

        Args:
            participant: Who sends.
            message: Its id and timestamp are what the packets carry.
            members: Identities of the participants addressed; never empty, because an empty list
                would mean everybody.
            exists: Whether the members already show an earlier, complete text of the message.
        """
        self.members = frozenset(members)
        self.exists = exists
        """Whether the members may show some text of the message."""
        self.on_idle: Callable[[], None] = lambda: None
        """Called when nothing is under way any more, because it was delivered or given up."""
        self._participant = participant
        self._message = message
        self._target: Draft | None = None
        self._delivered: Draft | None = None
        self._begun = False
        self._pump: asyncio.Task[None] | None = None
        self._urgent = asyncio.Event()
        self._forgotten = 0

    @property
    def delivered(self) -> Draft | None:
        """The newest draft that was acknowledged; None before the first."""
        return self._delivered

    @property
    def begun(self) -> bool:
        """Whether anything was handed to the SDK, delivered or not."""
        return self._begun

    @property
    def busy(self) -> bool:
        """Whether a delivery is under way."""
        return self._pump is not None and not self._pump.done()

    @property
    def stuck(self) -> bool:
        """Whether delivery was given up before the newest draft had arrived."""
        return self._begun and not self.busy and self._outstanding

    def push(self, draft: Draft) -> None:
        """Let `draft` be the next to deliver, in place of any that still waits."""
        self._target = draft
        if draft.complete:
            self._urgent.set()
        else:
            self._urgent.clear()
        if not self.busy and self._outstanding:
            self._pump = asyncio.get_running_loop().create_task(self._deliver_newest())
            self._pump.add_done_callback(self._ended)

    def take_in(self, members: Iterable[str], *, exists: bool) -> None:
        """Address further members too, and deliver the whole text to all.

        Args:
            members: Their identities.
            exists: Whether they may show some text of the message.
        """
        self.members |= frozenset(members)
        self.exists = self.exists or exists
        self.restart()

    def _ended(self, pump: asyncio.Task[None]) -> None:
        if not pump.cancelled():
            self.on_idle()

    @property
    def _outstanding(self) -> bool:
        # Without members there is nobody to tell; an empty list of addressees means everybody.
        if self._target is None or not self.members or self._target == self._delivered:
            return False
        return bool(self._target.text) or self.exists

    async def settled(self) -> None:
        """Wait until the newest draft is delivered or given up.

        A caller that is cancelled leaves the delivery going: what was handed to the SDK can no
        longer be taken back, and must be accounted for.
        """
        if (pump := self._pump) is not None:
            await asyncio.wait({pump})
            if not pump.cancelled():
                pump.result()

    def restart(self) -> None:
        """Deliver the whole text again: what was delivered so far may have been lost."""
        self._forget()
        if self._target is not None:
            self.push(self._target)

    def close(self) -> None:
        """Give up what is under way."""
        if self._pump is not None:
            self._pump.cancel()

    async def _deliver_newest(self) -> None:
        failing_since: float | None = None
        delay = FIRST_RETRY
        while self._outstanding and self._target is not None:
            if not self._target.complete:
                await self._wait_until_due()
                if not self._outstanding:
                    return
            draft, forgotten = self._target, self._forgotten
            self._begun = True
            try:
                async with asyncio.timeout(WRITE_LIMIT):
                    await self._write(draft)
            except _WRITE_FAILURES as error:
                failing_since = failing_since or monotonic()
                self._forget()
                if monotonic() - failing_since + delay > RETRY_LIMIT:
                    self._give_up(error)
                    return
                await asyncio.sleep(delay)
                delay = min(delay * 2, 2.0)
            else:
                failing_since, delay = None, FIRST_RETRY
                if forgotten == self._forgotten:
                    self._delivered = draft

    def _give_up(self, error: BaseException) -> None:
        logger.warning(
            "chat message not delivered",
            extra={"cause": type(error).__name__, "members": len(self.members)},
        )

    async def _wait_until_due(self) -> None:
        wait = self._due_in()
        if wait > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._urgent.wait(), wait)

    def _due_in(self) -> float:
        """Seconds for which an incomplete draft must be held back."""
        return 0.0

    @abstractmethod
    async def _write(self, draft: Draft) -> None:
        """Bring the members from what they have to `draft`."""

    def _forget(self) -> None:
        """After a failed write, or a lost connection: assume nothing of what the members have."""
        self._delivered = None
        self._forgotten += 1


class StreamChannel(Channel):
    """One open text stream for a growing message, to which only tails are written."""

    exclusive = True

    def __init__(self, *args: Any, twin: bool = False, **kwargs: Any) -> None:
        """See `Channel`.

        Args:
            *args: As for `Channel`.
            twin: Whether to send a new, complete message also as JSON with ``ignoreLegacy``, as
                web clients do.
            **kwargs: As for `Channel`.
        """
        super().__init__(*args, **kwargs)
        self._twin = twin
        self._writer: rtc.TextStreamWriter | None = None
        self._written = ""
        # Whether what the members have may differ from `_written`.
        self._doubtful = False
        # Whether the members may hold a stream open, with a writer left to close it or without.
        self._perhaps_open = False

    async def _write(self, draft: Draft) -> None:
        text = ("" if draft.deleted else draft.text) or BLANK
        tail = tail_after(self._written, text)
        if self._writer is None or self._doubtful or tail is None or draft.deleted:
            await self._replace(text, draft)
        elif tail:
            await self._writer.write(tail)
            self._written = text
        if draft.complete:
            await self._end()
            await self._send_twin(draft)

    async def _replace(self, text: str, draft: Draft) -> None:
        """Write `text` whole on a new stream with the message's id."""
        self._doubtful = False
        with contextlib.suppress(*_WRITE_FAILURES):
            await self._end()
        if self._perhaps_open:
            # Receivers drop a stream whose id is open already, and that one has no writer any
            # more: the trailer of an empty stream closes it.
            await self._open(draft)
            await self._end()
        await self._open(draft)
        if self._writer is not None:
            self.exists = True
            await self._writer.write(text)
            self._written = text

    async def _open(self, draft: Draft) -> None:
        if not self.members:
            return  # All left while something else was awaited.
        self._perhaps_open = True
        self._writer = await self._participant.stream_text(
            topic=TOPIC_STREAM,
            stream_id=self._message.id,
            destination_identities=sorted(self.members),
            attributes=self._attributes(draft),
        )

    def _attributes(self, draft: Draft) -> dict[str, str]:
        attributes = {}
        if self.exists:
            attributes[ATTRIBUTE_REVISION] = "true"
        if draft.deleted:
            attributes[ATTRIBUTE_DELETED] = "true"
        return attributes

    async def _end(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            # An abort reason would make readers raise, and lose the text they have.
            await writer.aclose()
            self._perhaps_open = False

    async def _send_twin(self, draft: Draft) -> None:
        if self._twin and self.members and not draft.deleted and draft.text:
            twin = replace(self._message, message=draft.text)
            await self._participant.publish_data(
                encode(twin, ignore_legacy=True),
                topic=TOPIC_JSON,
                destination_identities=sorted(self.members),
            )
        self._twin = False

    def _forget(self) -> None:
        # The next write opens a stream anew, with the whole text.
        super()._forget()
        self._doubtful = True


class JsonEditChannel(Channel):
    """A JSON packet that creates the message, then packets with the whole text that edit it."""

    paced = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """See `Channel`."""
        super().__init__(*args, **kwargs)
        self._created = self.exists
        self._next_edit = 0.0

    def _due_in(self) -> float:
        return self._next_edit - monotonic()

    async def _write(self, draft: Draft) -> None:
        text = "" if draft.deleted else draft.text
        payload = encode(replace(self._message, message=text, deleted=draft.deleted))
        self.exists = True
        await self._participant.publish_data(
            payload,
            topic=TOPIC_JSON_UPDATE if self._created else TOPIC_JSON,
            destination_identities=sorted(self.members),
        )
        self._created = True
        self._next_edit = monotonic() + edit_interval(len(payload))

    def _forget(self) -> None:
        # A packet that creates the message also replaces it, where it exists already.
        super()._forget()
        self._created = False
