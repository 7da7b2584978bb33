"""Detects each participant's dialect from the messages that it sends."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from .dialect import (
    PROTOBUF_WITHOUT_TWIN,
    STREAM_WITHOUT_TWIN,
    Dialect,
    dialect_of_packet,
    dialect_of_stream_alone,
)
from .twins import WaitingMessage, WaitingMessages
from .wire import JsonPacket

TWIN_LIMIT = 0.3
"""Seconds after a text stream's end, or a protobuf packet, within which its JSON twin arrives if the
client sends twins: it follows on the same ordered channel. Then the answer must begin."""

LATE_TWIN_LIMIT = 15.0
"""Seconds in which a twin may still come on a slow uplink. It corrects what was concluded without it."""

REMEMBERED = 1_000
"""Participants whose dialect is remembered, including those who left: they may come back."""

UNDECIDED_REMEMBERED = 64
"""Messages that wait for their twin at a time."""


@dataclass
class _Presumption:
    """A dialect that was concluded from a text stream because its twin did not come in time."""

    since: float
    """When the stream began, by the event loop's clock."""

    until: float
    """Until when a twin may refute it."""


@dataclass
class _Known:
    """What a participant's messages have shown."""

    dialect: Dialect

    last_packet: str = ""
    """The id of the last JSON packet."""

    presumption: _Presumption | None = None
    """None if the dialect was shown."""

    twins_are_late: bool = False
    """Whether a twin has come after its time."""


class DialectDetector:
    """Detects dialects. The newest message decides: people change their clients.

    What a text stream or a protobuf packet shows is known only `TWIN_LIMIT` after its end. Until
    then the dialect detected before holds. A twin that comes later corrects it, and whoever sent one
    so late gets `LATE_TWIN_LIMIT` from then on.
    """

    def __init__(
        self,
        on_detected: Callable[[str], None],
        on_corrected: Callable[[str, float], None] = lambda identity, since: None,
    ) -> None:
        """Nothing has arrived yet.

        Args:
            on_detected: Called with an identity whose dialect is known for the first time.
            on_corrected: Called with an identity whose dialect turns out to have been another, and
                since when, by the event loop's clock.
        """
        self._on_detected = on_detected
        self._on_corrected = on_corrected
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._waiting = WaitingMessages(self._decide_without_twin, UNDECIDED_REMEMBERED)
        self._unattributed: set[Dialect] = set()

    def close(self) -> None:
        """Cancel what waits for a twin."""
        self._waiting.clear()

    def dialect(self, identity: str) -> Dialect:
        """A participant's dialect by its last message; UNKNOWN before the first."""
        known = self._known.get(identity)
        return known.dialect if known is not None else Dialect.UNKNOWN

    def undecided(self, identity: str) -> bool:
        """Whether a participant has sent something that does not show its dialect yet."""
        return identity not in self._known and bool(self._waiting.by(identity))

    @property
    def has_unattributed(self) -> bool:
        """Whether there are JSON packets whose sender the room has not announced yet."""
        return bool(self._unattributed)

    def stream_opened(self, identity: str, stream_id: str) -> None:
        """Note that a participant opened a chat text stream."""
        dialect = dialect_of_stream_alone(stream_id)
        if dialect is not None:
            self._decide(identity, dialect)
        else:
            self._wait_for_twin(identity, stream_id, STREAM_WITHOUT_TWIN)

    def stream_ended(self, identity: str, stream_id: str, *, announced: bool) -> None:
        """Note that a chat text stream ended, with its attachments: its twin comes now or never.

        Args:
            identity: Who opened it.
            stream_id: Its id.
            announced: Whether the room has announced the sender. Before that its JSON packets come
                without an identity, and are attributed to it with the announcement.
        """
        if (message := self._waiting.find(identity, stream_id)) is not None:
            message.ended = True
            if announced:
                self._begin_time(message)

    def protobuf(self, identity: str, message_id: str) -> None:
        """Note a protobuf packet. Its sender is always announced."""
        self._wait_for_twin(identity, message_id, PROTOBUF_WITHOUT_TWIN)
        self.stream_ended(identity, message_id, announced=True)

    def packet(self, identity: str | None, packet: JsonPacket) -> None:
        """Note a JSON packet; None is a sender that the room has not announced yet."""
        dialect = dialect_of_packet(packet)
        message_id = packet.message.id
        if identity is None:
            # Web clients give both twins the same id.
            identity = self._waiting.sender_of(message_id)
        if identity is None:
            self._unattributed.add(dialect)
        else:
            self._decide_by_packet(identity, dialect, message_id)

    def _decide_by_packet(self, identity: str, dialect: Dialect, message_id: str) -> None:
        before = self._known.get(identity)
        known = self._decide(identity, dialect)
        known.last_packet = message_id
        if before is None or before.presumption is None or before.dialect is dialect:
            return
        if _now() <= before.presumption.until:
            known.twins_are_late = True
            self._on_corrected(identity, before.presumption.since)

    def announced(self, identity: str, *, alone: bool = True) -> None:
        """Note that the room announced a participant, who may have sent unattributed packets.

        Args:
            identity: Who it is.
            alone: Whether nobody else is there who could have sent them.
        """
        self._attribute_packets(identity, alone=alone)
        for message in self._waiting.by(identity):
            if message.ended:
                self._begin_time(message)

    def _attribute_packets(self, identity: str, *, alone: bool) -> None:
        known = self._known.get(identity)
        if known is not None:
            self._unattributed.discard(known.dialect)
        elif self._waiting.by(identity):
            # Android's twin has another id. A packet that is no twin is somebody else's.
            if Dialect.STREAM in self._unattributed:
                self._unattributed.discard(Dialect.STREAM)
                self._decide(identity, Dialect.STREAM)
        elif alone and len(self._unattributed) == 1:
            self._decide(identity, self._unattributed.pop())
        else:
            self._unattributed.clear()  # They could be anybody's.

    def _wait_for_twin(self, identity: str, message_id: str, without_twin: Dialect) -> None:
        known = self._known.get(identity)
        if known is not None and known.last_packet == message_id:
            return  # The twin arrived first, and has decided.
        self._waiting.add(identity, message_id, without_twin)

    def _begin_time(self, message: WaitingMessage) -> None:
        known = self._known.get(message.identity)
        are_late = known is not None and known.twins_are_late
        self._waiting.begin_time(message, LATE_TWIN_LIMIT if are_late else TWIN_LIMIT)

    def _decide_without_twin(self, message: WaitingMessage) -> None:
        before = self._known.get(message.identity)
        known = self._decide(message.identity, message.without_twin)
        if message.without_twin is not STREAM_WITHOUT_TWIN:
            return  # Clients that send protobuf packets read them, too.
        known.presumption = _Presumption(message.began_at, _now() + LATE_TWIN_LIMIT)
        earlier = before.presumption if before is not None else None
        if earlier is not None and earlier.until >= message.began_at:
            known.presumption.since = earlier.since

    def _decide(self, identity: str, dialect: Dialect) -> _Known:
        self._waiting.drop_by(identity)
        before = self._known.pop(identity, None)
        known = self._known[identity] = _Known(dialect)
        if before is not None:
            known.last_packet, known.twins_are_late = before.last_packet, before.twins_are_late
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        if before is None:
            self._on_detected(identity)
        return known


def _now() -> float:
    return asyncio.get_running_loop().time()
