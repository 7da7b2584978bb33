"""The fake speech service is what OpenAI's own client takes for the real one."""

from __future__ import annotations

import io
import wave
from collections.abc import AsyncIterator, Iterator

import openai
import pytest

from tests.doubles import SPOKEN_RATE, FakeSpeech, SpeechReply, tone


@pytest.fixture
def service() -> Iterator[FakeSpeech]:
    with FakeSpeech() as service:
        yield service


@pytest.fixture
async def client(service: FakeSpeech) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(
        base_url=service.base_url, api_key="unused", max_retries=0, timeout=5
    ) as client:
        yield client


def sound(seconds: float) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(16_000)
        writer.writeframes(bytes(2 * int(16_000 * seconds)))
    return file.getvalue()


async def transcribe(client: openai.AsyncOpenAI, seconds: float = 1.0) -> str:
    answer = await client.audio.transcriptions.create(
        file=("a.wav", sound(seconds), "audio/wav"), model="ears", language="de"
    )
    return answer.text


async def test_hears_what_the_script_says(client: openai.AsyncOpenAI, service: FakeSpeech) -> None:
    service.hear = lambda sound: f"{sound.seconds} {len(sound.samples)} {sound.fields['language']}"

    assert await transcribe(client, 0.5) == "0.5 16000 de"
    assert [each.number for each in service.sounds] == [1]


async def test_counts_what_it_hears(client: openai.AsyncOpenAI) -> None:
    assert [await transcribe(client), await transcribe(client)] == ["Sentence 1.", "Sentence 2."]


async def test_speaks_a_tone_for_each_character(
    client: openai.AsyncOpenAI, service: FakeSpeech
) -> None:
    answer = await client.audio.speech.create(
        input="a b", model="mouth", voice="ash", response_format="pcm"
    )

    assert answer.content == tone("a b")
    assert len(answer.content) == pytest.approx(2 * SPOKEN_RATE * 0.18)
    assert [line.text for line in service.lines] == ["a b"]


async def test_refuses_as_it_is_told(client: openai.AsyncOpenAI, service: FakeSpeech) -> None:
    service.hear = lambda _: SpeechReply(status=429, headers={"Retry-After": "7"})

    with pytest.raises(openai.RateLimitError) as raised:
        await transcribe(client)

    assert raised.value.response.headers["retry-after"] == "7"


@pytest.mark.parametrize("body", [None, b'{"text":'])
async def test_cuts_the_connection(
    client: openai.AsyncOpenAI, service: FakeSpeech, body: bytes | None
) -> None:
    service.hear = lambda _: SpeechReply(body=body, cut=True)

    with pytest.raises(openai.APIConnectionError):
        await transcribe(client)
