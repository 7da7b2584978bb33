"""The speech service of `make dev`: real words for real sound."""

from __future__ import annotations

import openai

from tests.e2e.speech.sound import Sound
from worker.devstack.local_speech import LocalSpeech


class SpeechService(LocalSpeech):
    """It, running in a process of its own."""

    def transcribe(self, sound: Sound) -> str:
        """The words of a sound. It takes a moment."""
        file = ("sound.wav", sound.wav(), "audio/wav")
        with openai.OpenAI(api_key="unused", base_url=self.base_url) as client:
            return client.audio.transcriptions.create(file=file, model="local").text
