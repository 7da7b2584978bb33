"""An outgoing message: its newest draft, and the channels that deliver it to the participants."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from chat.dialect import Dialect
from chat.message import ChatMessage

from .channels import Admission, Channel
from .draft import Draft, Earlier
from .retractions import Retractions

ANNOUNCEMENT_LAG = 4.0
"""Most seconds from a participant's connection to its ``participant_active``; up to 3 were measured."""

_UNREACHED_IF_UNKNOWN = frozenset({Dialect.SEGMENT, Dialect.PROTO})
"""Dialects of clients that show nothing of what is sent to those whose dialect is unknown."""


class ChannelFactory(Protocol):
    """Makes channels."""

    def __call__(self, message: ChatMessage, dialect: Dialect, *, apart: bool = False) -> Channel:
        """Return a channel for `message` in `dialect`, without members yet.

        Args:
            message: The message.
            dialect: The dialect.
            apart: Whether it waits for no other, as its members have another dialect in truth.
        """
        ...


class OutgoingMessage:
    """An outgoing message, and who has received how much of it.

    Every participant is a member of at most one channel. So its dialect does not change while the
    message grows, unless it turns out to have been another all the time.
    """

    def __init__(
        self,
        message: ChatMessage,
        draft: Draft,
        open_channel: ChannelFactory,
        on_idle: Callable[[OutgoingMessage], None],
    ) -> None:
        """Send nothing yet.

        Args:
            message: Its id and timestamp are used; its text is in the draft.
            draft: What it says now.
            open_channel: Makes channels.
            on_idle: Called when a channel has nothing more to deliver.
        """
        self.draft = draft
        """The newest draft."""
        self._message = message
        self._open_channel = open_channel
        self._on_idle = on_idle
        self._channels: list[Channel] = []
        self._retractions = Retractions()
        self._joined_at: dict[str, float] = {}
        # Who must get the message when they become reachable.
        self._owed: set[str] = set()
        # Whether the next participant to become reachable must get it, whoever that is.
        self._owed_to_anyone = False
        self._earlier: dict[str, Earlier] = {}
        # What an earlier process has sent to anybody, and who was there when we took over.
        self._inherited: Earlier | None = None
        self._witnesses: frozenset[str] = frozenset()
        self._left_with_all: set[str] = set()
        self._was_complete = draft.complete
        self.changed_at = _now()
        """When its text was last changed, by the event loop's clock."""

    def expect(self, identities: Iterable[str], *, anyone: bool = False) -> None:
        """Send the message to participants when they become reachable.

        Args:
            identities: Who they are. Those who get it already are not sent it twice.
            anyone: Whether to send it to the next participant to become reachable, whoever that is.
        """
        self._owed.update(set(identities) - self._members())
        self._owed_to_anyone = self._owed_to_anyone or anyone

    def _members(self) -> set[str]:
        return {identity for channel in self._channels for identity in channel.members}

    def arrive(self, identity: str, dialect: Dialect) -> bool:
        """Note that a participant has become reachable, or that its dialect is known now.

        Returns:
            Whether it must get the message. A participant who left with all of it need not. Others
            must even shortly after the completion: as the room announces participants late, they
            may have been there.
        """
        self._recognise(identity, dialect)
        if identity in self._members():
            # It is announced once more.
            return False
        recent = _now() - self.changed_at < ANNOUNCEMENT_LAG
        missed_it = recent and identity not in self._left_with_all
        if missed_it or self._owed_to_anyone or not self.draft.complete:
            self._owed_to_anyone = False
            self._owed.add(identity)
        return identity in self._owed

    def _recognise(self, identity: str, dialect: Dialect) -> None:
        """Serve a participant anew whose client shows a part of the message, and reads it nowhere."""
        if identity not in self._witnesses or dialect not in _UNREACHED_IF_UNKNOWN:
            return
        for channel in self._channels:
            if identity in channel.members and dialect not in channel.dialects:
                channel.dismiss(identity)
                self._owed.add(identity)

    def owed_to(self, identities: Iterable[str]) -> set[str]:
        """Which of the identities must still get the message."""
        return self._owed.intersection(identities)

    def presume_shown(self, identities: Iterable[str]) -> None:
        """Assume that these participants show some text of the message already."""
        self._earlier.update(dict.fromkeys(identities, Earlier("", certain=False)))

    def inherit(self, earlier: Earlier, identities: Iterable[str]) -> None:
        """Assume that the message was sent before by a process that is gone.

        Args:
            earlier: What anybody may show of it; those who come later may come back.
            identities: Who may have seen that happen.
        """
        self._inherited = earlier
        self._witnesses = frozenset(identities)
        self._was_complete = self._was_complete or earlier.complete

    def change(self, draft: Draft) -> None:
        """Deliver a new draft. Members who have the complete message get the edit in new channels."""
        if self.draft.complete:
            earlier = Earlier(self.draft.text)
            for channel in [c for c in self._channels if self._has_all(c)]:
                self._earlier.update(dict.fromkeys(channel.members, earlier))
                self._channels.remove(channel)
            # Who left with all of the old text must get the new one on return.
            self._owed |= self._left_with_all
            self._left_with_all.clear()
        self.draft = draft
        self.changed_at = _now()
        self._was_complete = self._was_complete or draft.complete
        for channel in self._channels:
            channel.push(draft)

    def retry(self) -> None:
        """Try again to deliver what was given up."""
        self._retractions.retry()
        for channel in self._channels:
            channel.push(self.draft)

    def address(self, groups: Mapping[Dialect, Iterable[str]]) -> None:
        """Deliver the message to those of the identities who are in no channel yet."""
        served = self._members()
        for dialect, identities in groups.items():
            by_earlier: dict[Earlier | None, set[str]] = {}
            for identity in set(identities) - served:
                earlier = self._earlier.get(identity, self._inherited)
                by_earlier.setdefault(earlier, set()).add(identity)
            for earlier, members in by_earlier.items():
                self._join(dialect, members, earlier)

    def _join(self, dialect: Dialect, members: set[str], earlier: Earlier | None) -> None:
        """Make participants members of the first channel that admits them, or of a new one."""
        for channel in self._channels:
            match channel.admission(dialect):
                case Admission.NOW:
                    break
                case Admission.LATER:
                    self._owed |= members
                    return
        else:
            channel = self._new_channel(dialect)
        self._owed -= members
        self._left_with_all -= members
        self._joined_at.update(dict.fromkeys(members, _now()))
        channel.admit(members, dialect, earlier)
        channel.push(self.draft)

    def _new_channel(self, dialect: Dialect) -> Channel:
        channel = self._open_channel(self._message, dialect)
        channel.on_idle = lambda: self._on_idle(self)
        self._channels.append(channel)
        return channel

    async def settled(self, *, patient: bool = False) -> None:
        """Wait until the draft is delivered or given up.

        Args:
            patient: Whether to wait also for writes that are held back.
        """
        while waited_for := [c for c in self._channels if c.busy and (patient or not c.held_back)]:
            for channel in waited_for:
                await channel.settled()

    def correct(self, identity: str, dialect: Dialect, since: float) -> bool:
        """Take a participant out of a channel that it joined by mistake.

        Args:
            identity: Who it is.
            dialect: Its dialect.
            since: When the mistake began, by the event loop's clock.

        Returns:
            Whether it was in one; it must get the message then.
        """
        for channel in self._channels:
            if identity in channel.members and dialect not in channel.dialects:
                if self._joined_at[identity] < since:
                    return False
                self._take_out(identity, channel)
                self._earlier.pop(identity, None)
                self._owed.add(identity)
                return True
        return False

    def _take_out(self, identity: str, channel: Channel) -> None:
        reached, has_all = channel.reached, self._has_all(channel)
        if reached and not has_all and channel.members == {identity}:
            # Its stream may be open.
            self._channels.remove(channel)
            self._retractions.begin(channel)
            return
        channel.dismiss(identity)
        if not reached:
            return
        if not has_all:
            channel.restart()  # Also what the old stream would bring reaches it no more.
        (dialect, *_) = channel.dialects
        retraction = self._open_channel(self._message, dialect, apart=True)
        retraction.admit({identity}, dialect, Earlier(self.draft.text, certain=False))
        self._retractions.begin(retraction, after=channel)

    @property
    def busy(self) -> bool:
        """Whether a delivery is running."""
        return any(channel.busy for channel in self._channels)

    def depart(self, identity: str, *, transit: float = 0.0) -> None:
        """Note that a participant left. Unless it has all of the message, it gets it on return.

        Args:
            identity: Who it is.
            transit: Seconds from a write until it has arrived for sure.
        """
        for channel in self._channels:
            if identity in channel.members:
                channel.dismiss(identity)
                if channel.reached:
                    self._earlier[identity] = Earlier(
                        self.draft.text, certain=False, complete=self._was_complete
                    )
                if self._has_all(channel) and _now() - self.changed_at >= transit:
                    self._left_with_all.add(identity)
                else:
                    self._owed.add(identity)

    def restart(self) -> None:
        """Deliver the whole text again, unless all of it arrived: the connection was lost."""
        for channel in self._channels:
            if not self._has_all(channel):
                channel.restart()

    def suspect(self, since: float) -> None:
        """Assume that what was written since then was lost. `retry` delivers it again.

        Args:
            since: Seconds of the event loop's clock.
        """
        for channel in self._channels:
            channel.suspect(since)

    def _has_all(self, channel: Channel) -> bool:
        return self.draft.complete and channel.delivered == self.draft

    def close(self) -> None:
        """Give up what is being delivered."""
        self._retractions.close()
        for channel in self._channels:
            channel.close()


def _now() -> float:
    return asyncio.get_running_loop().time()
