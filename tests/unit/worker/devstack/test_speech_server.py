"""What the speech server answers. Its models are replaced: the real ones are in tests/e2e."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import wave
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient, TestServer
from numpy.typing import NDArray

from worker.devstack.sound import write_wav
from worker.devstack.speech_requests import LARGEST_REQUEST, LONGEST_TEXT
from worker.devstack.speech_server import SpeechServer

LIMIT = 10.0
"""Seconds that anything may take."""

SPEECH, TRANSCRIPTIONS = "/v1/audio/speech", "/v1/audio/transcriptions"


class Models:
    """Hear how long a sound is, and say each sentence as its bytes; may be held up while speaking."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.threads: set[int] = set()
        self.may_speak = threading.Semaphore(1_000)

    def transcribe(self, samples: NDArray[Any]) -> str:
        self.threads.add(threading.get_ident())
        return f"{samples.size} samples" if samples.size else ""

    def sentences(self, text: str) -> list[str]:
        return text.split("|")

    def say(self, sentence: str, speed: float) -> bytes:
        assert self.may_speak.acquire(timeout=LIMIT)
        self.said.append(f"{sentence} {speed:g}")
        return sentence.encode("utf-16-le", "surrogatepass")


@pytest.fixture
def models() -> Models:
    return Models()


Client = TestClient[aiohttp.web.Request, aiohttp.web.Application]


@pytest.fixture
async def client(models: Models) -> AsyncIterator[Client]:
    application = SpeechServer(models, models).application()
    async with TestClient(TestServer(application, handler_cancellation=True)) as client:
        yield client


def form(**fields: str | bytes) -> FormData:
    data = FormData(default_to_multipart=True)
    for name, value in fields.items():
        if isinstance(value, bytes):
            data.add_field(name, io.BytesIO(value), filename="file.wav", content_type="audio/wav")
        else:
            data.add_field(name, value)
    return data


def sound(samples: int, rate: int = 16_000) -> bytes:
    return write_wav(bytes(2 * samples), rate)


async def refusal(response: aiohttp.ClientResponse) -> tuple[int, str]:
    """The status, and the message of OpenAI's error body."""
    body = await response.json()
    assert set(body["error"]) == {"message", "type", "param", "code"}
    return response.status, body["error"]["message"]


async def test_it_says_that_it_is_there(client: Client) -> None:
    assert (await client.get("/health")).status == 200
    models = await (await client.get("/v1/models")).json()
    assert {each["id"] for each in models["data"]} == {"moonshine-tiny-en", "hibari-heart"}


async def test_a_transcript_comes_in_the_format_that_is_wanted(client: Client) -> None:
    file = sound(48_000, 48_000)
    plain = await client.post(TRANSCRIPTIONS, data=form(file=file, model="m", language="en"))
    assert await plain.json() == {"text": "16000 samples"}
    text = await client.post(TRANSCRIPTIONS, data=form(file=file, response_format="text"))
    assert await text.text() == "16000 samples\n"
    verbose = await client.post(
        TRANSCRIPTIONS, data=form(file=file, response_format="verbose_json")
    )
    assert await verbose.json() == {
        "text": "16000 samples",
        "task": "transcribe",
        "language": "english",
        "duration": 1.0,
        "segments": [],
    }


async def test_no_words_are_an_empty_text(client: Client) -> None:
    assert await (await client.post(TRANSCRIPTIONS, data=form(file=sound(0)))).json() == {
        "text": ""
    }


async def test_sounds_of_many_are_heard_one_after_the_other(client: Client, models: Models) -> None:
    sizes = range(100, 2_000, 100)
    answers = await asyncio.gather(
        *(client.post(TRANSCRIPTIONS, data=form(file=sound(size))) for size in sizes)
    )
    texts = [(await answer.json())["text"] for answer in answers]
    assert texts == [f"{size} samples" for size in sizes]
    assert len(models.threads) == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"model": "m"}, "the form has no file"),
        ({"file": b"ID3 my words"}, "the file cannot be read: it is not a WAV file of PCM samples"),
        ({"file": b""}, "the file cannot be read: it is not a WAV file of PCM samples"),
        ({"file": sound(9), "response_format": "srt"}, "response_format has to be one of"),
    ],
)
async def test_a_form_that_cannot_be_heard_is_refused(
    client: Client, fields: dict[str, str | bytes], reason: str
) -> None:
    status, message = await refusal(await client.post(TRANSCRIPTIONS, data=form(**fields)))
    assert status == 400
    assert message.startswith(reason)
    assert "words" not in message


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "text/plain"),
        (b"{}", "application/json"),
        (b"file=x", "application/x-www-form-urlencoded"),
        (b"", "multipart/form-data"),
        (b"nonsense", "multipart/form-data; boundary=b"),
        (b"--b\r\nnonsense", "multipart/form-data; boundary=b"),
        (b"--b\r\n\r\nx\r\n--c", "multipart/form-data; boundary=" + "b" * 100),
        (
            b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--",
            "multipart/form-data; boundary=b",
        ),
    ],
)
async def test_what_is_no_form_is_refused(client: Client, body: bytes, content_type: str) -> None:
    response = await client.post(TRANSCRIPTIONS, data=body, headers={"Content-Type": content_type})
    assert (await refusal(response))[0] == 400


