"""The rooms of one process: what they share, and the conversations that run in them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial

from livekit.agents import AutoSubscribe, JobContext, JobProcess

from assistant import (
    ProcessResources,
    RoomAssistant,
    TextAgent,
    TurnSlots,
    create_session,
    instructions,
    start_session,
)
from worker import hosting
from worker.settings import Settings

from .choices import encryption, room_options
from .services import Services

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
        hosting.log_when_ready(job)
        assistant = RoomAssistant(
            job.room,
            model,
            self._resources,
            self._options,
            job_metadata=job.job.metadata,
            speech=services.speech,
        )
        connection = hosting.Connection(job, AutoSubscribe.SUBSCRIBE_NONE, self._encryption)
        self._running[job.job.id] = Conversation(assistant, connection)
        try:
            await assistant.start(connection)
        except hosting.RoomDeletedError:
            logger.info("room was deleted while the agent joined")
            job.shutdown("room deleted")

    async def leave(self, job: JobContext) -> None:
        """Complete what is being written in a job's room, which is still connected."""
        conversation = self._running.pop(job.job.id, None)
        if conversation is None:
            return
        conversation.connection.announce_leaving()
        try:
            if not await conversation.connection.settled(SETTLE_LIMIT):
                logger.warning("leaving a room that is not connected yet")
            await conversation.assistant.aclose()
        finally:
            conversation.connection.close()
