"""What LiveKit's lists say of a room: whether its agent is gone though it is still wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from livekit.protocol.agent import JobStatus
from livekit.protocol.agent_dispatch import AgentDispatch
from livekit.protocol.models import ParticipantInfo, Room

from worker.hosting.identity import identity_of_job

from .notes import is_given_up, read_note


@dataclass(frozen=True)
class Agent:
    """Whose rooms are looked for."""

    identity: str
    """The agent's identity in its rooms."""

    agent_name: str = ""
    """The name under which its workers are dispatched; empty for automatic dispatch."""

    deployment: str = ""
    """The deployment of its workers; empty for the one in production."""


@dataclass(frozen=True)
class RoomView:
    """A room as LiveKit lists it."""

    room: Room
    """The room."""

    participants: tuple[ParticipantInfo, ...]
    """Who is there."""

    dispatches: tuple[AgentDispatch, ...] = ()
    """The agents that were asked for."""


@dataclass(frozen=True)
class Want:
    """An agent of ours that a room was promised, and whose dispatch nobody has taken away."""

    dispatch_id: str
    """The dispatch that says so, a note perhaps."""

    since: int
    """Since when it is there, in nanoseconds by LiveKit's clock."""

    had_agent: bool
    """Whether an agent came, or was on its way. Else the dispatch found no worker."""

    job_metadata: str
    """The metadata of the dispatch."""

    rescues: tuple[int, ...] = ()
    """When the room was rescued, in nanoseconds by LiveKit's clock, oldest first."""


@dataclass(frozen=True)
class Finding:
    """A room that lost its agent."""

    room: Room
    """The room."""

    wants: tuple[Want, ...]
    """The agents that it was promised, oldest first; one at least."""

    @property
    def is_given_up(self) -> bool:
        """Whether it was rescued too often in a short time."""
        return is_given_up(self.wants[-1].rescues)


def has_people(view: RoomView) -> bool:
    """Whether somebody is there whom an agent could talk with."""
    return any(who.kind == ParticipantInfo.STANDARD for who in view.participants)


def has_agent(view: RoomView, identity: str) -> bool:
    """Whether an agent with this identity is there, alive or not."""
    return any(
        who.kind == ParticipantInfo.AGENT and who.identity == identity for who in view.participants
    )


def find_lost(view: RoomView, agent: Agent, is_due: Callable[[Want], bool]) -> Finding | None:
    """Return a room as lost if its agent is gone; None if it needs none of ours.

    Args:
        view: The room.
        agent: Whose rooms are looked for.
        is_due: Whether an agent that is not there is not on its way either. While one is, who joins before
            it would be removed by it.
    """
    if has_agent(view, agent.identity) or not has_people(view):
        return None
    wants = wants_in(view.dispatches, agent)
    # A dispatch that nobody took may be for somebody else's automatic agent as well.
    has_others = any(who.kind == ParticipantInfo.AGENT for who in view.participants)
    due = [want for want in wants if is_due(want)]
    if len(due) < len(wants) or not any(want.had_agent or not has_others for want in due):
        return None
    return Finding(view.room, wants)


def wants_in(dispatches: Iterable[AgentDispatch], agent: Agent) -> tuple[Want, ...]:
    """Return the agents of ours that a room was promised, oldest first.

    Args:
        dispatches: The room's.
        agent: Which ones are ours.
    """
    wants = (_want_of(dispatch, agent) for dispatch in dispatches)
    return tuple(sorted(filter(None, wants), key=lambda want: want.since))


def _want_of(dispatch: AgentDispatch, agent: Agent) -> Want | None:
    if dispatch.deployment != agent.deployment:
        return None
    since = dispatch.state.created_at
    if (note := read_note(dispatch)) is not None:
        if note.agent_name != agent.agent_name:
            return None
        return Want(dispatch.id, since, True, note.job_metadata, note.rescues)
    if dispatch.agent_name != agent.agent_name:
        return None
    jobs = dispatch.state.jobs
    # A job that was refused has ended, under no identity: the room had an agent, or was deleted.
    is_ours = any(
        job.state.status == JobStatus.JS_RUNNING
        and job.state.participant_identity == identity_of_job(agent.identity, job.id)
        for job in jobs
    )
    if jobs and not is_ours:
        return None
    return Want(dispatch.id, since, is_ours, dispatch.metadata)
