"""Who is in the room, as far as a conversation asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from livekit import rtc

from chat.printable import printable_line

from .turns.turn import UNKNOWN

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

    def with_author(self, identity: str) -> set[str]:
        """Identities of the people present, and of one who wrote before being announced."""
        present = {person.identity for person in self.present}
        return present if identity == UNKNOWN else present | {identity}

    def find(self, identity: str) -> rtc.RemoteParticipant | None:
        """The participant with this identity; None if it is not announced."""
        return self._room.remote_participants.get(identity)

    def name(self, identity: str) -> str:
        """What to call somebody: one line without anything that could steer a screen."""
        participant = self.find(identity)
        name = printable_line(participant.name)[:LONGEST_NAME] if participant is not None else ""
        return name or printable_line(identity)[:LONGEST_NAME] or "somebody"

    def is_moderator(self, identity: str) -> bool:
        """Whether somebody may stop other people's turns."""
        participant = self.find(identity)
        value = participant.attributes.get(MODERATOR, "") if participant is not None else ""
        return value.lower() not in _NOT_SET

    async def author(self, identity: str) -> rtc.RemoteParticipant | None:
        """Wait until the author of a message can see an answer.

        Args:
            identity: The author's identity, or `UNKNOWN`.

        Returns:
            The author; None if it was not announced in time. The transport delivered its message,
            so it is in the room.
        """
        if identity == UNKNOWN:
            return None
        participant = self.find(identity) or await self._next(
            "participant_connected", lambda other: other.identity == identity, ANNOUNCEMENT_LIMIT
        )
        if participant is not None and participant.state != _ACTIVE and not is_agent(participant):
            await self._next(
                "participant_active", lambda other: other.identity == identity, ANNOUNCEMENT_LIMIT
            )
        return participant

    def newcomer(self) -> Coroutine[Any, Any, str]:
        """Find out who wrote a message that came without a sender, now, before its announcement.

        Returns:
            What waits for the identity of the next participant to be announced from now on, if that
            is an agent, or the only person in the room. Else `UNKNOWN`: to guess would let people
            write as others.
        """
        return self._who_came(self._told_of("participant_connected", lambda _: True))

    async def _who_came(self, announced: asyncio.Future[rtc.RemoteParticipant]) -> str:
        newcomer = await _within(ANNOUNCEMENT_LIMIT, announced)
        if newcomer is None:
            return UNKNOWN
        alone = self.with_author(newcomer.identity) == {newcomer.identity}
        return newcomer.identity if alone or is_agent(newcomer) else UNKNOWN

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
        return await _within(limit, self._told_of(event, matches))

    def _told_of(
        self, event: rtc.room.EventTypes, matches: Callable[[rtc.RemoteParticipant], bool]
    ) -> asyncio.Future[rtc.RemoteParticipant]:
        told: asyncio.Future[rtc.RemoteParticipant] = asyncio.get_running_loop().create_future()

        def on_event(participant: rtc.RemoteParticipant) -> None:
            if matches(participant) and not told.done():
                told.set_result(participant)

        self._room.on(event, on_event)
        told.add_done_callback(lambda _: self._room.off(event, on_event))
        return told


async def _within(
    limit: float | None, told: asyncio.Future[rtc.RemoteParticipant]
) -> rtc.RemoteParticipant | None:
    try:
        async with asyncio.timeout(limit):
            return await told
    except TimeoutError:
        return None
