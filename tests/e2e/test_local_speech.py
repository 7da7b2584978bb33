"""The real speech server of `make dev`: what it says, it understands."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import openai
import psutil
import pytest

from worker.devstack.local_speech import LocalSpeech
from worker.devstack.sound import write_wav
from worker.devstack.speech_models import SPEAKING_RATE, are_installed

pytestmark = pytest.mark.skipif(
    not are_installed(), reason="the models for speech are not installed: make setup"
)

SENTENCES = (
    "What is the weather like in Berlin today?",
    "Please remind me to call my sister tomorrow.",
    "Stop.",
)

LIMIT = 60.0
"""Seconds for everything that a test does, on a busy machine."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("speech") / "log"


@pytest.fixture(scope="module")
def speech(log: Path) -> Iterator[LocalSpeech]:
    with LocalSpeech.start(log=log) as running:
        yield running


@pytest.fixture
async def client(speech: LocalSpeech) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=speech.base_url, api_key="unused") as client:
        yield client


def words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())


async def say(client: openai.AsyncOpenAI, text: str) -> bytes:
    """Return the samples of a text."""
    async with client.audio.speech.with_streaming_response.create(
        model="gpt-4o-mini-tts", voice="ash", input=text, response_format="pcm"
    ) as response:
        assert response.headers["Content-Type"].startswith("audio/")
        return await response.read()


async def hear(client: openai.AsyncOpenAI, pcm: bytes) -> str:
    """Return the words in samples."""
    file = ("file.wav", write_wav(pcm, SPEAKING_RATE), "audio/wav")
    heard = await client.audio.transcriptions.create(
        model="gpt-4o-mini-transcribe", file=file, response_format="json"
    )
    return heard.text


async def test_each_sentence_is_understood_word_for_word(client: openai.AsyncOpenAI) -> None:
    for sentence in SENTENCES:
        assert words(await hear(client, await say(client, sentence))) == words(sentence)


async def test_many_at_once_each_get_their_own(client: openai.AsyncOpenAI) -> None:
    async def repeat(sentence: str) -> str:
        return await hear(client, await say(client, sentence))

    asked = SENTENCES * 4
    async with asyncio.timeout(LIMIT):
        heard = await asyncio.gather(*map(repeat, asked))
    assert [words(each) for each in heard] == [words(each) for each in asked]


async def test_silence_and_next_to_nothing_have_no_words(client: openai.AsyncOpenAI) -> None:
    for samples in (0, 1, 100, 2 * SPEAKING_RATE):
        assert await hear(client, bytes(2 * samples)) == ""


@pytest.mark.parametrize("text", [" ", "?!", "😀", "日本語", "# *a* `x`", "x" * 4_000])
async def test_any_text_has_a_sound(client: openai.AsyncOpenAI, text: str) -> None:
    sound = await say(client, text)
    assert sound
    assert len(sound) % 2 == 0


async def test_the_first_sound_comes_before_the_last_is_made(client: openai.AsyncOpenAI) -> None:
    text = " ".join(SENTENCES[:2] * 20)
    began, came = time.monotonic(), []
    async with client.audio.speech.with_streaming_response.create(
        model="gpt-4o-mini-tts", voice="ash", input=text, response_format="pcm"
    ) as response:
        async for _ in response.iter_bytes():
            came.append(time.monotonic() - began)
    assert came[0] < came[-1] / 4


async def test_nobody_is_kept_waiting_by_those_who_left(client: openai.AsyncOpenAI) -> None:
    text = " ".join(SENTENCES[:2] * 20)
    began = time.monotonic()
    whole = await say(client, text)
    takes = time.monotonic() - began
    for _ in range(5):
        async with client.audio.speech.with_streaming_response.create(
            model="gpt-4o-mini-tts", voice="ash", input=text, response_format="pcm"
        ) as response:
            async for _ in response.iter_bytes():
                break
    began = time.monotonic()
    assert await say(client, SENTENCES[0])
    assert whole
    assert time.monotonic() - began < takes


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts what a process writes")
async def test_nothing_of_what_is_said_is_written_to_a_file(
    speech: LocalSpeech, client: openai.AsyncOpenAI
) -> None:
    process = psutil.Process(speech.process.pid)
    sound = await say(client, SENTENCES[0])
    # Large forms are what a server would put into a file. What goes to sockets is not counted.
    sound += bytes(2_000_000)
    before = process.io_counters().write_chars
    assert words(await hear(client, sound)) == words(SENTENCES[0])
    assert process.io_counters().write_chars - before < len(sound) / 10


def test_the_log_says_nothing_of_what_is_said(speech: LocalSpeech, log: Path) -> None:
    with openai.OpenAI(base_url=speech.base_url, api_key="unused") as client:
        for file in (write_wav(bytes(9_600), SPEAKING_RATE), b"secret"):
            with contextlib.suppress(openai.BadRequestError):
                client.audio.transcriptions.create(model="m", file=("secret.wav", file))
        client.audio.speech.create(model="m", voice="ash", input="secret", response_format="wav")
    assert len(log.read_text("utf-8").splitlines()) == 1
