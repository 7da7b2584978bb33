"""Sound as the SDK takes it."""

from __future__ import annotations

from livekit import rtc

from .utterance import SAMPLE_BYTES, SAMPLE_RATE


def frame_of(sound: bytes) -> rtc.AudioFrame:
    """Return mono samples of `SAMPLE_RATE` as a frame."""
    return rtc.AudioFrame(sound, SAMPLE_RATE, 1, len(sound) // SAMPLE_BYTES)
