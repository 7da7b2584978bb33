"""The messages of ours that may still change, or are still owed to somebody.

A message is addressed once per dialect, to the participants who speak it. Who arrives while it grows
gets the whole text: at once where that disturbs nobody, else when it is complete. Whoever was meant
to get a message and could not, gets it on return.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace

from livekit import rtc

from .channels import Channel, JsonEditChannel, StreamChannel
from .dialect import Dialect
from .draft import Draft
from .message import ChatMessage
from .outgoing import OutgoingMessage
from .roster import Roster

KEPT = 256
"""Messages whose state is kept after they are complete, for edits and for people who come back."""


class Outbox:
    """Delivers the messages of one manager."""

    def __init__(self, room: rtc.Room, roster: Roster, *, twins: Callable[[], bool]) -> None:
        """Send nothing yet.

        Args:
            room: Where to send. It may be connected later.
            roster: Who can be spoken to, and how.
            twins: Whether complete messages also go out as JSON twins, as a client's do.
        """
        self._room = room
        self._roster = roster
        self._twins = twins
        self._messages: OrderedDict[str, OutgoingMessage] = OrderedDict()

    async def send(self, message: ChatMessage, draft: Draft, *, new: bool = False) -> None:
        """Bring everybody to `draft`, and return when those who can be reached have it.

        Of a growing message, participants who are spoken to in whole-text edits catch up by
        themselves: they are not waited for.

        Args:
            message: Its id and timestamp are used.
            draft: What it says.
            new: Whether nobody can have seen the message before.
        """
        outgoing = self._messages.get(message.id)
        if outgoing is None:
            outgoing = self._open(message, draft)
            if not new:
                outgoing.presume_shown(self._roster.reachable())
        elif outgoing.draft != draft:
            outgoing.change(draft)
        outgoing.address(self._groups(self._roster.reachable()))
        await outgoing.settled()

    def _open(self, message: ChatMessage, draft: Draft) -> OutgoingMessage:
        outgoing = OutgoingMessage(replace(message), draft, self._open_channel, self._serve_awaited)
        outgoing.awaited = self._roster.expected()
        nobody = not outgoing.awaited and not self._roster.reachable()
        outgoing.awaits_anyone = nobody or self._roster.expects_unnamed
        self._messages[message.id] = outgoing
        self._forget_old()
        return outgoing

    def _serve_awaited(self, outgoing: OutgoingMessage) -> None:
        """Deliver to those who had to wait until the message's stream was closed."""
        reachable = outgoing.awaited.intersection(self._roster.reachable())
        if outgoing.draft.complete and reachable:
            outgoing.address(self._groups(reachable))

    def arrived(self, identity: str) -> None:
        """Bring a participant that can be spoken to from now on up to date."""
        groups = self._groups([identity])
        for outgoing in list(self._messages.values()):
            meant = outgoing.awaits_anyone or identity in outgoing.awaited
            if meant or not outgoing.draft.complete:
                outgoing.awaits_anyone = False
                outgoing.address(groups)

    def departed(self, identity: str) -> None:
        """Note that a participant left."""
        for outgoing in self._messages.values():
            outgoing.depart(identity)

    def reconnected(self) -> None:
        """Deliver again what a lost connection may have swallowed."""
        for outgoing in self._messages.values():
            outgoing.restart()

    async def settled(self, limit: float) -> None:
        """Wait until all is delivered or given up, at most `limit` seconds."""
        waits = [asyncio.ensure_future(m.settled()) for m in self._messages.values()]
        if waits:
            _, late = await asyncio.wait(waits, timeout=limit)
            for wait in late:
                wait.cancel()

    def close(self) -> None:
        """Give up what is under way."""
        for outgoing in self._messages.values():
            outgoing.close()

    def _groups(self, identities: Iterable[str]) -> dict[Dialect, list[str]]:
        groups: dict[Dialect, list[str]] = {}
        for identity in identities:
            groups.setdefault(self._roster.dialect(identity), []).append(identity)
        return groups

    def _open_channel(
        self, message: ChatMessage, dialect: Dialect, members: Iterable[str], *, exists: bool
    ) -> Channel:
        participant = self._room.local_participant
        match dialect:
            case Dialect.STREAM:
                twin = self._twins() and not exists
                return StreamChannel(participant, message, members, exists=exists, twin=twin)
            case Dialect.JSON_EDIT:
                return JsonEditChannel(participant, message, members, exists=exists)

    def _forget_old(self) -> None:
        complete = [i for i, m in self._messages.items() if m.draft.complete]
        for identifier in complete[: max(0, len(self._messages) - KEPT)]:
            del self._messages[identifier]
