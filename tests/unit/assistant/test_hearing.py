"""How the ears of a room end: with what was said until then, and without keeping anybody waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest

from assistant.arriving.utterances import SpokenWords
from assistant.hearing import UNDERSTANDING_LIMIT, Hearing
from speech.hearing import Ears, MicrophoneSlots
from speech.services import SpeechServices
from speech.transcription import Transcriber
from speech.utterance import Piece, Understood
from speech.voice import Synthesizer
from tests.doubles import FakeRoom
from tests.unit.speech.hearing.loudness import LoudnessVad
from tests.unit.speech.transcription.sounds import Notebook, piece, utterance
from tests.virtual_time import run_in_virtual_time


class Slow:
    """Transcribes after some time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    async def transcribe(self, piece: Piece) -> str:
        await asyncio.sleep(self.seconds)
        return "Hello."


class Words(Notebook):
    """Takes what is said, and asks nothing."""

    is_closed = False

    def allows(self, identity: str) -> bool:
        return True

    def lose_microphone(self, identity: str) -> None:
        pass

    def refuse_microphone(self, identity: str) -> None:
        raise AssertionError("there is none")

    async def settled(self) -> None:
        pass

    def close(self) -> None:
        self.is_closed = True


Scene = Callable[[Hearing, Words], Coroutine[Any, Any, None]]


def hearing(seconds: float, scene: Scene) -> None:
    """Play a scene in which words are understood after some time."""

    async def play() -> None:
        room, words = FakeRoom(), Words([])
        services = SpeechServices(
            Ears(lambda: LoudnessVad, MicrophoneSlots(1)),
            cast(Transcriber, Slow(seconds)),
            cast(Synthesizer, None),
        )
        ears = Hearing(
            room, services, cast(SpokenWords, words), pause=1.2, is_own_voice=lambda *_: False
        )
        ears.begin()
        await scene(ears, words)
        await ears.aclose()
        assert not room.listeners
        assert words.is_closed
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_in_virtual_time(play())


def say(ears: Hearing) -> None:
    it = utterance()
    ears._transcription.began(it)
    ears._transcription.heard(it, piece())
    ears._transcription.ended(it)


def test_the_end_waits_for_what_was_said_last() -> None:
    async def scene(ears: Hearing, words: Words) -> None:
        say(ears)
        await ears.end()
        assert words.understandings == [("ann-1", Understood("Hello."))]
        assert not words.is_closed

    hearing(UNDERSTANDING_LIMIT - 1, scene)


def test_the_end_does_not_wait_for_a_service_that_is_too_slow() -> None:
    async def scene(ears: Hearing, words: Words) -> None:
        say(ears)
        before = asyncio.get_running_loop().time()
        await ears.end()
        assert asyncio.get_running_loop().time() - before == pytest.approx(UNDERSTANDING_LIMIT)
        ears.cancel()
        assert not words.understandings

    hearing(60, scene)


def test_nothing_is_waited_for_once_all_is_given_up() -> None:
    async def scene(ears: Hearing, words: Words) -> None:
        say(ears)
        ears.cancel()
        before = asyncio.get_running_loop().time()
        await ears.end()
        assert asyncio.get_running_loop().time() == before
        assert not words.understandings

    hearing(60, scene)
