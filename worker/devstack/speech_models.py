"""The small models of the `speech` group: one understands English, one speaks it.

What takes long to import is imported when they are loaded: whoever only asks for them does not wait.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from worker.devstack.sound import Samples

HEARING_MODEL = "moonshine-tiny-en"
"""The name of the model that understands."""

HEARING_RATE = 16_000
"""Samples per second of what it hears."""

SPEAKING_MODEL = "hibari-heart"
"""The name of the model that speaks."""

SPEAKING_RATE = 24_000
"""Samples per second of what it says."""

SLOWEST, FASTEST = 0.5, 2.0
"""How fast it can speak; 1 is its own pace."""

_SILENCE = bytes(SPEAKING_RATE // 5)
"""A tenth of a second. A service that is asked to speak answers with sound, whatever it is to say."""


class Hearing(Protocol):
    """Understands speech. It blocks, and takes one call at a time."""

    def transcribe(self, samples: Samples) -> str:
        """Return the words in mono sound of `HEARING_RATE`; empty if there are none."""
        ...


class Speaking(Protocol):
    """Speaks. It blocks, and takes one call at a time."""

    def sentences(self, text: str) -> list[str]:
        """Return the text in the parts that are spoken in one go, at least one."""
        ...

    def say(self, sentence: str, speed: float) -> bytes:
        """Return the sound of a sentence, as `sound.to_pcm` does, of `SPEAKING_RATE`."""
        ...


def are_installed() -> bool:
    """Whether both models are there."""
    return all(map(importlib.util.find_spec, ("hibari", "moonshine_voice")))


class Moonshine:
    """A `Hearing`: the model in the moonshine-voice package."""

    def __init__(self) -> None:
        """Load it, which takes a moment."""
        from moonshine_voice import ModelArch, get_model_path
        from moonshine_voice.transcriber import Transcriber

        # It would look for speech itself, cut the sound a second time, and hear words that are not there
        # at the cuts. What it is given is speech.
        options = {"vad_threshold": "0.0"}
        self._transcriber = Transcriber(get_model_path("tiny-en"), ModelArch.TINY, options=options)

    def transcribe(self, samples: Samples) -> str:
        """See `Hearing`."""
        if not samples.any():
            return ""  # The model would hear a word in it.
        heard = self._transcriber.transcribe_without_streaming(samples.tolist(), HEARING_RATE)
        return " ".join(line.text.strip() for line in heard.lines).strip()


class Hibari:
    """A `Speaking`: the one voice in the hibari-tts package; the others would be downloaded."""

    def __init__(self) -> None:
        """Load it, which takes a moment."""
        import hibari

        self._model = hibari.Hibari(voice="heart")

    def sentences(self, text: str) -> list[str]:
        """See `Speaking`."""
        parts: list[str] = self._model.split_sentences(text)
        return parts or [text]

    def say(self, sentence: str, speed: float = 1.0) -> bytes:
        """See `Speaking`. The same sentence always sounds the same."""
        from worker.devstack.sound import to_pcm

        speed = min(max(speed, SLOWEST), FASTEST)
        return to_pcm(self._model(sentence, speed=speed, seed=0)) or _SILENCE


def load_models() -> tuple[Moonshine, Hibari]:
    """Load both and have them do something once: the first time takes longest."""
    from worker.devstack.sound import read_wav, write_wav

    hearing, speaking = Moonshine(), Hibari()
    file = write_wav(speaking.say("Ready when you are."), SPEAKING_RATE)
    hearing.transcribe(read_wav(file, HEARING_RATE))
    return hearing, speaking
