"""Who wrote a message: a person or another agent, also before the room has announced them."""

from __future__ import annotations

import asyncio

from livekit import rtc

from chat import ChatMessage

ANNOUNCEMENT_LIMIT = 5.0
"""Seconds to wait for a sender's ``participant_connected``, which was seen to come up to 3 s after
its first text."""


def is_agent(participant: rtc.Participant) -> bool:
    """Whether a participant is an agent."""
    return participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT


async def is_person(room: rtc.Room, message: ChatMessage) -> bool:
    """Whether a message may be answered: two agents that answered each other would never stop.

    Waits for a sender who is not announced yet. One who never is counts as a person: the transport
    delivered its message, so it is in the room.
    """
    participant = message.participant or await _announced(room, message.participant_identity)
    return participant is None or not is_agent(participant)


async def _announced(room: rtc.Room, identity: str | None) -> rtc.RemoteParticipant | None:
    """The participant with `identity`, or for None the next to be announced; None if it is late."""
    announced: asyncio.Future[rtc.RemoteParticipant] = asyncio.get_running_loop().create_future()

    def on_connected(participant: rtc.RemoteParticipant) -> None:
        if identity in (None, participant.identity) and not announced.done():
            announced.set_result(participant)

    if identity is not None and (known := room.remote_participants.get(identity)) is not None:
        return known
    room.on("participant_connected", on_connected)
    try:
        async with asyncio.timeout(ANNOUNCEMENT_LIMIT):
            return await announced
    except TimeoutError:
        return None
    finally:
        room.off("participant_connected", on_connected)