async def test_a_sound_that_is_too_large_is_refused(client: Client) -> None:
    file = sound(LARGEST_REQUEST // 2)
    response = await client.post(TRANSCRIPTIONS, data=form(file=file))
    assert (await refusal(response))[0] == 413


async def test_text_is_spoken_in_the_format_that_is_wanted(client: Client, models: Models) -> None:
    asked = {"input": "one|two", "model": "m", "voice": "ash", "stream_format": "sse"}
    pcm = await client.post(SPEECH, json=asked | {"response_format": "pcm"})
    assert pcm.content_type == "audio/pcm"
    assert (await pcm.read()).decode("utf-16-le") == "onetwo"
    wav = await client.post(SPEECH, json=asked | {"response_format": "wav", "speed": 2})
    assert wav.content_type == "audio/wav"
    with wave.open(io.BytesIO(await wav.read())) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (24_000, 1, 6)
    assert models.said == ["one 1", "two 1", "one 2", "two 2"]


async def test_a_sentence_is_sent_before_the_next_one_is_spoken(
    client: Client, models: Models
) -> None:
    models.may_speak = threading.Semaphore(1)
    async with asyncio.timeout(LIMIT):
        response = await client.post(SPEECH, json={"input": "one|two", "response_format": "pcm"})
        first = await response.content.readexactly(6)
        assert first.decode("utf-16-le") == "one"
        assert models.said == ["one 1"]
        models.may_speak.release()
        assert (await response.read()).decode("utf-16-le") == "two"


async def test_nothing_more_is_spoken_for_a_client_that_left(
    client: Client, models: Models
) -> None:
    models.may_speak = threading.Semaphore(1)
    async with asyncio.timeout(LIMIT):
        text = "|".join("abcdefgh")
        response = await client.post(SPEECH, json={"input": text, "response_format": "pcm"})
        await response.content.readexactly(2)
        response.close()
        # Answered by the same loop, after it has seen the other connection end.
        await client.get("/health")
        models.may_speak.release(8)
        after = await client.post(SPEECH, json={"input": "z", "response_format": "pcm"})
        assert (await after.read()).decode("utf-16-le") == "z"
    # What it was about to say is said to nobody.
    assert models.said in (["a 1", "z 1"], ["a 1", "b 1", "z 1"])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"input": "x"}, "response_format has to be one of pcm, wav"),
        ({"input": "x", "response_format": "mp3"}, "response_format has to be one of pcm, wav"),
        ({"input": "x", "response_format": ["pcm"]}, "response_format has to be one of pcm, wav"),
        ({"input": "", "response_format": "pcm"}, "input has to be a text"),
        ({"input": "x" * (LONGEST_TEXT + 1), "response_format": "pcm"}, "input has to be a text"),
        ({"input": 1, "response_format": "pcm"}, "input has to be a text"),
        ({"response_format": "pcm"}, "input has to be a text"),
        ({"input": "x", "response_format": "pcm", "speed": "fast"}, "speed has to be a number"),
        ({"input": "x", "response_format": "pcm", "speed": 5}, "speed has to be a number"),
        ([], "input has to be a text"),
        (None, "input has to be a text"),
    ],
)
async def test_what_cannot_be_spoken_is_refused(client: Client, body: Any, reason: str) -> None:
    status, message = await refusal(await client.post(SPEECH, data=json.dumps(body)))
    assert status == 400
    assert message.startswith(reason)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
async def test_what_is_no_json_is_refused(client: Client, body: bytes) -> None:
    assert await refusal(await client.post(SPEECH, data=body)) == (400, "the body is not JSON")


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", SPEECH, 405), ("POST", "/v1/chat/completions", 404)]
)
async def test_another_request_is_refused_as_openai_does(
    client: Client, method: str, path: str, status: int
) -> None:
    assert (await refusal(await client.request(method, path)))[0] == status
