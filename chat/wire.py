"""What chat looks like on the wire: topics, the JSON packet, stream attributes. No I/O.

A message can travel in two ways, often in both at once:

*Text stream* on topic ``lk.chat`` (components-js from core 0.12.2, Swift, Flutter, Android from 2.0).
The stream's id is the message's id. A stream that stays open is a message that grows. A later
stream with the same id replaces the text.

*JSON packet*, reliable, on topic ``lk-chat-topic``::

    {"id": "Zq3…", "message": "Hello", "timestamp": 1790000000000, "ignoreLegacy": true}

and its edits, with the whole text, on ``lk-chat-update-topic``::

    {"id": "Zq3…", "message": "Hello!", "timestamp": 1790000000000}
    {"id": "Zq3…", "message": "", "timestamp": 1790000000000, "deleted": true}

| field | type | unit | since |
|---|---|---|---|
| ``message`` | string | the whole text | all |
| ``timestamp`` | integer | ms since the epoch, the sender's clock | all |
| ``id`` | string | | components-core 0.9; all of ``rtc.ChatManager`` |
| ``deleted`` | boolean, absent when false | | ``rtc.ChatManager`` |
| ``ignore`` | boolean: the same message also went out as a protobuf packet | | core 0.11.6 to 0.12.1 |
| ``ignoreLegacy`` | boolean: the same message also went out as a text stream | | core 0.12.8, Android 2.0 |

The sender is never read from a packet: only the transport knows it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .message import ChatMessage

TOPIC_STREAM = "lk.chat"
"""Topic of chat text streams."""

TOPIC_JSON = "lk-chat-topic"
"""Topic of JSON packets that create a message, or replace one with the same id."""

TOPIC_JSON_UPDATE = "lk-chat-update-topic"
"""Topic of JSON packets that edit or delete. components-js from 0.12.2 no longer listens to it."""

TOPIC_TRANSCRIPTION = "lk.transcription"
"""Topic of the text streams that ``Session`` of Swift and Flutter, and Unity, show; web and Android show
them beside messages. A stream can be sent in the name of somebody who spoke."""

ATTRIBUTE_SEGMENT_ID = "lk.segment_id"
"""Stream attribute on `TOPIC_TRANSCRIPTION`: a later stream with the same value replaces the text."""

ATTRIBUTE_SEGMENT_FINAL = "lk.transcription_final"
"""Stream attribute on `TOPIC_TRANSCRIPTION`: "false" in the header, "true" at the end."""

ATTRIBUTE_TRACK_ID = "lk.transcribed_track_id"
"""Stream attribute on `TOPIC_TRANSCRIPTION`: the sid of the track on which the words were said."""

ATTRIBUTE_REVISION = "chat.revision"
"""Stream attribute of this package: this stream edits the complete message with the same id.

Without it a second stream under a known id is a new message: Android applications that reuse one
``StreamTextOptions`` repeat the id for everything they send.
"""

ATTRIBUTE_CONTINUES = "chat.continues"
"""Attribute of this package at a stream's end: the message is not complete, and another stream with
the same id will replace its text."""

ATTRIBUTE_DELETED = "chat.deleted"
"""Stream attribute of this package: this stream deletes the message with the same id."""

BLANK = "\u200b"
"""What a deleted or emptied message shows in clients that only know text streams: a zero-width
space, because they drop empty chunks and would keep the old text."""

MAX_ID_LENGTH = 256
"""Longer ids are not kept: a new one is minted. The longest known is a 36-character UUID."""


class MalformedMessageError(ValueError):
    """A peer's packet that cannot be read as a chat message. Holds none of its content."""


@dataclass(frozen=True)
class JsonPacket:
    """A decoded JSON packet: the message, and what the packet shows of its sender's client."""

    message: ChatMessage
    """Without sender; the id is minted if the packet had none."""

    has_id: bool
    """Whether the packet carried an id that could be kept."""

    ignore: bool | None
    """The ``ignore`` key; None if absent."""

    ignore_legacy: bool | None
    """The ``ignoreLegacy`` key; None if absent."""


def decode(payload: bytes) -> JsonPacket:
    """Read a JSON packet of either topic.

    Raises:
        MalformedMessageError: Not UTF-8, not JSON, not an object, or without readable text.
    """
    try:
        fields = json.loads(payload.decode())
    except (ValueError, RecursionError) as error:
        # The cause would carry the packet's content into logs.
        raise MalformedMessageError(type(error).__name__) from None
    if not isinstance(fields, dict):
        raise MalformedMessageError("not a JSON object")
    return _packet(fields)


def _packet(fields: dict[str, Any]) -> JsonPacket:
    deleted = fields.get("deleted") is True
    text = fields.get("message")
    if text is None and deleted:
        text = ""
    if not isinstance(text, str):
        raise MalformedMessageError("message is not a string")
    identifier = fields.get("id")
    has_id = isinstance(identifier, str) and 0 < len(identifier) <= MAX_ID_LENGTH
    readable = {
        "id": well_formed(str(identifier)) if has_id else None,
        "message": well_formed(text),
        "timestamp": fields.get("timestamp"),
        "deleted": deleted,
    }
    return JsonPacket(
        message=ChatMessage.from_jsondict(readable),
        has_id=has_id,
        ignore=_flag(fields, "ignore"),
        ignore_legacy=_flag(fields, "ignoreLegacy"),
    )


def _flag(fields: dict[str, Any], key: str) -> bool | None:
    value = fields.get(key)
    return value if isinstance(value, bool) else None


def encode(message: ChatMessage, *, ignore_legacy: bool | None = None) -> bytes:
    """Write a JSON packet.

    Args:
        message: Its text must be whole; None is sent as an empty string, which every client reads.
        ignore_legacy: Whether to mark the packet as the twin of a text stream. None leaves the
            key out, as clients without text streams do.
    """
    fields = message.asjsondict()
    fields["message"] = message.message or ""
    if ignore_legacy is not None:
        fields["ignoreLegacy"] = ignore_legacy
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def well_formed(text: str) -> str:
    """Replace lone surrogates, which JSON can express and UTF-8 cannot, by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
