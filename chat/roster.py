"""Who is in the room: who can be sent messages, in which dialect, and who is about to be announced.

A participant's first text arrives 2 to 14 ms after its client connected, its
``participant_connected`` up to 3 s later (measured with rtc 1.1.21). Nothing may be sent to it
before ``participant_active``: its client would not know the sender yet, and components-js would show
the same message twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from livekit import rtc

from .detection import TWIN_LIMIT, DialectDetector
from .dialect import ATTRIBUTE, Dialect, parse_dialect
from .newcomer import announce, make_newcomer

_STANDARD = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
_AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
_ACTIVE = rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE

ANNOUNCEMENT_LIMIT = 5.0
"""Seconds after somebody's last text in which the room must announce them. Who has left by then never
is."""


@dataclass
class _Newcomer:
    """Somebody who has written, and whom the room has not announced yet."""

    participant: rtc.RemoteParticipant | None
    """What messages show of them; None if the SDK cannot make it."""

    expected_until: float
    """When they are forgotten, by the event loop's clock."""


class Roster:
    """The participants of one room, as far as chat is concerned."""

    def __init__(
        self,
        room: rtc.Room,
        on_arrival: Callable[[str], None],
        on_departure: Callable[[str, bool], None],
        dialect: Dialect | None = None,
        *,
        on_correction: Callable[[str, float], None] = lambda identity, since: None,
    ) -> None:
        """Follow a room, connected or not yet.

        Args:
            room: The room.
            on_arrival: Called with the identity of each participant that has become reachable,
                also when it comes back. It may be called twice for one arrival.
            on_departure: Called with the identity of each participant that left, and whether it is an
                agent.
            dialect: Everybody's dialect, whatever they send; None detects it.
            on_correction: Called with the identity of each reachable participant whose dialect turns
                out to have been another, and since when, by the event loop's clock.
        """
        self.detector = DialectDetector(self._on_detected, self._on_corrected)
        """Must be told what participants send."""
        self._room = room
        self._on_arrival = on_arrival
        self._on_departure = on_departure
        self._on_correction = on_correction
        self._given_dialect = dialect
        self._newcomers: dict[str, _Newcomer] = {}
        self._next_detection = asyncio.Event()
        self._listeners: dict[Any, Callable[..., None]] = {
            "participant_connected": self._on_present,
            "participant_active": self._on_present,
            "participant_disconnected": self._on_disconnected,
        }
        for event, listener in self._listeners.items():
            room.on(event, listener)

    def close(self) -> None:
        """Stop following the room."""
        self.detector.close()
        for event, listener in self._listeners.items():
            self._room.off(event, listener)

    def expect(self, identity: str) -> None:
        """Note that a participant is in the room, which may not have announced it yet.

        It is expected for `ANNOUNCEMENT_LIMIT`.
        """
        if self.announced(identity):
            return
        known = self._newcomers.get(identity)
        participant = known.participant if known is not None else make_newcomer(identity)
        limit = asyncio.get_running_loop().time() + ANNOUNCEMENT_LIMIT
        self._forget_who_left()
        self._newcomers[identity] = _Newcomer(participant, limit)

    def participant(self, identity: str) -> rtc.RemoteParticipant | None:
        """Who has an identity, as far as it is known.

        Returns:
            The participant of the room. Before the announcement, one with nothing but the
            identity, which turns into a view of that one; also for somebody who has left.
        """
        announced = self._room.remote_participants.get(identity)
        known = self._newcomers.get(identity)
        newcomer = known.participant if known is not None else make_newcomer(identity)
        return announced or newcomer

    def announced(self, identity: str) -> bool:
        """Whether the room has announced a participant."""
        return identity in self._room.remote_participants

    def reachable(self) -> list[str]:
        """Identities of the participants to whom messages can be sent now."""
        participants = self._room.remote_participants.values()
        return [p.identity for p in participants if self._is_reachable(p)]

    def expected(self) -> set[str]:
        """Identities of the participants who are in the room, but not reachable yet."""
        participants = self._room.remote_participants.values()
        unreachable = {
            p.identity for p in participants if self._is_addressee(p) and not self._is_reachable(p)
        }
        self._forget_who_left()
        return unreachable | {i for i in self._newcomers if not self.announced(i)}

    def _forget_who_left(self) -> None:
        """Forget those whom the room should have announced by now."""
        if self._newcomers:
            now = asyncio.get_running_loop().time()
            late = [i for i, known in self._newcomers.items() if known.expected_until <= now]
            for identity in late:
                del self._newcomers[identity]

    async def detected(self) -> None:
        """Wait until nobody's dialect is about to be detected, at most `TWIN_LIMIT` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TWIN_LIMIT):
                while any(map(self._is_undecided, self._room.remote_participants.values())):
                    await self._next_detection.wait()

    def dialect(self, identity: str) -> Dialect:
        """A participant's dialect.

        The participant's attribute counts first, then the dialect given for everybody, then what
        its messages showed.
        """
        participant = self._room.remote_participants.get(identity)
        attributes = participant.attributes if participant is not None else {}
        chosen = parse_dialect(attributes.get(ATTRIBUTE)) or self._given_dialect
        if chosen is not None:
            return chosen
        learned = self.detector.dialect(identity)
        if participant is not None and participant.kind == _AGENT and learned is Dialect.SEGMENT:
            return Dialect.STREAM  # Agents send streams without twins, and listen to lk.chat.
        return learned

    def _is_addressee(self, participant: rtc.RemoteParticipant) -> bool:
        # Two agents that read each other could start a conversation that never ends.
        we_are_agent = self._room.local_participant.kind == _AGENT
        kinds = (_STANDARD,) if we_are_agent else (_STANDARD, _AGENT)
        return participant.kind in kinds

    def _is_reachable(self, participant: rtc.RemoteParticipant) -> bool:
        return self._is_active(participant) and not self._lacks_dialect(participant)

    def _is_undecided(self, participant: rtc.RemoteParticipant) -> bool:
        return self._is_active(participant) and self._lacks_dialect(participant)

    def _is_active(self, participant: rtc.RemoteParticipant) -> bool:
        return participant.state == _ACTIVE and self._is_addressee(participant)

    def _lacks_dialect(self, participant: rtc.RemoteParticipant) -> bool:
        """Whether a participant has written, and only its next packet shows its dialect."""
        if participant.kind == _AGENT or not self.detector.undecided(participant.identity):
            return False
        return self.dialect(participant.identity) is Dialect.UNKNOWN

    def _on_present(self, participant: rtc.RemoteParticipant) -> None:
        known = self._newcomers.pop(participant.identity, None)
        if known is not None and known.participant is not None:
            announce(known.participant, participant)
        if participant.kind != _AGENT:
            others = [p for p in self._room.remote_participants.values() if p.kind != _AGENT]
            self.detector.announced(participant.identity, alone=len(others) == 1)
        self._announce(participant)

    def _on_detected(self, identity: str) -> None:
        self._next_detection.set()
        self._next_detection = asyncio.Event()
        participant = self._room.remote_participants.get(identity)
        if participant is not None:
            self._announce(participant)

    def _on_corrected(self, identity: str, since: float) -> None:
        participant = self._room.remote_participants.get(identity)
        if participant is not None and self._is_reachable(participant):
            self._on_correction(identity, since)

    def _announce(self, participant: rtc.RemoteParticipant) -> None:
        if self._is_reachable(participant):
            self._on_arrival(participant.identity)

    def _on_disconnected(self, participant: rtc.RemoteParticipant) -> None:
        self._newcomers.pop(participant.identity, None)
        self._on_departure(participant.identity, participant.kind == _AGENT)
