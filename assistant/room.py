"""The assistant in one room: its chat, its session, its conversation and its presence together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from livekit import rtc
from livekit.agents import llm

import prompts
from chat import ChatManager

from .conversation import Conversation
from .job_metadata import dialect_for_room
from .presence import Presence
from .reply import GrowingReplies
from .session import create_session, start_session
from .text_output import ReplyTextOutput


class RoomAssistant:
    """Talks with the people in one room, from before it is connected until it is left."""

    def __init__(
        self,
        room: rtc.Room,
        language_model: llm.LLM[Any],
        *,
        max_message_bytes: int,
        growing: GrowingReplies,
        job_metadata: str = "",
    ) -> None:
        """Listen to the room. Nothing is answered before `start`.

        Args:
            room: Not connected yet: text that comes with the first packets would be lost else.
            language_model: What answers. Closed with the assistant.
            max_message_bytes: Longer messages are refused with a line in the chat.
            growing: The process's count of growing replies.
            job_metadata: What the dispatch said, see `job_metadata`.
        """
        self._room = room
        self._language_model = language_model
        self._output = ReplyTextOutput()
        self._session = create_session(language_model)
        self._chat = ChatManager(
            room, max_message_bytes=max_message_bytes, dialect=dialect_for_room(job_metadata)
        )
        self._conversation = Conversation(room, self._chat, self._session, self._output, growing)
        self._presence: Presence | None = None

    async def start(self, connecting: Awaitable[None]) -> None:
        """Connect and answer.

        Args:
            connecting: Connects the room, while the session starts. It is never cancelled: the SDK
                would leak sockets (rust-sdks#1340).
        """
        instructions = prompts.load("instructions")
        await asyncio.gather(connecting, start_session(self._session, instructions, self._output))
        self._presence = Presence(self._room, self._session)
        self._conversation.begin()

    async def aclose(self) -> None:
        """Complete what is being written, and let go of the room. It must still be connected."""
        await self._conversation.aclose()
        await self._chat.aclose()
        if self._presence is not None:
            await self._presence.aclose()
        await self._session.aclose()
        await self._language_model.aclose()
