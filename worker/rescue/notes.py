"""Notes about rescued rooms, kept by LiveKit for as long as each room is open.

LiveKit keeps the dispatches of a room, but never writes down that a job ended (livekit-server 1.13.5): what
its list says of a dispatch is that an agent was wanted and came. So each agent has a dispatch that stands
for it, and takes it away when it is not wanted any more. One that joined without a dispatch makes a
dispatch for an agent name that nobody has: its note. It also says how often the room was rescued before.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from livekit.protocol.agent_dispatch import AgentDispatch, CreateAgentDispatchRequest

NOTE_NAME = "chat-rescue"
"""Agent name of the dispatches that are notes. No worker has it."""

TRIES = 5
"""Rescues in `PERIOD` after which a room is left without an agent: it seems to end those that join it."""

PERIOD = 120.0
"""Seconds."""

_SECOND = 1_000_000_000
"""LiveKit writes down nanoseconds."""


@dataclass(frozen=True)
class Note:
    """What is noted of a room that was rescued."""

    agent_name: str
    """The name under which its agent was dispatched; empty for automatic dispatch."""

    job_metadata: str
    """The metadata of the dispatch."""

    rescues: tuple[int, ...] = ()
    """When the room was rescued before, in nanoseconds by LiveKit's clock, oldest first."""


def read_note(dispatch: AgentDispatch) -> Note | None:
    """Return the note that a dispatch is, this rescue added to those before; None if it is none."""
    if dispatch.agent_name != NOTE_NAME:
        return None
    try:
        fields = json.loads(dispatch.metadata)
        before = [int(each) for each in fields["rescues"]]
        rescues = (*before, dispatch.state.created_at)[-TRIES:]
        return Note(str(fields["agent_name"]), str(fields["job_metadata"]), rescues)
    except (ValueError, TypeError, KeyError):
        # Somebody else's.
        return None


def request_note(room: str, note: Note, deployment: str) -> CreateAgentDispatchRequest:
    """Return the request that leaves a note.

    Args:
        room: The room's name.
        note: What to note.
        deployment: The deployment of this worker; empty for the one in production.
    """
    fields = {
        "agent_name": note.agent_name,
        "job_metadata": note.job_metadata,
        "rescues": note.rescues,
    }
    return CreateAgentDispatchRequest(
        room=room, agent_name=NOTE_NAME, metadata=json.dumps(fields), deployment=deployment
    )


def is_given_up(rescues: tuple[int, ...]) -> bool:
    """Whether a room with these rescues was rescued too often in a short time."""
    return len(rescues) >= TRIES and rescues[-1] - rescues[-TRIES] <= PERIOD * _SECOND
