"""Where what a client recorded ends, and its track begins: both have some of the sound. No I/O."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from speech.utterance import SAMPLE_BYTES, SAMPLE_RATE

LONGEST = 0.6
"""Seconds that both may have: a client records until it is told that its track is subscribed."""

PART = 0.05
"""Seconds that are looked for at once: what has just been subscribed is played at a changing speed."""

STEP = 0.025
"""Seconds from one part to the next."""

LIKENESS = 0.9
"""How alike the same sound is at least after two encoders, as a correlation; at most it is 1."""

TOLERANCE = 0.015
"""Seconds by which two parts may differ in where they are found. One alone may be like another sound."""

LEAST_MEAN = 100.0
"""As loud must a part be on the average, in samples: silence is like any other."""

_PART = int(PART * SAMPLE_RATE)


def find_overlap(before: bytes, after: bytes) -> int:
    """Return how many bytes at the beginning of a sound are also at the end of the one before it.

    Args:
        before: Samples as `Piece.sound` has them.
        after: What follows, likewise; its first `LONGEST` seconds are enough.

    Returns:
        0 if there are none, or so few that hardly anybody hears them twice.
    """
    overlap, last = 0, -SAMPLE_RATE
    for found in _find_parts(_samples(before)[-_count(LONGEST) :], _samples(after)):
        if abs(found - last) <= _count(TOLERANCE):
            overlap = found
        last = found
    return overlap * SAMPLE_BYTES


def _find_parts(end: NDArray[np.float64], start: NDArray[np.float64]) -> Iterator[int]:
    """The overlap by each part of a beginning that is also in an end."""
    size = 2 * _count(LONGEST)
    spectrum = np.fft.rfft(end, size)
    energies = np.convolve(end**2, np.ones(_PART), "valid") if len(end) >= _PART else np.zeros(0)
    for at in range(0, min(len(start), len(end)) - _PART + 1, _count(STEP)):
        part = start[at : at + _PART]
        # By way of the spectrum: it is looked for everywhere in less than a millisecond.
        products = np.fft.irfft(spectrum * np.conj(np.fft.rfft(part, size)), size)[: len(energies)]
        likeness = products / np.sqrt(energies * np.sum(part**2) + 1)
        place = int(np.argmax(likeness))
        if likeness[place] >= LIKENESS and np.mean(part**2) >= LEAST_MEAN**2:
            yield len(end) - place + at


def _samples(sound: bytes) -> NDArray[np.float64]:
    return np.frombuffer(sound, np.int16).astype(np.float64)


def _count(seconds: float) -> int:
    return int(seconds * SAMPLE_RATE)
