"""Who is in the room: who can be spoken to, in which dialect, and who is expected to appear.

A participant's first text arrives 2 to 14 ms after its client connected, its
``participant_connected`` up to 3 s later (measured with rtc 1.1.21). Nothing may be sent to it
before ``participant_active``: its client would not know us yet, and components-js would show the
same message twice.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from livekit import rtc

from .dialect import Dialect, Evidence, dialect_of
from .wire import JsonPacket

REMEMBERED = 1_000
"""Participants whose dialect is kept after they left, so that they come back as they were."""

_STANDARD = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
_AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
_ACTIVE = rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE


class Roster:
    """The participants of one room, as far as chat is concerned."""

    def __init__(
        self,
        room: rtc.Room,
        on_arrival: Callable[[str], None],
        on_departure: Callable[[str], None],
    ) -> None:
        """Follow a room, connected or not yet.

        Args:
            room: The room.
            on_arrival: Called with the identity of each participant that can be spoken to from
                now on, also when it comes back. It may be called twice for one arrival.
            on_departure: Called with the identity of each participant that left.
        """
        self._room = room
        self._on_arrival = on_arrival
        self._on_departure = on_departure
        self._evidence: OrderedDict[str, Evidence] = OrderedDict()
        self._heard: set[str] = set()
        self._unnamed: Evidence | None = None
        self._listeners: dict[Any, Callable[..., None]] = {
            "participant_connected": self._on_connected,
            "participant_active": self._on_active,
            "participant_disconnected": self._on_disconnected,
        }
        for event, listener in self._listeners.items():
            room.on(event, listener)

    def close(self) -> None:
        """Stop following the room."""
        for event, listener in self._listeners.items():
            self._room.off(event, listener)

    def reachable(self) -> list[str]:
        """Identities of the participants that can be spoken to now."""
        participants = self._room.remote_participants.values()
        return [p.identity for p in participants if self._is_reachable(p)]

    def expected(self) -> set[str]:
        """Identities that were heard or announced, but cannot be spoken to yet."""
        announced = {
            p.identity
            for p in self._room.remote_participants.values()
            if self._is_addressee(p) and p.state != _ACTIVE
        }
        return announced | {i for i in self._heard if i not in self._room.remote_participants}

    @property
    def expects_unnamed(self) -> bool:
        """Whether a JSON packet came from somebody whom the room has not announced yet."""
        return self._unnamed is not None

    def dialect(self, identity: str) -> Dialect:
        """How to speak to a participant, by all that is known of it now."""
        return dialect_of(self._evidence.get(identity, Evidence()))

    def heard_stream(self, identity: str) -> None:
        """Note that a participant opened a chat text stream."""
        self._note(identity, self._evidence.get(identity, Evidence()).with_stream())

    def heard_packet(self, identity: str | None, packet: JsonPacket) -> None:
        """Note a JSON packet; None is a sender that the room has not announced yet."""
        if identity is None:
            self._unnamed = (self._unnamed or Evidence()).with_packet(packet)
            return
        self._note(identity, self._evidence.get(identity, Evidence()).with_packet(packet))

    def _note(self, identity: str, evidence: Evidence) -> None:
        self._evidence[identity] = evidence
        self._evidence.move_to_end(identity)
        while len(self._evidence) > REMEMBERED:
            forgotten, _ = self._evidence.popitem(last=False)
            self._heard.discard(forgotten)
        if identity not in self._room.remote_participants:
            self._heard.add(identity)

    def _is_addressee(self, participant: rtc.RemoteParticipant) -> bool:
        # An agent that spoke to agents could start a conversation that never ends.
        we_are_agent = self._room.local_participant.kind == _AGENT
        kinds = (_STANDARD,) if we_are_agent else (_STANDARD, _AGENT)
        return participant.kind in kinds

    def _is_reachable(self, participant: rtc.RemoteParticipant) -> bool:
        return participant.state == _ACTIVE and self._is_addressee(participant)

    def _on_connected(self, participant: rtc.RemoteParticipant) -> None:
        self._heard.discard(participant.identity)
        if self._is_reachable(participant):
            self._arrived(participant)

    def _on_active(self, participant: rtc.RemoteParticipant) -> None:
        if self._is_reachable(participant):
            self._arrived(participant)

    def _arrived(self, participant: rtc.RemoteParticipant) -> None:
        if self._unnamed is not None:
            # A JSON packet whose sender was not announced is most likely the newcomer's.
            known = self._evidence.get(participant.identity, Evidence())
            self._note(participant.identity, known.and_(self._unnamed))
            self._unnamed = None
        self._on_arrival(participant.identity)

    def _on_disconnected(self, participant: rtc.RemoteParticipant) -> None:
        self._heard.discard(participant.identity)
        self._on_departure(participant.identity)
