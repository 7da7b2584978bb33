"""Sound as bytes and as numbers. No I/O."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]
    """Mono sound, from -1 to 1."""

SAMPLE_BYTES = 2
"""Bytes of a sample, in all sound that goes over the wire."""

LOWEST_RATE, HIGHEST_RATE = 4_000, 192_000
"""Samples per second that a file may have."""

_LOUDEST = 32_767


def read_wav(data: bytes, rate: int) -> Samples:
    """Return the sound of a file, mixed to mono.

    Args:
        data: A WAV file of 16-bit samples.
        rate: How many samples per second to return.

    Raises:
        ValueError: It is no such file; the message says why.
    """
    try:
        with wave.open(io.BytesIO(data)) as file:
            form, frames = file.getparams(), file.readframes(len(data))
    except (wave.Error, EOFError, RuntimeError) as error:  # The last: it points beyond its end.
        raise ValueError("it is not a WAV file of PCM samples") from error
    if form.sampwidth != SAMPLE_BYTES:
        raise ValueError(f"its samples have {8 * form.sampwidth} bits; send 16")
    if not LOWEST_RATE <= form.framerate <= HIGHEST_RATE:
        raise ValueError(f"it has {form.framerate} samples a second; send {rate}")
    # What is left of a file that was cut is no whole frame.
    whole = len(frames) - len(frames) % (form.nchannels * SAMPLE_BYTES)
    samples = np.frombuffer(frames[:whole], "<i2").astype(np.float32) / (_LOUDEST + 1)
    return resample(samples.reshape(-1, form.nchannels).mean(axis=1), form.framerate, rate)


def resample(samples: Samples, rate: int, wanted: int) -> Samples:
    """Return the sound with another number of samples per second, without what these cannot hold."""
    count = round(samples.size * wanted / rate)
    if rate == wanted or not count:
        return samples[:count].astype(np.float32)
    heard = np.fft.rfft(samples)
    kept = np.zeros(count // 2 + 1, heard.dtype)
    kept[: heard.size] = heard[: kept.size]
    return (np.fft.irfft(kept, count) * (count / samples.size)).astype(np.float32)


def to_pcm(samples: Samples) -> bytes:
    """Return the sound as 16-bit little-endian samples."""
    return (np.clip(samples, -1.0, 1.0) * _LOUDEST).astype("<i2").tobytes()


def write_wav(pcm: bytes, rate: int) -> bytes:
    """Return a file of mono samples that `to_pcm` made.

    Args:
        pcm: The samples.
        rate: How many of them make a second.
    """
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(rate)
        file.writeframes(pcm)
    return data.getvalue()
