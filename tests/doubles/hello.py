"""What each client sends, so that it is known how to speak to it."""

from __future__ import annotations

from chat import ChatMessage
from chat.protobuf import ProtobufPacket

from .page import CHAT, Client
from .protobuf import receive_protobuf
from .room import FakeRoom

_FIELDS: dict[Client, dict[str, object]] = {
    Client.WEB: {"id": "hello", "ignoreLegacy": True},
    Client.WEB_SESSION: {"id": "hello", "ignoreLegacy": False},
    Client.ANDROID: {"ignoreLegacy": True},
    Client.WEB_PROTOBUF: {"id": "hello", "ignore": False},
    Client.WEB_JSON: {"id": "hello"},
    Client.OLD_MANAGER: {"id": "Zq3abcDEF123"},
    Client.APPENDER: {},
}


def say_hello(room: FakeRoom, identity: str, client: Client) -> None:
    """Let a participant that was announced send what tells its client; `RAW` tells 0.3 s later."""
    match client:
        case Client.RAW:
            receive_protobuf(room, ProtobufPacket(ChatMessage("hi", "hello"), edit=False), identity)
        case Client.UNITY:
            room.write_attribute(identity, "chat.dialect", "segment")  # It sends no text.
        case Client.SESSION:
            room.open_stream(identity, "6F9619FF-8B86-D011-B42D-00C04FC964FF").end()
        case _:
            room.receive({"message": "hi", "timestamp": 1, **_FIELDS[client]}, identity, CHAT)
