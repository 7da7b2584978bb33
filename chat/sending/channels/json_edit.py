"""JSON_EDIT: one packet with a new message, then packets with the whole text that edit it."""

from __future__ import annotations

from chat.dialect import Dialect
from chat.message import ChatMessage

from .editing import EditingChannel
from .json_packets import publish_json


class JsonEditChannel(EditingChannel):
    """Delivers to clients that replace a message by one with the same id and sender."""

    dialects = frozenset({Dialect.JSON_EDIT})

    async def _publish(self, part: ChatMessage, addressees: list[str], *, edit: bool) -> int:
        return await publish_json(self._participant, part, addressees, edit=edit)
