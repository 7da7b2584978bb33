"""Who is in the room, as far as a conversation asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from livekit import rtc

from chat.printable import printable_line

ANNOUNCEMENT_LIMIT = 5.0
"""Seconds to wait for a sender's ``participant_active``, which was seen to come up to 3 s after its
first text."""

LONGEST_NAME = 64
"""Characters of a name that are used."""

MODERATOR = "chat.moderator"
"""Participant attribute that lets its bearer stop other people's turns. Whoever mints the tokens
sets it; ``canUpdateOwnMetadata`` would let people set it themselves."""

_NOT_SET = ("", "0", "false")
_STANDARD = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
_AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
_ACTIVE = rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE


def is_agent(participant: rtc.Participant) -> bool:
    """Whether a participant is an agent: two that answered each other would never stop."""
    return participant.kind == _AGENT


class People:
    """The people in a room."""

    def __init__(self, room: rtc.Room) -> None:
        """Look at a room, connected or not yet."""
        self._room = room

    @property
    def present(self) -> list[rtc.RemoteParticipant]:
        """The people whom the room has announced."""
        participants = self._room.remote_participants.values()
        return [participant for participant in participants if participant.kind == _STANDARD]

    @property
    def audience(self) -> list[rtc.RemoteParticipant]:
        """Those of them who can see what is written."""
        return [person for person in self.present if person.state == _ACTIVE]

    def with_author(self, identity: str | None) -> set[str]:
        """Identities of the people present, and of one who wrote before being announced."""
        present = {person.identity for person in self.present}
        return present if identity is None else present | {identity}

    def find(self, identity: str | None) -> rtc.RemoteParticipant | None:
        """The participant with this identity; None if it is not announced, or has no identity."""
        return self._room.remote_participants.get(identity) if identity is not None else None

    def name(self, identity: str | None) -> str:
        """What to call somebody: one line without anything that could steer a screen."""
        participant = self.find(identity)
        name = printable_line(participant.name)[:LONGEST_NAME] if participant is not None else ""
        return name or printable_line(identity or "")[:LONGEST_NAME] or "somebody"

    def is_moderator(self, identity: str | None) -> bool:
        """Whether somebody may stop other people's turns."""
        participant = self.find(identity)
        value = participant.attributes.get(MODERATOR, "") if participant is not None else ""
        return value.lower() not in _NOT_SET

    async def author(self, identity: str | None) -> rtc.RemoteParticipant | None:
        """Wait until the author of a message can see an answer.

        Args:
            identity: The author's identity; None is whoever is announced next.

        Returns:
            The author; None if it was not announced in time. The transport delivered its message,
            so it is in the room.
        """
        participant = self.find(identity) or await self._next(
            "participant_connected",
            lambda newcomer: identity in (None, newcomer.identity),
            ANNOUNCEMENT_LIMIT,
        )
        if participant is not None and participant.state != _ACTIVE and not is_agent(participant):
            mine = participant.identity
            await self._next(
                "participant_active", lambda other: other.identity == mine, ANNOUNCEMENT_LIMIT
            )
        return participant

    async def anybody(self) -> None:
        """Wait until somebody can see what is written."""
        while not self.audience:
            await self._next("participant_active", lambda _: True, None)

    async def _next(
        self,
        event: rtc.room.EventTypes,
        matches: Callable[[rtc.RemoteParticipant], bool],
        limit: float | None,
    ) -> rtc.RemoteParticipant | None:
        """The next participant of whom an event tells; None if it is not told in time."""
        told: asyncio.Future[rtc.RemoteParticipant] = asyncio.get_running_loop().create_future()

        def on_event(participant: rtc.RemoteParticipant) -> None:
            if matches(participant) and not told.done():
                told.set_result(participant)

        self._room.on(event, on_event)
        try:
            async with asyncio.timeout(limit):
                return await told
        except TimeoutError:
            return None
        finally:
            self._room.off(event, on_event)
