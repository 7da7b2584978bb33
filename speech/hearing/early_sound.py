"""What a client recorded before its microphone was subscribed, as 16 kHz mono."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np
from livekit import rtc

from speech.utterance import SAMPLE_BYTES, SAMPLE_RATE

LONGEST = 60.0
"""Seconds that are taken of it; the rest is dropped."""


@dataclass(frozen=True)
class EarlySound:
    """A recording as it was sent."""

    data: bytes
    """A container with compressed sound, or 16-bit samples."""

    mime_type: str
    """What the client calls it."""

    sample_rate: int
    """Samples per second, if it is samples."""

    channels: int
    """Channels, if it is samples."""

    @property
    def container(self) -> str | None:
        """The container, by the first bytes: clients call WebM and Ogg ``audio/opus``, too."""
        if self.data.startswith(b"OggS"):
            return "audio/ogg"
        if self.data.startswith(b"\x1aE\xdf\xa3"):
            return "audio/webm"
        # Safari, which may have no Opus, sends AAC as ``video/mp4``.
        return "audio/mp4" if self.data[4:8] == b"ftyp" else None

    @property
    def is_compressed(self) -> bool:
        """Whether the client calls it so, in whatever container."""
        return "opus" in self.mime_type or "mp4" in self.mime_type


async def decode(sound: EarlySound) -> bytes:
    """Return the samples as `Piece.sound` has them; none, if it is no sound.

    What is compressed is decoded in a thread of its own.
    """
    most = int(LONGEST * SAMPLE_RATE) * SAMPLE_BYTES
    if (container := sound.container) is not None:
        return (await _decompress(sound.data, container, most))[:most]
    return b"" if sound.is_compressed else _resample(sound)[:most]


async def _decompress(data: bytes, container: str, most: int) -> bytes:
    try:
        from livekit.agents.utils.codecs import AudioStreamDecoder
    except ImportError:
        return b""  # livekit-agents has moved it: the worker said so when it started.
    # Left to find out the container, the decoder would open any file that it knows, and lists of files.
    decoder = AudioStreamDecoder(sample_rate=SAMPLE_RATE, num_channels=1, format=container)
    samples = bytearray()
    try:
        decoder.push(data)
        decoder.end_input()
        async for frame in decoder:
            samples += frame.data
            if len(samples) >= most:
                break
    finally:
        await decoder.aclose()
    return bytes(samples)


def _resample(sound: EarlySound) -> bytes:
    size = SAMPLE_BYTES * sound.channels
    whole = sound.data[: len(sound.data) // size * size]
    channels = np.frombuffer(whole, np.int16).reshape(-1, sound.channels)
    mono: bytes = channels.mean(axis=1).astype(np.int16).tobytes()
    if sound.sample_rate == SAMPLE_RATE or not mono:
        return mono
    resampler = rtc.AudioResampler(sound.sample_rate, SAMPLE_RATE)
    frames = chain(resampler.push(bytearray(mono)), resampler.flush())
    return b"".join(frame.data.tobytes() for frame in frames)
