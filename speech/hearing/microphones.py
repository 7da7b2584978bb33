"""Which microphones of a room are heard."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from livekit import rtc

from chat import OwnedTasks
from speech.utterance import SoundListener

from .ear import LATE
from .ears import Ears
from .microphone import Microphone, is_microphone
from .preconnect import PreconnectAudio

logger = logging.getLogger(__name__)

MOST_OF_ONE = 2
"""Microphones of one participant that are heard at once."""

CLOSING = 2.5
"""Seconds to close all microphones of a room, at most."""

REFUSING = 1.0
"""Seconds that a place may take to become free before somebody is told that there is none."""

_Key = tuple[str, str]
"""Whose microphone, and its track's sid."""


class Microphones:
    """Hears the microphones of everybody in a room, each in the process's `Ears`.

    All is called in the event loop of the room.
    """

    def __init__(
        self,
        room: rtc.Room,
        ears: Ears,
        listener: SoundListener,
        *,
        pause: float,
        on_refused: Callable[[str], None],
        on_failure: Callable[[str], None],
    ) -> None:
        """Take notice of what clients send, before the room is entered.

        Args:
            room: Not connected yet; without automatic subscription.
            ears: Those of the process.
            listener: Is told what is said.
            pause: Seconds of silence that end an utterance.
            on_refused: Is called with the identity of somebody whose microphone is not heard, as too
                many are open; once for each microphone. It is heard when a place becomes free.
            on_failure: Is called with the identity of somebody whose microphone can be heard no further,
                until it is opened anew.
        """
        self._room = room
        self._ears = ears
        self._listener = listener
        self._pause = pause
        self._on_refused = on_refused
        self._on_failure = on_failure
        self._held: dict[_Key, Microphone] = {}
        self._refused: set[_Key] = set()
        self._closing = OwnedTasks()
        self._is_open = False
        self._preconnect = PreconnectAudio(room)
        self._handlers: dict[Any, Callable[..., None]] = {
            "track_published": self._consider,
            "track_unpublished": self._on_unpublished,
            "track_subscribed": self._on_subscribed,
            "track_unsubscribed": self._on_unsubscribed,
            "track_subscription_failed": self._on_failed,
            "track_muted": self._on_muted,
            "track_unmuted": self._on_unmuted,
            "participant_disconnected": self._on_left,
            "reconnected": self._look_again,
            "moved": self._look_again,
            "disconnected": self._look_again,
        }
        for event, handler in self._handlers.items():
            room.on(event, handler)

    def begin(self) -> None:
        """Hear the room, which is connected: those who speak already, and all who come."""
        self._is_open = True
        self._look()

    async def aclose(self) -> None:
        """Hear nothing more. What is being said is told before this returns, and nothing after."""
        self._is_open = False
        for event, handler in self._handlers.items():
            self._room.off(event, handler)
        self._ears.slots.stop_waiting(self._look)
        for key in list(self._held):
            self._let_go(key, late=0)
        await self._closing.wait(CLOSING)
        await self._preconnect.aclose()

    def _look(self) -> None:
        """Consider every microphone that there is."""
        for participant in self._room.remote_participants.values():
            for publication in participant.track_publications.values():
                self._consider(publication, participant)

    def _look_again(self, reason: object = None) -> None:
        """After a reconnection, or its failure: let go of what has gone, and hear what is new."""
        present = {
            (participant.identity, sid): publication
            for participant in self._room.remote_participants.values()
            for sid, publication in participant.track_publications.items()
        }
        connected = self._room.isconnected()
        for key, microphone in list(self._held.items()):
            if not connected or present.get(key) is not microphone.publication:
                self._let_go(key)
            else:
                # What was asked for while the connection was made anew is lost.
                microphone.subscribe(self._preconnect)
        if connected:
            self._look()

    def _consider(
        self, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        key = (participant.identity, publication.sid)
        if not self._is_open or key in self._held or not is_microphone(publication, participant):
            return
        if sum(identity == participant.identity for identity, _ in self._held) >= MOST_OF_ONE:
            return
        if self._ears.slots.try_take():
            self._hold(key, publication)
        else:
            self._refuse(key)

    def _hold(self, key: _Key, publication: rtc.RemoteTrackPublication) -> None:
        self._refused.discard(key)
        microphone = Microphone(
            publication, key[0], self._ears, self._listener, self._pause, self._on_failure
        )
        self._held[key] = microphone
        microphone.subscribe(self._preconnect)

    def _refuse(self, key: _Key) -> None:
        self._ears.slots.wait(self._look)
        if key not in self._refused:
            self._refused.add(key)
            # The news of a microphone may come before that of the one whose place it takes.
            asyncio.get_running_loop().call_later(REFUSING, self._tell_refusal, key)

    def _tell_refusal(self, key: _Key) -> None:
        if self._is_open and key in self._refused:
            self._on_refused(key[0])

    def _let_go(self, key: _Key, late: float = LATE) -> None:
        microphone = self._held.pop(key, None)
        if microphone is not None:
            self._closing.spawn(self._close(microphone, late), "closing microphone")

    async def _close(self, microphone: Microphone, late: float) -> None:
        """Close a microphone; another may be heard then, of the same person, too."""
        try:
            await microphone.aclose(late)
        finally:
            self._ears.slots.give_back()
            if self._is_open:
                self._look()

    def _held_of(
        self, publication: rtc.TrackPublication, participant: rtc.Participant
    ) -> Microphone | None:
        return self._held.get((participant.identity, publication.sid))

    def _on_subscribed(
        self,
        track: rtc.Track,
        publication: rtc.RemoteTrackPublication,
        participant: rtc.RemoteParticipant,
    ) -> None:
        if (microphone := self._held_of(publication, participant)) is not None:
            microphone.hear(track, self._preconnect)
        else:
            self._consider(publication, participant)

    def _on_unsubscribed(
        self,
        track: rtc.Track,
        publication: rtc.RemoteTrackPublication,
        participant: rtc.RemoteParticipant,
    ) -> None:
        if (microphone := self._held_of(publication, participant)) is not None:
            microphone.stop_hearing()

    def _on_failed(self, participant: rtc.RemoteParticipant, track_sid: str, error: str) -> None:
        # It is not asked for again, or a microphone that nobody can hear would be asked for at all times.
        logger.warning("a microphone cannot be subscribed", extra={"track": track_sid})

    def _on_muted(self, participant: rtc.Participant, publication: rtc.TrackPublication) -> None:
        if (microphone := self._held_of(publication, participant)) is not None:
            microphone.mute()

    def _on_unmuted(self, participant: rtc.Participant, publication: rtc.TrackPublication) -> None:
        if (microphone := self._held_of(publication, participant)) is not None:
            microphone.unmute()

    def _on_unpublished(
        self, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        key = (participant.identity, publication.sid)
        self._refused.discard(key)
        self._let_go(key)

    def _on_left(self, participant: rtc.RemoteParticipant) -> None:
        self._refused = {key for key in self._refused if key[0] != participant.identity}
        for key in list(self._held):
            if key[0] == participant.identity:
                self._let_go(key)
