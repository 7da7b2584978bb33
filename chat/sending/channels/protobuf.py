"""PROTO: protobuf packets with the whole text, each replacing the one before."""

from __future__ import annotations

from chat import protobuf
from chat.dialect import Dialect
from chat.message import ChatMessage

from .editing import EditingChannel


class ProtobufChannel(EditingChannel):
    """Delivers to applications that listen to ``RoomEvent.ChatMessage`` and replace by id."""

    dialects = frozenset({Dialect.PROTO})

    async def _publish(self, part: ChatMessage, addressees: list[str], *, edit: bool) -> int:
        await protobuf.send_protobuf(self._participant, part, addressees)
        return len((part.message or "").encode())
