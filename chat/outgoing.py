"""One message of ours: its newest draft, and the channels that carry it to each participant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from .channels import Channel
from .dialect import Dialect
from .draft import Draft
from .message import ChatMessage


class ChannelFactory(Protocol):
    """Makes the channel that speaks a dialect."""

    def __call__(
        self, message: ChatMessage, dialect: Dialect, members: Iterable[str], *, exists: bool
    ) -> Channel:
        """See `Channel` for the arguments."""
        ...


class OutgoingMessage:
    """A message of ours and where it stands with each participant.

    Every participant is in at most one channel. Its dialect is frozen by that for as long as the
    message grows.
    """

    def __init__(
        self,
        message: ChatMessage,
        draft: Draft,
        open_channel: ChannelFactory,
        on_idle: Callable[[OutgoingMessage], None],
    ) -> None:
        """Address nobody yet.

        Args:
            message: Its id and timestamp are kept; its text is in the draft.
            draft: What it says now.
            open_channel: Makes channels.
            on_idle: Called when a channel has nothing under way any more.
        """
        self.draft = draft
        self.awaited: set[str] = set()
        """Identities that must get the message as soon as they can."""
        self.awaits_anyone = False
        """Whether the next participant to appear must get it, whoever it is."""
        self._message = message
        self._open_channel = open_channel
        self._on_idle = on_idle
        self._channels: list[Channel] = []
        self._have_old_text: set[str] = set()

    def presume_shown(self, identities: Iterable[str]) -> None:
        """Take it that these participants show some text of the message already."""
        self._have_old_text.update(identities)

    def change(self, draft: Draft) -> None:
        """Make `draft` the newest. What was complete and arrived is edited through new channels."""
        if self.draft.complete:
            for channel in [c for c in self._channels if self._has_all(c)]:
                self._have_old_text |= channel.members
                self._channels.remove(channel)
        self.draft = draft
        for channel in self._channels:
            channel.push(draft)

    def address(self, groups: Mapping[Dialect, Iterable[str]]) -> None:
        """Speak to the identities of each group, as far as no channel does so already."""
        served = {identity for channel in self._channels for identity in channel.members}
        for dialect, identities in groups.items():
            newcomers = set(identities) - served
            old, new = newcomers & self._have_old_text, newcomers - self._have_old_text
            if old:
                self._join(dialect, old, exists=True)
            if new:
                self._join(dialect, new, exists=False)

    def _join(self, dialect: Dialect, members: set[str], *, exists: bool) -> None:
        candidate = self._open_channel(self._message, dialect, members, exists=exists)
        for channel in self._channels:
            idle = not channel.begun or not channel.members or channel.stuck
            if channel.exclusive and candidate.exclusive and not idle:
                if channel.busy or not self.draft.complete:
                    # Two open streams with one id would be mixed: these members wait for the end.
                    self.awaited |= members
                    return
            elif type(channel) is type(candidate) and (idle or channel.busy):
                # A second channel could be overtaken by what this one has in flight to them.
                self.awaited -= members
                channel.take_in(members, exists=exists)
                return
        self.awaited -= members
        self._channels.append(candidate)
        candidate.on_idle = lambda: self._on_idle(self)
        candidate.push(self.draft)

    async def settled(self) -> None:
        """Wait until the draft is delivered; for a growing message, without the paced channels."""
        while waited_for := [
            channel
            for channel in self._channels
            if channel.busy and (self.draft.complete or not channel.paced)
        ]:
            for channel in waited_for:
                await channel.settled()

    def depart(self, identity: str) -> None:
        """Note that a participant left. If it had not got everything, it is owed the message."""
        for channel in self._channels:
            if identity in channel.members:
                channel.members -= {identity}
                if channel.begun:
                    self._have_old_text.add(identity)
                if not self._has_all(channel):
                    self.awaited.add(identity)

    def restart(self) -> None:
        """After a lost connection: deliver the whole text again, unless all of it arrived."""
        for channel in self._channels:
            if not self._has_all(channel):
                channel.restart()

    def _has_all(self, channel: Channel) -> bool:
        return self.draft.complete and channel.delivered == self.draft

    def close(self) -> None:
        """Give up what is under way."""
        for channel in self._channels:
            channel.close()
