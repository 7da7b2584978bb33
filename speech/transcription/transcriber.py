"""The sound of a piece becomes its words: one request, within limits, to a service that may fail."""

from __future__ import annotations

import asyncio

from livekit.agents import APIConnectOptions
from livekit.plugins.openai import STT
from openai import AsyncOpenAI

from speech.frame import frame_of
from speech.service import SpeechService
from speech.trouble import NO_ANSWER, TroubleError
from speech.utterance import Piece, Trouble

LIMIT = 15.0
"""Seconds that a piece may take, a second attempt included: later words come too late to be answered."""

CONNECT_LIMIT = 5.0
"""Seconds for making a connection."""

RETRY_AFTER = 0.3
"""Seconds before the second attempt."""

_PASSING = (Trouble.UNREACHABLE, Trouble.FAILED)

# What the framework logs of a retry quotes the service, which quotes people.
_OPTIONS = APIConnectOptions(max_retry=0, timeout=CONNECT_LIMIT)


class Transcriber:
    """Asks the service, for all rooms of a process."""

    def __init__(
        self,
        client: AsyncOpenAI,
        *,
        model: str,
        language: str | None,
        limit: float = LIMIT,
        service: SpeechService | None = None,
    ) -> None:
        """Ask nothing yet.

        Args:
            client: Stays open when this is closed.
            model: Its name.
            language: What all people speak, as an ISO-639-1 code; None or empty to find out.
            limit: Seconds that a piece may take.
            service: Knows whether the service works; None for one of its own.
        """
        # A language given to a single call would be that of all later ones, too.
        self._stt = STT(
            model=model,
            client=client,
            language=language or "",
            detect_language=not language,
            use_realtime=False,
        )
        self._service = service or SpeechService("transcription")
        self._limit = limit

    async def transcribe(self, piece: Piece) -> str:
        """Return the words of a piece as the service hears them; they may be nobody's.

        Raises:
            TroubleError: There are none, because something failed.
        """
        deadline = _now() + self._limit
        try:
            return await self._ask(piece, deadline)
        except TroubleError as error:
            # People cannot send their words again with a click: what may be chance is tried again.
            if not error.failure.is_about_service or error.trouble not in _PASSING:
                raise
            if self._service.outage is not None or _now() + RETRY_AFTER >= deadline:
                raise
        await asyncio.sleep(RETRY_AFTER)
        return await self._ask(piece, deadline)

    async def _ask(self, piece: Piece, deadline: float) -> str:
        async with self._service.request(deadline - _now()):
            event = await self._stt.recognize(frame_of(piece.sound), conn_options=_OPTIONS)
            text: object = event.alternatives[0].text
            if not isinstance(text, str):
                raise TroubleError(NO_ANSWER)
            return text

    async def aclose(self) -> None:
        """Close it. Requests must have ended."""
        await self._stt.aclose()


def _now() -> float:
    return asyncio.get_running_loop().time()
