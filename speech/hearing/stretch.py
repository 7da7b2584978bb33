"""Sound that was not handed on yet, in the windows that voice activity was judged by. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from speech.utterance import SAMPLE_BYTES, SAMPLE_RATE, Piece

SURE_SPEECH = 0.22
"""Seconds of speech after which somebody seems to speak, where these are probable enough. The agent's voice
is to be silent within half a second, of which models, packets and buffers take the rest."""

GAP = 0.2
"""Seconds of silence that there may be in between: some consonants are silent."""

SHORT_SPEECH = 0.2
"""Seconds of speech that are enough once it has ended: "stop" and "yes", but no click."""

LEAST_CONFIDENCE = 0.6
"""How probable those seconds must be on the average."""

LEAST_PEAK = 200
"""The loudest sample of them must be this loud: -44 dB. What is below is across the street."""


@dataclass(frozen=True)
class Window:
    """Sound that was judged as a whole, some hundredths of a second."""

    sound: bytes
    """16-bit mono samples."""

    probability: float
    """How probable it is that somebody speaks, from 0 to 1."""

    is_speech: bool
    """Whether somebody does, given the windows before."""

    @property
    def samples(self) -> int:
        """How many samples it has."""
        return len(self.sound) // SAMPLE_BYTES

    @property
    def peak(self) -> int:
        """Its loudest sample, from 0 to 32,767."""
        return peak_of(self.sound)

    @property
    def energy(self) -> float:
        """Its mean square."""
        samples = np.frombuffer(self.sound, np.int16).astype(np.float64)
        return float(np.mean(samples**2)) if len(samples) else 0.0


class Stretch:
    """Windows one after the other; whether they hold speech, and how sure that is."""

    def __init__(self, windows: Iterable[Window] = ()) -> None:
        """Begin with windows."""
        self.windows: deque[Window] = deque()
        self.samples = 0
        """How long it is."""
        self.speech = 0
        """How many of these samples are speech."""
        self.silence = 0
        """How many came since the last speech; all, if there was none."""
        self.is_sure = False
        """Whether somebody surely speaks, or spoke. Stays true."""
        self.is_likely = False
        """Whether it is speech if nothing more comes. Stays true."""
        self._newest: deque[Window] = deque()
        self._newest_samples = 0
        for window in windows:
            self.append(window)

    def append(self, window: Window) -> None:
        """Go on with a window."""
        self.windows.append(window)
        self.samples += window.samples
        if not window.is_speech:
            self.silence += window.samples
            self._break_off()
            return
        self.silence = 0
        self.speech += window.samples
        if not self.is_sure:
            self._become_sure(window)

    def trim(self, seconds: float) -> None:
        """Drop the oldest windows, so that it is not longer than this."""
        most = int(seconds * SAMPLE_RATE)
        while self.samples > most and len(self.windows) > 1:
            window = self.windows.popleft()
            self.samples -= window.samples
            if window.is_speech:
                self.speech -= window.samples
            if not self.speech:
                self.silence = self.samples

    @property
    def age(self) -> float:
        """Seconds from the first speech to the end."""
        before = 0
        for window in self.windows:
            if window.is_speech:
                break
            before += window.samples
        return (self.samples - before) / SAMPLE_RATE

    def piece(self) -> Piece:
        """Return all of it as a piece."""
        sound = b"".join(window.sound for window in self.windows)
        spoken = [window for window in self.windows if window.is_speech]
        return Piece(sound, self.speech / SAMPLE_RATE, _confidence(spoken), peak_of(sound))

    def _break_off(self) -> None:
        """Forget speech that did not go on: keystrokes are not taken together."""
        if self.silence > GAP * SAMPLE_RATE:
            self._newest.clear()
            self._newest_samples = 0

    def _become_sure(self, window: Window) -> None:
        """Look at the newest speech alone: noise before it must not make it less probable."""
        self._newest.append(window)
        self._newest_samples += window.samples
        enough = SURE_SPEECH * SAMPLE_RATE
        while self._newest_samples - self._newest[0].samples >= enough:
            self._newest_samples -= self._newest.popleft().samples
        if self._newest_samples >= SHORT_SPEECH * SAMPLE_RATE and _is_plausible(self._newest):
            self.is_likely = True
            self.is_sure = self._newest_samples >= enough


def _is_plausible(spoken: Iterable[Window]) -> bool:
    windows = list(spoken)
    return _confidence(windows) >= LEAST_CONFIDENCE and (
        max((window.peak for window in windows), default=0) >= LEAST_PEAK
    )


def _confidence(spoken: list[Window]) -> float:
    """The mean probability over the samples of windows; 0 if there are none."""
    samples = sum(window.samples for window in spoken)
    weighted = sum(window.probability * window.samples for window in spoken)
    return min(1.0, weighted / samples) if samples else 0.0


def peak_of(sound: bytes) -> int:
    """Return the loudest sample, from 0 to 32,767."""
    samples = np.frombuffer(sound, np.int16)
    # The lowest sample has no positive counterpart of 16 bits.
    return min(32_767, max(int(samples.max()), -int(samples.min()))) if len(samples) else 0
