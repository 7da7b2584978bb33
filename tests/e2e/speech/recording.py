"""What comes out of a loudspeaker: a track, recorded, with the time at which each part was heard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from livekit import rtc

from tests.e2e.speech.sound import RATE, Samples, Sound, silence
from tests.e2e.speech.voices import words_of
from tests.speech_service import SpeechService

FRAME = 20
"""Milliseconds of a frame: how exactly the time is known."""

AUDIBLE = 150
"""The least sample that a person would hear. A codec makes some noise of silence."""


@dataclass(frozen=True)
class _Part:
    at: float
    samples: Samples


@dataclass(frozen=True)
class Span:
    """From when until when something was audible, by the event loop's clock."""

    begin: float
    end: float


class Recording:
    """A recording of one track, from now until `aclose`, or until the track ends."""

    def __init__(
        self, track: rtc.Track, on_sound: Callable[[Samples], None] = lambda _: None
    ) -> None:
        """Begin.

        Args:
            track: What to listen to.
            on_sound: Called with each part as it is heard.
        """
        self._on_sound = on_sound
        self._parts: list[_Part] = []
        self._stream = rtc.AudioStream.from_track(
            track=track, sample_rate=RATE, num_channels=1, frame_size_ms=FRAME
        )
        self._task = asyncio.get_running_loop().create_task(self._record())

    async def aclose(self) -> None:
        """End the recording; it can still be listened to."""
        self._task.cancel()
        await asyncio.wait({self._task})
        await self._stream.aclose()

    def sound(self, since: float = 0.0) -> Sound:
        """All that was heard since then."""
        parts = [part.samples for part in self._parts if part.at >= since]
        return Sound(np.concatenate(parts)) if parts else silence(0)

    def without_pauses(self, longest: float = 1.0) -> Sound:
        """All that was heard, without what is quiet for longer."""
        heard = silence(0.2)
        for span in self.audible(gap=longest):
            heard += Sound(
                np.concatenate([p.samples for p in self._parts if span.begin < p.at <= span.end])
            )
        return heard + silence(0.2)

    async def words(self, service: SpeechService, since: float = 0.0) -> list[str]:
        """The words that were heard since then."""
        return words_of(await asyncio.to_thread(service.transcribe, self.sound(since)))

    def audible(self, gap: float = 0.5, since: float = 0.0) -> list[Span]:
        """When something was heard; what is quiet for less than `gap` seconds is one."""
        spans: list[Span] = []
        for part in self._parts:
            if part.at < since or np.abs(part.samples.astype(np.int32)).max() < AUDIBLE:
                continue
            begin = part.at - FRAME / 1000
            if spans and begin - spans[-1].end < gap:
                spans[-1] = Span(spans[-1].begin, part.at)
            else:
                spans.append(Span(begin, part.at))
        return spans

    def is_silent_for(self, seconds: float) -> bool:
        """Whether nothing has been heard for so long, after something had been."""
        spans = self.audible()
        now = asyncio.get_running_loop().time()
        return bool(spans) and now - spans[-1].end >= seconds

    async def _record(self) -> None:
        now = asyncio.get_running_loop().time
        async for event in self._stream:
            part = _Part(now(), np.frombuffer(event.frame.data, np.int16).copy())
            self._parts.append(part)
            self._on_sound(part.samples)
