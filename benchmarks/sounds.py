"""The sound that microphones are given: a quiet room, and speech that is made up. No I/O.

The speech has no words, but what a detector of voice activity listens for: a voiced pitch that moves,
the resonances of vowels, hissing between them, and syllables. So everybody measures with the same
sound, whatever is installed.
"""

import math

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
"""Samples per second: Opus's own, so that a publisher has nothing to convert."""

TALK_S = 3.0
"""Seconds of speech in `talk`."""

PAUSE_S = 5.0
"""Seconds of a quiet room after them, long enough to end a turn."""

SYLLABLES_PER_S = 4

_NOISE = 10 ** (-60 / 20)
"""Loudness of a room in which nobody speaks, of 1."""

_LOUDNESS = 0.3
"""The loudest sample of speech, of 1."""

_PITCH_HZ = 120.0

_VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480))
"""The three lowest resonances of vowels in Hz: as in father, see, too, bed."""

_BANDWIDTHS = (80, 100, 140)
"""Of these resonances, in Hz."""

Samples = NDArray[np.int16]
_Wave = NDArray[np.float64]


def quiet(seconds: float) -> Samples:
    """Make the sound of a room in which nobody speaks, the same each time."""
    return _to_samples(_noise(seconds))


def talk() -> Samples:
    """Make speech and a pause after it, the same each time."""
    noise = _noise(TALK_S + PAUSE_S)
    voice = _speech(TALK_S)
    noise[: len(voice)] += voice
    return _to_samples(noise)


def count_sentences(first: float, seconds: float) -> int:
    """Count the sentences that are heard, also in part, in `talk` that is repeated.

    Args:
        first: Seconds of it that were over when listening began.
        seconds: How long was listened.
    """
    whole = TALK_S + PAUSE_S
    begun_before = first % whole
    beginnings = math.ceil((begun_before + seconds) / whole) - math.ceil(begun_before / whole)
    return beginnings + (0 < begun_before < TALK_S)


def _speech(seconds: float) -> _Wave:
    random = np.random.default_rng(1)
    syllables = [
        _syllable(_VOWELS[number % len(_VOWELS)], number, random)
        for number in range(round(seconds * SYLLABLES_PER_S))
    ]
    wave = np.concatenate(syllables)
    loudest = float(np.abs(wave).max())
    return wave * (_LOUDNESS / loudest)


def _syllable(vowel: tuple[int, ...], number: int, random: np.random.Generator) -> _Wave:
    """Make a hiss and a vowel that swells and fades."""
    length = RATE // SYLLABLES_PER_S
    hiss = np.diff(random.standard_normal(length // 5 + 1)) * 0.05
    voiced = length - len(hiss)
    times = np.arange(voiced) / RATE
    pitch = _PITCH_HZ * (1 + 0.1 * np.sin(number) + 0.15 * np.sin(2 * np.pi * 3 * times))
    phase = np.cumsum(pitch) / RATE
    vowel_wave = _resonate(phase, pitch, vowel)
    swell = np.sin(np.pi * np.arange(voiced) / voiced) ** 0.5
    return np.concatenate([hiss, vowel_wave / np.abs(vowel_wave).max() * swell])


def _resonate(phase: _Wave, pitch: _Wave, vowel: tuple[int, ...]) -> _Wave:
    """Add up the harmonics of a voice, each as loud as the resonances let it be."""
    wave = np.zeros_like(phase)
    for harmonic in range(1, int(4000 / _PITCH_HZ)):
        hertz = harmonic * pitch
        gain = sum(
            1 / (1 + ((hertz - centre) / width) ** 2)
            for centre, width in zip(vowel, _BANDWIDTHS, strict=True)
        )
        wave += (gain + 0.01) / harmonic**0.5 * np.sin(2 * np.pi * harmonic * phase)
    return wave


def _noise(seconds: float) -> _Wave:
    return np.random.default_rng(0).standard_normal(round(seconds * RATE)) * _NOISE


def _to_samples(wave: _Wave) -> Samples:
    return (np.clip(wave, -1, 1) * 32_767).astype(np.int16)
