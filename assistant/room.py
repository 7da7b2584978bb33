"""The assistant in one room, from before it is connected until it is left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from livekit import rtc
from livekit.agents import llm

from chat import ChatManager
from speech.services import SpeechServices

from .answering.answering import ProcessResources
from .answering.instructions import instructions
from .answering.session import TextSession, create_session
from .answering.text_agent import TextAgent
from .answering.text_output import ReplyTextOutput
from .arriving.commands import StopRpc
from .handing_over.hand_over import HandOver
from .job_metadata import options_for_job
from .memory.memory import RoomMemory
from .options import RoomOptions
from .parts import assemble
from .people.presence import Presence

CLOSING_LIMIT = 10.0
"""Seconds, beyond the grace, in which all must be written when the room is left."""

KEEPING_LIMIT = 2.0
"""Seconds of these that it may take until the last of it is kept."""

RELEASE_LIMIT = 5.0
"""Seconds in which the session and all handlers must be gone after that."""

LEAVING_LIMIT = CLOSING_LIMIT + RELEASE_LIMIT
"""Seconds that `RoomAssistant.aclose` takes at most, beyond the grace."""

logger = logging.getLogger(__name__)


class RoomAssistant:
    """Talks with the people in one room."""

    def __init__(
        self,
        room: rtc.Room,
        language_model: llm.LLM[Any],
        resources: ProcessResources,
        options: RoomOptions | None = None,
        *,
        job_metadata: str = "",
        speech: Callable[[], SpeechServices] | None = None,
        memory: Callable[[str], RoomMemory] | None = None,
        rescued: bool = False,
    ) -> None:
        """Listen to the room. Nothing is answered before `start`.

        Args:
            room: Not connected yet: text that comes with the first packets would be lost else.
            language_model: What answers. Not closed with the assistant.
            resources: What the rooms of this process share.
            options: What was chosen for all rooms.
            job_metadata: What the dispatch says of this one, see `job_metadata`.
            speech: Returns what the rooms of this process share of speech; called only for a room in
                which people speak. None for rooms without.
            memory: Makes what keeps the conversation with this name, the room's own if that is empty; None
                keeps nothing.
            rescued: Whether the room had an agent that died.
        """
        self._options = options = options_for_job(options or RoomOptions(), job_metadata)
        self._room = room
        chat = ChatManager(
            room, max_message_bytes=options.max_message_bytes, dialect=options.dialect
        )
        services = speech() if speech is not None and options.voice.listens else None
        hears, speaks = services is not None, services is not None and options.voice.speaks
        session = TextSession(
            create_session(language_model),
            TextAgent(instructions(hears=hears, speaks=speaks), options.generation),
            ReplyTextOutput(),
        )
        self._memory = kept_by = memory(options.conversation) if memory is not None else None
        self._rescued = rescued
        self._parts = assemble(room, chat, session, resources, options, services, kept_by)
        self.hand_over = HandOver(self._parts, kept_by)
        """Makes way for another agent, or goes on where one has left off."""
        self._resources = AsyncExitStack()
        self._is_gone = False
        self._has_given_way = False
        self._resources.push_async_callback(session.aclose)
        self._resources.push_async_callback(self._parts.speech.aclose)
        self._resources.callback(self._parts.cancel)
        self._resources.callback(self.hand_over.close)
        room.on("disconnected", self._on_room_gone)
        self._resources.callback(room.off, "disconnected", self._on_room_gone)

    async def start(self, connecting: Awaitable[None]) -> None:
        """Connect and answer.

        Args:
            connecting: Connects the room, while the session starts. It must go on when this is
                cancelled: the SDK would leak sockets (rust-sdks#1340).
        """
        parts = self._parts
        await asyncio.gather(connecting, parts.session.start())
        if self._is_gone:
            return
        presence = Presence(self._room, parts.session.session, lambda: parts.speech.is_speaking)
        self._resources.push_async_callback(presence.aclose)
        parts.speech.begin(presence.refresh)
        rpc = StopRpc(self._room.local_participant, parts.arrivals.stop)
        self._resources.callback(rpc.close)
        parts.comeback.begin(self._room, rescued=self._rescued)
        parts.conversation.begin()
        # With a memory it is known whether people were greeted before.
        if self._options.greeting and not (self._rescued and self._memory is None):
            parts.greeting.begin(self._options.greeting)

    def give_way(self) -> None:
        """Stop at once and without a word: another agent has the room. `aclose` is still to be called."""
        self._is_gone = self._has_given_way = True
        logger.info("room has another agent")
        self._parts.cancel()

    def _on_room_gone(self, reason: object = None) -> None:
        """Let go of the LLM, and write nothing more: the room is deleted, or the agent removed.

        This does not come for a lost connection that the SDK restores.
        """
        self._is_gone = True
        logger.info("room is gone", extra={"answering": self._parts.conversation.is_answering})
        self._parts.cancel()

    async def aclose(self) -> None:
        """Complete what is being written, and let go of the room.

        While the room is connected, a running reply has its grace. It takes `LEAVING_LIMIT`
        seconds more at most.
        """
        grace = self._options.closing_grace if self._room.isconnected() else 0.0
        try:
            async with asyncio.timeout(grace + CLOSING_LIMIT):
                if not self._has_given_way:
                    await self._complete(grace)
        except TimeoutError:
            logger.warning("room left before all replies were written")
        finally:
            await self._release()

    async def _complete(self, grace: float) -> None:
        parts = self._parts
        unanswered = await parts.end_conversation(grace)
        if unanswered and self._room.isconnected():
            parts.notices.tell("notice_shut_down", None)
        await parts.notices.written()
        await parts.chat.aclose()
        if self._memory is not None:
            await self._memory.kept(KEEPING_LIMIT)

    async def _release(self) -> None:
        try:
            async with asyncio.timeout(RELEASE_LIMIT):
                await self._resources.aclose()
        except TimeoutError:
            logger.warning("session did not end in time")
