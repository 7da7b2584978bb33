"""Listens in a room while its agent is replaced: for a moment neither the old nor the new one is there."""

from __future__ import annotations

import asyncio
import logging
import os

from livekit import rtc

from chat import ChatManager, ChatMessage
from worker.hosting.agent_token import listener_token
from worker.hosting.connection import CONNECTING, leave_when_connected

logger = logging.getLogger(__name__)

SUFFIX = "-listener"
"""What a listener's identity has after the agent's."""


class Listener:
    """Somebody whom nobody sees, and who can say nothing."""

    def __init__(self, room_name: str, agent: str, max_message_bytes: int | None) -> None:
        """Begin to join.

        Args:
            room_name: Which room.
            agent: The agent's identity. What it writes is not listened to.
            max_message_bytes: Longer messages are not taken; None takes any.
        """
        self.heard: list[ChatMessage] = []
        """What people have written, edited and deleted so far."""
        self._agent = agent
        self._room = rtc.Room()
        self._chat = ChatManager(self._room, max_message_bytes=max_message_bytes)
        self._chat.on("message_received", self._on_message)
        self._connecting = asyncio.get_running_loop().create_task(
            self._connect(listener_token(room_name, agent + SUFFIX)), name=CONNECTING
        )

    async def ready(self, limit: float) -> None:
        """Wait until it listens, but only so many seconds."""
        await asyncio.wait({self._connecting}, timeout=limit)

    def close(self) -> None:
        """Listen no more, and leave the room soon."""
        self._chat.close()
        leave_when_connected(self._room, {self._connecting})

    async def _connect(self, token: str) -> None:
        options = rtc.RoomOptions(auto_subscribe=False)
        try:
            await self._room.connect(os.environ["LIVEKIT_URL"], token, options)
        except rtc.ConnectError:
            logger.warning("could not listen while the room is handed over")

    def _on_message(self, message: ChatMessage) -> None:
        if message.participant_identity != self._agent:
            self.heard.append(message)
