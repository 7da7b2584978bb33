"""A microphone that somebody opens in a room."""

import asyncio
import itertools
from collections.abc import Sequence

from livekit import rtc

from benchmarks.sounds import RATE, Samples

_FRAME_S = 0.2
"""Sound that is handed over at a time: much, as publishers share the machine with what is measured."""

_QUEUE_MS = 1000


def cut(sound: Samples) -> list[rtc.AudioFrame]:
    """Cut sound into frames, for all microphones of a process."""
    size = int(RATE * _FRAME_S)
    return [
        rtc.AudioFrame(sound[at : at + size].tobytes(), RATE, 1, size)
        for at in range(0, len(sound) - size + 1, size)
    ]


class Microphone:
    """One track, from when it is published until it is no more."""

    def __init__(self, room: rtc.Room, frames: Sequence[rtc.AudioFrame], share: float) -> None:
        """Build a microphone for a room, closed.

        Args:
            room: Where it is published, connected.
            frames: Its sound, which is repeated.
            share: Where in it to begin, from 0 to 1.
        """
        self._room = room
        begin = int(share * len(frames)) % len(frames)
        self._frames = [*frames[begin:], *frames[:begin]]
        self._publication: rtc.LocalTrackPublication
        self._speaking: asyncio.Task[None]

    async def open(self) -> None:
        """Publish the track and let it sound."""
        source = rtc.AudioSource(RATE, 1, _QUEUE_MS)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        self._publication = await self._room.local_participant.publish_track(track, options)
        self._speaking = asyncio.create_task(self._speak(source))

    async def wait_until_heard(self, limit: float) -> bool:
        """Wait ``limit`` seconds at most for somebody to subscribe, and say whether somebody has."""
        try:
            async with asyncio.timeout(limit):
                await self._publication.wait_for_subscription()
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Fall silent, whatever is being said, and unpublish the track."""
        self._speaking.cancel()
        await asyncio.wait([self._speaking])
        await self._room.local_participant.unpublish_track(self._publication.sid)

    async def _speak(self, source: rtc.AudioSource) -> None:
        try:
            for frame in itertools.cycle(self._frames):
                await source.capture_frame(frame)
        finally:
            await source.aclose()
