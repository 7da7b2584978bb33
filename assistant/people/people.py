"""Who is in the room, as far as a conversation needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine
from typing import Any

from livekit import rtc

from assistant.turns.turn import UNKNOWN, Question
from chat import printable_line

ANNOUNCEMENT_LIMIT = 5.0
"""Seconds after a message in which its sender's ``participant_active`` must come; it was seen to come
up to 3 s after the first text."""

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

    async def author(self, question: Question) -> rtc.RemoteParticipant | None:
        """Wait until the author of a question can see an answer.

        It is waited for until `ANNOUNCEMENT_LIMIT` after the question came, and not at all if it
        was announced by then and has left since.

        Returns:
            The author; None if it is not announced.
        """
        identity, limit = question.identity, question.asked_at + ANNOUNCEMENT_LIMIT
        participant = self.find(identity)
        if participant is None and not question.announced and identity != UNKNOWN:
            participant = await self._next(
                "participant_connected", lambda other: other.identity == identity, limit
            )
        if participant is not None and participant.state != _ACTIVE and not is_agent(participant):
            await self._next("participant_active", lambda other: other.identity == identity, limit)
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
        limit = asyncio.get_running_loop().time() + ANNOUNCEMENT_LIMIT
        newcomer = await _until(limit, announced)
        if newcomer is None:
            return UNKNOWN
        alone = self.with_author(newcomer.identity) == {newcomer.identity}
        return newcomer.identity if alone or is_agent(newcomer) else UNKNOWN

    async def anybody(self) -> None:
        """Wait until somebody can see what is written."""
        while not self.audience:
            await self._next("participant_active", lambda _: True, None)

    async def comes(self, identities: Collection[str], limit: float) -> bool:
        """Wait until one of these people is announced.

        Args:
            identities: Who they are.
            limit: When to give up, by the event loop's clock.

        Returns:
            Whether one of them is.
        """

        def is_meant(participant: rtc.Participant) -> bool:
            return participant.identity in identities

        while not any(map(is_meant, self.present)):
            if await self._next("participant_connected", is_meant, limit) is None:
                return False
        return True

    def on_active(self, call: Callable[[rtc.RemoteParticipant], None]) -> None:
        """Have something called whenever somebody can see what is written."""
        self._room.on("participant_active", call)

    def off_active(self, call: Callable[[rtc.RemoteParticipant], None]) -> None:
        """Have it not called any more."""
        self._room.off("participant_active", call)

    async def _next(
        self,
        event: rtc.room.EventTypes,
        matches: Callable[[rtc.RemoteParticipant], bool],
        limit: float | None,
    ) -> rtc.RemoteParticipant | None:
        """The next participant of whom an event tells; None if it is not told by `limit`."""
        return await _until(limit, self._told_of(event, matches))

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


async def _until(
    limit: float | None, told: asyncio.Future[rtc.RemoteParticipant]
) -> rtc.RemoteParticipant | None:
    try:
        async with asyncio.timeout_at(limit):
            return await told
    except TimeoutError:
        return None
