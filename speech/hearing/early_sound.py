"""What a client recorded before its microphone was subscribed, as 16 kHz mono."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np
from livekit import rtc

from speech.utterance import SAMPLE_BYTES, SAMPLE_RATE

LONGEST = 60.0
"""Seconds that are taken of it; the rest is dropped."""

_CONTAINERS = {b"OggS": "audio/ogg", b"\x1aE\xdf\xa3": "audio/webm"}
"""What clients put Opus in, by its first bytes: browsers name either ``audio/opus``."""


@dataclass(frozen=True)
class EarlySound:
    """A recording as it was sent."""

    data: bytes
    """Opus in a container, or 16-bit samples."""

    mime_type: str
    """Says which."""

    sample_rate: int
    """Samples per second, if it is samples."""

    channels: int
    """Channels, if it is samples."""

    @property
    def is_opus(self) -> bool:
        """Whether it must be decoded. Browsers send ``audio/webm;codecs=opus``, too."""
        return self.mime_type == "audio/opus" or "codecs=opus" in self.mime_type


async def decode(sound: EarlySound) -> bytes:
    """Return the samples as `Piece.sound` has them; none, if it is no sound.

    Opus is decoded in a thread of its own.
    """
    most = int(LONGEST * SAMPLE_RATE) * SAMPLE_BYTES
    return (await _decode_opus(sound.data, most) if sound.is_opus else _resample(sound))[:most]


async def _decode_opus(data: bytes, most: int) -> bytes:
    # Left to find out the container, the decoder would open any file that it knows, and lists of files.
    container = _CONTAINERS.get(data[:4])
    if container is None:
        return b""
    try:
        from livekit.agents.utils.codecs import AudioStreamDecoder
    except ImportError:
        return b""  # livekit-agents has moved it: the worker said so when it started.
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
