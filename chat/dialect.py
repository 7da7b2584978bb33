"""Dialects: which packets a client understands, and how those that it sends show it. No I/O."""

from __future__ import annotations

import re
from enum import Enum

from .wire import JsonPacket


class Dialect(Enum):
    """Which packets to send to a participant so that it shows each message once."""

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
    """Protobuf packets, and whole-text edits of them: custom applications on client-sdk-js that
    listen to ``RoomEvent.ChatMessage``."""

    UNKNOWN = "unknown"
    """Not detected yet, as the participant has sent nothing: a text stream, and the complete message
    as a JSON twin. All but `SEGMENT` and `PROTO` clients show it once; it grows in those that know
    text streams."""


ATTRIBUTE = "chat.dialect"
"""Participant attribute that sets a participant's dialect, whatever it sends."""

_UPPER_CASE_UUID = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")


def parse_dialect(name: str | None) -> Dialect | None:
    """The dialect called `name`; None if there is none: participants can set any attribute."""
    return next((d for d in Dialect if d.value == name), None)


def dialect_of_packet(packet: JsonPacket) -> Dialect:
    """The dialect of the client that sent a JSON packet."""
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
    """The dialect that a text stream's id shows; None for most. Swift's are upper-case UUIDs."""
    return Dialect.SEGMENT if _UPPER_CASE_UUID.fullmatch(stream_id) else None


STREAM_WITHOUT_TWIN = Dialect.SEGMENT
"""The dialect of clients that send text streams without JSON twins: ``Session`` of Swift and Flutter.

Components-js core 0.12.2 to 0.12.7, and custom applications that call ``sendText``, do the same but
are `STREAM` clients: they need the attribute.
"""

PROTOBUF_WITHOUT_TWIN = Dialect.PROTO
"""The dialect of clients that send protobuf packets without JSON twins."""
