"""Joins a room that lost its agent, under the agent's identity: LiveKit removes whoever has that.

LiveKit does not know of such a job. Its id tells, in its own process too, that it goes on with a
conversation that another one began.
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from livekit.agents.job import JobAcceptArguments, RunningJobInfo
from livekit.protocol.agent import Job, JobType
from livekit.protocol.models import Room

from worker.hosting.admission import Admission
from worker.hosting.agent_token import agent_token
from worker.hosting.job_fields import job_fields

from .notes import Note, request_note
from .room_lists import FAILURES, RoomLists, failure_name
from .room_view import Agent, Want

logger = logging.getLogger(__name__)

PREFIX = "rescue-"
"""How the ids of jobs begin that join a room which lost its agent."""


def is_rescue(job_id: str) -> bool:
    """Whether a job goes on with the conversation of an agent that died."""
    return job_id.startswith(PREFIX)


@dataclass(frozen=True)
class Joining:
    """Joins rooms for one worker."""

    agent: Agent
    """Who joins."""

    display_name: str
    """What people see as its name."""

    admission: Admission
    """Counts the worker's jobs."""

    launch: Callable[[RunningJobInfo], Awaitable[None]]
    """Runs a job."""

    async def join(
        self, lists: RoomLists, room: Room, wants: tuple[Want, ...], job_metadata: str
    ) -> bool:
        """Join a room. Returns whether a job was launched for it; else there was no place.

        Args:
            lists: Asks LiveKit.
            room: The room, with people in it.
            wants: The agents that it was promised before, which this one takes the place of.
            job_metadata: The metadata of the job.

        Raises:
            RuntimeError: The job could not be launched.
        """
        job_id = f"{PREFIX}{uuid.uuid4()}"
        with self.admission.hold_place(job_id, room.sid) as has_place:
            if not has_place:
                return False
            rescues = wants[-1].rescues if wants else ()
            noted = Note(self.agent.agent_name, job_metadata, rescues)
            note = await self._leave_note(lists, room.name, noted)
            job = Job(
                id=job_id,
                dispatch_id=note or "",
                type=JobType.JT_ROOM,
                room=room,
                agent_name=self.agent.agent_name,
                metadata=job_metadata,
                deployment=self.agent.deployment,
            )
            try:
                await self.launch(self._info(job))
            except RuntimeError:
                await _forget(lists, room.name, [note] if note else [])
                raise
        logger.info("room rescued", extra=job_fields(job))
        if note:
            await _forget(lists, room.name, [want.dispatch_id for want in wants])
        return True

    def _info(self, job: Job) -> RunningJobInfo:
        identity, room = self.agent.identity, job.room.name
        return RunningJobInfo(
            accept_arguments=JobAcceptArguments(
                name=self.display_name, identity=identity, metadata=""
            ),
            job=job,
            url=os.environ["LIVEKIT_URL"],
            token=agent_token(room, identity, name=self.display_name, agent_name=job.agent_name),
            worker_id="",
            fake_job=False,
        )

    async def _leave_note(self, lists: RoomLists, room: str, note: Note) -> str | None:
        """Have LiveKit know that the room has an agent. Returns the note's id; None without one."""
        try:
            made = await lists.dispatch(request_note(room, note, self.agent.deployment))
        except FAILURES as error:
            extra = {"error": failure_name(error)}
            logger.warning("could not note that a room was rescued", extra=extra)
            return None
        return made.id


async def _forget(lists: RoomLists, room: str, dispatches: list[str]) -> None:
    """Take dispatches back. A job that still runs, of a worker that does not respond, ends so."""
    try:
        for dispatch_id in dispatches:
            await lists.delete_dispatch(room, dispatch_id)
    except FAILURES as error:
        extra = {"error": failure_name(error)}
        logger.warning("could not take back a dispatch", extra=extra)
