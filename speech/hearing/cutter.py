"""Where the sound of a microphone is cut: into utterances, and these into pieces. No I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from speech.utterance import SAMPLE_RATE, Piece

from .stretch import Stretch, Window

ENTER = 0.5
"""As probable must a window be for speech to begin."""

EXIT = 0.35
"""As probable must it be for speech to go on."""

STEP = 0.4
"""Seconds of silence after which what was said so far becomes a piece."""

BEFORE = 0.5
"""Seconds before speech that belong to its piece: the beginning of a word is often too soft."""

AFTER = 0.2
"""Seconds after speech that belong to its piece."""

LONGEST = 30.0
"""Seconds of a piece, at most."""

LONGEST_UTTERANCE = 300.0
"""Seconds of pieces after which an utterance ends, and another goes on: a radio never pauses, and all
that was said is shown again with each word more."""

SEARCHED = 5.0
"""The last seconds of a piece that is too long, in which the quietest window is looked for."""

UNSURE = 2.0
"""Seconds that are kept of what might become speech: no more of them precede what does."""


@dataclass(frozen=True)
class Began:
    """An utterance begins."""

    age: float
    """Seconds of sound since its first speech."""


@dataclass(frozen=True)
class Ended:
    """The utterance has ended: nothing more belongs to it."""


Event = Began | Piece | Ended
"""For each utterance one `Began`, one or more pieces, one `Ended`, in this order."""


class Cutter:
    """Takes the sound of one microphone window by window, and says what becomes of it.

    An utterance begins once its speech is sure, see `Stretch`, and ends with a long silence, or where a
    piece ends after `LONGEST_UTTERANCE` seconds. What is too short, too soft or too improbable before
    that is dropped: a click, a cough, a hum. Within an utterance nothing that might be speech is dropped,
    but such does not prolong it.

    The pieces of an utterance hold, in order and once, every window that counts as speech; before
    speech up to `BEFORE` seconds of silence, after it `AFTER` seconds or more. So where a silence
    between two words is longer than both together, its middle is left out, and nothing else is. Of
    a noise that turns into speech, the last `UNSURE` seconds belong to the utterance.
    """

    def __init__(self, pause: float) -> None:
        """Hear nothing yet.

        Args:
            pause: Seconds of silence that end an utterance.
        """
        self._step = int(min(STEP, pause) * SAMPLE_RATE)
        self._pause = int(pause * SAMPLE_RATE)
        self._stretch = Stretch()
        self._speaks = False
        self._began = False
        self._said = 0
        """Samples in the pieces of the utterance."""
        self._idle = 0
        """Samples since the last sure speech of the utterance."""

    def add(self, sound: bytes, probability: float) -> list[Event]:
        """Hear a window.

        Args:
            sound: 16-bit mono samples, `SAMPLE_RATE` a second.
            probability: How probable it is that somebody speaks in it.
        """
        self._speaks = probability >= (EXIT if self._speaks else ENTER)
        window = Window(sound, probability, self._speaks)
        self._stretch.append(window)
        self._idle += window.samples
        return [*self._begin(), *self._cut(), *self._end()]

    def finish(self) -> list[Event]:
        """Hear nothing more of what came until now; what comes next has nothing to do with it."""
        events: list[Event] = []
        if self._stretch.speech and (self._began or self._stretch.is_likely):
            events = [*self._open(), self._stretch.piece()]
        if self._began:
            events.append(Ended())
        self._stretch, self._speaks, self._began = Stretch(), False, False
        return events

    def _begin(self) -> list[Event]:
        """Begin the utterance as soon as its speech is sure."""
        if not self._stretch.is_sure:
            return []
        self._idle = min(self._idle, self._stretch.silence)
        return self._open()

    def _open(self) -> list[Event]:
        if self._began:
            return []
        self._began = True
        self._said = 0
        return [Began(self._stretch.age)]

    def _cut(self) -> list[Event]:
        stretch = self._stretch
        if not stretch.speech:
            stretch.trim(BEFORE)
        elif stretch.silence >= self._step:
            return self._cut_at_silence()
        elif not (self._began or stretch.is_sure):
            stretch.trim(UNSURE)
        elif stretch.samples >= LONGEST * SAMPLE_RATE:
            return [self._take(self._quietest(), is_sure=True)]
        return []

    def _cut_at_silence(self) -> list[Event]:
        """Make a piece of what was said; of what was not, keep what may precede speech."""
        if self._stretch.is_likely:
            self._idle = self._stretch.silence
        elif not self._began:
            self._stretch = Stretch(
                Window(window.sound, window.probability, False) for window in self._stretch.windows
            )
            self._stretch.trim(BEFORE)
            return []
        return [*self._open(), self._take(self._spoken(), is_sure=False)]

    def _end(self) -> list[Event]:
        """End the utterance after its pause, unless somebody seems to begin anew just then."""
        if self._began and self._said >= LONGEST_UTTERANCE * SAMPLE_RATE:
            self._began = False
            return [Ended()]
        limit = self._pause + (STEP * SAMPLE_RATE if self._stretch.speech else 0)
        if not self._began or self._idle < limit:
            return []
        events: list[Event] = []
        if self._stretch.speech:
            events.append(self._take(len(self._stretch.windows), is_sure=False))
        self._began = False
        return [*events, Ended()]

    def _take(self, windows: int, *, is_sure: bool) -> Piece:
        """Make a piece of the first windows."""
        taken = self._stretch.windows
        part = Stretch(islice(taken, windows))
        piece = part.piece()
        self._said += part.samples
        self._stretch = Stretch(islice(taken, windows, None))
        if is_sure and self._stretch.speech:
            self._stretch.is_sure = self._stretch.is_likely = True
        return piece

    def _spoken(self) -> int:
        """How many windows there are up to the speech, and `AFTER` seconds of the silence then."""
        windows = len(self._stretch.windows)
        silence = self._stretch.silence
        for window in reversed(self._stretch.windows):
            silence -= window.samples
            if silence < AFTER * SAMPLE_RATE:
                break
            windows -= 1
        return windows

    def _quietest(self) -> int:
        """How many windows there are up to the quietest of the last seconds, with it."""
        at, samples = len(self._stretch.windows), 0
        candidates: list[tuple[float, int]] = []
        for window in reversed(self._stretch.windows):
            candidates.append((window.energy, -at))
            samples += window.samples
            at -= 1
            if samples >= SEARCHED * SAMPLE_RATE:
                break
        return -min(candidates)[1]
