"""What the clients of each dialect show, and which packet they take for which message. No I/O.

Only `SegmentScreen` has a module of its own, ``segments``. None of them knows deletion: what is
deleted stands there empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

from chat import ChatMessage
from chat.dialect import Dialect
from chat.wire import TOPIC_JSON, TOPIC_JSON_UPDATE, TOPIC_STREAM, JsonPacket

from .bubble import Bubble, Screen, Stream
from .segments import SegmentScreen


class StreamScreen(Screen):
    """Text streams and JSON packets, merged by id and sender; JSON that says it is a twin is not.

    A stream's whole text so far replaces the message with each chunk, whatever it was before. JSON
    edits are not read.
    """

    stream_topic = TOPIC_STREAM
    packet_topics = frozenset({TOPIC_JSON})

    def __init__(self) -> None:
        self._streamed: dict[tuple[str, str], str] = {}

    def grow(self, stream: Stream, chunk: str) -> Bubble:
        """See `Screen`."""
        text = self._streamed[stream.key] = self._streamed.get(stream.key, "") + chunk
        return Bubble(stream.sender, stream.stream_id, text, complete=False)

    def end(self, stream: Stream, attributes: Mapping[str, str]) -> Bubble | None:
        """See `Screen`; a stream without text shows nothing."""
        text = self._streamed.pop(stream.key, None)
        return None if text is None else Bubble(stream.sender, stream.stream_id, text)

    def take_packet(self, sender: str | None, packet: JsonPacket) -> Bubble | None:
        """See `Screen`."""
        if packet.ignore_legacy is True:
            return None
        return Bubble(sender, packet.message.id, packet.message.message or "")


class JsonEditScreen(Screen):
    """JSON packets of both topics, merged by id and sender; a packet without id stands alone."""

    packet_topics = frozenset({TOPIC_JSON, TOPIC_JSON_UPDATE})

    def take_packet(self, sender: str | None, packet: JsonPacket) -> Bubble:
        """See `Screen`."""
        return Bubble(sender, packet.message.id, packet.message.message or "", complete=None)


class JsonFinalScreen(Screen):
    """Every JSON packet is a message of its own, also one with an id that was there before."""

    packet_topics = frozenset({TOPIC_JSON})

    def __init__(self) -> None:
        self._numbers = count(1)

    def take_packet(self, sender: str | None, packet: JsonPacket) -> Bubble:
        """See `Screen`."""
        return Bubble(sender, str(next(self._numbers)), packet.message.message or "")


class ProtobufScreen(Screen):
    """Protobuf packets, merged by id and sender."""

    protobuf = True

    def take_protobuf(self, sender: str, message: ChatMessage) -> Bubble:
        """See `Screen`."""
        return Bubble(sender, message.id, message.message or "", complete=None)


SCREENS: Mapping[Dialect, type[Screen]] = {
    Dialect.STREAM: StreamScreen,
    Dialect.JSON_EDIT: JsonEditScreen,
    Dialect.JSON_FINAL: JsonFinalScreen,
    Dialect.SEGMENT: SegmentScreen,
    Dialect.PROTO: ProtobufScreen,
}
"""The screen of each dialect that can be played."""
