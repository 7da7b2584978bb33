"""Pieces of sound, utterances, and a listener that writes down what it is told."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from speech.utterance import SAMPLE_RATE, Piece, Understood, Utterance


def piece(
    seconds: float = 1.0,
    *,
    speech: float | None = None,
    confidence: float = 0.95,
    peak: int = 9000,
) -> Piece:
    """A sound of that length, spoken throughout if nothing else is said."""
    sound = array("h", [peak]) * round(seconds * SAMPLE_RATE)
    return Piece(sound.tobytes(), seconds if speech is None else speech, confidence, peak)


def utterance(number: int = 1, identity: str = "ann") -> Utterance:
    return Utterance(f"{identity}-{number}", identity, f"TR_{identity}", float(number))


@dataclass
class Notebook:
    """Is told what people say."""

    lines: list[tuple[str, str, object]] = field(default_factory=list)
    """What was told, the utterance's id, and what it was told with."""

    def began(self, utterance: Utterance) -> None:
        self.lines.append(("began", utterance.id, None))

    def words(self, utterance: Utterance, text: str) -> None:
        self.lines.append(("words", utterance.id, text))

    def ended(self, utterance: Utterance) -> None:
        self.lines.append(("ended", utterance.id, None))

    def understood(self, utterance: Utterance, result: Understood) -> None:
        self.lines.append(("understood", utterance.id, result))

    @property
    def understandings(self) -> list[tuple[str, Understood]]:
        return [(id_, it) for what, id_, it in self.lines if isinstance(it, Understood)]

    def texts(self, utterance: Utterance) -> list[object]:
        """The words of an utterance, as they grew."""
        return [it for what, id_, it in self.lines if what == "words" and id_ == utterance.id]
