"""The process that turns speech into text and back: `python -m worker.devstack.speech_server PORT`.

It answers as OpenAI's API does, and keeps nothing: what people say is neither stored nor logged.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

from worker.devstack.ports import LOOPBACK
from worker.devstack.sound import read_wav, write_wav
from worker.devstack.speech_models import (
    HEARING_MODEL,
    HEARING_RATE,
    SPEAKING_MODEL,
    SPEAKING_RATE,
    Hearing,
    Speaking,
    load_models,
)
from worker.devstack.speech_requests import (
    LARGEST_REQUEST,
    RefusedError,
    SpeechRequest,
    error_body,
    read_speech_request,
    read_transcription_request,
)
from worker.privacy.hooks import hide_private

LEAVING_LIMIT = 1.0
"""Seconds that running requests may take when the process is asked to end."""

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SpeechServer:
    """Answers requests, each model in a thread of its own: they take one call at a time."""

    def __init__(self, hearing: Hearing, speaking: Speaking) -> None:
        """Answer by these models."""
        self._hearing, self._speaking = hearing, speaking
        self._hearing_thread = ThreadPoolExecutor(1, "hearing")
        self._speaking_thread = ThreadPoolExecutor(1, "speaking")

    def application(self) -> web.Application:
        """Return what serves the requests. Run it so that a client that leaves cancels its own."""
        application = web.Application(middlewares=[_refuse], client_max_size=LARGEST_REQUEST)
        application.add_routes(
            [
                web.get("/health", self._health),
                web.get("/v1/models", self._models),
                web.post("/v1/audio/transcriptions", self._transcribe),
                web.post("/v1/audio/speech", self._speak),
            ]
        )
        application.on_cleanup.append(self._end_threads)
        return application

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _models(self, _: web.Request) -> web.Response:
        models = [{"id": name, "object": "model"} for name in (HEARING_MODEL, SPEAKING_MODEL)]
        return web.json_response({"object": "list", "data": models})

    async def _transcribe(self, request: web.Request) -> web.Response:
        wanted = await read_transcription_request(request)
        loop = asyncio.get_running_loop()
        text, seconds = await loop.run_in_executor(
            self._hearing_thread, self._understand, wanted.file
        )
        if wanted.response_format == "text":
            return web.Response(text=f"{text}\n")
        answer: dict[str, object] = {"text": text}
        if wanted.response_format == "verbose_json":
            answer |= {"task": "transcribe", "language": "english", "duration": seconds}
            answer["segments"] = []
        return web.json_response(answer)

    def _understand(self, file: bytes) -> tuple[str, float]:
        try:
            samples = read_wav(file, HEARING_RATE)
        except ValueError as error:
            raise RefusedError(f"the file cannot be read: {error}") from error
        return self._hearing.transcribe(samples), samples.size / HEARING_RATE

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        wanted = await read_speech_request(request)
        sentences = await asyncio.get_running_loop().run_in_executor(
            self._speaking_thread, self._speaking.sentences, wanted.input
        )
        if wanted.response_format == "wav":
            # The beginning of the file says how long it is.
            pcm = b"".join([await self._say(each, wanted) for each in sentences])
            return web.Response(body=write_wav(pcm, SPEAKING_RATE), content_type="audio/wav")
        response = web.StreamResponse(headers={"Content-Type": "audio/pcm"})
        await response.prepare(request)
        for sentence in sentences:
            await response.write(await self._say(sentence, wanted))
        return response

    async def _say(self, sentence: str, wanted: SpeechRequest) -> bytes:
        loop = asyncio.get_running_loop()
        say, speed = self._speaking.say, wanted.speed
        return await loop.run_in_executor(self._speaking_thread, say, sentence, speed)

    async def _end_threads(self, _: web.Application) -> None:
        for thread in (self._hearing_thread, self._speaking_thread):
            thread.shutdown(wait=False, cancel_futures=True)


@web.middleware
async def _refuse(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except RefusedError as error:
        return web.json_response(error_body(str(error)), status=error.status)
    except web.HTTPException as error:
        return web.json_response(error_body(error.reason), status=error.status)


def main() -> None:
    """Serve until a signal ends the process."""
    hide_private()
    server = SpeechServer(*load_models())
    print(f"serving {HEARING_MODEL} and {SPEAKING_MODEL} at port {sys.argv[1]}", flush=True)
    web.run_app(
        server.application(),
        host=LOOPBACK,
        port=int(sys.argv[1]),
        print=None,
        access_log=None,
        shutdown_timeout=LEAVING_LIMIT,
        handler_cancellation=True,
    )


if __name__ == "__main__":
    main()
