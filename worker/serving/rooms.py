"""The rooms of one process: what they share, and the conversations that run in them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from livekit.agents import AutoSubscribe, JobContext, JobProcess

from assistant import (
    ProcessResources,
    RoomAssistant,
    RoomMemory,
    TextAgent,
    TurnSlots,
    create_session,
    instructions,
    start_session,
)
from worker import hosting, rescue
from worker.rescue.listening import Listener
from worker.rescue.succession import Succession, takes_over
from worker.settings import Settings

from .choices import encryption, room_options
from .identity import IDENTITY
from .services import Services

if TYPE_CHECKING:
    from .memories import Memories

logger = logging.getLogger(__name__)

SETTLE_LIMIT = 5.0
"""Seconds that a room that is to be left may still take to be connected."""

_ROOMS = "worker.serving.rooms"


@dataclass(frozen=True)
class Conversation:
    """The assistant in a room, and the room's connection."""

    assistant: RoomAssistant
    """Who talks there."""

    connection: hosting.Connection
    """The room on its way to being connected."""

    succession: Succession | None = None
    """How the room goes from one agent to the next; None until it is connected."""


class Rooms:
    """All rooms of a process; with a process for each room, that one."""

    def __init__(self, settings: Settings) -> None:
        """No rooms yet.

        Args:
            settings: What goes for all of them.
        """
        self._options = room_options(settings)
        self._encryption = encryption(settings)
        self._services = hosting.PerProcess(partial(Services, settings), Services.aclose)
        self._resources = ProcessResources(TurnSlots(settings.chat_max_turns))
        self._running: dict[str, Conversation] = {}
        self._leaving: dict[str, Conversation] = {}

    @classmethod
    def prepare(cls, process: JobProcess, settings: Settings) -> None:
        """Make the rooms of a process, and what the first of them would wait for.

        They are kept where livekit-agents keeps what belongs to a process: jobs find them there.
        """
        rooms = cls(settings)
        process.userdata[_ROOMS] = rooms
        rooms._services.warm(process)

    @classmethod
    def of(cls, process: JobProcess) -> Rooms:
        """Return the rooms of a process that was prepared."""
        rooms: Rooms = process.userdata[_ROOMS]
        return rooms

    async def enter(self, job: JobContext) -> None:
        """Begin the conversation of a job: in its room, or with the terminal in ``console``."""
        services = self._services.get(job)
        model = services.language_model.for_room()
        if job.is_fake_job():
            await start_session(create_session(model), TextAgent(instructions()))
            return
        if await rescue.is_withdrawn(job):
            job.shutdown("room has another agent")
            return
        hosting.log_when_ready(job)
        assistant = self._assistant(job, services)
        if takes_over(job):
            assistant.hand_over.expect()
        connection = hosting.Connection(job, AutoSubscribe.SUBSCRIBE_NONE, self._encryption)
        self._running[job.job.id] = Conversation(assistant, connection)
        try:
            await assistant.start(connection)
        except hosting.RoomDeletedError:
            logger.info("room was deleted while the agent joined")
            job.shutdown("room deleted")
            return
        assistant.hand_over.joined()
        self._begin_succession(job)

    def _assistant(self, job: JobContext, services: Services) -> RoomAssistant:
        return RoomAssistant(
            job.room,
            services.language_model.for_room(),
            self._resources,
            # People have been greeted by the agent before.
            replace(self._options, greeting="") if takes_over(job) else self._options,
            job_metadata=job.job.metadata,
            speech=services.speech,
            memory=self._memory(job, services.memories),
            rescued=rescue.is_rescue(job.job.id),
        )

    def _memory(
        self, job: JobContext, memories: Memories | None
    ) -> Callable[[str], RoomMemory] | None:
        """Return what makes the memory of a job's room, and watch how the job ends."""
        if memories is None or not rescue.was_asked_for(job):
            rescue.watch_end(job, IDENTITY)
            return None
        held = memories.hold(job)
        rescue.watch_end(job, IDENTITY, held.end)

        def on_replaced() -> None:
            # One that is leaving still completes its reply.
            for conversations in (self._running, self._leaving):
                if (conversation := conversations.get(job.job.id)) is not None:
                    conversation.assistant.give_way()
            job.shutdown("room has another agent")

        return lambda conversation: memories.of(job, held, conversation, on_replaced)

    def _begin_succession(self, job: JobContext) -> None:
        """Let the room be handed over, unless it is being left already."""
        conversation = self._running.get(job.job.id)
        if conversation is not None and job.room.isconnected():
            self._running[job.job.id] = replace(
                conversation,
                succession=Succession(
                    job,
                    conversation.assistant.hand_over,
                    conversation.connection,
                    self._options.closing_grace,
                    # The server, which may not read what is said there, would carry it.
                    self._listen(job) if self._encryption is None else None,
                ),
            )

    def _listen(self, job: JobContext) -> Callable[[], Listener]:
        return partial(
            Listener,
            job.room.name,
            job.room.local_participant.identity,
            self._options.max_message_bytes,
        )

    async def leave(self, job: JobContext) -> None:
        """Complete what is being written in a job's room, which is still connected."""
        conversation = self._running.pop(job.job.id, None)
        if conversation is None:
            return
        self._leaving[job.job.id] = conversation
        try:
            await self._leave(conversation)
        finally:
            del self._leaving[job.job.id]

    async def _leave(self, conversation: Conversation) -> None:
        if conversation.succession is not None:
            await conversation.succession.aclose()
        conversation.connection.announce_leaving()
        try:
            if not await conversation.connection.settled(SETTLE_LIMIT):
                logger.warning("leaving a room that is not connected yet")
            await conversation.assistant.aclose()
        finally:
            conversation.connection.close()
