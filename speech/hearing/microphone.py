"""One microphone of a room: its publication, and the ear that hears its track."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import InvalidStateError
from contextlib import suppress

from livekit import rtc

from chat import OwnedTasks
from speech.utterance import SoundListener

from .ear import LATE
from .early_sound import EarlySound
from .ears import Ears, OpenEar
from .preconnect import PreconnectAudio
from .teller import Teller

PRECONNECT_BUFFER = 6
"""``TF_PRECONNECT_BUFFER`` of LiveKit's protocol: the client sends what was said before."""

RECORDING = 3.0
"""Seconds to wait for what was said before the subscription, where the client announces it."""

TELLING = 2.0
"""Seconds to wait until all that was heard is told."""


def is_microphone(
    publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
) -> bool:
    """Whether a publication is a person's microphone."""
    return (
        publication.kind == rtc.TrackKind.KIND_AUDIO
        and publication.source == rtc.TrackSource.SOURCE_MICROPHONE
        and participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
    )


class Microphone:
    """A microphone that a room listens to, while its track is subscribed."""

    def __init__(
        self,
        publication: rtc.RemoteTrackPublication,
        identity: str,
        ears: Ears,
        listener: SoundListener,
        pause: float,
        on_failure: Callable[[str], None],
    ) -> None:
        """Hear nothing yet.

        Args:
            publication: The microphone.
            identity: Whose it is.
            ears: Hear its track.
            listener: Is told what is said.
            pause: Seconds of silence that end an utterance.
            on_failure: Called with the identity if the track can be heard no further.
        """
        self.publication = publication
        self._identity = identity
        self._ears = ears
        self._listener = listener
        self._pause = pause
        self._on_failure = on_failure
        self._ear: OpenEar | None = None
        self._opened: dict[Teller, OpenEar] = {}
        self._tasks = OwnedTasks()

    def subscribe(self, preconnect: PreconnectAudio) -> None:
        """Ask for the track, and hear it if it is here. Nothing, if it is heard already."""
        if self.publication.track is None:
            self.publication.set_subscribed(True)
        elif self._ear is None:
            self.hear(self.publication.track, preconnect)

    def hear(self, track: rtc.Track, preconnect: PreconnectAudio) -> None:
        """Hear the subscribed track."""
        self.stop_hearing()
        teller = Teller(
            self._listener,
            self._identity,
            self.publication.sid,
            lambda: self._on_failure(self._identity),
        )
        is_muted = self.publication.muted
        self._ear = self._ears.open(track, teller, self._pause, is_muted=is_muted)
        if self._ear is not None:
            self._opened = {old: ear for old, ear in self._opened.items() if not old.is_closed}
            self._opened[teller] = self._ear
            self._tasks.spawn(self._bring_before(self._ear, preconnect), "pre-connect audio")

    def mute(self) -> None:
        """Finish what is being said, and hear nothing."""
        if self._ear is not None:
            self._ear.mute()

    def unmute(self) -> None:
        """Hear again."""
        if self._ear is not None:
            self._ear.unmute()

    def stop_hearing(self, late: float = LATE) -> None:
        """Finish what is being said, after sound that is still on its way for `late` seconds."""
        ear, self._ear = self._ear, None
        if ear is not None:
            ear.end(late)

    async def aclose(self, late: float = LATE) -> None:
        """Finish what is being said, and wait until it is told."""
        self.stop_hearing(late)
        await self._tasks.wait(late)
        self._tasks.cancel()
        for ear in self._opened.values():
            _bring(ear, None)
        await asyncio.gather(*(teller.wait(TELLING) for teller in self._opened))
        await self._tasks.wait()

    async def _bring_before(self, ear: OpenEar, preconnect: PreconnectAudio) -> None:
        """Give the ear what was said before; it waits for that, and be it nothing."""
        sound = None
        if PRECONNECT_BUFFER in self.publication.audio_features:
            sound = await preconnect.take(self._identity, self.publication.sid, RECORDING)
        _bring(ear, sound)


def _bring(ear: OpenEar, sound: EarlySound | None) -> None:
    with suppress(InvalidStateError):  # It has it already, or has ended.
        ear.before.set_result(sound)
