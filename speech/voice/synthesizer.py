"""Words become sound, by a service with OpenAI's API."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import openai
from livekit.agents import APIConnectOptions, tts
from livekit.plugins import openai as livekit_openai

from speech.service import SpeechService
from speech.trouble import NO_ANSWER, TroubleError

CONNECT_LIMIT = 5.0
"""Seconds in which there is a connection."""

FIRST_LIMIT = 10.0
"""Seconds in which the first sound comes."""

STALL_LIMIT = 5.0
"""Seconds in which the next one does."""

WHOLE_LIMIT = 60.0
"""Seconds that all of it may take, waiting for others included."""

# A sentence is not asked for twice: it would come too late, and the text is there.
_OPTIONS = APIConnectOptions(max_retry=0, timeout=CONNECT_LIMIT)

_HEAD = 32
"""Bytes that tell sound from text."""


class Synthesizer:
    """Asks the service for sound. One for a process."""

    def __init__(self, client: openai.AsyncOpenAI, *, model: str, voice: str) -> None:
        """Ask nothing yet.

        Args:
            client: Of the service. It stays the caller's to close.
            model: What speaks.
            voice: With which voice.
        """
        # Raw samples need no decoder, which would be a thread for each sentence.
        self._tts = livekit_openai.TTS(
            model=model, voice=voice, client=client, response_format="pcm"
        )
        self._tts.on("error", _keep_origin)
        logging.getLogger("livekit.agents").addFilter(_is_news)
        self._service = SpeechService("voice")

    async def synthesize(self, text: str, add: Callable[[bytes], None]) -> None:
        """Turn words into sound.

        Args:
            text: Some sentences, plain.
            add: Called with samples as they come, see `SPOKEN_RATE`.

        Raises:
            TroubleError: It failed, perhaps after some of it had come.
        """
        async with (
            self._service.request(WHOLE_LIMIT),
            self._tts.synthesize(text, conn_options=_OPTIONS) as stream,
        ):
            async for samples in _in_time(stream):
                add(samples)

    async def aclose(self) -> None:
        """Let go of what the plugin holds. Nothing may be asked after it."""
        await self._tts.aclose()


def _is_news(record: logging.LogRecord) -> bool:
    """Leave out what the framework warns of with each sentence: many services number no answers."""
    return record.msg != "no request_id provided for TTS %s"


def _keep_origin(event: tts.TTSError) -> None:
    """Keep what an error came from: the framework raises it again in a way that forgets that."""
    event.error.__cause__ = event.error.__cause__ or event.error.__context__


async def _in_time(stream: tts.ChunkedStream) -> AsyncIterator[bytes]:
    limit = FIRST_LIMIT
    while True:
        async with asyncio.timeout(limit):
            try:
                audio = await anext(stream)
            except StopAsyncIteration:
                break
        samples = bytes(audio.frame.data)
        if limit == FIRST_LIMIT:
            _check_is_sound(samples)
        limit = STALL_LIMIT
        yield samples
    if limit == FIRST_LIMIT:
        raise TroubleError(NO_ANSWER)


def _check_is_sound(samples: bytes) -> None:
    """Find out a page or an error that came with a good status: the plugin takes it for samples.

    Raises:
        TroubleError: It is text.
    """
    head = samples[:_HEAD].decode("latin-1")
    if head.isascii() and all(char.isprintable() or char.isspace() for char in head):
        raise TroubleError(NO_ANSWER)
