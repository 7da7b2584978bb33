"""What people say in one room, from their microphones to a question."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from livekit import rtc

from speech.hearing import Microphones
from speech.services import SpeechServices
from speech.transcription import Transcription
from speech.utterance import Utterance

from .arriving.utterances import SpokenWords

UNDERSTANDING_LIMIT = 3.0
"""Seconds in which what was said last must be understood when the room is left."""


class Hearing:
    """Hears everybody in a room, from `begin` on."""

    def __init__(
        self,
        room: rtc.Room,
        services: SpeechServices,
        words: SpokenWords,
        *,
        pause: float,
        is_own_voice: Callable[[str, Utterance], bool],
    ) -> None:
        """Take notice of what clients send, before the room is entered.

        Args:
            room: Not connected yet.
            services: Those of the process.
            words: Takes what is said.
            pause: Seconds of silence after which somebody has finished.
            is_own_voice: Whether words are the agent's own, out of a loudspeaker.
        """
        self._words = words
        self._transcription = Transcription(
            services.transcriber, words, is_own_voice=is_own_voice, allows=words.allows
        )
        self._microphones = Microphones(
            room,
            services.ears,
            self._transcription,
            pause=pause,
            on_refused=words.refuse_microphone,
            on_failure=words.lose_microphone,
        )

    @property
    def undecided(self) -> bool:
        """Whether anything that was said is not asked yet."""
        return self._words.undecided

    def begin(self) -> None:
        """Hear the room, which is connected."""
        self._microphones.begin()

    async def end(self) -> None:
        """Hear nothing more, and ask what was said until now."""
        await self._microphones.aclose()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(UNDERSTANDING_LIMIT):
                await self._transcription.settled()
                await self._words.settled()

    def cancel(self) -> None:
        """Give up what is not asked yet."""
        self._words.close()
        self._transcription.cancel()

    async def aclose(self) -> None:
        """Let go of the microphones, and of all that is under way."""
        self.cancel()
        await self._microphones.aclose()
        await self._transcription.settled()
