"""What passes between hearing, transcription and those who use both. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

SAMPLE_RATE = 16_000
"""Samples per second of all sound that is heard: 16-bit, mono."""

SAMPLE_BYTES = 2
"""Bytes of a sample."""


@dataclass(frozen=True)
class Utterance:
    """What one participant says without a long pause."""

    id: str
    """Unique; clients show what is said under it."""

    identity: str
    """Who speaks."""

    track_sid: str
    """The microphone's track."""

    began_at: float
    """When it began, by the event loop's clock of the room."""


@dataclass(frozen=True)
class Piece:
    """The sound of a part of an utterance. The pieces of an utterance follow each other without a gap."""

    sound: bytes
    """16-bit mono samples in the machine's byte order, `SAMPLE_RATE` a second."""

    speech: float
    """Seconds of it in which somebody speaks."""

    confidence: float
    """How probable it is that this is speech: the mean over these seconds, from 0 to 1."""

    peak: int
    """The loudest sample, from 0 to 32,767."""

    @property
    def seconds(self) -> float:
        """How long it lasts, pauses included."""
        return len(self.sound) / SAMPLE_BYTES / SAMPLE_RATE


class Trouble(Enum):
    """Why something could not be transcribed, or spoken."""

    UNREACHABLE = "unreachable"
    """The service does not respond."""

    SLOW = "slow"
    """It did not respond in time."""

    BUSY = "busy"
    """It wants to be asked less, or later."""

    REFUSED = "refused"
    """It rejects the key or the model, or has no speech: the operator has to act."""

    FAILED = "failed"
    """It failed, or sent what is no answer."""


@dataclass(frozen=True)
class Understood:
    """What became of an utterance."""

    text: str
    """Its words; empty if there were none, or they were nobody's."""

    trouble: Trouble | None = None
    """Why all or some of it has no words; None if nothing went wrong."""


class SoundListener(Protocol):
    """Is told what microphones hear: for each utterance `began`, pieces, `ended`, in this order.

    All is called in the event loop of the room, and returns at once. What turned out to be no speech
    before it began is not told.
    """

    def began(self, utterance: Utterance) -> None:
        """Somebody began to speak, as far as a moment of sound can tell."""
        ...

    def heard(self, utterance: Utterance, piece: Piece) -> None:
        """The next piece: up to a short pause, or to where a long one had to be cut."""
        ...

    def ended(self, utterance: Utterance) -> None:
        """A long pause, or the end of the track: nothing more belongs to it."""
        ...


class WordListener(Protocol):
    """Is told what people say: for each utterance `began`, some `words`, `ended`, `understood`.

    `words` may also come after `ended`; `understood` is the last, and comes once. All is called in the
    event loop of the room, and returns at once. What one participant says is understood in order.
    """

    def began(self, utterance: Utterance) -> None:
        """Somebody began to speak, as far as a moment of sound can tell. There may be no words."""
        ...

    def words(self, utterance: Utterance, text: str) -> None:
        """All words so far; more follow. Never blank, and each text begins with the one before."""
        ...

    def ended(self, utterance: Utterance) -> None:
        """Nothing more is said; the last words may still be on their way."""
        ...

    def understood(self, utterance: Utterance, result: Understood) -> None:
        """All of it. If there were `words`, the text begins with the last of them."""
        ...
