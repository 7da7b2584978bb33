"""How each participant speaks, concluded from its messages as they arrive."""

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
"""Seconds after a text stream's end, or a protobuf packet, in which its JSON twin must come, if the
client sends twins. It follows on the same ordered channel."""

REMEMBERED = 1_000
"""Participants whose dialect is kept, also after they left: they come back as they were."""

UNDECIDED_REMEMBERED = 64
"""Messages without twin so far that are kept apart by their ids."""


@dataclass
class _Undecided:
    """A message that tells its sender's dialect only by the twin that follows it, or does not."""

    alone: Dialect
    """The dialect if none follows."""

    ended: bool = False
    """Whether all of it has arrived."""

    timer: asyncio.TimerHandle | None = None


class Hearing:
    """Concludes dialects. The newest message counts: people change their clients.

    What a text stream or a protobuf packet tells is known only `TWIN_LIMIT` after its end. An
    earlier conclusion holds until then.
    """

    def __init__(self, on_concluded: Callable[[str], None]) -> None:
        """Nothing heard yet.

        Args:
            on_concluded: Called with an identity whose dialect is known for the first time.
        """
        self._on_concluded = on_concluded
        self._dialects: OrderedDict[str, Dialect] = OrderedDict()
        self._undecided: OrderedDict[tuple[str, str], _Undecided] = OrderedDict()
        self._last_packets: dict[str, str] = {}
        self._unnamed: set[Dialect] = set()

    def close(self) -> None:
        """Conclude nothing more."""
        while self._undecided:
            self._drop(next(iter(self._undecided)))

    def dialect(self, identity: str) -> Dialect:
        """How a participant speaks, by its last message; UNKNOWN before the first."""
        return self._dialects.get(identity, Dialect.UNKNOWN)

    def undecided(self, identity: str) -> bool:
        """Whether a participant has spoken, but nothing could be concluded yet."""
        return identity not in self._dialects and bool(self._keys_of(identity))

    @property
    def heard_unnamed(self) -> bool:
        """Whether a JSON packet came from somebody whom the room had not announced."""
        return bool(self._unnamed)

    def stream_opened(self, identity: str, stream_id: str) -> None:
        """Note that a participant opened a chat text stream."""
        dialect = dialect_of_stream_alone(stream_id)
        if dialect is not None:
            self._conclude(identity, dialect)
        else:
            self._wait_for_twin(identity, stream_id, STREAM_WITHOUT_TWIN)

    def stream_ended(self, identity: str, stream_id: str, *, announced: bool) -> None:
        """Note that a chat text stream, and what belongs to it, ended: its twin comes now or never.

        Args:
            identity: Who opened it.
            stream_id: Its id.
            announced: Whether the room knows the sender. Else its JSON packets come without a
                name, and only its announcement can tell that one of them was the twin.
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
            self._unnamed.add(dialect)
        else:
            self._conclude(identity, dialect)
            self._last_packets[identity] = message_id

    def announced(self, identity: str, *, alone: bool = True) -> None:
        """Note that the room announced a participant; unnamed packets may have been its own.

        Args:
            identity: Whom.
            alone: Whether nobody else is there who could have sent them.
        """
        self._claim_unnamed(identity, alone=alone)
        for key in self._keys_of(identity):
            if self._undecided[key].ended:
                self._start_timer(key)

    def _claim_unnamed(self, identity: str, *, alone: bool) -> None:
        known = self._dialects.get(identity)
        if known is not None:
            self._unnamed.discard(known)
        elif self._keys_of(identity):
            # Android's twin has an id of its own. Any other packet is somebody else's.
            if Dialect.STREAM in self._unnamed:
                self._unnamed.discard(Dialect.STREAM)
                self._conclude(identity, Dialect.STREAM)
        elif alone and len(self._unnamed) == 1:
            self._conclude(identity, self._unnamed.pop())
        else:
            self._unnamed.clear()  # Nobody can tell whose is whose.

    def _keys_of(self, identity: str) -> list[tuple[str, str]]:
        return [key for key in self._undecided if key[0] == identity]

    def _wait_for_twin(self, identity: str, message_id: str, alone: Dialect) -> None:
        if self._last_packets.get(identity) == message_id:
            return  # The twin was first, and said it all.
        self._drop((identity, message_id))
        self._undecided[identity, message_id] = _Undecided(alone)
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
            undecided.timer = loop.call_later(TWIN_LIMIT, self._conclude, key[0], undecided.alone)

    def _conclude(self, identity: str, dialect: Dialect) -> None:
        for key in self._keys_of(identity):
            self._drop(key)
        first = identity not in self._dialects
        self._dialects[identity] = dialect
        self._dialects.move_to_end(identity)
        if len(self._dialects) > REMEMBERED:
            forgotten, _ = self._dialects.popitem(last=False)
            self._last_packets.pop(forgotten, None)
        if first:
            self._on_concluded(identity)
