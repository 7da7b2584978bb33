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
from .wire import JsonPacket

TWIN_LIMIT = 0.3
"""Seconds after a text stream's end, or a protobuf packet, within which its JSON twin arrives if the
client sends twins: it follows on the same ordered channel."""

REMEMBERED = 1_000
"""Participants whose dialect is remembered, including those who left: they may come back."""

UNDECIDED_REMEMBERED = 64
"""Messages that wait for their twin at a time."""


@dataclass
class _Undecided:
    """A message that shows its sender's dialect only by whether a twin follows."""

    without_twin: Dialect
    """The dialect if none follows."""

    ended: bool = False
    """Whether all of it has arrived."""

    timer: asyncio.TimerHandle | None = None


class DialectDetector:
    """Detects dialects. The newest message decides: people change their clients.

    What a text stream or a protobuf packet shows is known only `TWIN_LIMIT` after its end. Until
    then the dialect detected before holds.
    """

    def __init__(self, on_detected: Callable[[str], None]) -> None:
        """Nothing has arrived yet.

        Args:
            on_detected: Called with an identity whose dialect is known for the first time.
        """
        self._on_detected = on_detected
        self._dialects: OrderedDict[str, Dialect] = OrderedDict()
        self._undecided: OrderedDict[tuple[str, str], _Undecided] = OrderedDict()
        self._last_packets: dict[str, str] = {}
        self._unattributed: set[Dialect] = set()

    def close(self) -> None:
        """Cancel what waits for a twin."""
        while self._undecided:
            self._drop(next(iter(self._undecided)))

    def dialect(self, identity: str) -> Dialect:
        """A participant's dialect by its last message; UNKNOWN before the first."""
        return self._dialects.get(identity, Dialect.UNKNOWN)

    def undecided(self, identity: str) -> bool:
        """Whether a participant has sent something that does not show its dialect yet."""
        return identity not in self._dialects and bool(self._keys_of(identity))

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
        if (undecided := self._undecided.get((identity, stream_id))) is not None:
            undecided.ended = True
            if announced:
                self._start_timer((identity, stream_id))

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
            identity = next((who for who, what in self._undecided if what == message_id), None)
        if identity is None:
            self._unattributed.add(dialect)
        else:
            self._decide(identity, dialect)
            self._last_packets[identity] = message_id

    def announced(self, identity: str, *, alone: bool = True) -> None:
        """Note that the room announced a participant, who may have sent unattributed packets.

        Args:
            identity: Who it is.
            alone: Whether nobody else is there who could have sent them.
        """
        self._attribute_packets(identity, alone=alone)
        for key in self._keys_of(identity):
            if self._undecided[key].ended:
                self._start_timer(key)

    def _attribute_packets(self, identity: str, *, alone: bool) -> None:
        known = self._dialects.get(identity)
        if known is not None:
            self._unattributed.discard(known)
        elif self._keys_of(identity):
            # Android's twin has another id. A packet that is no twin is somebody else's.
            if Dialect.STREAM in self._unattributed:
                self._unattributed.discard(Dialect.STREAM)
                self._decide(identity, Dialect.STREAM)
        elif alone and len(self._unattributed) == 1:
            self._decide(identity, self._unattributed.pop())
        else:
            self._unattributed.clear()  # They could be anybody's.

    def _keys_of(self, identity: str) -> list[tuple[str, str]]:
        return [key for key in self._undecided if key[0] == identity]

    def _wait_for_twin(self, identity: str, message_id: str, without_twin: Dialect) -> None:
        if self._last_packets.get(identity) == message_id:
            return  # The twin arrived first, and has decided.
        self._drop((identity, message_id))
        self._undecided[identity, message_id] = _Undecided(without_twin)
        if len(self._undecided) > UNDECIDED_REMEMBERED:
            self._drop(next(iter(self._undecided)))

    def _drop(self, key: tuple[str, str]) -> None:
        undecided = self._undecided.pop(key, None)
        if undecided is not None and undecided.timer is not None:
            undecided.timer.cancel()

    def _start_timer(self, key: tuple[str, str]) -> None:
        undecided = self._undecided[key]
        if undecided.timer is None:
            loop = asyncio.get_running_loop()
            undecided.timer = loop.call_later(
                TWIN_LIMIT, self._decide, key[0], undecided.without_twin
            )

    def _decide(self, identity: str, dialect: Dialect) -> None:
        for key in self._keys_of(identity):
            self._drop(key)
        first = identity not in self._dialects
        self._dialects[identity] = dialect
        self._dialects.move_to_end(identity)
        if len(self._dialects) > REMEMBERED:
            forgotten, _ = self._dialects.popitem(last=False)
            self._last_packets.pop(forgotten, None)
        if first:
            self._on_detected(identity)
