"""The sound of some words, which can be played while it grows."""

from __future__ import annotations

import asyncio
from collections import deque

from livekit import rtc

SPOKEN_RATE = 24_000
"""Samples per second of what is spoken: 16-bit, mono. OpenAI's services know no other."""

FRAME_SECONDS = 0.05
"""How long a frame lasts: each one is a call into native code, and a pause may cut only between two."""

_FRAME_SAMPLES = int(SPOKEN_RATE * FRAME_SECONDS)
_FRAME_BYTES = 2 * _FRAME_SAMPLES


class Sound:
    """Frames of the same length, in the order in which they are played."""

    def __init__(self, text: str) -> None:
        self.text = text
        """The words."""
        self._samples = bytearray()
        self._frames: deque[rtc.AudioFrame] = deque()
        self.has_ended = False
        """Whether all of it is here."""
        self._changed = asyncio.Event()

    def add(self, samples: bytes) -> None:
        """Put samples at its end, any number of bytes."""
        self._samples += samples
        whole = len(self._samples) // _FRAME_BYTES * _FRAME_BYTES
        for start in range(0, whole, _FRAME_BYTES):
            self._frames.append(_frame(bytes(self._samples[start : start + _FRAME_BYTES])))
        del self._samples[:whole]
        self._changed.set()

    def end(self) -> None:
        """Note that nothing follows."""
        if self._samples:
            self.add(bytes(_FRAME_BYTES - len(self._samples)))
        self.has_ended = True
        self._changed.set()

    async def next_frame(self) -> rtc.AudioFrame | None:
        """Wait for the next frame. Returns None if there is none any more."""
        while not self._frames and not self.has_ended:
            self._changed.clear()
            await self._changed.wait()
        return self._frames.popleft() if self._frames else None


def _frame(samples: bytes) -> rtc.AudioFrame:
    return rtc.AudioFrame(samples, SPOKEN_RATE, 1, _FRAME_SAMPLES)
