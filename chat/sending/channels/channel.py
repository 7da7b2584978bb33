"""What all channels share: one write in flight, always of the newest draft, with retries.

A channel has a task only while it has something to deliver.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import ClassVar
from weakref import WeakSet

from livekit import rtc

from chat.dialect import Dialect
from chat.failures import failure_fields
from chat.message import ChatMessage
from chat.sending.draft import Draft, Earlier

from .admission import Admission
from .failures import WRITE_FAILURES
from .retries import Retries

logger = logging.getLogger(__name__)

WRITE_LIMIT = 5.0
"""Seconds after which a write that has not been acknowledged counts as failed."""


class Channel(ABC):
    """Delivers the drafts of one message to `members`."""

    dialects: ClassVar[frozenset[Dialect]]
    """Those of its members."""

    growing: ClassVar[WeakSet[Channel]] = WeakSet()
    """Those of this process whose message grows: together they keep to its budget of writes."""

    def __init__(self, participant: rtc.LocalParticipant, message: ChatMessage) -> None:
        """Send nothing yet; there are no members.

        Args:
            participant: Who sends.
            message: Packets carry its id and its timestamp. Text streams carry the time at which
                they were opened instead.
        """
        self.members: frozenset[str] = frozenset()
        """Identities to which it delivers."""
        self.exists = False
        """Whether the members may show some text of the message."""
        self.on_idle: Callable[[], None] = lambda: None
        """Called when the newest draft was delivered or given up."""
        self.on_given_up: Callable[[int], None] = lambda members: None
        """Called with the number of members to whom a complete text could not be delivered."""
        self.may_write: Callable[[], bool] = lambda: True
        """Asked before each write. While it says no, drafts wait: `push` again once it says yes."""
        self._participant = participant
        self._message = message
        self._target: Draft | None = None
        self._delivered: Draft | None = None
        self._begun = False
        self._wrote_at = float("-inf")
        self._pump: asyncio.Task[None] | None = None
        self._urgent = asyncio.Event()
        self._forgotten = 0

    def admission(self, dialect: Dialect) -> Admission:
        """Whether participants with this dialect can become members."""
        if dialect not in self.dialects:
            return Admission.NEVER
        return Admission.NOW if self._restartable else self._admission_in_use

    @property
    def _restartable(self) -> bool:
        """Whether the whole text can be sent again without a member showing it twice."""
        return not self.reached or self.stuck or not self.members

    @property
    @abstractmethod
    def _admission_in_use(self) -> Admission:
        """Whether others can become members while there are members who have some of the text."""

    def admit(self, members: Iterable[str], dialect: Dialect, earlier: Earlier | None) -> None:
        """Add members. If a draft was pushed before, all members get it whole.

        Args:
            members: Identities that are not members yet.
            dialect: Their dialect, one of `dialects`.
            earlier: What they show already; None if they do not have the message.
        """
        self.members |= frozenset(members)
        self.exists = self.exists or earlier is not None
        if self._target is not None:
            self.restart()

    def dismiss(self, member: str) -> None:
        """Note that a member left."""
        self.members -= {member}
        if not self.members:
            self._abandoned()

    @property
    def delivered(self) -> Draft | None:
        """The newest draft that was acknowledged; None before the first."""
        return self._delivered

    @property
    def reached(self) -> bool:
        """Whether the members may have received anything."""
        return self._begun

    @property
    def held_back(self) -> bool:
        """Whether the next write is delayed on purpose, so that callers should not wait for it."""
        return self._grows and self._due_in() > 0

    @property
    def busy(self) -> bool:
        """Whether a delivery is running."""
        return self._pump is not None and not self._pump.done()

    @property
    def stuck(self) -> bool:
        """Whether delivery was given up before the newest draft had arrived."""
        return self._begun and not self.busy and self._outstanding

    def push(self, draft: Draft) -> None:
        """Deliver `draft` next, in place of any that was not written yet."""
        self._target = draft
        if draft.complete:
            self._urgent.set()
        else:
            self._urgent.clear()
        if not self.busy and self._outstanding and self.may_write():
            self._pump = asyncio.get_running_loop().create_task(self._deliver_newest())
            self._pump.add_done_callback(self._ended)

    def _ended(self, pump: asyncio.Task[None]) -> None:
        if pump.cancelled():
            return
        if (error := pump.exception()) is not None:
            self.growing.discard(self)
            logger.error("chat delivery failed", extra=failure_fields(error))
        self.on_idle()

    async def settled(self) -> None:
        """Wait until the newest draft is delivered or given up.

        Cancelling the caller does not cancel the delivery: what was passed to the SDK may arrive,
        and must be accounted for.
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

    def suspect(self, since: float) -> None:
        """Assume that what was written since then, or is being written, was lost.

        Args:
            since: Seconds of the event loop's clock.
        """
        if self.busy or self._wrote_at >= since:
            self._lose()

    def _lose(self) -> None:
        """Assume that what was written reached nobody, though no error said so."""
        self._forget()

    def _abandoned(self) -> None:
        """End a delay, as all members have left."""
        self.growing.discard(self)
        self._urgent.set()

    def close(self) -> None:
        """Give up what is being delivered."""
        self.growing.discard(self)
        if self._pump is not None:
            self._pump.cancel()

    @property
    def _grows(self) -> bool:
        return self._target is not None and not self._target.complete

    @property
    def _outstanding(self) -> bool:
        # Without members nothing may be sent: an empty list of addressees means everybody.
        if self._target is None or not self.members or self._target == self._delivered:
            return False
        return self._concerns_members(self._target)

    def _concerns_members(self, draft: Draft) -> bool:
        """Whether `draft` has to be sent: not if there was no text so far."""
        return self.exists or bool(draft.text and not draft.deleted)

    async def _deliver_newest(self) -> None:
        retries = Retries()
        while self._outstanding:
            await self._wait_until_due()
            if not self._outstanding or self._target is None:
                return
            if not self.may_write():
                self.growing.discard(self)
                return
            draft, forgotten = self._target, self._forgotten
            self._begun = True
            # Until it is acknowledged, members have neither this nor surely what was before.
            self._delivered = None
            try:
                async with asyncio.timeout(WRITE_LIMIT):
                    await self._write(draft)
            except WRITE_FAILURES as error:
                self._forget()
                delay = retries.delay(self._now) if self._may_retry(error) else None
                if delay is None:
                    self._give_up(error)
                    return
                await asyncio.sleep(delay)
            else:
                retries = Retries()
                self._wrote_at = self._now
                if forgotten == self._forgotten:
                    self._delivered = draft

    def _may_retry(self, error: BaseException) -> bool:
        """Whether a write that ended with `error` may be made again."""
        return True

    def _give_up(self, error: BaseException) -> None:
        self.growing.discard(self)
        logger.warning(
            "chat message not delivered",
            extra={"cause": type(error).__name__, "members": len(self.members)},
        )
        if self._target is not None and self._target.complete:
            self.on_given_up(len(self.members))

    async def _wait_until_due(self) -> None:
        wait = self._due_in() if self._grows else 0.0
        if wait > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._urgent.wait(), wait)

    def _due_in(self) -> float:
        """Seconds for which an incomplete draft is delayed; 0 or less is not at all."""
        return 0.0

    @abstractmethod
    async def _write(self, draft: Draft) -> None:
        """Send what makes the members show `draft`."""

    def _forget(self) -> None:
        """Assume nothing of what the members have, as after a failed write or a lost connection."""
        self._delivered = None
        self._forgotten += 1

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    @property
    def _destinations(self) -> list[str]:
        return sorted(self.members)
