"""Which packets a participant understands, learned from those it sends. No I/O."""

from __future__ import annotations

import re
from enum import Enum

from .wire import JsonPacket


class Dialect(Enum):
    """How a participant must be spoken to so that it sees each message once."""

    STREAM = "stream"
    """Text streams on ``lk.chat``: components-js from core 0.12.2 (so the playground, and the React
    and React Native starters), Android from 2.0, and this package."""

    JSON_EDIT = "json-edit"
    """JSON packets, and whole-text edits of them: components-js core 0.9 to 0.12.1, and
    ``rtc.ChatManager``."""

    JSON_FINAL = "json-final"
    """One JSON packet when the message is complete: components-js core up to 0.8, Android 1.x, and
    ``ChatContext`` of components-flutter. They would show an edit as a second message."""

    SEGMENT = "segment"
    """Text streams on ``lk.transcription``: ``Session`` of Swift and Flutter, and Unity."""

    PROTO = "protobuf"
    """Protobuf packets, and whole-text edits of them: applications of one's own on client-sdk-js
    that listen to ``RoomEvent.ChatMessage``."""

    UNKNOWN = "unknown"
    """Not heard yet: a text stream, and the complete message as JSON besides, marked as its twin.
    Shown once by all but `SEGMENT` and `PROTO` clients; grows where text streams are known."""


ATTRIBUTE = "chat.dialect"
"""Participant attribute that names the dialect to speak to that participant, whatever it sends."""

_UPPER_CASE_UUID = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")


def parse_dialect(name: str | None) -> Dialect | None:
    """The dialect called `name`; None for a name that is none, as a stranger may write anything."""
    return next((d for d in Dialect if d.value == name), None)


def dialect_of_packet(packet: JsonPacket) -> Dialect:
    """What the client that sent a JSON packet understands."""
    if packet.ignore_legacy is not None:
        return Dialect.STREAM
    if packet.ignore is not None:
        return Dialect.JSON_EDIT
    if not packet.has_id or _is_timestamp_id(packet):
        return Dialect.JSON_FINAL
    return Dialect.JSON_EDIT


def _is_timestamp_id(packet: JsonPacket) -> bool:
    # ChatContext of components-flutter uses the milliseconds of its timestamp as id.
    message = packet.message
    return message.id.isdecimal() and int(message.id) == message.asjsondict()["timestamp"]


def dialect_of_stream_alone(stream_id: str) -> Dialect | None:
    """What a text stream's id alone tells: upper-case UUIDs are Swift's. None if it tells nothing."""
    return Dialect.SEGMENT if _UPPER_CASE_UUID.fullmatch(stream_id) else None


STREAM_WITHOUT_TWIN = Dialect.SEGMENT
"""What a client understands that sends text streams without JSON twins: Swift's and Flutter's
``Session``. So do components-js core 0.12.2 to 0.12.7 and applications of one's own that call
``sendText``: those need the attribute."""

PROTOBUF_WITHOUT_TWIN = Dialect.PROTO
"""What a client understands that sends protobuf packets without JSON twins."""
