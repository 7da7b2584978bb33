"""What the clients of each dialect send when their user writes one message. No I/O."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

from chat import ChatMessage
from chat.dialect import Dialect
from chat.wire import encode


@dataclass(frozen=True, slots=True)
class TextStream:
    """A text stream on ``lk.chat``, with the whole text."""

    stream_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Packet:
    """A JSON packet on ``lk-chat-topic``."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Protobuf:
    """A protobuf packet."""

    message: ChatMessage


Parcel = TextStream | Packet | Protobuf


def mint_id(dialect: Dialect) -> str:
    """Return a new message id, as clients of `dialect` make theirs."""
    identifier = str(uuid.uuid4())
    # Swift's are in capitals, by which it can be told from all others.
    return identifier.upper() if dialect is Dialect.SEGMENT else identifier


def pack(message: ChatMessage, dialect: Dialect) -> tuple[Parcel, ...]:
    """Return what to send for `message`, in that order; nothing for a dialect that nobody speaks."""
    match dialect:
        case Dialect.STREAM:
            twin = Packet(encode(message, ignore_legacy=True))
            return (TextStream(message.id, message.message or ""), twin)
        case Dialect.JSON_EDIT:
            return (Packet(encode(message)),)
        case Dialect.JSON_FINAL:
            return (Packet(_without_id(message)),)
        case Dialect.SEGMENT:
            return (TextStream(message.id, message.message or ""),)
        case Dialect.PROTO:
            return (Protobuf(message),)
        case Dialect.UNKNOWN:
            return ()


def _without_id(message: ChatMessage) -> bytes:
    fields = {
        "message": message.message or "",
        "timestamp": message.asjsondict()["timestamp"],
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
