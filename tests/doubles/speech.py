"""A double of the speech service that a worker talks to: words for sound, and sound for words."""

from __future__ import annotations

import asyncio
import io
import math
import re
import struct
import threading
import wave
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

from aiohttp import web

START_LIMIT = 10.0
"""Seconds that the server may take to listen, and to end."""

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


class FakeSpeech:
    """An OpenAI-compatible speech server on loopback, as a context manager.

    It lives in a thread and an event loop of its own, so that it serves a worker in another
    process however busy or blocked the test is.
    """

    def __init__(
        self,
        hear: Callable[[Sound], str | SpeechReply] = numbered,
        speak: Callable[[Line], SpeechReply] = spoken,
    ) -> None:
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
        self.base_url = ""
        """What `OPENAI_SPEECH_BASE_URL` is to be set to; known once the server has started."""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._started: Future[str] = Future()
        self._loop: asyncio.AbstractEventLoop
        self._stopping: asyncio.Event

    def __enter__(self) -> Self:
        self._thread.start()
        self.base_url = self._started.result(START_LIMIT)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(START_LIMIT)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/audio/transcriptions", partial(self._counted, self._transcribe))
        app.router.add_post("/v1/audio/speech", partial(self._counted, self._synthesize))
        # Without handler_cancellation a client that leaves goes unnoticed until the next write.
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0)
        try:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0]
            self._started.set_result(f"http://{host}:{port}/v1")
            await self._stopping.wait()
        except OSError as error:
            self._started.set_exception(error)
        finally:
            await runner.cleanup()

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
        parts = _parts(await request.read(), request.headers["Content-Type"])
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


def _parts(body: bytes, content_type: str) -> dict[str, bytes]:
    """Read a form. aiohttp's own way to do so warns of itself, depending on how the bytes arrive."""
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    parts = {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb'[; ]name="([^"]*)"', head)
        assert name is not None
        parts[name[1].decode()] = content.removesuffix(b"\r\n")
    return parts


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
