"""The outgoing messages of a room: they may still change, or must still reach somebody.

A message is sent once per dialect, addressed to the participants with that dialect. Those who join
while it grows get the whole text: at once if no open text stream has to be replaced for it, otherwise
when it is complete. Those who were away get it when they come back.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from functools import partial

from livekit import rtc

from chat import protobuf
from chat.dialect import Dialect
from chat.message import ChatMessage
from chat.roster import Roster
from chat.tasks import OwnedTasks

from .channels import Channel
from .draft import Draft, Earlier
from .message_channels import MessageChannels
from .outgoing import ChannelFactory, OutgoingMessage

TRANSIT = 1.0
"""Seconds in which what was written reaches an agent. One that is replaced before that may not have read it."""

KEPT = 256
"""Messages whose state is kept after they are complete, for edits and for people who come back."""

CAUGHT_UP_AT_ONCE = 4
"""Complete messages that are sent to a newcomer at a time. Receivers limit the streams that one sender
may have open (`Inbox` to eight)."""


LINGER = 0.3
"""Seconds after something is sent in which leaving may take it along: the SDK says only that it was put in
a queue, and the server reads nothing more of somebody who has left."""

SILENCE_LAG = 2.0
"""Seconds before the news that nothing may be sent in which what was sent may have been dropped: the
server drops packets without a word."""

logger = logging.getLogger(__name__)


class Outbox:
    """Delivers the messages of one manager."""

    def __init__(self, room: rtc.Room, roster: Roster, *, twins: Callable[[], bool]) -> None:
        """Send nothing yet.

        Args:
            room: Where to send. It may be connected later.
            roster: Who is reachable, and in which dialect.
            twins: Whether `STREAM` participants get JSON twins of complete messages, too, as web
                clients send them.
        """
        self.undelivered = 0
        """How many deliveries of a complete text to a participant were given up."""
        self._roster = roster
        self._channels = MessageChannels(room, twins=twins)
        # By id; what others said by its speaker and id.
        self._messages: OrderedDict[Hashable, OutgoingMessage] = OrderedDict()
        # By id: what people may show of messages of an earlier process, until we send more of them.
        self._adopted: OrderedDict[str, Earlier] = OrderedDict()
        self._catching_up = OwnedTasks()
        self._silenced = False

    def adopt(self, message: ChatMessage) -> None:
        """Note that an earlier process sent a message under our identity, at least in part.

        Args:
            message: Its id, what people may show of it, and whether it may have been sent complete.
        """
        text, complete = message.message or "", message.complete
        earlier = Earlier(text, certain=False, complete=complete, open=True)
        self._adopted[message.id] = earlier
        while len(self._adopted) > KEPT:
            self._adopted.popitem(last=False)

    async def send(self, message: ChatMessage, draft: Draft, *, new: bool = False) -> None:
        """Send `draft` to everybody, and return when those who are reachable have it.

        While the message grows, it does not wait for those to whom writes are held back.

        Args:
            message: Its id and timestamp are used.
            draft: What it says.
            new: Whether nobody can have seen the message before.
        """
        if new and not draft.complete:
            # Who becomes reachable just after the first write would see nothing until the last.
            await self._roster.detected()
        outgoing = self._messages.get(message.id)
        if outgoing is None:
            outgoing = self._open(message.id, message, draft, self._channels)
            expected = self._roster.expected()
            nobody = not expected and not self._roster.reachable()
            outgoing.expect(expected, anyone=nobody or self._roster.detector.has_unattributed)
            if (earlier := self._adopted.pop(message.id, None)) is not None:
                outgoing.inherit(earlier, {*expected, *self._roster.reachable()})
            elif not new:
                outgoing.presume_shown(self._roster.reachable())
        elif draft.complete and draft == outgoing.draft:
            outgoing.retry()
        elif not draft.complete and not outgoing.draft.complete:
            # Token by token, this must be cheap. Who becomes reachable meanwhile is served then.
            outgoing.change(draft)
            await outgoing.settled()
            return
        else:
            # Who shows the old text is in no channel from then on, and is served like anybody.
            outgoing.change(draft)
            outgoing.expect(self._roster.expected())
        outgoing.address(self._groups(self._roster.reachable()))
        await outgoing.settled()

    async def show(self, message: ChatMessage, draft: Draft, channels: ChannelFactory) -> None:
        """Send a state of what somebody said, and return when those who are reachable have it.

        Nothing is sent after the complete one. Who comes later gets it as long as it grows, or was
        completed just now.

        Args:
            message: Its speaker and its id.
            draft: What it says; an incomplete one is not sent if it is empty, a complete one without
                text completes what was sent.
            channels: Makes the channels for it.
        """
        key = (message.participant_identity, message.id)
        outgoing = self._messages.get(key)
        if outgoing is None:
            if not draft.text:
                return
            outgoing = self._open(key, message, draft, channels)
            outgoing.expect(self._roster.expected())
        elif outgoing.draft.complete:
            return
        else:
            text = draft.text or outgoing.draft.text
            outgoing.change(replace(draft, text=text))
        outgoing.address(self._groups(self._roster.reachable()))
        await outgoing.settled()

    def _open(
        self, key: Hashable, message: ChatMessage, draft: Draft, channels: ChannelFactory
    ) -> OutgoingMessage:
        open_channel = partial(self._open_channel, channels)
        outgoing = OutgoingMessage(replace(message), draft, open_channel, self._serve_owed)
        self._messages[key] = outgoing
        self._forget_old()
        return outgoing

    def _open_channel(
        self,
        channels: ChannelFactory,
        message: ChatMessage,
        dialect: Dialect,
        *,
        apart: bool = False,
    ) -> Channel:
        channel = channels(message, dialect, apart=apart)
        channel.on_given_up = self._count_undelivered
        channel.may_write = self._may_write
        return channel

    def _serve_owed(self, outgoing: OutgoingMessage) -> None:
        """Send a message to those who could not get it before its stream was closed."""
        if not outgoing.draft.complete:
            return
        if owed := outgoing.owed_to(self._roster.reachable()):
            outgoing.address(self._groups(owed))

    def arrived(self, identity: str) -> None:
        """Send a participant who has become reachable what it has missed."""
        messages, dialect = list(self._messages.values()), self._dialect(identity)
        self._send_missed(identity, [m for m in messages if m.arrive(identity, dialect)])

    def corrected(self, identity: str, since: float) -> None:
        """Send a participant again what it was sent in a dialect that is not its own.

        Args:
            identity: Who it is; the roster knows its dialect now.
            since: When the wrong dialect was first used, by the event loop's clock.
        """
        messages, dialect = list(self._messages.values()), self._dialect(identity)
        self._send_missed(identity, [m for m in messages if m.correct(identity, dialect, since)])

    def _send_missed(self, identity: str, missed: list[OutgoingMessage]) -> None:
        """Send messages that grow at once, and complete ones a few at a time."""
        for outgoing in missed:
            if not outgoing.draft.complete:
                outgoing.address(self._groups([identity]))
        if complete := [m for m in missed if m.draft.complete]:
            self._catching_up.spawn(self._catch_up(identity, complete), "catching up")

    async def _catch_up(self, identity: str, missed: list[OutgoingMessage]) -> None:
        for begin in range(0, len(missed), CAUGHT_UP_AT_ONCE):
            batch = missed[begin : begin + CAUGHT_UP_AT_ONCE]
            for outgoing in batch:
                if identity in outgoing.owed_to(self._roster.reachable()):
                    outgoing.address(self._groups([identity]))
            await asyncio.gather(*(outgoing.settled() for outgoing in batch))

    def departed(self, identity: str, *, is_agent: bool = False) -> None:
        """Note that a participant left; if it is an agent, another process may follow it."""
        for outgoing in self._messages.values():
            outgoing.depart(identity, transit=TRANSIT if is_agent else 0.0)

    def reconnected(self) -> None:
        """Send again what may have been lost with the connection."""
        for outgoing in self._messages.values():
            outgoing.restart()

    def silence(self) -> None:
        """Send nothing until `resume`: we have lost the permission to publish data."""
        if self._silenced:
            return
        self._silenced = True
        logger.warning("not permitted to send chat messages")
        since = asyncio.get_running_loop().time() - SILENCE_LAG
        for outgoing in self._messages.values():
            outgoing.suspect(since)

    def resume(self) -> None:
        """Send what could not be sent since `silence`."""
        if self._silenced:
            self._silenced = False
            logger.info("permitted to send chat messages again")
            self._catching_up.spawn(self._retry_in_order(), "sending after silence")

    async def _retry_in_order(self) -> None:
        for outgoing in list(self._messages.values()):
            outgoing.retry()
            await outgoing.settled()

    async def settled(self, limit: float) -> None:
        """Wait until everything is delivered or given up, at most `limit` seconds."""
        waits = [asyncio.ensure_future(m.settled(patient=True)) for m in self._messages.values()]
        waits.append(asyncio.ensure_future(self._catching_up.wait()))
        _, late = await asyncio.wait(waits, timeout=limit)
        for wait in late:
            wait.cancel()

    async def linger(self) -> None:
        """Wait until what was sent has left, if it was just now; call it before the room is left."""
        newest = max((each.changed_at for each in self._messages.values()), default=float("-inf"))
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, newest + LINGER - now))

    def close(self) -> None:
        """Give up what is being delivered."""
        self._catching_up.cancel()
        for outgoing in self._messages.values():
            outgoing.close()

    def _groups(self, identities: Iterable[str]) -> dict[Dialect, list[str]]:
        groups: dict[Dialect, list[str]] = {}
        for identity in identities:
            groups.setdefault(self._dialect(identity), []).append(identity)
        return groups

    def _dialect(self, identity: str) -> Dialect:
        dialect = self._roster.dialect(identity)
        if dialect is Dialect.PROTO and not protobuf.SUPPORTED:
            return Dialect.UNKNOWN  # Its client may read JSON packets, too.
        return dialect

    def _may_write(self) -> bool:
        return not self._silenced

    def _count_undelivered(self, members: int) -> None:
        self.undelivered += members

    def _forget_old(self) -> None:
        done = [i for i, m in self._messages.items() if m.draft.complete and not m.busy]
        for identifier in done[: max(0, len(self._messages) - KEPT)]:
            del self._messages[identifier]
        for identifier in list(self._messages)[: max(0, len(self._messages) - 2 * KEPT)]:
            self._messages.pop(identifier).close()
