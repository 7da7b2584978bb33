"""The assistant in one room: its chat, its session, its conversation and its presence together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from livekit import rtc
from livekit.agents import llm

from chat import ChatManager
from chat.manager import DEFAULT_MAX_MESSAGE_BYTES

from .answering.answering import Answering, ProcessResources
from .answering.instructions import instructions
from .answering.session import TextSession, create_session
from .answering.text_agent import TextAgent
from .answering.text_output import ReplyTextOutput
from .arriving.arrivals import Arrivals
from .arriving.commands import StopRpc
from .arriving.limits import Limits
from .arriving.mention import Mention
from .conversation.conversation import Conversation
from .conversation.greeting import Greeting
from .job_metadata import dialect_for_room, overlap_for_room
from .people.notices import Notices
from .people.people import People
from .people.presence import Presence
from .turns.history import History
from .turns.overlap import Overlap

CLOSING_LIMIT = 10.0
"""Seconds, beyond the grace, in which all must be written when the room is left."""

RELEASE_LIMIT = 5.0
"""Seconds in which the session and all handlers must be gone after that."""

LEAVING_LIMIT = CLOSING_LIMIT + RELEASE_LIMIT
"""Seconds that `RoomAssistant.aclose` takes at most, beyond the grace."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RoomOptions:
    """What can be chosen for a room."""

    agent_name: str = "Assistant"
    """The name by which people address the agent."""

    overlap: Overlap | None = None
    """What becomes of messages that come during a reply; None depends on how many people there are.
    A job's metadata goes before it."""

    mention: Mention = Mention.AUTO
    """When the agent must be addressed."""

    greeting: str = ""
    """What the agent says to the first who can see it; empty for nothing."""

    closing_grace: float = 10.0
    """Seconds that a running reply may go on when the agent has to leave."""

    max_message_bytes: int = DEFAULT_MAX_MESSAGE_BYTES
    """Longer messages are refused with a line in the chat."""

    limits: Limits = field(default_factory=Limits)
    """How much is taken of everything else."""


class RoomAssistant:
    """Talks with the people in one room, from before it is connected until it is left."""

    def __init__(
        self,
        room: rtc.Room,
        language_model: llm.LLM[Any],
        resources: ProcessResources,
        options: RoomOptions | None = None,
        *,
        job_metadata: str = "",
    ) -> None:
        """Listen to the room. Nothing is answered before `start`.

        Args:
            room: Not connected yet: text that comes with the first packets would be lost else.
            language_model: What answers. Not closed with the assistant.
            resources: What the rooms of this process share.
            options: What was chosen for this room.
            job_metadata: What the dispatch said, see `job_metadata`.
        """
        self._options = options = options or RoomOptions()
        self._room = room
        self._chat = ChatManager(
            room,
            max_message_bytes=options.max_message_bytes,
            dialect=dialect_for_room(job_metadata),
        )
        people, history = People(room), History(options.limits.context_bytes)
        self._session = TextSession(
            create_session(language_model), TextAgent(instructions()), ReplyTextOutput()
        )
        self._notices = Notices(self._chat)
        answering = Answering(
            self._chat, people, self._session, resources, history, options.limits.patience
        )
        overlap = overlap_for_room(job_metadata) or options.overlap
        self._conversation = Conversation(people, answering, history, overlap)
        self._greeting = Greeting(self._chat, people, self._conversation)
        self._arrivals = Arrivals(
            self._chat,
            people,
            self._conversation,
            self._notices,
            agent_name=options.agent_name,
            mention=options.mention,
            limits=options.limits,
        )
        self._resources = AsyncExitStack()
        self._resources.push_async_callback(self._session.aclose)
        for release in (
            self._chat.close,
            self._notices.cancel,
            self._conversation.cancel,
            self._arrivals.close,
            self._greeting.close,
        ):
            self._resources.callback(release)

    async def start(self, connecting: Awaitable[None]) -> None:
        """Connect and answer.

        Args:
            connecting: Connects the room, while the session starts. It must go on when this is
                cancelled: the SDK would leak sockets (rust-sdks#1340).
        """
        await asyncio.gather(connecting, self._session.start())
        presence = Presence(self._room, self._session.session)
        self._resources.push_async_callback(presence.aclose)
        rpc = StopRpc(self._room.local_participant, self._arrivals.stop)
        self._resources.callback(rpc.close)
        self._conversation.begin()
        if self._options.greeting:
            self._greeting.begin(self._options.greeting)

    async def aclose(self) -> None:
        """Complete what is being written, and let go of the room.

        While the room is connected, a running reply has its grace. It takes `LEAVING_LIMIT`
        seconds more at most.
        """
        grace = self._options.closing_grace if self._room.isconnected() else 0.0
        try:
            async with asyncio.timeout(grace + CLOSING_LIMIT):
                await self._complete(grace)
        except TimeoutError:
            logger.warning("room left before all was written")
        finally:
            await self._release()

    async def _complete(self, grace: float) -> None:
        self._greeting.close()
        # People go on to be heard meanwhile: they may stop the reply, or ask what is in vain.
        await self._conversation.aclose(grace)
        unanswered = self._conversation.unanswered or self._arrivals.undecided
        self._arrivals.close()
        if unanswered and self._room.isconnected():
            self._notices.tell("notice_shut_down", None)
        await self._notices.written()
        await self._chat.aclose()

    async def _release(self) -> None:
        try:
            async with asyncio.timeout(RELEASE_LIMIT):
                await self._resources.aclose()
        except TimeoutError:
            logger.warning("session not ended in time")
