"""The speech service of `make dev`, in a process of its own: real words for real sound."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import openai

from tests.e2e.speech.sound import Sound
from tests.environment import environment_with
from worker.devstack.ports import LOOPBACK, free_port
from worker.devstack.process import Child
from worker.devstack.readiness import wait_until_answers

SERVER = "worker.devstack.speech_server"


@dataclass(frozen=True)
class SpeechService:
    """It, running."""

    port: int
    process: Child = field(repr=False)

    @property
    def base_url(self) -> str:
        """What goes into OPENAI_SPEECH_BASE_URL."""
        return f"http://{LOOPBACK}:{self.port}/v1"

    @classmethod
    @contextmanager
    def start(cls) -> Iterator[SpeechService]:
        """Run it, ready, until the context ends."""
        port = free_port()
        with tempfile.TemporaryDirectory(prefix="speech-") as scratch:
            log = Path(scratch, "log")
            command = [sys.executable, "-m", SERVER, str(port)]
            with (
                log.open("wb") as output,
                Child("speech", command, output=output, env=environment_with()) as process,
            ):
                wait_until_answers(f"http://{LOOPBACK}:{port}/health", process, log)
                yield cls(port, process)

    def transcribe(self, sound: Sound) -> str:
        """The words of a sound. It takes a moment."""
        file = ("sound.wav", sound.wav(), "audio/wav")
        with openai.OpenAI(api_key="unused", base_url=self.base_url) as client:
            return client.audio.transcriptions.create(file=file, model="local").text
