"""Rooms, participants and dispatches as LiveKit lists them."""

from __future__ import annotations

import json

from livekit.protocol.agent import Job, JobState, JobStatus
from livekit.protocol.agent_dispatch import AgentDispatch, AgentDispatchState
from livekit.protocol.models import ParticipantInfo, Room

from worker.hosting.identity import identity_of_job
from worker.rescue.notes import NOTE_NAME
from worker.rescue.room_view import Agent

AGENT = Agent("agent-assistant")

SECOND = 1_000_000_000
"""Nanoseconds."""

ROOM = Room(name="room", sid="RM_1")
ADA = ParticipantInfo(identity="ada", kind=ParticipantInfo.STANDARD)
PHONE = ParticipantInfo(identity="phone", kind=ParticipantInfo.SIP)
OURS = ParticipantInfo(identity=AGENT.identity, kind=ParticipantInfo.AGENT)
THEIRS = ParticipantInfo(identity="agent-AJ_x", kind=ParticipantInfo.AGENT)


def dispatch(
    number: int,
    *jobs: Job,
    agent_name: str = "",
    deployment: str = "",
    metadata: str = "",
    at: float | None = None,
) -> AgentDispatch:
    """A dispatch, made in this second of LiveKit's clock."""
    created = int((number if at is None else at) * SECOND)
    state = AgentDispatchState(jobs=jobs, created_at=created)
    return AgentDispatch(
        id=f"AD_{number}",
        agent_name=agent_name,
        deployment=deployment,
        metadata=metadata,
        state=state,
    )


def running(identity: str = AGENT.identity) -> Job:
    """A job that was accepted for an agent with this identity."""
    of_job = identity_of_job(identity, "AJ_1")
    state = JobState(status=JobStatus.JS_RUNNING, participant_identity=of_job)
    return Job(id="AJ_1", state=state)


def refused() -> Job:
    """A job that a worker refused because the room had an agent."""
    return Job(id="AJ_2", state=JobState(status=JobStatus.JS_SUCCESS))


def note(
    number: int,
    *rescues: float,
    agent_name: str = "",
    metadata: str = "",
    at: float | None = None,
    deployment: str = "",
) -> AgentDispatch:
    """A note of a room that was rescued before at these seconds."""
    fields = {
        "agent_name": agent_name,
        "job_metadata": metadata,
        "rescues": [int(each * SECOND) for each in rescues],
    }
    text = json.dumps(fields)
    return dispatch(number, agent_name=NOTE_NAME, metadata=text, at=at, deployment=deployment)
