"""Sound as a value: what goes into a microphone, and what came out of a loudspeaker."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE = 24_000
"""Samples per second of every `Sound`: 16-bit, mono."""

LOUDEST = 32_767

Samples = NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Sound:
    """Some sound."""

    samples: Samples

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / RATE

    def __add__(self, other: Sound) -> Sound:
        """This one, then the other."""
        return Sound(np.concatenate([self.samples, other.samples]))

    def __or__(self, other: Sound) -> Sound:
        """Both at once, as long as the longer one."""
        mixed = np.zeros(max(len(self.samples), len(other.samples)))
        for sound in (self, other):
            mixed[: len(sound.samples)] += sound.samples
        return from_floats(mixed / LOUDEST)

    def first(self, seconds: float) -> Sound:
        """Its beginning."""
        return Sound(self.samples[: round(seconds * RATE)])

    def after(self, seconds: float) -> Sound:
        """All but its beginning."""
        return Sound(self.samples[round(seconds * RATE) :])

    def louder(self, factor: float) -> Sound:
        """The same, so many times as loud."""
        return from_floats(self.samples / LOUDEST * factor)

    def slower(self, factor: float) -> Sound:
        """The same played so many times as slowly, and so deeper."""
        places = np.arange(round(len(self.samples) * factor)) / factor
        heard = np.interp(places, np.arange(len(self.samples)), self.samples)
        return from_floats(heard / LOUDEST)

    def without_margins(self, *, quiet: float = 0.01, margin: float = 0.03) -> Sound:
        """The same without the silence around it, but for a margin in seconds."""
        loud = np.flatnonzero(np.abs(self.samples) > quiet * LOUDEST)
        edge = round(margin * RATE)
        return Sound(self.samples[max(0, loud[0] - edge) : loud[-1] + edge])

    def wav(self, rate: int = RATE) -> bytes:
        """It as a file."""
        length = round(len(self.samples) * rate / RATE)
        places = np.linspace(0, len(self.samples) - 1, length)
        samples = np.interp(places, np.arange(len(self.samples)), self.samples)
        file = io.BytesIO()
        with wave.open(file, "wb") as writer:
            writer.setnchannels(1)
            writer.setsampwidth(2)
            writer.setframerate(rate)
            writer.writeframes(samples.astype("<i2").tobytes())
        return file.getvalue()


def from_floats(samples: NDArray[np.floating]) -> Sound:
    """Sound of samples between -1 and 1; what is louder is clipped, as a microphone does."""
    return Sound((np.clip(samples, -1, 1) * LOUDEST).astype(np.int16))


def silence(seconds: float) -> Sound:
    """Nothing at all."""
    return Sound(np.zeros(round(seconds * RATE), np.int16))


def noise(seconds: float, level: float = 0.03) -> Sound:
    """A fan, or a street."""
    random = np.random.default_rng(1)
    return from_floats(random.normal(0, level, round(seconds * RATE)))


def music(seconds: float, level: float = 0.3) -> Sound:
    """A slow tune in chords, with overtones."""
    times = np.arange(round(seconds * RATE)) / RATE
    sound = np.zeros(len(times))
    for number, chord in enumerate(_CHORDS * (round(seconds / 2) + 1)):
        begin = number * 0.5
        age = np.clip(times - begin, 0, None)
        loudness = np.where((times >= begin) & (age < 1.5), np.exp(-3 * age), 0)
        for tone in chord:
            for overtone in (1, 2, 3, 4):
                sound += loudness * np.sin(2 * np.pi * tone * overtone * age) / overtone**1.5
    return from_floats(level * sound / max(1e-9, np.abs(sound).max()))


def clicks(seconds: float, level: float = 0.5) -> Sound:
    """Somebody types on a keyboard, seven keys a second."""
    random = np.random.default_rng(2)
    sound = np.zeros(round(seconds * RATE))
    for begin in np.arange(0.05, seconds - 0.05, 1 / 7):
        start = round((begin + random.uniform(0, 0.05)) * RATE)
        length = min(round(0.012 * RATE), len(sound) - start)
        fading = np.exp(-np.arange(length) / (0.002 * RATE))
        sound[start : start + length] += level * fading * random.normal(0, 0.5, length)
    return from_floats(sound)


def cough(level: float = 0.6) -> Sound:
    """Two bursts of breath."""
    random = np.random.default_rng(3)

    def burst(seconds: float) -> Sound:
        length = round(seconds * RATE)
        shape = np.minimum(1, np.arange(length) / (0.01 * RATE)) * np.exp(
            -np.arange(length) / (0.06 * RATE)
        )
        breath = np.convolve(random.normal(0, 1, length), np.ones(6) / 6, "same")
        return from_floats(level * shape * breath)

    return burst(0.22) + silence(0.08) + burst(0.18)


_CHORDS = [
    (261.6, 329.6, 392.0),
    (220.0, 261.6, 329.6),
    (174.6, 220.0, 261.6),
    (196.0, 246.9, 293.7),
]
