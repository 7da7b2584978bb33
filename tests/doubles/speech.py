"""A double of the speech service that a worker talks to: words for sound, and sound for words."""

from __future__ import annotations

import asyncio
import io
import math
import struct
import threading
import wave
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiohttp import web

from worker.devstack.form import read_form

from .loopback import LoopbackService

HOLD_LIMIT = 30.0
"""Seconds that an answer is held back at most, so that a test which fails does not hang."""

SPOKEN_RATE = 24_000
"""Samples per second of the sound that is sent: 16-bit, mono, little-endian, as OpenAI's pcm."""

SECONDS_A_CHARACTER = 0.06
"""How long `tone` takes for a character: about as long as a person."""


@dataclass(frozen=True)
class Sound:
    """A request for the words of a sound."""

    number: int
    """1 for the first request of this kind."""
    wav: bytes
    """The file."""
    fields: Mapping[str, str]
    """The fields beside it: ``model``, ``language``, ``response_format``."""

    @property
    def samples(self) -> bytes:
        """The samples in the file, 16-bit."""
        with wave.open(io.BytesIO(self.wav)) as file:
            samples: bytes = file.readframes(file.getnframes())
        return samples

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        with wave.open(io.BytesIO(self.wav)) as file:
            length: float = file.getnframes() / file.getframerate()
        return length


@dataclass(frozen=True)
class Line:
    """A request for the sound of some words."""

    number: int
    """1 for the first request of this kind."""
    text: str
    """What is to be spoken."""
    fields: Mapping[str, Any]
    """The whole body: ``model``, ``voice``, ``response_format``."""


@dataclass(frozen=True)
class SpeechReply:
    """What `FakeSpeech` does with one request."""

    text: str = ""
    """The words of a sound; for words, what is spoken in their place."""
    status: int = 200
    """Anything but 200 is answered with OpenAI's error body."""
    body: bytes | None = None
    """Sent as it is, in place of all others."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers beside the usual ones, or in place of them."""
    delay: float = 0.0
    """Seconds before the answer."""
    hold: threading.Event | None = None
    """Wait until it is set before the answer."""
    cut: bool = False
    """Close the connection in place of the answer, or in the midst of its body if there is one."""


def numbered(sound: Sound) -> str:
    """Understand "Sentence 1.", "Sentence 2." and so on."""
    return f"Sentence {sound.number}."


def spoken(line: Line) -> SpeechReply:
    """Speak what is asked, see `tone`."""
    return SpeechReply(line.text)


def tone(text: str) -> bytes:
    """Return the sound of a text: a tone for each character, silence for a blank one."""
    count = int(SPOKEN_RATE * SECONDS_A_CHARACTER)
    sound = bytearray()
    for character in text:
        height = 2 * math.pi * (200 + ord(character) % 97 * 8) / SPOKEN_RATE
        loudness = 0 if character.isspace() else 8000
        samples = (int(loudness * math.sin(height * at)) for at in range(count))
        sound += struct.pack(f"<{count}h", *samples)
    return bytes(sound)


class FakeSpeech(LoopbackService):
    """An OpenAI-compatible speech server on loopback, as a context manager."""

    def __init__(
        self,
        hear: Callable[[Sound], str | SpeechReply] = numbered,
        speak: Callable[[Line], SpeechReply] = spoken,
    ) -> None:
        super().__init__()
        self.hear = hear
        """Called with each sound, in the server's thread; returns its words."""
        self.speak = speak
        """Called with all words that are to be spoken, in the server's thread."""
        self.sounds: list[Sound] = []
        """All requests for words, in order of arrival."""
        self.lines: list[Line] = []
        """All requests for sound, in order of arrival."""
        self.open = 0
        """How many requests are being answered."""
        self.most = 0
        """How many were being answered at the same time, at most."""
        self.cancelled = 0
        """How many requests the client gave up."""

    def _application(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/audio/transcriptions", partial(self._counted, self._transcribe))
        app.router.add_post("/v1/audio/speech", partial(self._counted, self._synthesize))
        return app

    async def _counted(
        self,
        answer: Callable[[web.Request], Coroutine[Any, Any, web.StreamResponse]],
        request: web.Request,
    ) -> web.StreamResponse:
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            return await answer(request)
        except asyncio.CancelledError:
            if not self._stopping.is_set():
                self.cancelled += 1
            raise
        finally:
            self.open -= 1

    async def _transcribe(self, request: web.Request) -> web.StreamResponse:
        parts = read_form(await request.read(), request.headers["Content-Type"])
        wav = parts.pop("file")
        fields = {name: content.decode() for name, content in parts.items()}
        sound = Sound(len(self.sounds) + 1, wav, fields)
        self.sounds.append(sound)
        heard = self.hear(sound)
        reply = SpeechReply(heard) if isinstance(heard, str) else heard
        result = (
            _verbose(reply.text, sound) if fields.get("response_format") == "verbose_json" else {}
        )
        return await _answer(request, reply, web.json_response({"text": reply.text, **result}))

    async def _synthesize(self, request: web.Request) -> web.StreamResponse:
        fields = await request.json()
        line = Line(len(self.lines) + 1, fields["input"], fields)
        self.lines.append(line)
        reply = self.speak(line)
        sound = web.Response(body=tone(reply.text), content_type="audio/pcm")
        return await _answer(request, reply, sound)


async def _answer(
    request: web.Request, reply: SpeechReply, usual: web.Response
) -> web.StreamResponse:
    await asyncio.sleep(reply.delay)
    if reply.hold is not None:
        await asyncio.to_thread(reply.hold.wait, HOLD_LIMIT)
    response = usual
    if reply.body is not None:
        response = web.Response(
            body=reply.body, status=reply.status, content_type=usual.content_type
        )
    elif reply.status != 200:
        response = web.json_response(_error_body(reply.status), status=reply.status)
    response.headers.update(reply.headers)
    return await _cut(request, reply.body) if reply.cut else response


async def _cut(request: web.Request, begun: bytes | None) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    if begun is not None:
        response.content_length = len(begun) + 1
        await response.prepare(request)
        await response.write(begun)
    assert request.transport is not None
    request.transport.close()
    return response


def _verbose(text: str, sound: Sound) -> dict[str, Any]:
    return {
        "task": "transcribe",
        "language": "english",
        "duration": sound.seconds,
        "text": text,
        "segments": [],
    }


def _error_body(status: int) -> dict[str, Any]:
    code = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}.get(status)
    kind = "server_error" if status >= 500 else "invalid_request_error"
    message = f"The test answers this request with status {status}."
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}
